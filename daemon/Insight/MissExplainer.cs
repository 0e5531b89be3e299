using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;
using MessagePack;

namespace CacheDaemon.Daemon.Insight;

/// <summary>Says why there is no entry for a key: which inputs differ from those of the stored entry that is nearest to it.</summary>
internal sealed class MissExplainer
{
    /// <summary>
    /// Entries of the chart that are compared, the ones used last first: all that anyone has. Their material is read up to
    /// <see cref="MaxBytes"/>.
    /// </summary>
    private const int MaxEntries = 10_000;

    private const long MaxBytes = 64 << 20;

    /// <summary>What one chart's entries may take to be kept for the next miss of the same chart.</summary>
    private const long MaxKeptBytes = 4 << 20;

    private static readonly byte[] s_treeLabel = Encoding.UTF8.GetBytes(Tree);

    private const string Tree = "chart tree";

    private readonly LiteDbTier _disk;
    private readonly Lock _gate = new();
    private (string Chart, DateTimeOffset At, IReadOnlyList<StoredMaterial> Entries)? _kept;

    public MissExplainer(LiteDbTier disk) => _disk = disk;

    /// <summary>
    /// One line per input (<c>values file 1 changed</c>, <c>--set was added</c>) that differs from the entry of this chart that differs
    /// least, in the order of the recipe; of entries that differ equally much, the one used last. Empty when no entry of this chart is
    /// stored.
    /// </summary>
    /// <param name="chartName">The chart; only its entries are near.</param>
    /// <param name="material">The inputs of the miss.</param>
    /// <param name="at">Entries stored later were not there to be compared with; null: as of now.</param>
    public IReadOnlyList<string> Explain(string chartName, IReadOnlyList<MaterialItem> material, DateTimeOffset? at = null)
    {
        byte[][] labels = [.. material.Select(static item => Encoding.UTF8.GetBytes(item.Label))];
        StoredMaterial? nearest = null;
        int least = int.MaxValue;
        foreach (StoredMaterial stored in Entries(chartName, at))
        {
            if (stored.Created > at)
                continue;
            try
            {
                int distance = Distance(stored.Material, labels, material, least);
                if (distance > 0 && distance < least)
                    (nearest, least) = (stored, distance);
            }
            catch (MessagePackSerializationException)
            {
                continue; // Of another recipe; nothing to compare with.
            }
            if (least == 1)
                break; // No entry can be nearer.
        }
        return nearest is null ? [] : Difference(KeyMaterial.Deserialise(nearest.Material), material);
    }

    /// <summary>
    /// The entries of a chart. Misses are explained in batches, from the newest back: what was read for one is enough for those before it.
    /// </summary>
    private IReadOnlyList<StoredMaterial> Entries(string chart, DateTimeOffset? at)
    {
        lock (_gate)
        {
            if (at is { } then && _kept is { } kept && kept.Chart == chart && then <= kept.At)
                return kept.Entries;
        }
        IReadOnlyList<StoredMaterial> entries = _disk.RecentByChart(chart, MaxEntries, MaxBytes);
        lock (_gate)
            _kept =
                at is { } asOf && entries.Sum(static entry => (long)entry.Material.Length) <= MaxKeptBytes ? (chart, asOf, entries) : null;
        return entries;
    }

    /// <summary>
    /// How many lines <see cref="Difference"/> would have, or any larger number than <paramref name="most"/>. Makes no text of labels that
    /// are in the same order.
    /// </summary>
    /// <exception cref="MessagePackSerializationException">The bytes are something else.</exception>
    private static int Distance(byte[] stored, byte[][] labels, IReadOnlyList<MaterialItem> material, int most)
    {
        try
        {
            var reader = new MessagePackReader(stored);
            if (reader.ReadArrayHeader() == labels.Length)
            {
                int differing = 0,
                    tree = 0,
                    i = 0;
                for (; i < labels.Length && reader.TryReadStringSpan(out ReadOnlySpan<byte> label) && label.SequenceEqual(labels[i]); i++)
                {
                    if (reader.ReadUInt64() == material[i].Digest)
                        continue;
                    if (label.SequenceEqual(s_treeLabel))
                        tree = 1;
                    if (++differing - tree > most)
                        return differing;
                }
                if (i == labels.Length)
                    return differing > 1 ? differing - tree : differing;
            }
        }
        catch (Exception e) when (e is MessagePackSerializationException or EndOfStreamException)
        {
            // Told below.
        }
        return Difference(KeyMaterial.Deserialise(stored), material).Count;
    }

    /// <summary>What differs between two lists of labelled digests; labels may occur more than once.</summary>
    public static List<string> Difference(IReadOnlyList<MaterialItem> before, IReadOnlyList<MaterialItem> after) =>
        InSameOrder(before, after) ?? InAnyOrder(before, after);

    /// <summary>
    /// When both lists have the same labels in the same order, as those of one chart without new files have; otherwise null.
    /// </summary>
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
                difference.Add(Named(after[i].Label) + " changed");
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
                difference.Add(Named(item.Label) + " was added");
            else if (digests.Dequeue() != item.Digest)
                difference.Add(Named(item.Label) + " changed");
        }
        foreach ((string label, Queue<ulong> left) in old)
            for (int i = 0; i < left.Count; i++)
                difference.Add(Named(label) + " was removed");
        return WithoutSum(difference);
    }

    /// <summary>
    /// An input as its user knows it: labels of the key are <c>option set</c>, <c>option $HELM_DEBUG</c>, <c>set-file name</c>, <c>values
    /// [1]</c>.
    /// </summary>
    private static string Named(string label)
    {
        const string Option = "option ",
            Values = "values [";
        // Flags that helm only warns about share one label.
        if (label == Option + "deprecated")
            return "a deprecated flag";
        if (label.StartsWith(Option + "$", StringComparison.Ordinal))
            return label[Option.Length..];
        if (label.StartsWith(Option, StringComparison.Ordinal))
            return "--" + label[Option.Length..];
        if (label.StartsWith("set-file ", StringComparison.Ordinal))
            return "--" + label;
        return label.StartsWith(Values, StringComparison.Ordinal) ? "values file " + label[Values.Length..].TrimEnd(']') : label;
    }

    /// <summary>The tree's digest sums up files that are listed one by one where that helps.</summary>
    private static List<string> WithoutSum(List<string> difference)
    {
        if (difference.Count > 1)
            difference.Remove(Tree + " changed");
        return difference;
    }
}
