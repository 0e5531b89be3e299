using System;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Insight;

namespace CacheDaemon.Daemon.Cli.Showing;

/// <summary>Says whether the daemon runs, and how it is.</summary>
internal static class StatusCommand
{
    public static int Run(bool json)
    {
        Endpoint endpoint = AdminConnection.Endpoint();
        if (AdminConnection.Ask(new Message.Status()) is not { } text)
        {
            ConfigurationNotice.Write();
            Console.WriteLine(
                json ? "{\"running\":false}" : $"helmcached is not running for {endpoint.Home}; the next helm template starts it"
            );
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
            $"up {TimeSpan.FromSeconds(status.UptimeS):g}, {status.Connections} connections, {status.Renders} renders in progress, "
                + $"{Format.Bytes(status.ResidentBytes)} resident"
        );
        Console.WriteLine($"store: {status.Store}, {status.Entries} entries, {Format.Bytes(status.Bytes)}");
        if (status.Shared.Length > 0)
            Console.WriteLine($"team's cache: {Terminal.Harmless(status.Shared)}");
        foreach (string problem in status.Problems)
            Console.WriteLine($"configuration: {problem}");
        return ExitCodes.Ok;
    }
}
