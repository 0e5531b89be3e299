using System;
using CacheDaemon.Daemon.Fingerprints;

namespace CacheDaemon.Daemon.Storage;

/// <summary>A stored entry without its output: what <c>explain</c> compares a miss with.</summary>
/// <param name="Key">Its key.</param>
/// <param name="ChartName">Chart name from Chart.yaml.</param>
/// <param name="ChartVersion">Chart version from Chart.yaml.</param>
/// <param name="Created">When it was stored.</param>
/// <param name="LastUse">When it was last served, up to the last flush.</param>
/// <param name="Uses">How often it was served, up to the last flush.</param>
/// <param name="RenderMilliseconds">How long real helm took for it.</param>
/// <param name="Material">Labels and digests of the inputs, as Fingerprints wrote them.</param>
public sealed record StoredMaterial(
    CacheKey Key, string ChartName, string ChartVersion, DateTimeOffset Created, DateTimeOffset LastUse, long Uses,
    double RenderMilliseconds, byte[] Material);
