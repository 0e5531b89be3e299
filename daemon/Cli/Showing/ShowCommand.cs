using System;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Text.Json;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Manifests;

namespace CacheDaemon.Daemon.Cli.Showing;

/// <summary>Shows one entry: what is known of it, its inputs, or one of its streams.</summary>
internal static class ShowCommand
{
    public static Command Create()
    {
        var key = new Argument<string>("key")
        {
            Description = "The first digits of a key, as `list` and traces show it; enough to be unique.",
        };
        var stdout = new Option<bool>("--stdout")
        {
            Description =
                "Print its standard output, the manifest, with the values of Secrets masked; for a call with --output-dir, its "
                + "files one after the other.",
        };
        var stderr = new Option<bool>("--stderr") { Description = "Print its standard error." };
        var raw = new Option<bool>("--raw") { Description = "With --stdout: print the exact bytes, Secrets included." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var show = new Command("show", "Show one entry: chart, age, uses, streams and every input of its key. Never starts the daemon.")
        {
            key,
            stdout,
            stderr,
            raw,
            json,
        };
        show.SetAction(parsed =>
            Run(parsed.GetValue(key)!, parsed.GetValue(stdout), parsed.GetValue(stderr), parsed.GetValue(raw), parsed.GetValue(json))
        );
        return show;
    }

    private static int Run(string key, bool stdout, bool stderr, bool raw, bool json)
    {
        if ((stdout ? 1 : 0) + (stderr ? 1 : 0) + (json ? 1 : 0) > 1)
            return Terminal.WrongUsage("use only one of --stdout, --stderr and --json");
        if (raw && !stdout)
            return Terminal.WrongUsage("--raw requires --stdout");
        switch (
            Ask(
                new Message.Show(
                    key,
                    stdout ? ShownPart.Stdout
                        : stderr ? ShownPart.Stderr
                        : ShownPart.Details
                )
            )
        )
        {
            case Message.Json { Text: var text } when json:
                Console.WriteLine(text);
                break;
            case Message.Json { Text: var text }:
                Print(text);
                break;
            case Message.Result result:
                ReadOnlyMemory<byte> shown =
                    !stdout ? result.Stderr
                    : WritesFiles(key) ? Files(result.Stdout)
                    : result.Stdout;
                using (Stream output = Console.OpenStandardOutput())
                    output.Write(stdout && !raw ? MaskedText.Of(shown.Span) : shown.Span);
                break;
            default:
                throw new IOException("the daemon gave an unexpected reply");
        }
        return ExitCodes.Ok;
    }

    /// <summary>Whether what is stored of an entry are the files of <c>--output-dir</c>.</summary>
    private static bool WritesFiles(string key)
    {
        using JsonDocument document = JsonDocument.Parse(
            Ask(new Message.Show(key, ShownPart.Details)) is Message.Json { Text: var text } ? text : "{}"
        );
        return document.RootElement.TryGetProperty("inputs", out JsonElement inputs) && WritesFiles(inputs);
    }

    private static bool WritesFiles(JsonElement inputs)
    {
        foreach (JsonElement input in inputs.EnumerateArray())
            if (input.GetProperty("label").ValueEquals("output"u8))
                return true;
        return false;
    }

    /// <summary>
    /// The files one after the other, in the order in which helm wrote them: each begins with <c>---</c> and its <c># Source:</c>, as in
    /// the manifest that helm prints without the flag.
    /// </summary>
    private static byte[] Files(ReadOnlyMemory<byte> tree)
    {
        var files = OutputTree.Decode(tree);
        using var text = new MemoryStream(tree.Length);
        foreach (OutputFile file in files.Files)
            text.Write(file.Content.Span);
        text.Write(files.Tail.Span);
        return text.ToArray();
    }

    private static Message Ask(Message.Show question) =>
        StoredAnswer.To(
            question,
            async listing =>
                listing is null
                    ? new Message.Failed($"no entry has a key that begins with {Terminal.Harmless(question.Key)}: the store is empty")
                    : await listing.ShowAsync(question).ConfigureAwait(false)
        );

    private static void Print(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        JsonElement entry = document.RootElement;
        Console.WriteLine($"chart: {Text(entry, "chart")} {Text(entry, "version")}".TrimEnd());
        if (Text(entry, "release") is { Length: > 0 } release)
            Console.WriteLine($"release: {release}");
        Console.WriteLine($"key: {Text(entry, "key")}");
        Console.WriteLine(
            $"stored: {Time(entry, "stored")}, in {Text(entry, "tier")}; helm took "
                + $"{entry.GetProperty("render_ms").GetDouble().ToString("0", CultureInfo.InvariantCulture)} ms"
        );
        string uses = entry.GetProperty("uses").GetRawText();
        Console.WriteLine(
            uses is "0" or "null"
                ? $"uses: {(uses == "0" ? "none yet" : "not counted in memory")}"
                : $"uses: {uses}, last: {Time(entry, "last_used")}"
        );
        Console.WriteLine($"stdout: {Stream(entry.GetProperty("stdout"))}");
        Console.WriteLine($"stderr: {Stream(entry.GetProperty("stderr"))}");
        if (WritesFiles(entry.GetProperty("inputs")))
            Console.WriteLine("writes files: yes (--output-dir); --stdout prints them one after the other");
        if (entry.GetProperty("secret").GetBoolean())
            Console.WriteLine("holds a Secret: yes, or something that may be one");
        Console.WriteLine("inputs:");
        foreach (JsonElement input in entry.GetProperty("inputs").EnumerateArray())
            Console.WriteLine($"  {Text(input, "digest")}  {Text(input, "label")}");
    }

    private static string Text(JsonElement entry, string member) => Terminal.Harmless(entry.GetProperty(member).GetString() ?? "");

    private static string Stream(JsonElement stream) =>
        stream.GetProperty("bytes").GetInt64() is var bytes and not 0
            ? $"{Format.Bytes(bytes)}, SHA-256 {Text(stream, "sha256")}"
            : "empty";

    private static string Time(JsonElement entry, string member) =>
        entry.GetProperty(member).GetDateTimeOffset().ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
