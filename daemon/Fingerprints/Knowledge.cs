using System;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Files;
using CacheDaemon.Daemon.Screening;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>What is remembered of files by their stamps, as long as stamps tell files apart.</summary>
/// <param name="time">The clock that decides which stamps are trusted.</param>
/// <param name="generation">From <see cref="MountTable"/>; what was learnt in one is worth nothing in the next.</param>
internal sealed class Knowledge(TimeProvider time, long generation)
{
    /// <summary>The state of the mounts that this belongs to.</summary>
    public long Generation { get; } = generation;

    /// <summary>Charts.</summary>
    public ChartSnapshots Charts { get; } = new(new ChartLoader(new StampMemo<ChartContent>(), PlainTemplate.FindObstacle, time));

    /// <summary>Other inputs.</summary>
    public StampMemo<InputFacts> Inputs { get; } = new();

    /// <summary>Whole requests.</summary>
    public RequestMemo Requests { get; } = new();
}
