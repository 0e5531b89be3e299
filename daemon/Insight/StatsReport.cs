using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Serialization;
using CacheDaemon.Client.Helm;

namespace CacheDaemon.Daemon.Insight;

/// <summary>The counters, as <c>helmcached stats --json</c> prints them (<c>docs/stats.md</c> explains the members).</summary>
internal sealed record StatsReport(
    long Hits,
    long Misses,
    long Bypasses,
    long Coalesced,
    long HelmRuns,
    long ProofRuns,
    long Stored,
    long Refused,
    long Errors,
    long Frozen,
    long VerifyMismatches,
    long Damaged,
    long Entries,
    long Bytes,
    long MaxBytes,
    long MemoryEntries,
    long MemoryBytes,
    long MemoryMaxBytes,
    long TimeSavedMs,
    double HitRate,
    CallsReport? Today,
    [property: JsonPropertyName("last_7_days")] CallsReport Last7Days,
    IReadOnlyDictionary<string, long> BypassReasons,
    IReadOnlyDictionary<string, long> RefuseReasons,
    IReadOnlyDictionary<string, long> HitsByTier,
    IReadOnlyDictionary<string, CommandReport> Commands,
    IReadOnlyDictionary<string, CallsReport> Charts,
    IReadOnlyDictionary<string, CallsReport> Callers,
    IReadOnlyList<HelmReport> Helms
)
{
    /// <summary>
    /// Calls by the hour in which they were answered, of the last 7 days; hours without any are left out. Null from a daemon that does not
    /// count them.
    /// </summary>
    public IReadOnlyDictionary<string, CallsReport>? Hours { get; init; }

    /// <summary>Calls that took turns. Null from a daemon that does not count them.</summary>
    public CoordinationReport? Coordination { get; init; }

    /// <summary>Hits for charts that are no files of the caller. Null from a daemon that does not count them.</summary>
    public RemoteReport? Remote { get; init; }

    /// <summary>The team's cache. Null from a daemon that does not count it.</summary>
    public SharedReport? Shared { get; init; }

    /// <summary>All calls that were ever counted.</summary>
    [JsonIgnore]
    public CallsReport Ever => new(Hits, Misses, Coalesced, Bypasses, HitRate, TimeSavedMs);

    /// <summary>One JSON document.</summary>
    /// <param name="counters">From <see cref="Counters.Snapshot"/>.</param>
    /// <param name="tallies">Calls by day, chart and caller; null for none.</param>
    /// <param name="use">What the tiers hold.</param>
    /// <param name="helms">The helms met, and how each may be rendered with.</param>
    /// <param name="ages">How old results given within a window were; zeros where none was.</param>
    /// <param name="sharedLatency">How long the team's cache takes to answer; null where that is not known.</param>
    public static string Write(
        IReadOnlyDictionary<string, long> counters,
        Tallies? tallies,
        StoreUse use,
        IReadOnlyList<HelmReport> helms,
        (TimeSpan Median, TimeSpan Longest) ages = default,
        TimeSpan? sharedLatency = null
    )
    {
        long Count(string name) => counters.GetValueOrDefault(name);
        Dictionary<string, long> Family(string prefix) =>
            counters
                .Where(c => c.Key.StartsWith(prefix, StringComparison.Ordinal))
                .ToDictionary(c => c.Key[prefix.Length..], static c => c.Value);
        var ever = CallsReport.Of(
            Count(Counters.Hits),
            Count(Counters.Misses),
            Count(Counters.Coalesced),
            Count(Counters.Bypasses),
            Count(Counters.TimeSavedMicroseconds)
        );
        return JsonSerializer.Serialize(
            new StatsReport(
                ever.Hits,
                ever.Misses,
                ever.Bypasses,
                ever.Coalesced,
                Count(Counters.HelmRuns),
                Count(Counters.ProofRuns),
                Count(Counters.Stored),
                Count(Counters.Refused),
                Count(Counters.Errors),
                Count(Counters.Frozen),
                Count(Counters.VerifyMismatches),
                Count(Counters.Damaged),
                use.Entries,
                use.Bytes,
                use.MaxBytes,
                use.MemoryEntries,
                use.MemoryBytes,
                use.MemoryMaxBytes,
                ever.TimeSavedMs,
                ever.HitRate,
                CallsReport.Of(tallies?.Last(1) ?? new Tally()),
                CallsReport.Of(tallies?.Last(Tallies.Days) ?? new Tally()),
                Family(Counters.BypassReasons),
                Family(Counters.RefuseReasons),
                Family(Counters.HitsByTier),
                HelmCommands
                    .All.Select(static command => command.Statistics)
                    .Distinct()
                    .ToDictionary(
                        static name => name,
                        name => new CommandReport(
                            Count(Counters.CommandHits + name),
                            Count(Counters.CommandMisses + name),
                            Count(Counters.CommandBypasses + name),
                            Count(Counters.CommandCoalesced + name),
                            Count(Counters.CommandRuns + name)
                        )
                    ),
                Members(tallies?.Charts),
                Members(tallies?.Callers),
                helms
            )
            {
                Hours = (tallies?.Hours ?? [])
                    .Where(static hour => hour.Value.Calls > 0)
                    .OrderBy(static hour => hour.Key, StringComparer.Ordinal)
                    .ToDictionary(static hour => hour.Key, static hour => CallsReport.Of(hour.Value)),
                Coordination = CoordinationReport.Of(counters),
                Remote = RemoteReport.Of(counters, ages),
                Shared = SharedReport.Of(counters, sharedLatency),
            },
            ReportJson.Default.StatsReport
        );
    }

    /// <summary>What <see cref="Write"/> wrote.</summary>
    public static StatsReport Read(string json) => JsonSerializer.Deserialize(json, ReportJson.Default.StatsReport)!;

    /// <summary>
    /// The sum of the hours that had not ended at <paramref name="start"/>; null from a daemon that does not count hours.
    /// </summary>
    public CallsReport? Since(DateTimeOffset start)
    {
        if (Hours is null)
            return null;
        CallsReport[] hours =
        [
            .. Hours
                .Where(hour => DateTimeOffset.Parse(hour.Key, CultureInfo.InvariantCulture).AddHours(1) > start)
                .Select(static hour => hour.Value),
        ];
        return CallsReport.Of(
            hours.Sum(static h => h.Hits),
            hours.Sum(static h => h.Misses),
            hours.Sum(static h => h.Coalesced),
            hours.Sum(static h => h.Bypasses),
            hours.Sum(static h => h.TimeSavedMs) * 1000
        );
    }

    /// <summary>The most called first: a dictionary that nothing is taken out of keeps its order.</summary>
    private static Dictionary<string, CallsReport> Members(IEnumerable<KeyValuePair<string, Tally>>? tallies) =>
        (tallies ?? [])
            .Where(static t => t.Value.Calls > 0)
            .OrderByDescending(static t => t.Value.Calls)
            .ThenBy(static t => t.Key, StringComparer.Ordinal)
            .ToDictionary(static t => t.Key.Length == 0 ? "(unknown)" : t.Key, static t => CallsReport.Of(t.Value));
}
