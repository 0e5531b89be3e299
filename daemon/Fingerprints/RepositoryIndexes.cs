using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.RemoteCharts;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>
/// The indexes of repositories that were read, by their content: each is parsed once, also when many ask at once. Bounded; thread-safe.
/// </summary>
/// <param name="maxVersions">Most versions of charts kept, over all indexes but the latest.</param>
internal sealed class RepositoryIndexes(int maxVersions = RepositoryIndexes.DefaultMaxVersions)
{
    /// <summary>Ten times the largest public index; a version takes about 200 bytes.</summary>
    public const int DefaultMaxVersions = 300_000;

    private readonly Lock _lock = new();

    /// <summary>Latest use last.</summary>
    private readonly List<(Digest Content, Lazy<RepositoryIndex> Index)> _known = [];

    /// <summary>The index with this content.</summary>
    /// <param name="content">Digest of the file.</param>
    /// <param name="read">Reads the file; called when it is not known.</param>
    /// <exception cref="IndexException">helm could not read it, or might read it differently.</exception>
    public RepositoryIndex Get(Digest content, Func<byte[]> read)
    {
        Lazy<RepositoryIndex> index;
        lock (_lock)
        {
            int at = _known.FindIndex(known => known.Content == content);
            index = at >= 0 ? _known[at].Index : new Lazy<RepositoryIndex>(() => RepositoryIndexReader.Read(read()));
            if (at >= 0)
                _known.RemoveAt(at);
            _known.Add((content, index));
            while (_known.Count > 1 && _known.Sum(static known => known.Index.IsValueCreated ? known.Index.Value.Count : 0) > maxVersions)
                _known.RemoveAt(0);
        }
        return index.Value;
    }
}
