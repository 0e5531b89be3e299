using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Cli.Helping;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Hosting;
using CacheDaemon.Daemon.Insight;
using Spectre.Console;

namespace CacheDaemon.Daemon.Cli.Showing;

/// <summary>Prints what the cache was good for, from the running daemon or, when none runs, from the store.</summary>
internal static class StatsCommand
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var prometheus = new Option<bool>("--prometheus")
        {
            Description = "Print the Prometheus text format, for a node exporter's textfile collector.",
        };
        var reset = new Option<bool>("--reset")
        {
            Description = "Set all counters to zero after printing them; asks first unless --yes is given.",
        };
        var yes = new Option<bool>("--yes") { Description = "Do not ask for confirmation." };
        var watch = new Option<bool>("--watch") { Description = "Update live until Ctrl-C." };
        var since = new Option<string?>("--since")
        {
            Description = "Only calls of the last hours or days, such as 24h (whole hours, at most 7d).",
            HelpName = "time",
        };
        var chart = new Option<string?>("--chart") { Description = "Only calls of this chart.", HelpName = "name" };
        Completion.WithCharts(chart, Charts);
        var stats = new Command("stats", "Show hits, misses, time saved, and why calls were not served. Never starts the daemon.")
        {
            since,
            chart,
            json,
            prometheus,
            reset,
            yes,
            watch,
        };
        stats.SetAction(parsed =>
            parsed.GetValue(since) is not null || parsed.GetValue(chart) is not null
                ? parsed.GetValue(prometheus) || parsed.GetValue(reset) || parsed.GetValue(watch)
                    ? Terminal.WrongUsage("stats --since and --chart can only be combined with --json")
                    : Part(parsed.GetValue(json), parsed.GetValue(since), parsed.GetValue(chart))
                : Run(
                    parsed.GetValue(json),
                    parsed.GetValue(prometheus),
                    parsed.GetValue(reset),
                    parsed.GetValue(yes),
                    parsed.GetValue(watch)
                )
        );
        return stats;
    }

    private static int Run(bool json, bool prometheus, bool reset, bool yes, bool watch)
    {
        if ((json ? 1 : 0) + (prometheus ? 1 : 0) + (watch ? 1 : 0) > 1)
            return Terminal.WrongUsage("use only one of --json, --prometheus and --watch");
        if (watch)
            return reset ? Terminal.WrongUsage("--watch and --reset cannot be combined") : Watch();
        if (reset && !yes && Console.IsInputRedirected)
            return Terminal.WrongUsage("stats --reset sets all counters to zero permanently; add --yes to confirm");
        if (reset && !yes && !Terminal.Confirms("Set all counters to zero permanently?"))
            return ExitCodes.Failed;
        string text = Ask(reset);
        if (json)
            Console.WriteLine(text);
        else if (prometheus)
            Prometheus.Write(Console.Out, text);
        else
            Print(StatsSection.Of(text));
        return ExitCodes.Ok;
    }

    /// <summary>Names of the charts that were called.</summary>
    public static IEnumerable<string> Charts() => StatsReport.Read(Ask(reset: false)).Charts.Keys;

    /// <summary>A part of the calls: of some time, or of a chart.</summary>
    private static int Part(bool json, string? since, string? chart)
    {
        if (since is not null && chart is not null)
            return Terminal.WrongUsage("use either --since or --chart: calls are counted by hour and by chart, but not by both");
        if (chart is not null)
            return OfChart(json, chart);
        if (!ConfigurationFile.TryParseTime(since!, out TimeSpan time) || time <= TimeSpan.Zero || time > TimeSpan.FromDays(Tallies.Days))
            return Terminal.WrongUsage(
                $"--since: invalid value \"{Terminal.Harmless(since!)}\"; expected a time such as 30m, 24h or 7d, at most {Tallies.Days}d"
            );
        DateTimeOffset start = DateTimeOffset.UtcNow - time;
        CallsReport calls = StatsReport.Read(Ask(reset: false)).Since(start) ?? throw StatsSection.Older();
        DateTimeOffset hour = start.AddTicks(-(start.Ticks % TimeSpan.TicksPerHour)).ToLocalTime();
        return Show(json, "since " + hour.ToString("MMM d HH:mm", CultureInfo.InvariantCulture), calls);
    }

    private static int OfChart(bool json, string name)
    {
        IReadOnlyDictionary<string, CallsReport> charts = StatsReport.Read(Ask(reset: false)).Charts;
        if (charts.TryGetValue(name, out CallsReport? calls))
            return Show(json, Terminal.Harmless(name), calls);
        Console.Error.WriteLine(
            $"helmcached: no call of a chart named {Terminal.Harmless(name)} was counted"
                + (CloseMatch.Of(name, charts.Keys) is { } meant ? $"; did you mean {Terminal.Harmless(meant)}?" : "")
        );
        return ExitCodes.Failed;
    }

    private static int Show(bool json, string heading, CallsReport calls)
    {
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(calls, ReportJson.Default.CallsReport));
        else
            Print([StatsSection.Calls([heading], calls)]);
        return ExitCodes.Ok;
    }

    private static string Ask(bool reset) => AdminConnection.Ask(new Message.Stats(reset)) ?? FromStore(reset);

    private static string FromStore(bool reset)
    {
        Endpoint endpoint = AdminConnection.Endpoint();
        if (!File.Exists(endpoint.StorePath))
            return StatsReport.Write(new SortedDictionary<string, long>(), null, default, []);
        if (HomeDirectory.Problem(endpoint) is { } problem)
            throw new IOException(problem);
        using var log = new DaemonLog(endpoint.LogPath, TimeProvider.System, echo: false);
        using var rooms = StoreTiers.ForCommand(endpoint, TimeProvider.System, log);
        IReadOnlyDictionary<string, long> counters = rooms.Disk.LoadCounters();
        string report = StatsReport.Write(counters, new Tallies(counters, TimeProvider.System), rooms.Use(), []);
        if (reset)
            rooms.Disk.ResetCounters();
        return report;
    }

    private static void Print(IReadOnlyList<StatsSection> sections)
    {
        if (Terminal.IsRich)
        {
            AnsiConsole.Write(Draw(sections));
            return;
        }
        foreach (StatsSection section in sections)
        {
            if (section != sections[0])
                Console.WriteLine();
            TextTable.Write(Console.Out, section.Headings, section.Rows, section.RightAligned);
        }
    }

    private static int Watch()
    {
        if (!Terminal.IsRich)
            return Terminal.WrongUsage("stats --watch needs a terminal; without one, run `helmcached stats` repeatedly");
        using var end = new ManualResetEventSlim();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            end.Set();
        };
        // What does not fit is left out at the end, with a mark: the first table is the one that people watch.
        AnsiConsole
            .Live(Draw(StatsSection.Of(Ask(reset: false))))
            .AutoClear(false)
            .Overflow(VerticalOverflow.Ellipsis)
            .Cropping(VerticalOverflowCropping.Bottom)
            .Start(live =>
            {
                while (!end.Wait(WatchInterval))
                {
                    live.UpdateTarget(Draw(StatsSection.Of(Ask(reset: false))));
                    live.Refresh();
                }
            });
        return ExitCodes.Ok;
    }

    private static Rows Draw(IReadOnlyList<StatsSection> sections) =>
        new(
            sections.Select(static section =>
                TextTable.Draw(AnsiConsole.Profile.Width, section.Headings, section.Rows, section.RightAligned)
            )
        );
}
