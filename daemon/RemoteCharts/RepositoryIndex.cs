using System;
using System.Collections.Generic;
using System.Linq;

namespace CacheDaemon.Daemon.RemoteCharts;

/// <summary>The small form of a repository's index: each chart's versions and the digests of their archives. Immutable.</summary>
/// <param name="charts">The versions of each chart, as the file has them.</param>
internal sealed class RepositoryIndex(IReadOnlyDictionary<string, IReadOnlyList<IndexedVersion>> charts)
{
    /// <summary>What helm asks for when <c>--devel</c> is given and no version.</summary>
    private const string AnyPrerelease = ">0.0.0-0";

    /// <summary>How many versions of charts it holds.</summary>
    public int Count { get; } = charts.Sum(static chart => chart.Value.Count);

    /// <summary>All versions of a chart; empty for one that it does not have.</summary>
    public IReadOnlyList<IndexedVersion> VersionsOf(string chart) => charts.GetValueOrDefault(chart, []);

    /// <summary>
    /// Predicts which version helm 4 takes (<c>IndexFile.Get</c>): the one whose text is equal, else the latest that the constraint allows.
    /// Null when there is none, or when that is in doubt: two archives of one version, say, whose order is a sorting's accident.
    /// </summary>
    /// <param name="chart">Name of the chart.</param>
    /// <param name="version">The value of <c>--version</c>, empty for none.</param>
    /// <param name="devel">Whether <c>--devel</c> is on.</param>
    public IndexedVersion? Choose(string chart, string version, bool devel)
    {
        version = version.Trim();
        if (version.Length == 0)
            version = devel ? AnyPrerelease : "";
        if (VersionConstraint.Parse(version.Length == 0 ? "*" : version) is not { } constraint)
            return null;
        IndexedVersion[] equal = version.Length == 0 ? [] : [.. VersionsOf(chart).Where(known => known.Version == version)];
        if (equal.Length > 0)
            return Single(equal);
        var best = new List<IndexedVersion>();
        SemanticVersion top = default;
        foreach (IndexedVersion known in VersionsOf(chart))
        {
            if (!SemanticVersion.TryParse(known.Version, out SemanticVersion parsed) || !constraint.Allows(parsed))
                continue;
            int order = best.Count == 0 ? 1 : parsed.CompareTo(top);
            if (order > 0)
            {
                best.Clear();
                top = parsed;
            }
            if (order >= 0)
                best.Add(known);
        }
        return best.Count == 0 ? null : Single(best);
    }

    private static IndexedVersion? Single(IReadOnlyList<IndexedVersion> versions) =>
        versions.All(other => string.Equals(other.Digest, versions[0].Digest, StringComparison.OrdinalIgnoreCase)) ? versions[0] : null;
}
