using System;
using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Invocations;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.RemoteCharts;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>What stands for a <c>repo/name</c>: an archive in helm's content cache.</summary>
/// <param name="ArchivePath">The archive that helm is predicted to read; null when it downloads one.</param>
/// <param name="IndexPath">The index of the repository.</param>
/// <param name="Index">Digest of the index.</param>
/// <param name="Others">The archives of the chart's other versions that are there, by the digests that the index gives them.</param>
internal sealed record RepositoryChart(
    string? ArchivePath,
    string IndexPath,
    Digest Index,
    IReadOnlyList<(string Name, Digest Content)> Others
);

/// <summary>
/// Finds the archive that helm 4 reads for <c>repo/name</c> without a request: the index says under which digest it lies in the content
/// cache (<c>ChartDownloader.DownloadToCache</c> of <c>pkg/downloader</c>; seen under strace on 4.1.4 and 4.2.3). Thread-safe.
/// </summary>
/// <remarks>
/// The choice of the version is a prediction, and no result rests on it. A result belongs to the bytes of all archives of the chart that
/// are in the cache: helm has read one of these. Had it read another one, then that one would be there after the run, which makes another
/// key, and the result is not kept.
/// </remarks>
internal sealed class RepositoryCharts
{
    /// <summary>The one major version of helm of which we know that it looks into its content cache first.</summary>
    private const int CachingMajor = 4;

    private const string Plugins = "a plugin may fetch it";

    private readonly RepositoryIndexes _indexes = new();

    /// <summary>The archive behind a name, of which no local file or directory is called so.</summary>
    /// <param name="reference">The name.</param>
    /// <param name="repositoriesFile">helm's <c>repositories.yaml</c>; null when there is none.</param>
    /// <param name="helmMajor">Major version of the caller's helm.</param>
    /// <param name="inputs">Reads and notes files.</param>
    /// <param name="isFresh">Whether the answer for an archive that helm downloads may be kept for a while.</param>
    /// <exception cref="InputException">helm has to answer.</exception>
    public RepositoryChart Find(RepositoryReference reference, string? repositoriesFile, int helmMajor, InputReader inputs, bool isFresh)
    {
        try
        {
            string address =
                repositoriesFile is not null
                && inputs.Content(repositoriesFile) is { } repositories
                && RepositoryFile.AddressOf(repositories, reference.Repository) is { } found
                    ? found
                    : throw Missing();
            InputFacts facts = inputs.Facts(reference.IndexPath) ?? throw Missing();
            if (helmMajor != CachingMajor && !isFresh)
                throw new InputException(BypassReason.RemoteChart, "this helm downloads it each time");
            if (!address.StartsWith("http://", StringComparison.Ordinal) && !address.StartsWith("https://", StringComparison.Ordinal))
                throw Doubtful(Plugins);
            if (helmMajor != CachingMajor)
                return new RepositoryChart(null, reference.IndexPath, facts.Digest, []);
            RepositoryIndex index = _indexes.Get(facts.Digest, () => inputs.ContentOf(reference.IndexPath, facts));
            return Find(reference, facts.Digest, index, inputs);
        }
        catch (IndexException e)
        {
            throw Doubtful(e.Message);
        }
    }

    private static RepositoryChart Find(RepositoryReference reference, Digest digest, RepositoryIndex index, InputReader inputs)
    {
        IReadOnlyList<IndexedVersion> versions = index.VersionsOf(reference.Chart);
        if (versions.Count == 0)
            throw Missing();
        if (versions.Any(static version => version.CacheName is null))
            throw Doubtful("the index gives a version no digest");
        if (index.Choose(reference.Chart, reference.Version, reference.Devel) is not { } chosen)
            throw Doubtful("it is not clear which version is meant, or there is none");
        if (chosen.NeedsPlugin)
            throw Doubtful(Plugins);
        var others = new List<(string, Digest)>();
        foreach (
            string name in versions
                .Select(static version => version.CacheName!)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)
        )
        {
            string path = PathOf(reference, name);
            // That one is not there needs no evidence: when it comes, it makes another key, but what was learnt without it stays true.
            bool isThere = Libc.Stat(Libc.PathBytes(path), follow: true, out FileStamp stamp) == 0;
            if (name == chosen.CacheName)
            {
                if (!isThere || stamp.Size == 0)
                    throw new InputException(BypassReason.RemoteNotCached, "");
            }
            else if (isThere && inputs.Facts(path) is { } facts)
                others.Add((name, facts.Digest));
        }
        return new RepositoryChart(PathOf(reference, chosen.CacheName!), reference.IndexPath, digest, others);
    }

    // DiskCache.fileName.
    private static string PathOf(RepositoryReference reference, string name) =>
        GoPath.Join(reference.ContentCache, $"{name[..2]}/{name}.chart");

    private static InputException Missing() => new(BypassReason.ChartMissing, "the chart");

    private static InputException Doubtful(string what) => new(BypassReason.RemoteDoubtful, what);
}
