using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Insight;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>What a daemon is doing, in the order in which that can happen. <c>helmcached status</c> shows the name.</summary>
internal enum DaemonState
{
    /// <summary>It has the instance lock and does not listen yet.</summary>
    Starting,

    /// <summary>It answers callers.</summary>
    Serving,

    /// <summary>It takes no new work, and waits for callers that render or wait for a render.</summary>
    Draining,

    /// <summary>It has nothing left to do.</summary>
    Stopped,
}

/// <summary>
/// The state of the daemon and the only place where it changes. Whoever has a reason to end the daemon says so here, and the first reason
/// counts. Each change is a line in the log. Thread-safe.
/// </summary>
/// <param name="log">The log.</param>
internal sealed class Lifecycle(DaemonLog log)
{
    private readonly TaskCompletionSource _draining = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private volatile DaemonState _state = DaemonState.Starting;

    /// <summary>The state now.</summary>
    public DaemonState State => _state;

    /// <summary>True from the moment that the daemon was told to end: new work is declined. It does not become false again.</summary>
    public bool IsEnding => _state >= DaemonState.Draining;

    /// <summary>Why the daemon ends; empty until it does.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>Whether the daemon ends because of a fault, and not because it was told to or is not needed any more.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Completes when the daemon was told to end.</summary>
    public Task Ending => _draining.Task;

    /// <summary>Whether a daemon in one state may go into another.</summary>
    public static bool Allows(DaemonState from, DaemonState to) =>
        (from, to)
            is
                (DaemonState.Starting, DaemonState.Serving)
                or
                (DaemonState.Starting, DaemonState.Draining)
                or
                (DaemonState.Starting, DaemonState.Stopped)
                or
                (DaemonState.Serving, DaemonState.Draining)
                or
                (DaemonState.Draining, DaemonState.Stopped);

    /// <summary>The name of a state in reports and in the log.</summary>
    public static string NameOf(DaemonState state) =>
        state switch
        {
            DaemonState.Starting => "starting",
            DaemonState.Serving => "serving",
            DaemonState.Draining => "draining",
            _ => "stopped",
        };

    /// <summary>The daemon listens. False when it was told to end before.</summary>
    /// <param name="detail">Which daemon it is.</param>
    public bool Serve(string detail) => TryMove(DaemonState.Serving, detail, failed: false, default);

    /// <summary>Tells the daemon to end. False when it is ending already, for another reason.</summary>
    /// <param name="reason">Why, in words for the log and for <c>status</c>.</param>
    /// <param name="failed">Whether it ends because of a fault.</param>
    /// <param name="request">The request that says so, if it is one.</param>
    public bool Drain(string reason, bool failed = false, RequestId request = default) =>
        TryMove(DaemonState.Draining, reason, failed, request);

    /// <summary>The daemon has ended. False when it was not allowed to, since it serves.</summary>
    /// <param name="detail">How it ended.</param>
    /// <param name="failed">Whether it ends because of a fault.</param>
    public bool Stop(string detail, bool failed = false) => TryMove(DaemonState.Stopped, detail, failed, default);

    private bool TryMove(DaemonState to, string why, bool failed, RequestId request)
    {
        lock (_gate)
        {
            DaemonState from = _state;
            if (!Allows(from, to))
                return false;
            HasFailed |= failed;
            if (to != DaemonState.Serving && Reason.Length == 0)
                Reason = why;
            _state = to;
            // Here, so that the lines stand in the order of the changes.
            string line = $"state: {NameOf(from)} -> {NameOf(to)}: {why}";
            if (failed)
                log.WriteProblem(line, request);
            else
                log.Write(line, request);
        }
        if (to >= DaemonState.Draining)
            _draining.TrySetResult();
        return true;
    }
}
