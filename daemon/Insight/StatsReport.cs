using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace CacheDaemon.Daemon.Insight;

/// <summary>The counters as the JSON document that <c>helmcached stats --json</c> prints (<c>docs/stats.md</c> explains its members).</summary>
internal static class StatsReport
{
    private static readonly string[] Plain =
    [
        Counters.Hits, Counters.Misses, Counters.Bypasses, Counters.Coalesced, Counters.HelmRuns, Counters.ProofRuns,
        Counters.Stored, Counters.Refused, Counters.Errors, Counters.Frozen, Counters.VerifyMismatches, Counters.Damaged,
    ];

    /// <summary>Builds the document.</summary>
    /// <param name="counters">From <see cref="Counters.Snapshot"/>.</param>
    /// <param name="tallies">Calls by day, chart and caller; null for none.</param>
    /// <param name="use">What the tiers hold.</param>
    /// <param name="helms">The helms met, and how each may be rendered with.</param>
    public static string Write(IReadOnlyDictionary<string, long> counters, Tallies? tallies, StoreUse use, IReadOnlyList<HelmReport> helms)
    {
        return JsonText.Of(json =>
        {
            json.WriteStartObject();
            foreach (string name in Plain)
                json.WriteNumber(name, counters.GetValueOrDefault(name));
            json.WriteNumber("entries", use.Entries);
            json.WriteNumber("bytes", use.Bytes);
            json.WriteNumber("max_bytes", use.MaxBytes);
            json.WriteNumber("memory_entries", use.MemoryEntries);
            json.WriteNumber("memory_bytes", use.MemoryBytes);
            json.WriteNumber("memory_max_bytes", use.MemoryMaxBytes);
            json.WriteNumber("time_saved_ms", counters.GetValueOrDefault(Counters.TimeSavedMicroseconds) / 1000);
            json.WriteNumber("hit_rate", HitRate(
                counters.GetValueOrDefault(Counters.Hits) + counters.GetValueOrDefault(Counters.Coalesced), counters.GetValueOrDefault(Counters.Misses)));
            json.WritePropertyName("today");
            Write(json, tallies?.Last(1) ?? new Tally());
            json.WritePropertyName("last_7_days");
            Write(json, tallies?.Last(Tallies.Days) ?? new Tally());
            WriteFamily(json, "bypass_reasons", Counters.BypassReasons, counters);
            WriteFamily(json, "refuse_reasons", Counters.RefuseReasons, counters);
            WriteFamily(json, "hits_by_tier", Counters.HitsByTier, counters);
            WriteTallies(json, "charts", tallies?.Charts ?? []);
            WriteTallies(json, "callers", tallies?.Callers ?? []);
            HelmReport.Write(json, helms);
            json.WriteEndObject();
        });
    }

    /// <summary>Share of the calls that could be served which were, from 0 to 1; 0 when there were none.</summary>
    public static double HitRate(long served, long misses) => served + misses == 0 ? 0 : Math.Round((double)served / (served + misses), 4);

    private static void Write(Utf8JsonWriter json, Tally tally)
    {
        json.WriteStartObject();
        json.WriteNumber("hits", tally.Hits);
        json.WriteNumber("misses", tally.Misses);
        json.WriteNumber("coalesced", tally.Coalesced);
        json.WriteNumber("bypasses", tally.Bypasses);
        json.WriteNumber("hit_rate", HitRate(tally.Hits + tally.Coalesced, tally.Misses));
        json.WriteNumber("time_saved_ms", tally.SavedMicroseconds / 1000);
        json.WriteEndObject();
    }

    /// <summary>The most called first.</summary>
    private static void WriteTallies(Utf8JsonWriter json, string name, IEnumerable<KeyValuePair<string, Tally>> tallies)
    {
        json.WriteStartObject(name);
        foreach ((string member, Tally tally) in tallies.OrderByDescending(static t => t.Value.Calls).ThenBy(static t => t.Key, StringComparer.Ordinal))
        {
            if (tally.Calls == 0)
                continue;
            json.WritePropertyName(member.Length == 0 ? "(unknown)" : member);
            Write(json, tally);
        }
        json.WriteEndObject();
    }

    private static void WriteFamily(Utf8JsonWriter json, string name, string prefix, IReadOnlyDictionary<string, long> counters)
    {
        json.WriteStartObject(name);
        foreach ((string key, long value) in counters)
            if (key.StartsWith(prefix, StringComparison.Ordinal))
                json.WriteNumber(key[prefix.Length..], value);
        json.WriteEndObject();
    }
}
