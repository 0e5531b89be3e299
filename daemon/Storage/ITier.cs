using CacheDaemon.Daemon.Fingerprints;

namespace CacheDaemon.Daemon.Storage;

/// <summary>One level of the store. Every implementation passes <c>TierContract</c> and is safe for concurrent use.</summary>
public interface ITier
{
    /// <summary>Short lowercase name shown in traces and counted in <c>hits_by_tier</c>.</summary>
    string Name { get; }

    /// <summary>The whole, checked entry under <paramref name="key"/>, or null. A damaged entry is removed and answered as null.</summary>
    Entry? Get(CacheKey key);

    /// <summary>Stores <paramref name="entry"/>, replacing what was there.</summary>
    void Put(CacheKey key, Entry entry);

    /// <summary>Removes the entry, if there is one.</summary>
    void Remove(CacheKey key);
}
