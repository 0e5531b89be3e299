using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Storage;
using Spectre.Console;

namespace CacheDaemon.Daemon.Cli;

/// <summary>Prints the counters, from the running daemon or, when none runs, from the store.</summary>
internal static class StatsCommand
{
    public static int Run(bool json, bool reset)
    {
        string text = AdminConnection.Ask(new Message.Stats(reset)) ?? FromStore(reset);
        if (json)
            Console.WriteLine(text);
        else
            Print(text);
        return ExitCodes.Ok;
    }

    private static string FromStore(bool reset)
    {
        Endpoint endpoint = AdminConnection.Endpoint();
        if (!File.Exists(endpoint.StorePath))
            return StatsReport.Write(new SortedDictionary<string, long>(), 0, 0);
        using var log = new DaemonLog(endpoint.LogPath, TimeProvider.System, echo: false);
        using var rooms = StoreRooms.ForCommand(endpoint, TimeProvider.System, log);
        StoreTotals totals = rooms.Store.Totals();
        string report = StatsReport.Write(rooms.Disk.LoadCounters(), totals.Entries, totals.Bytes);
        if (reset)
            rooms.Disk.ResetCounters();
        return report;
    }

    private static void Print(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        var table = new Table { Border = TableBorder.None, ShowHeaders = false };
        table.AddColumn("").AddColumn(new TableColumn("").RightAligned());
        foreach (JsonProperty member in document.RootElement.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Object)
            {
                string value = member.Name == "bytes" ? Format.Bytes(member.Value.GetInt64()) : member.Value.ToString();
                table.AddRow(member.Name.Replace('_', ' '), value);
                continue;
            }
            foreach (JsonProperty part in member.Value.EnumerateObject())
                table.AddRow($"{member.Name.Replace('_', ' ')}: {part.Name}", part.Value.ToString());
        }
        AnsiConsole.Write(table);
    }
}
