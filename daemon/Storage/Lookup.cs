namespace CacheDaemon.Daemon.Storage;

/// <summary>What the store answers to a key: a hit and the tier it came from, or a miss.</summary>
/// <param name="Entry">The entry; null for a miss.</param>
/// <param name="Tier">Name of the tier that had it; empty for a miss.</param>
public readonly record struct Lookup(Entry? Entry, string Tier)
{
    /// <summary>A miss.</summary>
    public static Lookup Miss => new(null, "");
}
