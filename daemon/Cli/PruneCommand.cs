using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Cli.Helping;
using CacheDaemon.Daemon.Cli.Showing;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Hosting;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Sessions;
using CacheDaemon.Daemon.Storage;
using Spectre.Console;

namespace CacheDaemon.Daemon.Cli;

/// <summary>Deletes entries, through the running daemon or, when none runs, in the store itself.</summary>
internal static class PruneCommand
{
    /// <summary>From here on a person at a terminal is shown how far it is: below, it is done before the eye is there.</summary>
    private const int ManyEntries = 500;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    public static Command Create()
    {
        var all = new Option<bool>("--all") { Description = "Delete all entries." };
        var olderThan = new Option<string?>("--older-than")
        {
            Description = "Delete entries not used for this long, such as 12h or 30d.",
            HelpName = "time",
        };
        var maxSize = new Option<string?>("--max-size")
        {
            Description = "Delete the least recently used entries until the store is no larger, such as 500MiB.",
            HelpName = "size",
        };
        var chart = new Option<string?>("--chart") { Description = "Delete only entries of the chart of this name.", HelpName = "name" };
        Completion.WithCharts(chart, StatsCommand.Charts);
        var dryRun = new Option<bool>("--dry-run") { Description = "Show what would be deleted, without deleting it." };
        var prune = new Command("prune", "Delete entries from the cache permanently.") { all, olderThan, maxSize, chart, dryRun };
        prune.SetAction(parsed =>
            Run(parsed.GetValue(all), parsed.GetValue(olderThan), parsed.GetValue(maxSize), parsed.GetValue(chart), parsed.GetValue(dryRun))
        );
        return prune;
    }

    /// <summary>An age travels in whole seconds: rounded up, so that nothing younger than asked for goes.</summary>
    public static long WholeSeconds(TimeSpan age) => (long)Math.Ceiling(age.TotalSeconds);

    private static int Run(bool all, string? olderThan, string? maxSize, string? chart, bool dryRun)
    {
        if (!all && olderThan is null && maxSize is null && chart is null)
            return Terminal.WrongUsage("nothing selected; use --all, --older-than, --max-size or --chart");
        if (all && (olderThan is not null || maxSize is not null || chart is not null))
            return Terminal.WrongUsage("--all cannot be combined with --older-than, --max-size or --chart");
        TimeSpan age = default;
        if (olderThan is not null && !ConfigurationFile.TryParseTime(olderThan, out age))
            return Terminal.WrongUsage($"--older-than: invalid value \"{olderThan}\"; expected a time such as 90s, 12h or 30d");
        if (olderThan is not null && age == TimeSpan.Zero)
            return Terminal.WrongUsage($"--older-than {olderThan} would delete everything; use --all for that");
        long bytes = 0;
        if (maxSize is not null && !ConfigurationFile.TryParseSize(maxSize, out bytes))
            return Terminal.WrongUsage($"--max-size: invalid value \"{maxSize}\"; expected a size such as 500MiB or 2GiB");
        var request = new Message.Prune(all, olderThan is null ? null : WholeSeconds(age), maxSize is null ? null : bytes, chart, dryRun);
        Console.WriteLine(Sentence(Carry(request), dryRun));
        if (EffectiveSettings.ForDaemon().Options.Shared.IsWanted)
            Console.WriteLine("The team's cache is not pruned: deleting there is up to its server");
        return ExitCodes.Ok;
    }

    /// <summary>
    /// The home's own store, and what daemons of other kinds of callers keep in memory, wherever this is run: they are one cache to whoever
    /// wants it gone.
    /// </summary>
    private static PruneReport Carry(Message.Prune request)
    {
        Endpoint home = AdminConnection.Endpoint();
        // The store first: a daemon apart that hangs must not keep it.
        PruneReport report = PruneReport.Read(InHome(request, home));
        foreach (Endpoint apart in AdminConnection.All(home).Where(static endpoint => endpoint.IsApart))
            if (AdminConnection.Ask(request, apart) is { } answer)
                report += PruneReport.Read(answer);
        return report;
    }

    private static string InHome(Message.Prune request, Endpoint home)
    {
        bool watched = Terminal.IsRich && !request.DryRun;
        if (watched && AdminConnection.Ask(request with { DryRun = true }, home) is { } preview)
            return Watched(
                PruneReport.Read(preview).Entries,
                () => AdminConnection.Ask(request, home) ?? InStore(request, false),
                () => AdminConnection.Ask(new Message.Status(), home) is { } status ? StatusReport.Read(status).Entries : null
            );
        return AdminConnection.Ask(request, home) ?? InStore(request, watched);
    }

    private static string InStore(Message.Prune request, bool watched)
    {
        Endpoint endpoint = AdminConnection.Endpoint();
        if (!File.Exists(endpoint.StorePath))
            return PruneReport.Write(default, default);
        // With the lock held no daemon can start meanwhile and serve from memory what we delete on disk.
        using InstanceLock instance =
            InstanceLock.TryTake(endpoint) ?? throw new IOException($"a daemon for {endpoint.Home} is starting or stopping; try again");
        using var log = new DaemonLog(endpoint.LogPath, TimeProvider.System, echo: false);
        using var rooms = StoreTiers.ForCommand(endpoint, TimeProvider.System, log);
        PruneResult Prune(bool dryRun) =>
            rooms.Store.PruneAsync(PruneReport.ToRequest(request with { DryRun = dryRun })).GetAwaiter().GetResult();
        string Report(bool dryRun) => PruneReport.Write(Prune(dryRun), rooms.Store.Totals());
        return watched
            ? Watched(Prune(dryRun: true).Entries, () => Report(dryRun: false), () => rooms.Store.Totals().Entries)
            : Report(request.DryRun);
    }

    /// <summary>Does the work, with a bar that follows the entries that are left when it is long.</summary>
    /// <param name="expected">Entries that will go.</param>
    /// <param name="work">The work; returns the report.</param>
    /// <param name="left">Entries in the store now; null when it cannot be told.</param>
    private static string Watched(long expected, Func<string> work, Func<long?> left)
    {
        if (expected < ManyEntries || left() is not { } before)
            return work();
        string report = "";
        AnsiConsole
            .Progress()
            .AutoClear(true)
            .Start(context =>
            {
                ProgressTask bar = context.AddTask("deleting", maxValue: expected);
                Task<string> working = Task.Run(work);
                while (!working.Wait(LookEvery))
                    bar.Value = Math.Clamp(before - (left() ?? before), 0, expected);
                report = working.GetAwaiter().GetResult();
            });
        return report;
    }

    private static string Sentence(PruneReport report, bool dryRun)
    {
        (long entries, long left) = (report.Entries, report.EntriesLeft);
        string freed = Format.Bytes(report.Bytes),
            size = Format.Bytes(report.BytesLeft);
        return (entries, dryRun) switch
        {
            (0, _) => left == 0 ? "Nothing to delete: the cache is empty" : $"No entries match ({Entries(left)}, {size} in the cache)",
            (_, true) => $"Would delete {Entries(entries)} and free {freed}, out of {Entries(left)} ({size})",
            _ => $"Deleted {Entries(entries)} and freed {freed}; {Entries(left)} ({size}) left",
        };
    }

    private static string Entries(long count) => count == 1 ? "1 entry" : $"{count} entries";
}
