using System;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Insight;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>What goes back on the wire: a message; or the head of a result, whose standard output is sent from where it lies.</summary>
/// <param name="Frame">A whole frame, or the head of one.</param>
/// <param name="Tail">The rest of the frame; null when <paramref name="Frame"/> is whole.</param>
/// <param name="Attached">The file that is passed along with <paramref name="Frame"/>; null when none is.</param>
internal readonly record struct Answer(ReadOnlyMemory<byte> Frame, Blob? Tail, MemoryFile? Attached)
{
    /// <summary>Told once whether the peer took it; null when nobody asks.</summary>
    public Action<bool>? Sent { get; init; }

    /// <summary>The hit that this answer was counted as, where the caller may find that it cannot use it; else null.</summary>
    public CountedHit? Counted { get; init; }

    /// <summary>Whether the caller will run helm: for itself, or for us as well.</summary>
    public bool RunsHelm { get; init; }

    /// <summary>The frame of a message.</summary>
    public static Answer Of(Message message) => new(MessageCodec.Encode(message), null, null);
}

/// <summary>What was counted for a hit, so that it can be taken back when the caller could not use it.</summary>
/// <param name="Tier">Where it came from.</param>
/// <param name="Arrival">The call.</param>
/// <param name="Call">As the journal has it.</param>
/// <param name="SavedMicroseconds">How much longer helm would have taken.</param>
/// <param name="Origin">Where its chart comes from.</param>
internal sealed record CountedHit(string Tier, Arrival Arrival, CallJournal.Call Call, long SavedMicroseconds, ChartOrigin Origin);

/// <summary>When a request came, from whom, for which command and chart, as far as that is known.</summary>
/// <param name="Started">Time stamp.</param>
/// <param name="Caller">Name of the calling process; empty when it is not known.</param>
internal readonly record struct Arrival(long Started, string Caller)
{
    public string Chart { get; init; } = "";

    public string Command { get; init; } = "";

    /// <summary>Whether its output is a tree of files (<c>--output-dir</c>).</summary>
    public bool WritesFiles { get; init; }
}
