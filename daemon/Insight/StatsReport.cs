using System.Buffers;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;

namespace CacheDaemon.Daemon.Insight;

/// <summary>The counters as the JSON document that <c>helmcached stats --json</c> prints (README.md lists its members).</summary>
internal static class StatsReport
{
    private static readonly string[] Plain =
    [
        Counters.Hits, Counters.Misses, Counters.Bypasses, Counters.Coalesced, Counters.HelmRuns, Counters.ProofRuns,
        Counters.Stored, Counters.Refused, Counters.Errors, Counters.Frozen, Counters.VerifyMismatches,
    ];

    /// <summary>Builds the document.</summary>
    /// <param name="counters">From <see cref="Counters.Snapshot"/>.</param>
    /// <param name="entries">Entries stored now.</param>
    /// <param name="bytes">Bytes stored now.</param>
    public static string Write(IReadOnlyDictionary<string, long> counters, long entries, long bytes)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (string name in Plain)
                json.WriteNumber(name, counters.GetValueOrDefault(name));
            json.WriteNumber("entries", entries);
            json.WriteNumber("bytes", bytes);
            json.WriteNumber("time_saved_ms", counters.GetValueOrDefault(Counters.TimeSavedMicroseconds) / 1000);
            WriteFamily(json, "bypass_reasons", Counters.BypassReasons, counters);
            WriteFamily(json, "refuse_reasons", Counters.RefuseReasons, counters);
            WriteFamily(json, "hits_by_tier", Counters.HitsByTier, counters);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteFamily(Utf8JsonWriter json, string name, string prefix, IReadOnlyDictionary<string, long> counters)
    {
        json.WriteStartObject(name);
        foreach ((string key, long value) in counters)
            if (key.StartsWith(prefix, System.StringComparison.Ordinal))
                json.WriteNumber(key[prefix.Length..], value);
        json.WriteEndObject();
    }
}
