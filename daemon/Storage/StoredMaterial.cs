using System;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Storage;

/// <summary>A stored entry without its output: what <c>explain</c> compares a miss with.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Created">When it was stored.</param>
/// <param name="Material">Labels and digests of the inputs, as Fingerprints wrote them.</param>
public sealed record StoredMaterial(CacheKey Key, DateTimeOffset Created, byte[] Material);
