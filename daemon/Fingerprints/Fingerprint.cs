using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>What became of the attempt to name all inputs of a call.</summary>
internal abstract record FingerprintOutcome
{
    private FingerprintOutcome()
    {
    }

    /// <summary>Every input is known.</summary>
    public sealed record Known(Fingerprint Fingerprint) : FingerprintOutcome;

    /// <summary>Some input is not ours to judge: real helm has to run.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Detail">The flag, variable or file that it is about; never a value.</param>
    public sealed record Declined(BypassReason Reason, string Detail) : FingerprintOutcome;
}

/// <summary>All inputs of one call at one moment: the key, what it is made of, and evidence to tell later whether anything changed.</summary>
internal sealed class Fingerprint
{
    private readonly ChartSnapshot<ChartFileScreen> _chart;
    private readonly InputReader _inputs;
    private readonly Lazy<CacheKey> _pathKey;
    private readonly KeyMaterial _material;
    private readonly ChartScreens _screens;

    public Fingerprint(KeyMaterial material, Func<CacheKey, CacheKey> pathKey, ChartSnapshot<ChartFileScreen> chart, InputReader inputs, Digest helm, ChartScreens screens)
    {
        _material = material;
        _chart = chart;
        _inputs = inputs;
        Key = material.ToKey();
        _pathKey = new Lazy<CacheKey>(() => pathKey(Key));
        Helm = helm;
        _screens = screens;
    }

    /// <summary>The key that holds no path of the caller's machine.</summary>
    public CacheKey Key { get; }

    /// <summary>The key for results that show paths: the first one, and every absolute path that helm may print.</summary>
    public CacheKey PathKey => _pathKey.Value;

    /// <summary>The labelled inputs.</summary>
    public KeyMaterial Material => _material;

    /// <summary>Digest of the helm binary.</summary>
    public Digest Helm { get; }

    /// <summary>What of the chart is more than plain templates, with file and line; empty when nothing is. For helms without an armed copy.</summary>
    public string Obstacle => _screens.FindObstacle(_chart.Tree);

    /// <summary>
    /// Whether helm may read a schema that is in no key: one of the chart's, and of the values it is then judged by. An armed copy shows whether it does; the
    /// schema of a subchart that is switched off, say, is not looked at.
    /// </summary>
    public bool SchemaRefersOutside { get; init; }

    /// <summary>The chart as it was read.</summary>
    public ChartTree<ChartFileScreen> Chart => _chart.Tree;

    /// <summary>The chart's name, for people.</summary>
    public string ChartName => _chart.Tree.Metadata.Name;

    /// <summary>The chart's version, for people.</summary>
    public string ChartVersion => _chart.Tree.Metadata.Version;

    /// <summary>Files of the chart that helm reads.</summary>
    public int ChartFiles => _chart.Tree.FileCount > 0 ? _chart.Tree.FileCount : _chart.Tree.Files.Count;

    /// <summary>Bytes of the chart.</summary>
    public long ChartBytes => _chart.Tree.Bytes;

    /// <summary>The deepest directory that holds half of the chart's files or more, and how many; empty for the chart itself.</summary>
    public (string Directory, int Files) Crowd()
    {
        var files = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (ChartFile file in _chart.Tree.Files)
        {
            string name = Encoding.UTF8.GetString(file.Name);
            for (int end = name.LastIndexOf('/'); end > 0; end = name.LastIndexOf('/', end - 1))
                CollectionsMarshal.GetValueRefOrAddDefault(files, name[..end], out _)++;
        }
        (string Directory, int Files) crowd = ("", _chart.Tree.Files.Count);
        foreach ((string directory, int count) in files)
            if (2 * count >= _chart.Tree.Files.Count && directory.Length > crowd.Directory.Length)
                crowd = (directory, count);
        return crowd;
    }

    /// <summary>The state of the mounts in which the inputs were read; see <see cref="MountTable"/>.</summary>
    public long MountGeneration => _inputs.MountGeneration;

    /// <summary>How many files below a <c>.git</c> at the chart's root helm reads: each commit and fetch changes some.</summary>
    public int GitFiles => _chart.Tree.Files.Count(file => file.Name.AsSpan().StartsWith(".git/"u8));

    /// <summary>How many paths <see cref="StillValid"/> looks at.</summary>
    public int WatchedPaths => _chart.WatchedPaths + _inputs.Evidence.Count;

    /// <summary>
    /// True when computing it again for the very same request would surely give the same: every answer that the file
    /// system gave then, about the chart and about everything else, is trusted and is its answer now. Opens no file.
    /// </summary>
    public bool StillValid() => _inputs.Evidence.AllTrusted && _inputs.Evidence.IsUnchanged() && _chart.StillValid();

    /// <summary>
    /// True when nothing was touched between the two: same key, and the same stamp on every file, so that not even a
    /// change that was taken back in the meantime can have reached helm.
    /// </summary>
    public bool IsSameWorldAs(Fingerprint later) =>
        Key == later.Key && MountGeneration == later.MountGeneration
        && (ReferenceEquals(_chart, later._chart) || _chart.StampsEqual(later._chart))
        && _inputs.Seen.SequenceEqual(later._inputs.Seen);
}
