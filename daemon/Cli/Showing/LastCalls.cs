using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Insight;

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
            Console.Error.WriteLine(
                "helmcached: the daemon is not running, and only it remembers the calls; `helmcached stats` has the counts"
            );
            return ExitCodes.NotRunning;
        }
        if (json)
        {
            Console.WriteLine(answer);
            return ExitCodes.Ok;
        }
        // The newest last, where the eye is when the command has ended.
        string[][] rows = [.. JsonSerializer.Deserialize(answer, ReportJson.Default.CallReportArray)!.Select(Row).Reverse()];
        if (rows.Length == 0)
            Console.WriteLine("no calls since the daemon started");
        else
            TextTable.Print(s_headings, rows, s_numbers);
        return ExitCodes.Ok;
    }

    private static string[] Row(CallReport call) =>
        [
            call.Time.ToLocalTime().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture),
            call.Outcome == "hit" ? $"hit {Terminal.Harmless(call.Tier)}" : Terminal.Harmless(call.Outcome),
            call.Chart.Length > 0 ? Terminal.Harmless(call.Chart) : "-",
            call.Caller.Length > 0 ? Terminal.Harmless(call.Caller) : "-",
            call.Ms.ToString("0.0", CultureInfo.InvariantCulture),
            call.Bytes == 0 ? "-" : Format.Bytes(call.Bytes),
            Terminal.Harmless(Why(call)),
        ];

    private static string Why(CallReport call)
    {
        if (call.Outcome != "miss")
            return $"{call.Reason} {call.Detail}".Trim();
        string why = call.Changed.Count == 0 ? "new" : string.Join(", ", Shortened(call.Changed));
        return call.UnderWay ? why + "; in progress"
            : call.Reason.Length > 0 ? $"{why}; not kept: {call.Reason}"
            : why;
    }

    /// <summary>The first few; <c>--json</c> has all.</summary>
    private static IEnumerable<string> Shortened(IReadOnlyList<string> changed)
    {
        const int Most = 3;
        return changed.Count <= Most ? changed : [.. changed.Take(Most), $"{changed.Count - Most} more"];
    }
}
