using CacheDaemon.Daemon.Files;

namespace CacheDaemon.Daemon.Charts;

/// <summary>
/// A chart as loaded once, with the stamp of everything that was met on the way: directories, files, links and what
/// they lead to. While no stamp moves, the tree is what a new load would give. Immutable; safe for concurrent use.
/// </summary>
internal sealed class ChartSnapshot<TFacts>
{
    private readonly ChartWatchList _watched;

    internal ChartSnapshot(ChartTree<TFacts> tree, ChartWatchList watched) => (Tree, _watched) = (tree, watched);

    /// <summary>The chart.</summary>
    public ChartTree<TFacts> Tree { get; }

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
    public bool StampsEqual(ChartSnapshot<TFacts> other) => _watched.Equals(other._watched);
}
