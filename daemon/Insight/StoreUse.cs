namespace CacheDaemon.Daemon.Insight;

/// <summary>What the tiers hold, and what they may hold.</summary>
/// <param name="Entries">Entries on disk.</param>
/// <param name="Bytes">Their bytes, as stored.</param>
/// <param name="MaxBytes">Bytes at which eviction begins.</param>
/// <param name="MemoryEntries">Entries in memory; 0 when no daemon runs.</param>
/// <param name="MemoryBytes">Their bytes.</param>
/// <param name="MemoryMaxBytes">Bytes that memory may hold.</param>
internal readonly record struct StoreUse(
    long Entries,
    long Bytes,
    long MaxBytes,
    long MemoryEntries,
    long MemoryBytes,
    long MemoryMaxBytes
);
