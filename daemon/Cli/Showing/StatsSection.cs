using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using CacheDaemon.Daemon.Insight;

namespace CacheDaemon.Daemon.Cli.Showing;

/// <summary>One table of <c>helmcached stats</c>, before it is decided how it is drawn.</summary>
/// <param name="Headings">One per column.</param>
/// <param name="Rows">As many cells each.</param>
/// <param name="RightAligned">Columns that hold numbers.</param>
internal sealed record StatsSection(string[] Headings, IReadOnlyList<string[]> Rows, int[] RightAligned)
{
    /// <summary>Charts and callers shown to people; <c>--json</c> has all.</summary>
    private const int MaxMembers = 10;

    /// <summary>All sections that have something to say, from the document of <see cref="StatsReport"/>.</summary>
    public static IReadOnlyList<StatsSection> Of(string document)
    {
        StatsReport report = StatsReport.Read(document);
        if (report.Today is not { } today)
            throw Older();
        StatsSection?[] all =
        [
            Calls(today, report.Last7Days, report.Ever),
            Commands(report.Commands),
            Members(report.Charts, "chart"),
            Members(report.Callers, "called by"),
            Reasons(report.BypassReasons, "passed to helm because", ReasonAdvice.OfBypass),
            Reasons(report.RefuseReasons, "rendered but not stored because", ReasonAdvice.OfRefusal),
            Remote(report.Remote),
            Coordination(report.Coordination),
            Team(report.Shared),
            Refused(report.Shared),
            Unarmed(report.Helms),
            Store(report),
        ];
        return [.. all.OfType<StatsSection>()];
    }

    /// <summary>The daemon does not count what is asked for.</summary>
    public static IOException Older() =>
        new(
            "the running daemon is an older version; run `helmcached stop`, and the next call starts the new one (`stats --json` "
                + "shows what this one counts)"
        );

    private static StatsSection Calls(params CallsReport[] spans) => Calls(["today", "7 days", "ever"], spans);

    /// <summary>The calls of some spans of time, or of a chart.</summary>
    public static StatsSection Calls(string[] headings, params CallsReport[] spans)
    {
        string[] Row(string name, Func<CallsReport, string> value) => [name, .. spans.Select(value)];
        return new StatsSection(
            ["calls", .. headings],
            [
                Row("hits", static s => Plain(s.Hits)),
                Row("coalesced", static s => Plain(s.Coalesced)),
                Row("misses", static s => Plain(s.Misses)),
                Row("hit rate", Rate),
                Row("passed to helm", static s => Plain(s.Bypasses)),
                Row("time saved", Saved),
            ],
            [.. Enumerable.Range(1, headings.Length)]
        );
    }

    private static StatsSection? Commands(IReadOnlyDictionary<string, CommandReport> commands)
    {
        List<string[]> rows =
        [
            .. commands
                .Where(static c => c.Value.Calls > 0)
                .OrderByDescending(static c => c.Value.Calls)
                .Select(static c =>
                    new[] { c.Key, Plain(c.Value.Hits + c.Value.Coalesced), Plain(c.Value.Misses), Plain(c.Value.Bypasses) }
                ),
        ];
        return rows.Count == 0 ? null : new StatsSection(["command", "hits", "misses", "passed to helm"], rows, [1, 2, 3]);
    }

    private static StatsSection? Coordination(CoordinationReport? turns) =>
        turns is null or { Runs: 0, Joined: 0, Waited: 0 }
            ? null
            : new StatsSection(
                ["repo update, dependency, pull", "runs", "joined", "waited", "total wait"],
                [
                    [
                        "ever",
                        Plain(turns.Runs),
                        Plain(turns.Joined),
                        Plain(turns.Waited),
                        Format.Duration(TimeSpan.FromMilliseconds(turns.WaitedMs)),
                    ],
                ],
                [1, 2, 3, 4]
            );

    private static StatsSection? Remote(RemoteReport? remote)
    {
        if (remote is null or { Hits: 0 })
            return null;
        string[] Row(string name, long hits) => [name, Plain(hits), "", ""];
        List<string[]> rows =
        [
            Row("of a repository", remote.Repository),
            Row("by digest", remote.Digest),
            Row("in a window", remote.Window),
        ];
        if (remote.AgeMsMax > 0)
            rows[^1] =
            [
                "in a window",
                Plain(remote.Window),
                Format.Duration(TimeSpan.FromMilliseconds(remote.AgeMsP50)),
                Format.Duration(TimeSpan.FromMilliseconds(remote.AgeMsMax)),
            ];
        return new StatsSection(["remote charts", "hits", "median age", "oldest"], [.. rows.Where(static row => row[1] != "0")], [1, 2, 3]);
    }

