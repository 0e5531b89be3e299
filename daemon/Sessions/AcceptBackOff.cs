using System;
using System.Threading;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Insight;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>
/// Pauses after accepts that failed, doubled with each failure in a row up to a limit, so that a failure that lasts costs no processor. The
/// log has a line when pauses begin and one when an accept works again; one that comes and goes has them once in a while. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
/// <param name="wait">Waits.</param>
internal sealed class AcceptBackOff(TimeProvider time, DaemonLog log, Action<TimeSpan> wait)
{
    /// <summary>The first pause.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// The longest pause. A caller waits a second for a sign of life (<c>DaemonClient.FirstReplyDeadline</c>): what comes back is used
    /// before it gives up.
    /// </summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(160);

    /// <summary>
    /// Failures in a row without a pause, of those that concern one connection. Some of them leave it in the queue (a security module
    /// refuses before it is taken), so that the next accept meets the same one.
    /// </summary>
    private const int FreeFailures = 3;

    /// <summary>Failures that begin and end all the time get their lines once in so long.</summary>
    private static readonly TimeSpan LogAgainAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Lock _pausing = new();
    private int _failures;
    private bool _isLogged;
    private long _since;
    private long? _lastLogged;

    /// <summary>Failures in a row until now.</summary>
    public int Failures => Volatile.Read(ref _failures);

    /// <summary>Pauses as long as the failures in a row ask for. Threads that meet the same failure pause one after the other.</summary>
    public void Failed(AcceptError error)
    {
        TimeSpan pause = Count(error, out bool begins);
        if (begins)
        {
            log.WriteProblem($"accept: {error.Reason}; trying again until it works");
            // Perhaps there are descriptors that nobody uses any more.
            MemoryFile.CloseForgotten();
        }
        if (pause == TimeSpan.Zero)
            return;
        lock (_pausing)
            wait(pause);
    }

    /// <summary>An accept has worked. It is on the way of each call, and nothing but a look when none has failed.</summary>
    /// <param name="failuresBefore">
    /// <see cref="Failures"/> when it began. One that has waited for a caller since before the failures proves nothing: the kernel gave it
    /// its descriptor when it began.
    /// </param>
    public void Succeeded(int failuresBefore)
    {
        if (failuresBefore == 0)
            return;
        lock (_gate)
        {
            if (_failures == 0)
                return;
            if (_isLogged)
                log.Write($"accept: works again after {time.GetElapsedTime(_since).TotalSeconds:0.0} s and {_failures} failures");
            (_failures, _isLogged) = (0, false);
        }
    }

    /// <summary>How long to pause, and whether that is the first pause of a row that is worth a line.</summary>
    private TimeSpan Count(AcceptError error, out bool begins)
    {
        lock (_gate)
        {
            begins = false;
            if (_failures++ == 0)
                _since = time.GetTimestamp();
            int pauses = error.Kind == AcceptErrorKind.BackOff ? _failures : _failures - FreeFailures;
            if (pauses <= 0)
                return TimeSpan.Zero;
            begins = !_isLogged && (_lastLogged is not { } last || time.GetElapsedTime(last) > LogAgainAfter);
            if (begins)
                (_isLogged, _lastLogged) = (true, time.GetTimestamp());
            double doubled = FirstPause.TotalMilliseconds * Math.Pow(2, Math.Min(pauses - 1, 16));
            return TimeSpan.FromMilliseconds(Math.Min(doubled, LongestPause.TotalMilliseconds));
        }
    }
}
