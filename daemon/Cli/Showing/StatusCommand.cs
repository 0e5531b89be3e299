using System;
using System.Text.Json;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;

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
            Console.WriteLine(json ? "{\"running\":false}" : $"helmcached does not run for {endpoint.Home}; the next helm template starts it");
            return ExitCodes.NotRunning;
        }
        if (json)
        {
            Console.WriteLine("{\"running\":true," + text[1..]);
            return ExitCodes.Ok;
        }
        using JsonDocument document = JsonDocument.Parse(text);
        JsonElement root = document.RootElement;
        Console.WriteLine($"helmcached {root.GetProperty("version")} runs as process {root.GetProperty("pid")} for {root.GetProperty("home")}");
        Console.WriteLine($"up {TimeSpan.FromSeconds(root.GetProperty("uptime_s").GetInt64()):g}, {root.GetProperty("connections")} connections, {root.GetProperty("renders")} renders under way, {Format.Bytes(root.GetProperty("resident_bytes").GetInt64())} resident");
        Console.WriteLine($"store: {root.GetProperty("store")}, {root.GetProperty("entries")} entries, {Format.Bytes(root.GetProperty("bytes").GetInt64())}");
        foreach (JsonElement problem in root.GetProperty("problems").EnumerateArray())
            Console.WriteLine($"configuration: {problem}");
        return ExitCodes.Ok;
    }
}
