using System;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using CacheDaemon.Client.Protocol;
using Spectre.Console;

namespace CacheDaemon.Daemon.Cli.Showing;

/// <summary><c>helmcached explain --last</c>: the calls that the running daemon remembers, as they happened.</summary>
internal static class LastCalls
{
    private static readonly string[] s_headings = ["time", "outcome", "chart", "called by", "ms", "output", "why"];
    private static readonly int[] s_numbers = [4, 5];

    public static int Run(bool json, int count)
    {
        if (AdminConnection.Ask(new Message.Calls(count)) is not { } answer)
        {
            Console.Error.WriteLine("helmcached: no daemon runs, and the calls are remembered in its memory only; `helmcached stats` has the counts");
            return ExitCodes.NotRunning;
        }
        if (json)
        {
            Console.WriteLine(answer);
            return ExitCodes.Ok;
        }
        using JsonDocument document = JsonDocument.Parse(answer);
        // The newest last, where the eye is when the command has ended.
        string[][] rows = [.. document.RootElement.EnumerateArray().Select(Row).Reverse()];
        if (rows.Length == 0)
            Console.WriteLine("no calls since the daemon started");
        else if (Terminal.IsRich)
            AnsiConsole.Write(TextTable.Draw(s_headings, rows, s_numbers));
        else
            TextTable.Write(Console.Out, s_headings, rows, s_numbers);
        return ExitCodes.Ok;
    }

    private static string[] Row(JsonElement call)
    {
        string Text(string name) => Terminal.Harmless(call.GetProperty(name).GetString() ?? "");
        string outcome = Text("outcome");
        long bytes = call.GetProperty("bytes").GetInt64();
        return
        [
            call.GetProperty("time").GetDateTimeOffset().ToLocalTime().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture),
            outcome == "hit" ? $"hit {Text("tier")}" : outcome,
            Text("chart") is { Length: > 0 } chart ? chart : "-",
            Text("caller") is { Length: > 0 } caller ? caller : "-",
            call.GetProperty("ms").GetDouble().ToString("0.0", CultureInfo.InvariantCulture),
            bytes == 0 ? "-" : Format.Bytes(bytes),
            Why(call, outcome, Text("reason"), Text("detail")),
        ];
    }

    private static string Why(JsonElement call, string outcome, string reason, string detail)
    {
        if (outcome != "miss")
            return $"{reason} {detail}".Trim();
        string[] changed = [.. call.GetProperty("changed").EnumerateArray().Select(static c => Terminal.Harmless(c.GetString() ?? ""))];
        string why = changed.Length == 0 ? "new" : string.Join(", ", Shortened(changed));
        return call.GetProperty("under_way").GetBoolean() ? why + "; under way"
            : reason.Length > 0 ? $"{why}; not kept: {reason}"
            : why;
    }

    /// <summary>The first few; <c>--json</c> has all.</summary>
    private static string[] Shortened(string[] changed)
    {
        const int Most = 3;
        return changed.Length <= Most ? changed : [.. changed[..Most], $"{changed.Length - Most} more"];
    }
}
