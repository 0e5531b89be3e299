using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Threading;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Storage;

/// <summary>Uses of entries not yet written down: key, latest use, how many. Bounded; safe for concurrent use.</summary>
internal sealed class UseLog
{
    /// <summary>Keys remembered between two flushes; more are dropped, which only makes them look less recently used.</summary>
    private const int MaxKeys = 65_536;

    private ConcurrentDictionary<CacheKey, Use> _uses = new();
    private int _keys;

    public void Add(CacheKey key, long ticks)
    {
        ConcurrentDictionary<CacheKey, Use> uses = _uses;
        if (!uses.TryGetValue(key, out Use? use))
        {
            if (Volatile.Read(ref _keys) >= MaxKeys)
                return;
            Interlocked.Increment(ref _keys);
            use = uses.GetOrAdd(key, static _ => new Use());
        }
        Interlocked.Increment(ref use.Count);
        Interlocked.Exchange(ref use.LastTicks, ticks);
    }

    /// <summary>Hands over what was noted and begins anew. A use noted at this very moment may be lost.</summary>
    public ICollection<KeyValuePair<CacheKey, Use>> Take()
    {
        Interlocked.Exchange(ref _keys, 0);
        return Interlocked.Exchange(ref _uses, new ConcurrentDictionary<CacheKey, Use>());
    }

    internal sealed class Use
    {
        public long LastTicks;
        public int Count;
    }
}
