using System;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;

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

    /// <summary>Longest result, in bytes, that is sent instead of passed as a file: a message, less its other fields.</summary>
    private const int MaxSentBytes = Client.Protocol.Frame.MaxMessageBytes - 1024;

    /// <summary>How many bytes of the key go into traces: enough to find it again in the store.</summary>
    private const int ShortKeyBytes = 8;

    /// <summary>The frame of a message.</summary>
    public static Answer Of(Message message) => new(MessageCodec.Encode(message), null, null);

    /// <summary>Whether an answer can hold a result: what is passed as a file always fits.</summary>
    public static bool CanHold(RenderResult result, bool takesDescriptor) =>
        IsPassed(result, takesDescriptor) || result.Stdout.Length + (long)result.Stderr.Length <= MaxSentBytes;

    /// <summary>
    /// A result. The stored bytes are the frame's end as they are, or go along as the file that holds them: nothing is copied, and nothing
    /// is kept twice.
    /// </summary>
    /// <param name="result">What is replayed.</param>
    /// <param name="key">The key that it was found under.</param>
    /// <param name="source">Where it comes from, for traces.</param>
    /// <param name="elapsed">How long the daemon took.</param>
    /// <param name="takesDescriptor">Whether the caller takes a file instead of bytes.</param>
    public static Answer OfHit(RenderResult result, CacheKey key, string source, TimeSpan elapsed, bool takesDescriptor)
    {
        Digest digest = key.Value;
        ReadOnlySpan<byte> shortKey = digest.Bytes[..ShortKeyBytes];
        long microseconds = (long)elapsed.TotalMicroseconds;
        int length = result.Stdout.Length;
        if (!IsPassed(result, takesDescriptor))
            return new(
                MessageCodec.EncodeResultHead(result.ExitCode, source, microseconds, shortKey, result.Stderr, length),
                result.Stdout,
                null
            );
        var message = new Message.ResultDescriptor(result.ExitCode, source, microseconds, shortKey.ToArray(), result.Stderr, length);
        return new(MessageCodec.Encode(message), null, result.Stdout.File);
    }

    /// <summary>A lease: the caller renders.</summary>
    public static Answer OfLease(long leaseId, LeasedRender render, string why)
    {
        Digest digest = render.Key.Value;
        ArmedHelm? armed = render.Armed is { } copy
            ? new ArmedHelm(copy.Path, copy.Stamp, ArmingPlan.FirstExitCode, ArmingPlan.FirstExitCode + copy.Traps.Count - 1)
            : null;
        return Of(new Message.Lease(leaseId, why, digest.Bytes[..ShortKeyBytes].ToArray(), armed)) with { RunsHelm = true };
    }

    private static bool IsPassed(RenderResult result, bool takesDescriptor) => takesDescriptor && result.Stdout.File is not null;
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
/// <param name="Id">The request, as its caller's trace names it.</param>
internal readonly record struct Arrival(long Started, string Caller, RequestId Id)
{
    public string Chart { get; init; } = "";

    public string Command { get; init; } = "";

    /// <summary>Whether its output is a tree of files (<c>--output-dir</c>).</summary>
    public bool WritesFiles { get; init; }
}
