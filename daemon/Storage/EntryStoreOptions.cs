using System;

namespace CacheDaemon.Daemon.Storage;

/// <summary>Where an entry whose output holds a Kubernetes Secret may live (<c>store.secrets</c>).</summary>
public enum SecretsPolicy
{
    /// <summary>Like any other entry: the store is private to its user.</summary>
    Disk,

    /// <summary>In this process only.</summary>
    Memory,

    /// <summary>Nowhere: such a render is never stored.</summary>
    Never,
}

/// <summary>What the store may hold, and for how long.</summary>
public sealed record EntryStoreOptions
{
    /// <summary>Where entries with secrets may live.</summary>
    public SecretsPolicy Secrets { get; init; } = SecretsPolicy.Disk;

    /// <summary>Bytes on disk (compressed, blobs counted once) at which eviction begins; null for no limit. Default 2 GiB.</summary>
    public long? MaxDiskBytes { get; init; } = 2L << 30;

    /// <summary>Time since the last use after which an entry goes; null for no limit. Default 90 days.</summary>
    public TimeSpan? MaxAge { get; init; } = TimeSpan.FromDays(90);

    /// <summary>
    /// Bytes that may wait to be written to disk. Beyond it a new entry stays in memory only; one that is larger by
    /// itself is taken when nothing else waits. Default 256 MiB.
    /// </summary>
    public long MaxPendingBytes { get; init; } = 256L << 20;

    /// <summary>How often uses are written down and the limits are looked at. Default 30 s.</summary>
    public TimeSpan UpkeepEvery { get; init; } = TimeSpan.FromSeconds(30);
}
