using System;
using CacheDaemon.Client;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon;

/// <summary>The store of one home, built and taken down in order; for the daemon, and for commands that work without one.</summary>
internal sealed class StoreRooms : IDisposable
{
    public StoreRooms(Endpoint endpoint, DaemonOptions options, TimeProvider time, DaemonLog log)
    {
        Disk = new SqliteTier(new SqliteTierOptions { Path = endpoint.StorePath }, time, line => log.Write("store: " + line));
        Store = new EntryStore(
            new MemoryTier(options.MemoryMaxBytes),
            Disk,
            new EntryStoreOptions { Secrets = options.Secrets, MaxDiskBytes = options.StoreMaxBytes, MaxAge = options.StoreMaxAge },
            time,
            line => log.Write("store: " + line));
    }

    /// <summary>The lasting tier, which also keeps counters and the memory of keys known to vary.</summary>
    public SqliteTier Disk { get; }

    /// <summary>Both tiers as one.</summary>
    public EntryStore Store { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Store.Dispose();
        Disk.Dispose();
    }
}
