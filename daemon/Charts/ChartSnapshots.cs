using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using CacheDaemon.Daemon.Files;

namespace CacheDaemon.Daemon.Charts;

/// <summary>
/// A chart as loaded once, with the stamp of everything that was met on the way: directories, files, links and what
/// they lead to. While no stamp moves, the tree is what a new load would give. Immutable; safe for concurrent use.
/// </summary>
internal sealed class ChartSnapshot
{
    private readonly WatchList _watched;

    internal ChartSnapshot(ChartTree tree, WatchList watched) => (Tree, _watched) = (tree, watched);

    /// <summary>The chart.</summary>
    public ChartTree Tree { get; }

    /// <summary>How many paths a check looks at.</summary>
    public int WatchedPaths => _watched.Count;

    /// <summary>
    /// True when the chart is surely unchanged: every stamp was trusted when read and is the same now. Opens no file;
    /// 0.35 ms for a chart of 380 files in 30 directories (measured; a link costs 5 µs, since its target is resolved again).
    /// </summary>
    public bool StillValid() => _watched.AllTrusted && _watched.IsUnchanged();

    /// <summary>
    /// True when two snapshots of one path met the same things with the same stamps, ctime included: nothing was
    /// touched in between, as far as the clock's tick can tell.
    /// </summary>
    public bool StampsEqual(ChartSnapshot other) => _watched.Equals(other._watched);
}

/// <summary>
/// The charts loaded lately, by path: an unchanged chart costs stats only, and callers that ask for one chart at the
/// same time share one walk. Bounded; safe for concurrent use.
/// </summary>
/// <param name="loader">Loads what is not known or has changed.</param>
/// <param name="maxCharts">Most charts kept; the least recently used goes first.</param>
/// <param name="maxPaths">Most watched paths kept, over all charts.</param>
internal sealed class ChartSnapshots(
    ChartLoader loader,
    int maxCharts = ChartSnapshots.DefaultMaxCharts,
    int maxPaths = ChartSnapshots.DefaultMaxPaths
)
{
    /// <summary>Callers that unpack a chart afresh for each call leave this many dead paths at most.</summary>
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
    /// <param name="path">As for <see cref="ChartLoader.Load"/>.</param>
    public ChartLoad Get(byte[] path)
    {
        long asked = Stopwatch.GetTimestamp();
        Slot slot = SlotOf(path);
        ChartLoad.Loaded? known = slot.Loaded;
        if (known is not null && known.Snapshot.StillValid())
            return known;
        ChartLoad load;
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
            slot.Loaded = load as ChartLoad.Loaded;
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
        private volatile ChartLoad.Loaded? _loaded;

        public byte[] Path => path;

        public Lock Loading { get; } = new();

        public long LastUse { get; set; }

        /// <summary>Guarded by <see cref="Loading"/>, as is <see cref="Latest"/>.</summary>
        public long LoadBegan { get; set; }

        public ChartLoad? Latest { get; set; }

        public ChartLoad.Loaded? Loaded
        {
            get => _loaded;
            set => _loaded = value;
        }

        public int WatchedPaths => _loaded?.Snapshot.WatchedPaths ?? 0;
    }
}
