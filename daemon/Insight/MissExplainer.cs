using System;
using System.Collections.Generic;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Storage;
using MessagePack;

namespace CacheDaemon.Daemon.Insight;

/// <summary>Says why there is no entry for a key: which inputs differ from those of the stored entry that is nearest to it.</summary>
internal sealed class MissExplainer
{
    /// <summary>Entries of the chart that are compared: the ones used last.</summary>
    private const int Neighbours = 32;

    private readonly LiteDbTier _disk;

    public MissExplainer(LiteDbTier disk) => _disk = disk;

    /// <summary>
    /// One line per differing input (<c>values [1] changed</c>, <c>chart templates/a.yaml new</c>), in the order of the recipe; empty when no
    /// entry of this chart is stored.
    /// </summary>
    /// <param name="chartName">The chart; only its entries are near.</param>
    /// <param name="material">The inputs of the miss.</param>
    /// <param name="at">Entries stored later were not there to be compared with; null: as of now.</param>
    public IReadOnlyList<string> Explain(string chartName, IReadOnlyList<MaterialItem> material, DateTimeOffset? at = null)
    {
        List<string>? nearest = null;
        foreach (StoredMaterial stored in _disk.RecentByChart(chartName, Neighbours))
        {
            if (stored.Created > at)
                continue;
            List<string> difference;
            try
            {
                difference = Difference(KeyMaterial.Deserialise(stored.Material), material);
            }
            catch (MessagePackSerializationException)
            {
                continue; // Of another recipe; nothing to compare with.
            }
            if (difference.Count > 0 && (nearest is null || difference.Count < nearest.Count))
                nearest = difference;
            if (nearest is { Count: 1 })
                break; // No entry can be nearer.
        }
        return nearest ?? [];
    }

    /// <summary>What differs between two lists of labelled digests; labels may occur more than once.</summary>
    public static List<string> Difference(IReadOnlyList<MaterialItem> before, IReadOnlyList<MaterialItem> after) =>
        InSameOrder(before, after) ?? InAnyOrder(before, after);

    /// <summary>When both lists have the same labels in the same order, as those of one chart without new files have; otherwise null.</summary>
    private static List<string>? InSameOrder(IReadOnlyList<MaterialItem> before, IReadOnlyList<MaterialItem> after)
    {
        if (before.Count != after.Count)
            return null;
        var difference = new List<string>();
        for (int i = 0; i < after.Count; i++)
        {
            if (before[i].Label != after[i].Label)
                return null;
            if (before[i].Digest != after[i].Digest)
                difference.Add(after[i].Label + " changed");
        }
        return WithoutSum(difference);
    }

    private static List<string> InAnyOrder(IReadOnlyList<MaterialItem> before, IReadOnlyList<MaterialItem> after)
    {
        var old = new Dictionary<string, Queue<ulong>>();
        foreach (MaterialItem item in before)
        {
            if (!old.TryGetValue(item.Label, out Queue<ulong>? digests))
                old[item.Label] = digests = new Queue<ulong>();
            digests.Enqueue(item.Digest);
        }
        var difference = new List<string>();
        foreach (MaterialItem item in after)
        {
            if (!old.TryGetValue(item.Label, out Queue<ulong>? digests) || digests.Count == 0)
                difference.Add(item.Label + " new");
            else if (digests.Dequeue() != item.Digest)
                difference.Add(item.Label + " changed");
        }
        foreach ((string label, Queue<ulong> left) in old)
            for (int i = 0; i < left.Count; i++)
                difference.Add(label + " gone");
        return WithoutSum(difference);
    }

    /// <summary>The tree's digest sums up files that are listed one by one where that helps.</summary>
    private static List<string> WithoutSum(List<string> difference)
    {
        if (difference.Count > 1)
            difference.Remove("chart tree changed");
        return difference;
    }
}
