using System;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Files;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>What is remembered of files by their stamps, as long as stamps tell files apart.</summary>
/// <param name="time">The clock that decides which stamps are trusted.</param>
/// <param name="generation">From <see cref="MountTable"/>; what was learnt in one is worth nothing in the next.</param>
internal sealed class Knowledge(TimeProvider time, long generation)
{
    /// <summary>The state of the mounts that this belongs to.</summary>
    public long Generation { get; } = generation;

    /// <summary>Charts.</summary>
    public ChartSnapshots<ChartFileScreen> Charts { get; } =
        new(new ChartTreeLoader<ChartFileScreen>(new DigestMemo<ChartContent<ChartFileScreen>>(), ChartFileScreen.Of, time));

    /// <summary>Other inputs.</summary>
    public DigestMemo<InputFacts> Inputs { get; } = new();

    /// <summary>Whole requests.</summary>
    public RequestMemo Requests { get; } = new();
}
