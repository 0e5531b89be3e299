using System;
using System.Collections.Generic;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Storage;

/// <summary>One blob as seen from an entry that uses it.</summary>
/// <param name="Blob">The blob.</param>
/// <param name="Bytes">What it takes in the store.</param>
/// <param name="Uses">How many streams of how many entries point to it.</param>
internal readonly record struct BlobShare(Digest Blob, long Bytes, long Uses);

/// <summary>One entry that could go.</summary>
/// <param name="Key">Its key.</param>
/// <param name="LastUse">UTC ticks of its last use.</param>
/// <param name="OwnBytes">What it takes without its blobs.</param>
/// <param name="IsNote">Whether it is a note, which people do not count as an entry.</param>
/// <param name="Stdout">Its standard output; null when empty.</param>
/// <param name="Stderr">Its standard error; null when empty.</param>
internal readonly record struct EvictionCandidate(
    CacheKey Key,
    long LastUse,
    long OwnBytes,
    bool IsNote,
    BlobShare? Stdout,
    BlobShare? Stderr
);

/// <summary>One entry that goes, and how many bytes that frees, given the victims before it.</summary>
internal readonly record struct Victim(EvictionCandidate Candidate, long FreedBytes);

/// <summary>Which entries go.</summary>
/// <param name="UsedBefore">UTC ticks: an entry last used before goes; null when age does not matter.</param>
/// <param name="MaxBytes">Entries go until the store is no larger; null when size does not matter.</param>
/// <param name="Everything">All candidates go.</param>
internal readonly record struct EvictionLimits(long? UsedBefore, long? MaxBytes, bool Everything);

/// <summary>
/// Chooses victims by size, age and last use: a pure function over rows that are handed in least recently used first.
/// It stops reading as soon as no later row can be a victim, and it knows that a shared blob is freed by its last user only.
/// </summary>
internal static class EvictionPolicy
{
    /// <summary>
    /// After passing its limit the store is brought down to this share of it (in percent), so that eviction works now and
    /// then on many entries and not at every put on one.
    /// </summary>
    public const int RefillPercent = 90;

    public static IEnumerable<Victim> Victims(IEnumerable<EvictionCandidate> oldestFirst, long storeBytes, EvictionLimits limits)
    {
        var gone = new Dictionary<Digest, long>();
        foreach (EvictionCandidate candidate in oldestFirst)
        {
            bool tooOld = limits.UsedBefore is long cutoff && candidate.LastUse < cutoff;
            bool tooMuch = limits.MaxBytes is long most && storeBytes > most;
            if (!limits.Everything && !tooOld && !tooMuch)
                yield break;
            long freed = candidate.OwnBytes + Release(candidate.Stdout, gone) + Release(candidate.Stderr, gone);
            storeBytes -= freed;
            yield return new Victim(candidate, freed);
        }
    }

    /// <summary>What a request asks for, as limits.</summary>
    public static EvictionLimits LimitsOf(PruneRequest request, DateTimeOffset now)
    {
        bool wholeChart = request is { Chart: not null, OlderThan: null, MaxBytes: null };
        long? usedBefore = request.OlderThan is TimeSpan age ? Math.Max(0, now.UtcTicks - Math.Max(0, age.Ticks)) : null;
        return new EvictionLimits(usedBefore, request.MaxBytes, request.All || wholeChart);
    }

    private static long Release(BlobShare? share, Dictionary<Digest, long> gone)
    {
        if (share is not BlobShare blob)
            return 0;
        long released = gone.GetValueOrDefault(blob.Blob) + 1;
        gone[blob.Blob] = released;
        return released == blob.Uses ? blob.Bytes : 0;
    }
}
