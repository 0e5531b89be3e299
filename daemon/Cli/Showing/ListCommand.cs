using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Text.Json;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Cli.Showing;

/// <summary>Lists the entries, by chart.</summary>
internal static class ListCommand
{
    /// <summary>Digits of a key that are shown, as in traces: enough to tell any two entries apart.</summary>
    private const int KeyDigits = 16;

    private static readonly string[] s_headings = ["chart", "version", "release", "key", "age", "last used", "uses", "size"];
    private static readonly int[] s_numbers = [4, 5, 6, 7];

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var list = new Command(
            "list",
            "List the entries by chart, with release (if known since the daemon started), age, size and uses. Never starts the daemon."
        )
        {
            json,
        };
        list.SetAction(parsed => Run(parsed.GetValue(json)));
        return list;
    }

    private static int Run(bool json)
    {
        Message answer = StoredAnswer.To(
            new Message.List(),
            static async listing => new Message.Json(listing is null ? "[]" : await listing.ListAsync().ConfigureAwait(false))
        );
        if (answer is not Message.Json { Text: var text })
            throw new IOException("the daemon gave an unexpected reply");
        if (json)
        {
            Console.WriteLine(text);
            return ExitCodes.Ok;
        }
        using JsonDocument entries = JsonDocument.Parse(text);
        var rows = new List<string[]>();
        foreach (JsonElement entry in entries.RootElement.EnumerateArray())
            rows.Add(Row(entry));
        if (rows.Count == 0)
            Console.WriteLine("no entries");
        else
            TextTable.Print(s_headings, rows, s_numbers);
        return ExitCodes.Ok;
    }

    private static string[] Row(JsonElement entry) =>
        [
            Text(entry, "chart"),
            Text(entry, "version"),
            Text(entry, "release"),
            Text(entry, "key")[..KeyDigits],
            Age(entry, "stored"),
            Age(entry, "last_used"),
            entry.GetProperty("uses") is { ValueKind: JsonValueKind.Number } uses ? uses.GetRawText() : "-",
            Format.Bytes(entry.GetProperty("bytes").GetInt64()),
        ];

    private static string Text(JsonElement entry, string member) =>
        entry.GetProperty(member).GetString() is { Length: > 0 } text ? Terminal.Harmless(text) : "-";

    private static string Age(JsonElement entry, string member)
    {
        TimeSpan age = DateTimeOffset.UtcNow - entry.GetProperty(member).GetDateTimeOffset();
        return Format.Duration(age > TimeSpan.Zero ? age : TimeSpan.Zero);
    }
}
