namespace CacheDaemon.Daemon.Storage;

/// <summary>What the store answers to a key: a hit and the tier it came from, or a miss and whether damage caused it.</summary>
/// <param name="Entry">The entry; null for a miss.</param>
/// <param name="Tier">Name of the tier that had it; empty for a miss.</param>
/// <param name="WasDamaged">True when an entry was there but failed its check, and was removed.</param>
public readonly record struct Lookup(Entry? Entry, string Tier, bool WasDamaged = false)
{
    /// <summary>A miss.</summary>
    public static Lookup Miss(bool wasDamaged = false) => new(null, "", wasDamaged);
}
