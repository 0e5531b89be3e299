using System;
using System.IO;
using System.Text.Json;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Sessions;

namespace CacheDaemon.Daemon.Cli;

/// <summary>Deletes entries, through the running daemon or, when none runs, in the store itself.</summary>
internal static class PruneCommand
{
    public static int Run(bool all, string? olderThan, string? maxSize, string? chart, bool dryRun)
    {
        if (!all && olderThan is null && maxSize is null && chart is null)
            return Wrong("prune needs to know what to delete: --all, --older-than, --max-size or --chart");
        TimeSpan age = default;
        if (olderThan is not null && !ConfigurationFile.TryParseTime(olderThan, out age))
            return Wrong($"--older-than {olderThan} is not a time; write it as 90s, 12h or 30d");
        if (olderThan is not null && age == TimeSpan.Zero)
            return Wrong($"--older-than {olderThan} would delete everything; say --all if that is meant");
        long bytes = 0;
        if (maxSize is not null && !ConfigurationFile.TryParseSize(maxSize, out bytes))
            return Wrong($"--max-size {maxSize} is not a size; write it as 500MiB or 2GiB");
        var request = new Message.Prune(all, olderThan is null ? null : WholeSeconds(age), maxSize is null ? null : bytes, chart, dryRun);
        string report = AdminConnection.Ask(request) ?? InStore(request);
        using JsonDocument document = JsonDocument.Parse(report);
        Console.WriteLine($"{(dryRun ? "would delete" : "deleted")} {document.RootElement.GetProperty("entries")} entries, {Format.Bytes(document.RootElement.GetProperty("bytes").GetInt64())}");
        return ExitCodes.Ok;
    }

    /// <summary>An age travels in whole seconds: rounded up, so that nothing younger than asked for goes.</summary>
    public static long WholeSeconds(TimeSpan age) => (long)Math.Ceiling(age.TotalSeconds);

    private static string InStore(Message.Prune request)
    {
        Endpoint endpoint = AdminConnection.Endpoint();
        if (!File.Exists(endpoint.StorePath))
            return PruneReport.Write(default);
        // With the lock held no daemon can start meanwhile and serve from memory what we delete on disk.
        using InstanceLock instance = InstanceLock.TryTake(endpoint)
            ?? throw new IOException($"a daemon for {endpoint.Home} is just starting or leaving; try again");
        using var log = new DaemonLog(endpoint.LogPath, TimeProvider.System, echo: false);
        using var rooms = StoreRooms.ForCommand(endpoint, TimeProvider.System, log);
        return PruneReport.Write(rooms.Store.PruneAsync(PruneReport.ToRequest(request)).GetAwaiter().GetResult());
    }

    private static int Wrong(string message)
    {
        Console.Error.WriteLine("helmcached: " + message);
        return ExitCodes.Usage;
    }
}
