using System;
using System.CommandLine;
using System.Text.Json;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Insight;

namespace CacheDaemon.Daemon.Cli.Showing;

/// <summary>Says what would happen to one command line and, for a miss, which input differs. Runs no helm, and starts no daemon.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var last = new Option<int?>("--last")
        {
            Description = $"Show the last calls as they happened instead; all that are remembered ({CallJournal.Capacity}) when no number is given.",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "number",
        };
        var call = new Argument<string[]>("call") { Description = "After --: the call as helm would get it, such as template web ./chart -f values.yaml.", Arity = ArgumentArity.ZeroOrMore };
        var explain = new Command("explain", "Say what would happen to one call and why, without running helm: helmcached explain -- template …") { json, last, call };
        explain.SetAction(parsed =>
        {
            string[] words = parsed.GetValue(call) ?? [];
            bool wantsLast = parsed.GetResult(last) is not null;
            if (wantsLast == words.Length > 0)
                return Terminal.WrongUsage("explain takes a call after --, such as `helmcached explain -- template web ./chart`, or --last");
            if (wantsLast && parsed.GetValue(last) is <= 0)
                return Terminal.WrongUsage("--last takes a number of calls, 1 or more");
            return wantsLast ? LastCalls.Run(parsed.GetValue(json), parsed.GetValue(last) ?? CallJournal.Capacity) : Run(parsed.GetValue(json), words);
        });
        return explain;
    }

    private static int Run(bool json, string[] call)
    {
        HelmLocation helm = HelmLocator.Find();
        if (helm.Path is null)
        {
            Console.Error.WriteLine(helm.Problem);
            return ExitCodes.Failed;
        }
        string directory = Environment.CurrentDirectory;
        Libc.StatPlace(".", out FileStamp here);
        byte[]? stdin = CallerContext.StdinFor(call);
        string? answer = AdminConnection.Ask(new Message.Explain(new Message.Render
        {
            Arguments = call,
            Directory = directory,
            DirectoryDevice = here.Device,
            DirectoryInode = here.Inode,
            DirectoryMount = here.Mount,
            Environment = CallerContext.Variables(),
            HelmPath = helm.Path,
            HelmStamp = helm.Stamp,
            Stdin = stdin is null ? (ReadOnlyMemory<byte>?)null : stdin,
            Flags = Client.Endpoint.Variable("HELMCACHED_IMPURE"u8) == "freeze" ? RenderFlags.Freeze : RenderFlags.None,
        }));
        if (answer is null)
        {
            Console.Error.WriteLine("helmcached: no daemon runs, so nothing is known about this call; start it with `helmcached start`");
            return ExitCodes.NotRunning;
        }
        if (json)
            Console.WriteLine(answer);
        else
            Print(answer);
        return ExitCodes.Ok;
    }

    private static void Print(string answer)
    {
        using JsonDocument document = JsonDocument.Parse(answer);
        JsonElement root = document.RootElement;
        string Text(string name) => root.GetProperty(name).GetString() ?? "";
        switch (Text("outcome"))
        {
            case "bypass":
                Console.WriteLine($"bypass: {Text("reason")} {Text("detail")}".TrimEnd());
                Console.WriteLine("real helm runs each time; docs/key.md says what each reason means");
                if (ReasonAdvice.OfBypass(Text("reason")) is { Length: > 0 } advice)
                    Console.WriteLine($"what to do: {advice}");
                break;
            case "hit":
                Console.WriteLine($"hit: in {Text("tier")}, stored {Ago(root.GetProperty("stored").GetDateTimeOffset())}, {Format.Bytes(root.GetProperty("output_bytes").GetInt64())}, saves {root.GetProperty("render_ms").GetDouble():0} ms");
                break;
            default:
                Console.WriteLine("miss");
                PrintChanges(root);
                break;
        }
        if (Text("helm") is { Length: > 0 } helm && helm != "armed")
            Console.WriteLine($"helm is {Terminal.Harmless(helm)}; until it is armed, only charts of plain templates are kept (docs/repeatability.md)");
        if (Text("key").Length > 0)
        {
            Console.WriteLine($"chart: {Terminal.Harmless(Text("chart_name"))} {Terminal.Harmless(Text("chart_version"))}, {root.GetProperty("chart_files")} files, {Format.Bytes(root.GetProperty("chart_bytes").GetInt64())}");
            if (root.TryGetProperty("crowded_files", out JsonElement files) && files.GetInt32() is > 0 and var crowded)
                Console.WriteLine($"warning: {crowded} files are below {(Text("crowded_directory") is { Length: > 0 } place ? Terminal.Harmless(place) + "/" : "the chart's directory")}; each is looked at by every call. "
                    + "If the chart needs them not (a cache, node_modules, a clone), move them out or list them in .helmignore");
            if (root.TryGetProperty("git_files", out JsonElement git) && git.GetInt32() is > 0 and var commits)
                Console.WriteLine($"warning: {commits} files of .git are part of the chart, since helm reads them (.Files can show them): each commit, fetch or checkout is another key. "
                    + "Put .git/ into the chart's .helmignore");
            Console.WriteLine($"key: {Text("key")}{(root.GetProperty("with_paths").GetBoolean() ? " (with paths: the output shows some)" : "")}");
        }
    }

    private static string Ago(DateTimeOffset then)
    {
        TimeSpan age = DateTimeOffset.UtcNow - then;
        return age < TimeSpan.FromSeconds(1) ? "just now" : $"{Format.Duration(age)} ago";
    }

    private static void PrintChanges(JsonElement root)
    {
        JsonElement changed = root.GetProperty("changed");
        Console.WriteLine(changed.GetArrayLength() == 0 ? "no entry of this chart is stored yet" : "compared with the nearest entry:");
        foreach (JsonElement item in changed.EnumerateArray())
            Console.WriteLine($"  {Terminal.Harmless(item.GetString() ?? "")}");
    }
}
