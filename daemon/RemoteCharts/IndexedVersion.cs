namespace CacheDaemon.Daemon.RemoteCharts;

/// <summary>What a repository's index says of one version of a chart.</summary>
/// <param name="Version">As written.</param>
/// <param name="Digest">
/// The digest as written; empty without one. It names a file of helm's content cache, and proves nothing about what is in it.
/// </param>
/// <param name="NeedsPlugin">Whether its address may be one that a plugin fetches.</param>
internal sealed record IndexedVersion(string Version, string Digest, bool NeedsPlugin)
{
    /// <summary>64 hexadecimal digits.</summary>
    private const int DigestLength = 64;

    /// <summary>The name of its archive in helm's content cache; null when helm would not look there.</summary>
    public string? CacheName =>
        Digest.Length == DigestLength && !System.MemoryExtensions.ContainsAnyExcept(Digest, s_hexadecimal)
            ? Digest.ToLowerInvariant()
            : null;

    private static readonly System.Buffers.SearchValues<char> s_hexadecimal = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");
}
