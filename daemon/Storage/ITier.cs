using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// One level of the store. Every implementation passes <c>TierContract</c>, is safe for concurrent use, and throws for
/// no state of disk or memory: what cannot be read is a miss, what cannot be kept is answered with false.
/// </summary>
public interface ITier
{
    /// <summary>Short lowercase name shown in traces and counted in <c>hits_by_tier</c>.</summary>
    string Name { get; }

    /// <summary>The whole, checked entry under <paramref name="key"/>, or null. A damaged entry is removed and answered as null.</summary>
    Entry? Get(CacheKey key);

    /// <summary>
    /// Stores <paramref name="entry"/>, replacing what was there. False when it was not kept (too large, disk full);
    /// then nothing is stored under <paramref name="key"/> in a tier that works, and an older entry is not served instead.
    /// </summary>
    bool Put(CacheKey key, Entry entry);

    /// <summary>Removes the entry, if there is one. False when the tier could not do so.</summary>
    bool Remove(CacheKey key);
}
