using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Files;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>What became of the attempt to name all inputs of a call.</summary>
internal abstract record FingerprintOutcome
{
    private FingerprintOutcome() { }

    /// <summary>Every input is known.</summary>
    public sealed record Known(Fingerprint Fingerprint) : FingerprintOutcome;

    /// <summary>Some input is not ours to judge: real helm has to run.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Detail">The flag, variable or file that it is about; never a value.</param>
    public sealed record Declined(BypassReason Reason, string Detail) : FingerprintOutcome;
}

/// <summary>
/// All inputs of one call at one moment: the key, what it is made of, and evidence to tell later whether anything changed.
/// </summary>
internal sealed class Fingerprint
{
    private readonly IReadOnlyList<ChartSnapshot> _charts;
    private readonly InputReader _inputs;
    private readonly Lazy<CacheKey> _pathKey;
    private readonly KeyMaterial _material;
    private readonly ChartScreens _screens;

    public Fingerprint(
        HelmCommand command,
        KeyMaterial material,
        Func<CacheKey, CacheKey> pathKey,
        IReadOnlyList<ChartSnapshot> charts,
        InputReader inputs,
        Digest helm,
        ChartScreens screens
    )
    {
        Command = command;
        _material = material;
        _charts = charts;
        _inputs = inputs;
        Key = material.ToKey();
        _pathKey = new Lazy<CacheKey>(() => pathKey(Key));
        Helm = helm;
        _screens = screens;
    }

    /// <summary>The command of helm.</summary>
    public HelmCommand Command { get; }

    /// <summary>The key that holds no path of the caller's machine.</summary>
    public CacheKey Key { get; }

    /// <summary>The key for results that show paths: the first one, and every absolute path that helm may print.</summary>
    public CacheKey PathKey => _pathKey.Value;

    /// <summary>The labelled inputs.</summary>
    public KeyMaterial Material => _material;

    /// <summary>Digest of the helm binary.</summary>
    public Digest Helm { get; }

    /// <summary>
    /// What of the chart is more than plain templates, with file and line; empty when nothing is. For helms without an armed copy.
    /// </summary>
    public string Obstacle =>
        !Command.Reads.HasFlag(CommandReads.Templates)
            ? ""
            : _charts.Select(chart => _screens.FindObstacle(chart.Tree)).FirstOrDefault(static obstacle => obstacle.Length > 0) ?? "";

    /// <summary>
    /// Whether helm may read a schema that is in no key: one of the chart's, and of the values it is then judged by. An armed copy shows
    /// whether it does; the schema of a subchart that is switched off, say, is not looked at.
    /// </summary>
    public bool SchemaRefersOutside { get; init; }

    /// <summary>Whether the output is a tree of files (<c>--output-dir</c>).</summary>
    public bool WritesFiles { get; init; }

    /// <summary>The charts as they were read; empty for a command that reads none.</summary>
    public IEnumerable<ChartTree> Charts => _charts.Select(static chart => chart.Tree);

    /// <summary>
    /// How long a result may be given again; null for as long as the key is the same. Set when the key does not hold what is in the chart.
    /// </summary>
    public Freshness? Freshness { get; init; }

    /// <summary>Where the chart comes from.</summary>
    public ChartOrigin Origin =>
        Freshness is { } freshness
            ? freshness.For is null
                ? ChartOrigin.Digest
                : ChartOrigin.Window
            : IsOfRepository
                ? ChartOrigin.Repository
                : ChartOrigin.Local;

    /// <summary>Whether the chart was named by its repository and found in helm's content cache.</summary>
    public bool IsOfRepository { get; init; }

    /// <summary>What stands for the chart's name when the chart is not read.</summary>
    public string NameOfRemote { get; init; } = "";

    /// <summary>The first chart's name, for people; empty without one.</summary>
    public string ChartName => _charts.Count == 0 ? NameOfRemote : _charts[0].Tree.Metadata.Name;

    /// <summary>Its version.</summary>
    public string ChartVersion => _charts.Count == 0 ? "" : _charts[0].Tree.Metadata.Version;

    /// <summary>Files of the charts that helm reads.</summary>
    public int ChartFiles => Charts.Sum(static tree => tree.FileCount > 0 ? tree.FileCount : tree.Files.Count);

    /// <summary>Bytes of the charts.</summary>
    public long ChartBytes => Charts.Sum(static tree => tree.Bytes);

    /// <summary>The deepest directory that holds half of the charts' files or more, and how many; empty for the chart itself.</summary>
    public (string Directory, int Files) Crowd()
    {
        var files = new Dictionary<string, int>(StringComparer.Ordinal);
        ChartFile[] all = [.. Charts.SelectMany(static tree => tree.Files)];
        foreach (ChartFile file in all)
        {
            string name = Encoding.UTF8.GetString(file.Name);
            for (int end = name.LastIndexOf('/'); end > 0; end = name.LastIndexOf('/', end - 1))
                CollectionsMarshal.GetValueRefOrAddDefault(files, name[..end], out _)++;
        }
        (string Directory, int Files) crowd = ("", all.Length);
        foreach ((string directory, int count) in files)
            if (2 * count >= all.Length && directory.Length > crowd.Directory.Length)
                crowd = (directory, count);
        return crowd;
    }

    /// <summary>The state of the mounts in which the inputs were read; see <see cref="MountTable"/>.</summary>
    public long MountGeneration => _inputs.MountGeneration;

    /// <summary>How many files below a <c>.git</c> at the chart's root helm reads: each commit and fetch changes some.</summary>
    public int GitFiles => Charts.SelectMany(static tree => tree.Files).Count(file => file.Name.AsSpan().StartsWith(".git/"u8));

    /// <summary>How many paths <see cref="StillValid"/> looks at.</summary>
    public int WatchedPaths => _charts.Sum(static chart => chart.WatchedPaths) + _inputs.Evidence.Count;

    /// <summary>
    /// True when computing it again for the very same request would surely give the same: every answer that the file
    /// system gave then, about the chart and about everything else, is trusted and is its answer now. Opens no file.
    /// </summary>
    public bool StillValid() => _inputs.Evidence.AllTrusted && _inputs.Evidence.IsUnchanged() && AreStillValid();

    private bool AreStillValid()
    {
        // Once per warm hit: no iterator.
        for (int i = 0; i < _charts.Count; i++)
            if (!_charts[i].StillValid())
                return false;
        return true;
    }

    /// <summary>
    /// True when nothing was touched between the two: same key, and the same stamp on every file, so that not even a
    /// change that was taken back in the meantime can have reached helm.
    /// </summary>
    public bool HasSameInputsAs(Fingerprint later) =>
        Key == later.Key
        && MountGeneration == later.MountGeneration
        && _charts.Count == later._charts.Count
        && _charts.Zip(later._charts).All(static pair => ReferenceEquals(pair.First, pair.Second) || pair.First.StampsEqual(pair.Second))
        && _inputs.Seen.SequenceEqual(later._inputs.Seen);
}
