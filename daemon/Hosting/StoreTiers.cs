using System;
using CacheDaemon.Client;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Hosting;

/// <summary>The store of one home, built and taken down in order; for the daemon, and for commands that work without one.</summary>
internal sealed class StoreTiers : IDisposable
{
    /// <summary>
    /// The file may grow to this many times the configured size before writes are refused: eviction runs in the background, and
    /// the file does not shrink by itself.
    /// </summary>
    private const int FileSizeFactor = 2;

    /// <summary>Room for the schema and a few large entries, however small the configured size.</summary>
    private const long MinFileBytes = 64L << 20;

    /// <summary>As many times the memory tier may wait for the disk; what comes on top of that is not stored.</summary>
    private const int PendingFactor = 2;

    private readonly long _maxBytes;

    public StoreTiers(Endpoint endpoint, DaemonOptions options, TimeProvider time, DaemonLog log)
    {
        _maxBytes = options.StoreMaxBytes;
        var disk = new LiteDbTierOptions
        {
            Path = endpoint.StorePath,
            MaxFileBytes = Math.Max(FileSizeFactor * options.StoreMaxBytes, MinFileBytes),
            IsOthers = endpoint.IsApart,
        };
        Disk = new LiteDbTier(disk, time, line => log.WriteProblem("store: " + line));
        Store = new EntryStore(
            new MemoryTier(options.MemoryMaxBytes),
            Disk,
            new EntryStoreOptions
            {
                Secrets = options.Secrets,
                MaxPendingBytes = PendingFactor * options.MemoryMaxBytes,
                MaxDiskBytes = options.StoreMaxBytes,
                MaxAge = options.StoreMaxAge,
            },
            time,
            line => log.WriteProblem("store: " + line)
        );
    }

    /// <summary>The store of a home for a command that works without a daemon, under the same configuration as the daemon's.</summary>
    public static StoreTiers ForCommand(Endpoint endpoint, TimeProvider time, DaemonLog log) =>
        new(endpoint, EffectiveSettings.ForDaemon().Options, time, log);

    /// <summary>The lasting tier, which also keeps counters and the memory of keys known to vary.</summary>
    public LiteDbTier Disk { get; }

    /// <summary>Both tiers as one.</summary>
    public EntryStore Store { get; }

    /// <summary>What both tiers hold, and may hold.</summary>
    public StoreUse Use()
    {
        StoreTotals totals = Store.Totals();
        return new StoreUse(totals.Entries, totals.Bytes, _maxBytes, Store.MemoryEntries, Store.MemoryBytes, Store.MemoryLimit);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Store.Dispose();
        Disk.Dispose();
    }
}
