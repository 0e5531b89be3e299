using System;
using System.Collections.Generic;
using System.Threading;
using CacheDaemon.Daemon.Rendering;

namespace CacheDaemon.Daemon.Coordination;

/// <summary>
/// What the last runs of <c>repo update</c> wrote, for equal calls within the window that the user allows (<c>remote.fresh_for</c>). It
/// counts from the start of the run, and ends when an index or repositories.yaml is not as that run left it. In memory only. Thread-safe.
/// </summary>
/// <param name="time">The clocks.</param>
/// <param name="window">How old a run may be; zero: none is kept.</param>
internal sealed class UpdateWindow(TimeProvider time, TimeSpan window)
{
    /// <summary>Beyond this many all are forgotten: who has so many ways to update has no use for a window.</summary>
    private const int MaxRuns = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Run> _runs = new(StringComparer.Ordinal);

    /// <summary>Whether there is one.</summary>
    public bool IsOpen => window > TimeSpan.Zero;

    /// <summary>What a call is answered with; null when it has to run.</summary>
    public RunResult? Find(Plan plan)
    {
        Run? run;
        lock (_gate)
            run = plan.Equal is null ? null : _runs.GetValueOrDefault(plan.Equal);
        return run?.Began.AgeWithin(time, window) is { } age && plan.ReadIndexes() is { } now && now.IsSameAs(run.After)
            ? run.Result with
            {
                Age = age,
            }
            : null;
    }

    /// <summary>
    /// A moment before a run begins: what is to be called with its result when it has ended. Null when nothing of it may be kept.
    /// </summary>
    public Action<RunResult>? Watch(Plan plan)
    {
        if (!IsOpen || plan.Equal is not { } equal || plan.ReadIndexes() is not { } before)
            return null;
        RemoteMoment began = RemoteMoment.Now(time);
        return result =>
        {
            // helm 3 ends well, too, when it could not reach a repository: then there is an index that it has not written.
            if (result.ExitCode != 0 || plan.ReadIndexes() is not { } after || !after.IsUpdateOf(before))
                return;
            lock (_gate)
            {
                if (_runs.Count >= MaxRuns)
                    _runs.Clear();
                _runs[equal] = new Run(result, began, after);
            }
        };
    }

    private sealed record Run(RunResult Result, RemoteMoment Began, UpdatedIndexes After);
}
