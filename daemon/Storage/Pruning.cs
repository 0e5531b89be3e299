using System;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// What to prune. <see cref="Chart"/> narrows the choice to one chart's entries; of these, the ones not used for
/// <see cref="OlderThan"/> go, then the least recently used until the whole store is no larger than <see cref="MaxBytes"/>.
/// A chart without the other two means all its entries. <see cref="All"/> empties the store and forgets which keys vary.
/// </summary>
/// <param name="OlderThan">Time since the last use; null means no age limit.</param>
/// <param name="MaxBytes">Size of the whole store to reach; null means no size limit.</param>
/// <param name="Chart">Chart name, exact; null means every chart.</param>
/// <param name="All">Everything, whatever the others say.</param>
/// <param name="DryRun">Only say what would go.</param>
public sealed record PruneRequest(
    TimeSpan? OlderThan = null,
    long? MaxBytes = null,
    string? Chart = null,
    bool All = false,
    bool DryRun = false
);

/// <summary>What a prune removed, or would have removed.</summary>
/// <param name="Entries">Entries gone.</param>
/// <param name="Bytes">Bytes freed, as stored (compressed; a blob still used by another entry frees nothing).</param>
public readonly record struct PruneResult(long Entries, long Bytes)
{
    public static PruneResult operator +(PruneResult left, PruneResult right) =>
        new(left.Entries + right.Entries, left.Bytes + right.Bytes);
}

/// <summary>How much a store holds.</summary>
/// <param name="Entries">Number of entries.</param>
/// <param name="Bytes">Bytes as stored: compressed, shared blobs counted once, larger ones in whole pages.</param>
public readonly record struct StoreTotals(long Entries, long Bytes);
