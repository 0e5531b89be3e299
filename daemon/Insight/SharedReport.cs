using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Serialization;

namespace CacheDaemon.Daemon.Insight;

/// <summary>What the team's cache was good for, the member <c>shared</c> of <c>helmcached stats --json</c>.</summary>
internal sealed record SharedReport(
    long Hits,
    long Misses,
    long Stored,
    IReadOnlyDictionary<string, long> Refused,
    long Errors,
    [property: JsonPropertyName("latency_ms_p50")] double? LatencyMsP50
)
{
    /// <param name="counters">From <see cref="Counters.Snapshot"/>.</param>
    /// <param name="latency">The median of the last answers; null where none is known.</param>
    public static SharedReport Of(IReadOnlyDictionary<string, long> counters, TimeSpan? latency) =>
        new(
            counters.GetValueOrDefault(Counters.SharedHits),
            counters.GetValueOrDefault(Counters.SharedMisses),
            counters.GetValueOrDefault(Counters.SharedStored),
            counters
                .Where(static c => c.Key.StartsWith(Counters.SharedRefused, StringComparison.Ordinal))
                .ToDictionary(static c => c.Key[Counters.SharedRefused.Length..], static c => c.Value),
            counters.GetValueOrDefault(Counters.SharedErrors),
            latency is { } known ? Math.Round(known.TotalMilliseconds, 2) : null
        );

    /// <summary>Whether there is anything to tell.</summary>
    [JsonIgnore]
    public bool IsUsed => Hits + Misses + Stored + Errors + Refused.Count > 0;
}
