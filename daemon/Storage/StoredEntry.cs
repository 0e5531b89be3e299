using System;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Storage;

/// <summary>What <c>list</c> tells of an entry: all but its streams and inputs. No record: nobody compares two.</summary>
public sealed class StoredEntry
{
    /// <summary>Its key.</summary>
    public required CacheKey Key { get; init; }

    /// <summary>Chart name from Chart.yaml; empty when unknown.</summary>
    public required string ChartName { get; init; }

    /// <summary>Chart version from Chart.yaml; empty when unknown.</summary>
    public required string ChartVersion { get; init; }

    /// <summary>When it was stored.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it was last served or, before that, stored.</summary>
    public required DateTimeOffset LastUse { get; init; }

    /// <summary>How often it was served; null in memory alone, where that is not counted.</summary>
    public required long? Uses { get; init; }

    /// <summary>How long real helm took for it.</summary>
    public required double RenderMilliseconds { get; init; }

    /// <summary>Whether its output holds a Secret, or what may be one.</summary>
    public required bool HoldsSecret { get; init; }

    /// <summary>Both streams together, uncompressed.</summary>
    public required long Bytes { get; init; }

    /// <summary>Name of the slowest tier that has it.</summary>
    public required string Tier { get; init; }
}
