using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using CacheDaemon.Daemon.Insight;

namespace CacheDaemon.Daemon.Cli.Showing;

/// <summary>
/// The counters in Prometheus' text format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): a HELP and a TYPE line for
/// each metric, then its samples.
/// </summary>
internal static class Prometheus
{
    private static readonly (Func<StatsReport, long> Number, string Metric, string Help)[] s_counters =
    [
        (static s => s.Hits, "hits_total", "Calls answered from the store."),
        (static s => s.Coalesced, "coalesced_total", "Calls answered with the result of an equal call at the same time."),
        (static s => s.Misses, "misses_total", "Calls rendered by helm for the store."),
        (static s => s.Bypasses, "bypasses_total", "Calls passed to helm."),
        (static s => s.HelmRuns, "helm_runs_total", "Renders for callers."),
        (static s => s.ProofRuns, "proof_runs_total", "Renders by the armed copy, which prove that output does not vary."),
        (static s => s.Stored, "stored_total", "Results stored."),
        (static s => s.Refused, "refused_total", "Results rendered but not stored."),
        (static s => s.Errors, "errors_total", "Faults of the daemon."),
        (static s => s.Damaged, "damaged_total", "Entries found damaged, and deleted."),
        (
            static s => s.Coordination?.Runs ?? 0,
            "coordination_runs_total",
            "Runs of repo update, dependency build and update, and pull, each in its turn."
        ),
        (static s => s.Coordination?.Joined ?? 0, "coordination_joined_total", "Calls of repo update answered with the run of another."),
        (
            static s => s.Coordination?.Waited ?? 0,
            "coordination_waited_total",
            "Calls that waited for their turn, or for one that wrote what they read."
        ),
        (
            static s => s.Remote?.Repository ?? 0,
            "remote_repository_hits_total",
            "Hits for charts of a repository, out of helm's content cache."
        ),
        (static s => s.Remote?.Digest ?? 0, "remote_digest_hits_total", "Hits for charts that are named by their digest."),
        (static s => s.Remote?.Window ?? 0, "remote_window_hits_total", "Hits for charts that helm downloads, within remote.fresh_for."),
        (static s => s.Shared?.Hits ?? 0, "shared_hits_total", "Calls answered from the team's cache."),
        (static s => s.Shared?.Misses ?? 0, "shared_misses_total", "Entries that the team's cache did not have."),
        (static s => s.Shared?.Stored ?? 0, "shared_stored_total", "Entries written to the team's cache."),
        (static s => s.Shared?.Errors ?? 0, "shared_errors_total", "Times that the team's cache did not answer, or did not take an entry."),
        (static s => s.VerifyMismatches, "verify_mismatches_total", "Entries that differed from helm's output, and were deleted."),
    ];

    private static readonly (Func<StatsReport, long> Number, string Metric, string Help)[] s_gauges =
    [
        (static s => s.Entries, "store_entries", "Entries on disk."),
        (static s => s.Bytes, "store_bytes", "Bytes of the entries on disk."),
        (static s => s.MaxBytes, "store_max_bytes", "Bytes on disk at which eviction begins."),
        (static s => s.MemoryEntries, "memory_entries", "Entries in memory."),
        (static s => s.MemoryBytes, "memory_bytes", "Bytes of the entries in memory."),
    ];

    private static readonly (
        Func<StatsReport, IReadOnlyDictionary<string, long>> Members,
        string Metric,
        string Label,
        string Help
    )[] s_families =
    [
        (static s => s.HitsByTier, "hits_by_tier_total", "tier", "Hits by the tier that had the entry."),
        (static s => s.BypassReasons, "bypasses_by_reason_total", "reason", "Calls passed to helm, by reason."),
        (
            static s => s.Shared?.Refused ?? new Dictionary<string, long>(),
            "shared_refused_total",
            "reason",
            "Objects of the team's cache that were not accepted, by reason."
        ),
        (static s => s.RefuseReasons, "refused_by_reason_total", "reason", "Results not stored, by reason."),
    ];

    private static readonly (Func<CallsReport, long> Number, string Name)[] s_outcomes =
    [
        (static c => c.Hits, "hits"),
        (static c => c.Coalesced, "coalesced"),
        (static c => c.Misses, "misses"),
        (static c => c.Bypasses, "bypasses"),
    ];

    private static readonly (Func<CommandReport, long> Number, string Name)[] s_byCommand =
    [
        (static c => c.Hits, "hits"),
        (static c => c.Coalesced, "coalesced"),
        (static c => c.Misses, "misses"),
        (static c => c.Bypasses, "bypasses"),
    ];

    /// <summary>Writes the document of <c>stats --json</c> as metrics named <c>helmcached_…</c>.</summary>
    public static void Write(TextWriter output, string document)
    {
        StatsReport report = StatsReport.Read(document);
        // The format wants line feeds on every system.
        output.NewLine = "\n";
        foreach ((Func<StatsReport, long> number, string metric, string help) in s_counters)
            Metric(output, metric, "counter", help, [("", "", number(report))]);
        Metric(output, "saved_seconds_total", "counter", "Time saved, in seconds.", [("", "", report.TimeSavedMs / 1000.0)]);
        Metric(
            output,
            "coordination_waited_seconds_total",
            "counter",
            "Time that calls waited for their turn, in seconds.",
            [("", "", (report.Coordination?.WaitedMs ?? 0) / 1000.0)]
        );
        Metric(
            output,
            "remote_age_seconds_median",
            "gauge",
            "Median age of the last hits within remote.fresh_for.",
            [("", "", (report.Remote?.AgeMsP50 ?? 0) / 1000.0)]
        );
        Metric(
            output,
            "remote_age_seconds_max",
            "gauge",
            "Longest age of the last hits within remote.fresh_for.",
            [("", "", (report.Remote?.AgeMsMax ?? 0) / 1000.0)]
        );
        foreach ((Func<StatsReport, long> number, string metric, string help) in s_gauges)
            Metric(output, metric, "gauge", help, [("", "", number(report))]);
        foreach ((Func<StatsReport, IReadOnlyDictionary<string, long>> members, string metric, string label, string help) in s_families)
            Metric(output, metric, "counter", help, members(report).Select(m => (label, m.Key, (double)m.Value)));
        foreach ((Func<CommandReport, long> number, string outcome) in s_byCommand)
            Metric(
                output,
                $"command_{outcome}_total",
                "counter",
                $"Calls by command of helm: {outcome}.",
                report.Commands.Select(c => ("command", c.Key, (double)number(c.Value)))
            );
        foreach (
            (IReadOnlyDictionary<string, CallsReport> members, string label) in new[]
            {
                (report.Charts, "chart"),
                (report.Callers, "caller"),
            }
        )
        foreach ((Func<CallsReport, long> number, string outcome) in s_outcomes)
            Metric(
                output,
                $"{label}_{outcome}_total",
                "counter",
                $"Calls by {label}: {outcome}.",
                members.Select(m => (label, m.Key, (double)number(m.Value)))
            );
    }

    private static void Metric(
        TextWriter output,
        string name,
        string type,
        string help,
        IEnumerable<(string Label, string Value, double Number)> samples
    )
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
        value
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);
}