    private static StatsSection? Team(SharedReport? shared) =>
        shared is not { IsUsed: true }
            ? null
            : new StatsSection(
                ["team's cache", "hits", "misses", "written", "errors", "answers in"],
                [
                    [
                        "ever",
                        Plain(shared.Hits),
                        Plain(shared.Misses),
                        Plain(shared.Stored),
                        Plain(shared.Errors),
                        shared.LatencyMsP50 is { } ms ? Format.Duration(TimeSpan.FromMilliseconds(ms)) : "-",
                    ],
                ],
                [1, 2, 3, 4, 5]
            );

    private static StatsSection? Refused(SharedReport? shared) =>
        shared is not { Refused.Count: > 0 }
            ? null
            : new StatsSection(
                ["team's objects not accepted because", "objects"],
                [
                    .. shared
                        .Refused.OrderByDescending(static r => r.Value)
                        .Select(static r => new[] { Terminal.Harmless(r.Key), Plain(r.Value) }),
                ],
                [1]
            );

    /// <summary>Helms without an armed copy; nothing where all have one.</summary>
    private static StatsSection? Unarmed(IReadOnlyList<HelmReport> helms)
    {
        const int ShortDigest = 16;
        List<string[]> rows =
        [
            .. helms
                .Where(static h => h.State != "armed")
                .Select(static h => new[] { h.Digest[..ShortDigest], h.State, Terminal.Harmless(h.Reason) }),
        ];
        return rows.Count == 0 ? null : new StatsSection(["helm without an armed copy", "state", "why"], rows, []);
    }

    private static StatsSection? Members(IReadOnlyDictionary<string, CallsReport> members, string heading)
    {
        if (members.Count == 0)
            return null;
        List<string[]> rows =
        [
            .. members
                .Take(MaxMembers)
                .Select(static m =>
                    new[]
                    {
                        Terminal.Harmless(m.Key),
                        Plain(m.Value.Served),
                        Plain(m.Value.Misses),
                        Rate(m.Value),
                        Plain(m.Value.Bypasses),
                        Saved(m.Value),
                    }
                ),
        ];
        if (members.Count > MaxMembers)
            rows.Add([$"({members.Count - MaxMembers} more: --json)", "", "", "", "", ""]);
        return new StatsSection([heading, "served", "misses", "hit rate", "passed to helm", "time saved"], rows, [1, 2, 3, 4, 5]);
    }

    private static StatsSection? Reasons(IReadOnlyDictionary<string, long> reasons, string heading, Func<string, string> advice)
    {
        List<string[]> rows =
        [
            .. reasons
                .Where(static r => r.Value > 0)
                .OrderByDescending(static r => r.Value)
                .Select(r => new[] { r.Key, Plain(r.Value), advice(r.Key) }),
        ];
        return rows.Count == 0 ? null : new StatsSection([heading, "calls", "what to do"], rows, [1]);
    }

    private static StatsSection Store(StatsReport report)
    {
        var rows = new List<string[]>
        {
            new[] { "disk", Plain(report.Entries), Format.Bytes(report.Bytes), Format.Bytes(report.MaxBytes) },
            new[] { "memory", Plain(report.MemoryEntries), Format.Bytes(report.MemoryBytes), Format.Bytes(report.MemoryMaxBytes) },
        };
        if (report.Damaged > 0)
            rows.Add(["damaged and deleted", Plain(report.Damaged), "", ""]);
        if (report.VerifyMismatches > 0)
            rows.Add(["wrong by verify, deleted", Plain(report.VerifyMismatches), "", ""]);
        if (report.Errors > 0)
            rows.Add(["errors (see daemon.log)", Plain(report.Errors), "", ""]);
        return new StatsSection(["store", "entries", "size", "limit"], rows, [1, 2, 3]);
    }

    private static string Rate(CallsReport calls) =>
        calls.Served + calls.Misses == 0 ? "-" : (100 * calls.HitRate).ToString("0.#", CultureInfo.InvariantCulture) + " %";

    private static string Saved(CallsReport calls) => Format.Duration(TimeSpan.FromMilliseconds(calls.TimeSavedMs));

    private static string Plain(long number) => number.ToString(CultureInfo.InvariantCulture);
}
