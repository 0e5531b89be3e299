using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using CacheDaemon.Daemon.Files;

namespace CacheDaemon.Daemon.Charts;

/// <summary>
/// The charts loaded lately, by path: an unchanged chart costs stats only, and callers that ask for one chart at the
/// same time share one walk. Bounded; safe for concurrent use.
/// </summary>
/// <param name="loader">Loads what is not known or has changed.</param>
/// <param name="maxCharts">Most charts kept; the least recently used goes first.</param>
/// <param name="maxPaths">Most watched paths kept, over all charts.</param>
internal sealed class ChartSnapshots<TFacts>(
    ChartTreeLoader<TFacts> loader,
    int maxCharts = ChartSnapshots<TFacts>.DefaultMaxCharts,
    int maxPaths = ChartSnapshots<TFacts>.DefaultMaxPaths)
{
    /// <summary>Callers that unpack a chart afresh for each call (callers.md 3) leave this many dead paths at most.</summary>
    public const int DefaultMaxCharts = 512;

    /// <summary>A path costs about 750 bytes, its share of the memo included (measured with 10,000 files).</summary>
    public const int DefaultMaxPaths = 200_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<byte[], Slot> _slots = new(BytesComparer.Instance);
    private long _uses;

    /// <summary>How many charts are kept now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _slots.Count;
        }
    }

    /// <summary>
    /// The chart at <paramref name="path"/> as it is at some moment between this call's begin and its end. Equal
    /// references mean that nothing was loaded in between.
    /// </summary>
    /// <param name="path">As for <see cref="ChartTreeLoader{TFacts}.Load"/>.</param>
    public ChartLoad<TFacts> Get(byte[] path)
    {
        long asked = Stopwatch.GetTimestamp();
        Slot slot = SlotOf(path);
        ChartLoad<TFacts>.Loaded? known = slot.Loaded;
        if (known is not null && known.Snapshot.StillValid())
            return known;
        ChartLoad<TFacts> load;
        lock (slot.Loading)
        {
            // A walk that began after we asked saw all that ours would see.
            if (slot.LoadBegan > asked && slot.Latest is { } latest)
                return latest;
            if (slot.Loaded is { } newer && !ReferenceEquals(newer, known) && newer.Snapshot.StillValid())
                return newer;
            slot.LoadBegan = Stopwatch.GetTimestamp();
            load = loader.Load(path);
            slot.Latest = load;
            slot.Loaded = load as ChartLoad<TFacts>.Loaded;
        }
        Evict(keep: slot);
        return load;
    }

    private Slot SlotOf(byte[] path)
    {
        lock (_lock)
        {
            if (!_slots.TryGetValue(path, out Slot? slot))
            {
                slot = new Slot(path);
                _slots.Add(path, slot);
            }
            slot.LastUse = ++_uses;
            return slot;
        }
    }

    private void Evict(Slot keep)
    {
        lock (_lock)
        {
            long paths = 0;
            foreach (Slot slot in _slots.Values)
                paths += slot.WatchedPaths;
            while ((_slots.Count > maxCharts || paths > maxPaths) && OldestBut(keep) is { } oldest)
            {
                paths -= oldest.WatchedPaths;
                _slots.Remove(oldest.Path);
            }
        }
    }

    private Slot? OldestBut(Slot keep)
    {
        Slot? oldest = null;
        foreach (Slot slot in _slots.Values)
        {
            if (slot != keep && (oldest is null || slot.LastUse < oldest.LastUse))
                oldest = slot;
        }
        return oldest;
    }

    private sealed class Slot(byte[] path)
    {
        private volatile ChartLoad<TFacts>.Loaded? _loaded;

        public byte[] Path => path;

        public Lock Loading { get; } = new();

        public long LastUse { get; set; }

        /// <summary>Guarded by <see cref="Loading"/>, as is <see cref="Latest"/>.</summary>
        public long LoadBegan { get; set; }

        public ChartLoad<TFacts>? Latest { get; set; }

        public ChartLoad<TFacts>.Loaded? Loaded { get => _loaded; set => _loaded = value; }

        public int WatchedPaths => _loaded?.Snapshot.WatchedPaths ?? 0;
    }
}
