using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
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
        using JsonDocument parsed = JsonDocument.Parse(document);
        JsonElement root = parsed.RootElement;
        if (!root.TryGetProperty("today", out _))
            throw new IOException("the running daemon is of an older version; `helmcached stop`, and the next call starts the new one (`stats --json` shows what this one counts)");
        StatsSection?[] all =
        [
            Calls(root), Members(root, "charts", "chart"), Members(root, "callers", "called by"),
            Reasons(root, "bypass_reasons", "left to helm because", ReasonAdvice.OfBypass),
            Reasons(root, "refuse_reasons", "rendered but not kept because", ReasonAdvice.OfRefusal),
            Helms(root),
            Store(root),
        ];
        return [.. all.OfType<StatsSection>()];
    }

    private static StatsSection Calls(JsonElement root)
    {
        JsonElement[] spans = [root.GetProperty("today"), root.GetProperty("last_7_days"), root];
        string[] Row(string name, Func<JsonElement, string> value) => [name, .. spans.Select(value)];
        return new StatsSection(["calls", "today", "7 days", "ever"],
        [
            Row("hits", static s => Number(s, "hits")),
            Row("coalesced", static s => Number(s, "coalesced")),
            Row("misses", static s => Number(s, "misses")),
            Row("hit rate", static s => Rate(s)),
            Row("left to helm", static s => Number(s, "bypasses")),
            Row("time saved", static s => Format.Duration(TimeSpan.FromMilliseconds(s.GetProperty("time_saved_ms").GetInt64()))),
        ], [1, 2, 3]);
    }

    /// <summary>Helms without an armed copy; nothing where all have one.</summary>
    private static StatsSection? Helms(JsonElement root)
    {
        if (!root.TryGetProperty("helms", out JsonElement helms))
            return null;
        const int ShortDigest = 16;
        List<string[]> rows =
        [
            .. helms.EnumerateArray().Where(static helm => helm.GetProperty("state").GetString() != "armed")
                .Select(static helm => new[] { helm.GetProperty("digest").GetString()![..ShortDigest], helm.GetProperty("state").GetString()!, Terminal.Harmless(helm.GetProperty("reason").GetString() ?? "") }),
        ];
        return rows.Count == 0 ? null : new StatsSection(["helm without an armed copy", "state", "why"], rows, []);
    }

    private static StatsSection? Members(JsonElement root, string name, string heading)
    {
        JsonProperty[] members = [.. root.GetProperty(name).EnumerateObject()];
        if (members.Length == 0)
            return null;
        List<string[]> rows =
        [
            .. members.Take(MaxMembers).Select(static m => new[]
            {
                Terminal.Harmless(m.Name), Served(m.Value), Number(m.Value, "misses"), Rate(m.Value), Number(m.Value, "bypasses"),
                Format.Duration(TimeSpan.FromMilliseconds(m.Value.GetProperty("time_saved_ms").GetInt64())),
            }),
        ];
        if (members.Length > MaxMembers)
            rows.Add([$"({members.Length - MaxMembers} more: --json)", "", "", "", "", ""]);
        return new StatsSection([heading, "served", "misses", "hit rate", "left to helm", "time saved"], rows, [1, 2, 3, 4, 5]);
    }

    private static StatsSection? Reasons(JsonElement root, string name, string heading, Func<string, string> advice)
    {
        (string Name, long Count)[] reasons =
        [
            .. root.GetProperty(name).EnumerateObject().Select(static r => (r.Name, Count: r.Value.GetInt64())).Where(static r => r.Count > 0).OrderByDescending(static r => r.Count),
        ];
        return reasons.Length == 0
            ? null
            : new StatsSection([heading, "calls", "what to do"], [.. reasons.Select(r => new[] { r.Name, Plain(r.Count), advice(r.Name) })], [1]);
    }

    private static StatsSection Store(JsonElement root)
    {
        long Value(string name) => root.GetProperty(name).GetInt64();
        var rows = new List<string[]>
        {
            new[] { "disk", Plain(Value("entries")), Format.Bytes(Value("bytes")), Format.Bytes(Value("max_bytes")) },
            new[] { "memory", Plain(Value("memory_entries")), Format.Bytes(Value("memory_bytes")), Format.Bytes(Value("memory_max_bytes")) },
        };
        if (Value("damaged") > 0)
            rows.Add(["damaged and deleted", Plain(Value("damaged")), "", ""]);
        if (Value("verify_mismatches") > 0)
            rows.Add(["wrong by verify, deleted", Plain(Value("verify_mismatches")), "", ""]);
        if (Value("errors") > 0)
            rows.Add(["errors (see daemon.log)", Plain(Value("errors")), "", ""]);
        return new StatsSection(["store", "entries", "size", "limit"], rows, [1, 2, 3]);
    }

    private static string Served(JsonElement member) => Plain(member.GetProperty("hits").GetInt64() + member.GetProperty("coalesced").GetInt64());

    private static string Number(JsonElement element, string name) => Plain(element.GetProperty(name).GetInt64());

    private static string Rate(JsonElement element) =>
        element.GetProperty("hits").GetInt64() + element.GetProperty("coalesced").GetInt64() + element.GetProperty("misses").GetInt64() == 0
            ? "-"
            : (100 * element.GetProperty("hit_rate").GetDouble()).ToString("0.#", CultureInfo.InvariantCulture) + " %";

    private static string Plain(long number) => number.ToString(CultureInfo.InvariantCulture);
}
