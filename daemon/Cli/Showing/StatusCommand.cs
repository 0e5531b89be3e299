using System;
using System.Diagnostics;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Sessions;

namespace CacheDaemon.Daemon.Cli.Showing;

/// <summary>Says whether the daemon runs, and how it is.</summary>
internal static class StatusCommand
{
    public static int Run(bool json)
    {
        Endpoint endpoint = AdminConnection.Endpoint();
        if (Ask(endpoint, out bool isDraining) is not { } text)
        {
            ConfigurationNotice.Write();
            string state = Lifecycle.NameOf(isDraining ? DaemonState.Draining : DaemonState.Stopped);
            string says = isDraining
                ? $"helmcached is draining for {endpoint.Home}; it stops when the renders in progress are done"
                : $"helmcached is not running for {endpoint.Home}; the next helm template starts it";
            Console.WriteLine(json ? $"{{\"running\":false,\"state\":\"{state}\"}}" : says);
            return ExitCodes.NotRunning;
        }
        if (json)
        {
            Console.WriteLine("{\"running\":true," + text[1..]);
            return ExitCodes.Ok;
        }
        StatusReport status = StatusReport.Read(text);
        Console.WriteLine($"helmcached {status.Version} runs as process {status.Pid} for {status.Home}");
        Console.WriteLine(
            $"{StateOf(status)}up {TimeSpan.FromSeconds(status.UptimeS):g}, {status.Connections} connections, "
                + $"{status.Renders} renders in progress, {Format.Bytes(status.ResidentBytes)} resident"
        );
        Console.WriteLine($"store: {status.Store}, {status.Entries} entries, {Format.Bytes(status.Bytes)}");
        if (status.Shared.Length > 0)
            Console.WriteLine($"team's cache: {Terminal.Harmless(status.Shared)}");
        foreach (string problem in status.Problems)
            Console.WriteLine($"configuration: {problem}");
        return ExitCodes.Ok;
    }

    /// <summary>The state and its reason before a list; nothing of a daemon that did not say.</summary>
    private static string StateOf(StatusReport status) =>
        status.State.Length == 0 ? ""
        : status.StateReason.Length == 0 ? Terminal.Harmless(status.State) + ", "
        : Terminal.Harmless($"{status.State} ({status.StateReason})") + ", ";

    /// <summary>
    /// The daemon's answer; null where none listens. A draining daemon has no socket any more, so that nobody calls it, and one that starts
    /// has none yet: both hold the lock. The latter listens within moments, so it is waited for as long as a caller would.
    /// </summary>
    private static string? Ask(Endpoint endpoint, out bool isDraining)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            isDraining = false;
            if (AdminConnection.Ask(new Message.Status()) is { } answer)
                return answer;
            isDraining = DaemonLauncher.IsLocked(endpoint.LockPath);
            if (!isDraining || Stopwatch.GetElapsedTime(started) > DaemonLauncher.StartDeadline)
                return null;
            Libc.Poll([], DaemonLauncher.LookEveryMilliseconds);
        }
    }
}
