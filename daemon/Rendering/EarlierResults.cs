using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;
using MessagePack;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>
/// Finds what a release looked like before, for <c>helmcached diff</c>. What a release is, is told by the inputs kept beside each entry, so
/// that it is known after a restart, too.
/// </summary>
internal static class EarlierResults
{
    /// <summary>Most entries of a chart that are looked at, the ones used last first, and bytes of their inputs.</summary>
    private const int MaxEntries = 10_000;

    private const long MaxBytes = 64 << 20;

    /// <summary>The inputs that two calls of one release have alike, and two releases have not.</summary>
    private static readonly HashSet<string> s_release = ["command", "output", "release", "namespace"];

    /// <summary>The answer to a <see cref="Message.Earlier"/>.</summary>
    public static async Task<Message> FindAsync(FingerprintOutcome outcome, EntryStore store)
    {
        if (outcome is not FingerprintOutcome.Known { Fingerprint: { } now })
            return new Message.Failed(
                outcome is FingerprintOutcome.Declined declined
                    ? $"the cache does not serve this call "
                        + $"({ReasonText.Of(declined.Reason)}{(declined.Detail.Length > 0 ? " " + declined.Detail : "")}), so that no "
                        + "earlier result of it is known"
                    : "the cache does not serve this call"
            );
        List<MaterialItem> release = Of(now.Material.Items);
        StoredMaterial? last = null;
        foreach (StoredMaterial stored in await store.MaterialAsync(now.ChartName, MaxEntries, MaxBytes).ConfigureAwait(false))
            if (
                stored.Key != now.Key
                && stored.Key != now.PathKey
                && (last is null || stored.Created > last.Created)
                && IsSame(stored.Material, release)
                && HasResult(store, stored.Key)
            )
                last = stored;
        if (last is null || store.Get(last.Key) is not { Entry: { Result: { } result } entry } found)
            return new Message.Failed(
                $"no earlier result of this release is stored (chart {now.ChartName}, with the same release name and namespace); "
                    + "give a second call after ---"
            );
        if (result.Stdout.Length > EntryListing.MaxShownBytes)
            return new Message.Failed($"the earlier result has {result.Stdout.Length} bytes, too many to compare");
        return new Message.Result(
            result.ExitCode,
            found.Tier,
            (long)store.Age(entry).TotalMicroseconds,
            last.Key.Value.ToArray().AsMemory(0, sizeof(ulong)),
            default,
            result.Stdout.ToArray()
        );
    }

    /// <summary>Notes are none, and what is damaged or may be no longer kept is not, either.</summary>
    private static bool HasResult(EntryStore store, CacheKey key) => store.Get(key).Entry is { Result: not null };

    private static List<MaterialItem> Of(IReadOnlyList<MaterialItem> material) =>
        [.. material.Where(static item => s_release.Contains(item.Label))];

    private static bool IsSame(byte[] material, List<MaterialItem> release)
    {
        try
        {
            return Of(KeyMaterial.Deserialise(material)).SequenceEqual(release);
        }
        catch (MessagePackSerializationException)
        {
            return false; // Of another recipe.
        }
    }
}
