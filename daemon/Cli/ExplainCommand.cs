using System;
using System.Text.Json;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Cli;

/// <summary>Says what would happen to one command line and, for a miss, which input differs. Runs no helm, and starts no daemon.</summary>
internal static class ExplainCommand
{
    public static int Run(bool json, string[] call)
    {
        HelmLocation helm = HelmLocator.Find();
        if (helm.Path is null)
        {
            Console.Error.WriteLine(helm.Problem);
            return ExitCodes.Failed;
        }
        string directory = Environment.CurrentDirectory;
        Libc.Stat(directory, follow: true, out FileStamp here);
        byte[]? stdin = CallerContext.StdinFor(call);
        string? answer = AdminConnection.Ask(new Message.Explain(new Message.Render
        {
            Arguments = call,
            Directory = directory,
            DirectoryDevice = here.Device,
            DirectoryInode = here.Inode,
            Environment = CallerContext.Variables(),
            HelmPath = helm.Path,
            HelmStamp = helm.Stamp,
            Stdin = stdin is null ? (ReadOnlyMemory<byte>?)null : stdin,
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
        string mention = Text("mention");
        switch (Text("outcome"))
        {
            case "bypass":
                Console.WriteLine($"bypass: {Text("reason")} {Text("detail")}".TrimEnd());
                Console.WriteLine("real helm runs each time; docs/key.md says what each reason means");
                break;
            case "hit":
                Console.WriteLine($"hit: in {Text("tier")}, stored {Text("stored")}, {Format.Bytes(root.GetProperty("output_bytes").GetInt64())}, saves {root.GetProperty("render_ms").GetDouble():0} ms");
                break;
            case "proof":
                Console.WriteLine($"miss, kept only when proved: {mention} is mentioned and must be shown not to be called");
                PrintChanges(root);
                break;
            default:
                Console.WriteLine("miss");
                PrintChanges(root);
                break;
        }
        if (Text("key").Length > 0)
        {
            Console.WriteLine($"chart: {Text("chart_name")} {Text("chart_version")}, {root.GetProperty("chart_files")} files, {Format.Bytes(root.GetProperty("chart_bytes").GetInt64())}");
            Console.WriteLine($"key: {Text("key")}{(root.GetProperty("with_paths").GetBoolean() ? " (with paths: the output shows some)" : "")}");
        }
    }

    private static void PrintChanges(JsonElement root)
    {
        JsonElement changed = root.GetProperty("changed");
        Console.WriteLine(changed.GetArrayLength() == 0 ? "no entry of this chart is stored yet" : "compared with the nearest entry:");
        foreach (JsonElement item in changed.EnumerateArray())
            Console.WriteLine($"  {item.GetString()}");
    }
}
