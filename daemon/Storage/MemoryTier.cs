using System;
using System.Collections.Generic;
using System.Threading;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// The fastest level: entries in this process, the least recently used leaving first when <see cref="Bytes"/> would pass
/// <see cref="Limit"/>. A hit takes one short lock and allocates nothing.
/// </summary>
public sealed class MemoryTier : ITier
{
    /// <summary>Default <see cref="Limit"/>: 128 MiB (design 7).</summary>
    public const long DefaultLimitBytes = 128L << 20;

    /// <summary>What one entry costs besides its bytes: node, dictionary slot, records, array headers; rounded up.</summary>
    public const int OverheadBytes = 432;

    /// <summary>An entry larger than the limit divided by this is not kept: it would push out many for one.</summary>
    public const int LargestShare = 4;

    private readonly Lock _lock = new();
    private readonly Dictionary<CacheKey, Node> _nodes = [];

    /// <summary>Anchor of the ring: the entry newer than it is the least recently used, the one older than it the most.</summary>
    private readonly Node _ring = new(default, null!);

    private long _bytes;

    /// <param name="limit">Bytes to keep at most, overhead included.</param>
    public MemoryTier(long limit = DefaultLimitBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        Limit = limit;
        _ring.Older = _ring.Newer = _ring;
    }

    /// <inheritdoc/>
    public string Name => "memory";

    /// <summary>Bytes to keep at most.</summary>
    public long Limit { get; }

    /// <summary>Bytes kept now: entries and overhead.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Entries kept now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _nodes.Count;
        }
    }

    /// <summary>What <paramref name="entry"/> counts for against <see cref="Limit"/>.</summary>
    public static long CostOf(Entry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        long views = 0;
        foreach (View view in entry.Views)
            views += view.Bytes.Length + 2L * view.Name.Length;
        return entry.Bytes + views + 2L * (entry.ChartName.Length + entry.ChartVersion.Length) + OverheadBytes;
    }

    /// <summary>True when <paramref name="entry"/> is small enough to be kept at all.</summary>
    public bool CanHold(Entry entry) => CostOf(entry) <= Limit / LargestShare;

    /// <inheritdoc/>
    public Entry? Get(CacheKey key)
    {
        lock (_lock)
        {
            if (!_nodes.TryGetValue(key, out Node? node))
                return null;
            Unlink(node);
            LinkAsNewest(node);
            return node.Entry;
        }
    }

    /// <inheritdoc/>
    public bool Put(CacheKey key, Entry entry)
    {
        long cost = CostOf(entry);
        lock (_lock)
        {
            if (_nodes.TryGetValue(key, out Node? old))
                Drop(old);
            if (cost > Limit / LargestShare)
                return false;
            var node = new Node(key, entry) { Cost = cost };
            _nodes.Add(key, node);
            LinkAsNewest(node);
            _bytes += cost;
            EvictToLimit();
            return true;
        }
    }

    /// <summary>Puts an entry into the place of another, if that is still there and there is room for a larger one.</summary>
    public void Replace(CacheKey key, Entry before, Entry after)
    {
        lock (_lock)
        {
            if (CanHold(after) && _nodes.TryGetValue(key, out Node? node) && ReferenceEquals(node.Entry, before))
                Put(key, after);
        }
    }

    /// <inheritdoc/>
    public bool Remove(CacheKey key)
    {
        lock (_lock)
        {
            if (_nodes.TryGetValue(key, out Node? node))
                Drop(node);
            return true;
        }
    }

    /// <summary>All that is kept now, in no order.</summary>
    public IReadOnlyList<KeyValuePair<CacheKey, Entry>> Snapshot()
    {
        lock (_lock)
        {
            var entries = new List<KeyValuePair<CacheKey, Entry>>(_nodes.Count);
            foreach ((CacheKey key, Node node) in _nodes)
                entries.Add(new(key, node.Entry));
            return entries;
        }
    }

    /// <summary>
    /// Removes every entry that <paramref name="matches"/>; answers how many, and their bytes. What is put meanwhile stays. Hits go on: a
    /// full tier has a hundred thousand entries, and to look at all of them takes ten times as long as a hit may.
    /// </summary>
    public PruneResult RemoveWhere(Func<CacheKey, Entry, bool> matches)
    {
        ArgumentNullException.ThrowIfNull(matches);
        Node[] nodes;
        lock (_lock)
            nodes = [.. _nodes.Values];
        PruneResult removed = default;
        foreach (Node node in nodes)
        {
            if (!matches(node.Key, node.Entry))
                continue;
            lock (_lock)
            {
                if (_nodes.GetValueOrDefault(node.Key) != node)
                    continue;
                Drop(node);
                removed += new PruneResult(1, node.Cost);
            }
        }
        return removed;
    }

    private void EvictToLimit()
    {
        while (_bytes > Limit)
            Drop(_ring.Newer);
    }

    private void Drop(Node node)
    {
        Unlink(node);
        _nodes.Remove(node.Key);
        _bytes -= node.Cost;
    }

    private static void Unlink(Node node)
    {
        node.Older.Newer = node.Newer;
        node.Newer.Older = node.Older;
    }

    /// <summary>The ring reads, going "newer": anchor, oldest, …, newest, anchor.</summary>
    private void LinkAsNewest(Node node)
    {
        node.Older = _ring.Older;
        node.Newer = _ring;
        _ring.Older.Newer = node;
        _ring.Older = node;
    }

    private sealed class Node(CacheKey key, Entry entry)
    {
        public readonly CacheKey Key = key;
        public readonly Entry Entry = entry;
        public long Cost;
        public Node Older = null!;
        public Node Newer = null!;
    }
}
