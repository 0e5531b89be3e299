namespace CacheDaemon.Daemon.Keys;

/// <summary>The digest of everything that influences one render: what an entry is stored under.</summary>
/// <param name="Value">SHA-256 over the recipe of <c>docs/key.md</c>.</param>
public readonly record struct CacheKey(Digest Value)
{
    /// <summary>64 lowercase hexadecimal digits.</summary>
    public override string ToString() => Value.ToString();
}
