using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;

namespace CacheDaemon.Daemon.Cli.Showing;

/// <summary>
/// The counters in Prometheus' text format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): a HELP and a TYPE line for
/// each metric, then its samples.
/// </summary>
internal static class Prometheus
{
    private static readonly (string Member, string Metric, string Help)[] s_counters =
    [
        ("hits", "hits_total", "Calls answered from the store."),
        ("coalesced", "coalesced_total", "Calls answered with the result of an equal call at the same time."),
        ("misses", "misses_total", "Calls rendered by helm for the store."),
        ("bypasses", "bypasses_total", "Calls left to helm."),
        ("helm_runs", "helm_runs_total", "Renders for callers."),
        ("proof_runs", "proof_runs_total", "Renders by the armed copy, which prove that output does not vary."),
        ("stored", "stored_total", "Results stored."),
        ("refused", "refused_total", "Results rendered but not stored."),
        ("errors", "errors_total", "Faults of the daemon."),
        ("damaged", "damaged_total", "Entries found damaged, and deleted."),
        ("verify_mismatches", "verify_mismatches_total", "Entries that helm did not confirm, and deleted."),
    ];

    private static readonly (string Member, string Metric, string Help)[] s_gauges =
    [
        ("entries", "store_entries", "Entries on disk."),
        ("bytes", "store_bytes", "Bytes of the entries on disk."),
        ("max_bytes", "store_max_bytes", "Bytes on disk at which eviction begins."),
        ("memory_entries", "memory_entries", "Entries in memory."),
        ("memory_bytes", "memory_bytes", "Bytes of the entries in memory."),
    ];

    private static readonly (string Member, string Metric, string Label, string Help)[] s_families =
    [
        ("hits_by_tier", "hits_by_tier_total", "tier", "Hits by the tier that had the entry."),
        ("bypass_reasons", "bypasses_by_reason_total", "reason", "Calls left to helm, by reason."),
        ("refuse_reasons", "refused_by_reason_total", "reason", "Results not stored, by reason."),
    ];

    private static readonly (string Member, string Prefix, string Label)[] s_members = [("charts", "chart", "chart"), ("callers", "caller", "caller")];

    /// <summary>Writes the document of <c>stats --json</c> as metrics named <c>helmcached_…</c>.</summary>
    public static void Write(TextWriter output, string document)
    {
        using JsonDocument parsed = JsonDocument.Parse(document);
        JsonElement root = parsed.RootElement;
        // The format wants line feeds on every system.
        output.NewLine = "\n";
        foreach ((string member, string metric, string help) in s_counters)
            Metric(output, metric, "counter", help, [("", "", root.GetProperty(member).GetInt64())]);
        Metric(output, "saved_seconds_total", "counter", "Time that helm would have taken longer.", [("", "", root.GetProperty("time_saved_ms").GetInt64() / 1000.0)]);
        foreach ((string member, string metric, string help) in s_gauges)
            Metric(output, metric, "gauge", help, [("", "", root.GetProperty(member).GetInt64())]);
        foreach ((string member, string metric, string label, string help) in s_families)
            Metric(output, metric, "counter", help, root.GetProperty(member).EnumerateObject().Select(m => (label, m.Name, (double)m.Value.GetInt64())));
        foreach ((string member, string prefix, string label) in s_members)
            foreach (string outcome in (string[])["hits", "coalesced", "misses", "bypasses"])
                Metric(output, $"{prefix}_{outcome}_total", "counter", $"Calls by {label}: {outcome}.",
                    root.GetProperty(member).EnumerateObject().Select(m => (label, m.Name, (double)m.Value.GetProperty(outcome).GetInt64())));
    }

    private static void Metric(TextWriter output, string name, string type, string help, IEnumerable<(string Label, string Value, double Number)> samples)
    {
        output.WriteLine($"# HELP helmcached_{name} {help}");
        output.WriteLine($"# TYPE helmcached_{name} {type}");
        foreach ((string label, string value, double number) in samples)
        {
            string labels = label.Length == 0 ? "" : $"{{{label}=\"{Escape(value)}\"}}";
            output.WriteLine($"helmcached_{name}{labels} {number.ToString(CultureInfo.InvariantCulture)}");
        }
    }

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", System.StringComparison.Ordinal).Replace("\"", "\\\"", System.StringComparison.Ordinal).Replace("\n", "\\n", System.StringComparison.Ordinal);
}
