using System;
using System.Diagnostics;

namespace CacheDaemon.Client;

/// <summary>
/// Tells, during one silence of the daemon, whether it is late or hangs. One that is late has something to do and no processor to do it on:
/// a thread of it is runnable whenever one looks. One that hangs has none, or uses a processor and still says nothing. The reasoning is in
/// docs/reliability.md.
/// </summary>
/// <param name="pid">The daemon's process; 0 when it is not visible, and then it counts as hung.</param>
internal struct Lateness(int pid)
{
    /// <summary>Looks that must find nothing runnable: one alone may fall into the moment between two threads.</summary>
    public const int Looks = 3;

    /// <summary>Time between two looks.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>Processor time in which any daemon says that it lives; one that uses more without a word runs in circles.</summary>
    private static readonly TimeSpan BusyDeadline = TimeSpan.FromSeconds(2);

    private readonly long _since = Stopwatch.GetTimestamp();
    private long _ticks = -1;
    private int _idle;

    /// <summary>True while it is worth waiting for another <see cref="LookEvery"/>.</summary>
    public bool IsWorthWaiting()
    {
        ProcessLook look = ProcessLook.At(pid);
        if (!look.IsRunnable)
            return _idle++ < Looks;
        _idle = 0;
        _ticks = _ticks < 0 ? look.Ticks : _ticks;
        return look.Ticks - _ticks < BusyDeadline.TotalSeconds * ProcessLook.TicksPerSecond
            && Stopwatch.GetElapsedTime(_since) < DaemonClient.LateDeadline;
    }

    /// <summary>Whether the last look found the daemon hung rather than late.</summary>
    public readonly bool IsHung => _idle > Looks || Stopwatch.GetElapsedTime(_since) < DaemonClient.LateDeadline;
}
