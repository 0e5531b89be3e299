using System;
using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.RemoteCharts;

namespace CacheDaemon.Daemon.Coordination;

/// <summary>What a <c>repo update</c> reads and writes: repositories.yaml, and the index of each repository that is meant.</summary>
/// <param name="Repositories">Digest of repositories.yaml.</param>
/// <param name="Indexes">The indexes, in the order of repositories.yaml; null for one that is not there.</param>
internal sealed record UpdatedIndexes(Digest Repositories, IReadOnlyList<UpdatedIndexes.Index?> Indexes)
{
    /// <summary>A longer index is not looked at: of public ones the longest has some 20 MB.</summary>
    private const int MaxIndexBytes = 128 * 1024 * 1024;

    /// <summary>One index: when it was written, and what is in it.</summary>
    internal sealed record Index(FileStamp Stamp, Digest Content);

    /// <summary>As they are now; null where repositories.yaml cannot be read or understood, or nothing in it is meant.</summary>
    /// <param name="repositoriesFile">Path of repositories.yaml.</param>
    /// <param name="maxBytes">A longer one is not read.</param>
    /// <param name="pathOf">Where the index of a repository lies.</param>
    /// <param name="named">The repositories that are meant; none: all.</param>
    public static UpdatedIndexes? Read(
        string repositoriesFile,
        int maxBytes,
        Func<string, string> pathOf,
        IReadOnlyCollection<string> named
    )
    {
        if (Libc.ReadFile(Libc.PathBytes(repositoriesFile), maxBytes, out ReadOnlySpan<byte> content) != 0)
            return null;
        try
        {
            string[] names = [.. RepositoryFile.Names(content).Where(name => named.Count == 0 || named.Contains(name))];
            return names.Length == 0
                ? null
                : new UpdatedIndexes(Digest.Of(content), [.. names.Select(name => ReadIndex(Libc.PathBytes(pathOf(name))))]);
        }
        catch (IndexException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether a run between <paramref name="before"/> and this has written every index, and nobody has changed repositories.yaml
    /// meanwhile.
    /// </summary>
    public bool IsUpdateOf(UpdatedIndexes before) =>
        Repositories == before.Repositories
        && Indexes.Count == before.Indexes.Count
        && Indexes.Zip(before.Indexes).All(static pair => pair.First is not null && pair.First.Stamp != pair.Second?.Stamp);

    /// <summary>
    /// Whether there is the same in all files. Who wrote it does not matter: <c>repo add --force-update</c> writes an index, too.
    /// </summary>
    public bool IsSameAs(UpdatedIndexes other) =>
        Repositories == other.Repositories
        && Indexes.Select(static index => index?.Content).SequenceEqual(other.Indexes.Select(static index => index?.Content));

    private static Index? ReadIndex(byte[] path) =>
        Libc.Stat(path, follow: true, out FileStamp stamp) == 0 && Libc.ReadFile(path, MaxIndexBytes, out ReadOnlySpan<byte> content) == 0
            ? new Index(stamp, Digest.Of(content))
            : null;
}
