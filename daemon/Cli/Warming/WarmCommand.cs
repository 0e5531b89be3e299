using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Text;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Cli.Warming;

/// <summary>Renders again what was asked lately, or what a file lists, where the cache has no answer to it now.</summary>
internal static class WarmCommand
{
    private const int MostJobs = 64;

    /// <summary>As many calls as the daemon remembers, at most.</summary>
    private const int AllCalls = 1024;

    public static Command Create()
    {
        var recent = new Option<string?>("--recent")
        {
            Description = "Only this many of the last calls that the daemon remembers (default: all).",
            HelpName = "number",
        };
        var file = new Option<string?>("--file", "-f")
        {
            Description =
                "Read calls from a file, one per line, quoted as for a shell; - is standard input. Calls run in the current directory.",
            HelpName = "file",
        };
        var jobs = new Option<string?>("--jobs", "-j")
        {
            Description = $"Number of renders at a time (default: one per processor, {Environment.ProcessorCount} here).",
            HelpName = "number",
        };
        var warm = new Command(
            "warm",
            "Render the calls made since the daemon started, or those in a file, unless they are cached already."
        )
        {
            recent,
            file,
            jobs,
        };
        warm.SetAction(parsed => Run(parsed.GetValue(recent), parsed.GetValue(file), parsed.GetValue(jobs)));
        return warm;
    }

    private static int Run(string? recent, string? file, string? jobs)
    {
        if (recent is not null && file is not null)
            return Terminal.WrongUsage("use either --recent or --file, not both");
        int count = AllCalls,
            atOnce = Environment.ProcessorCount;
        if (recent is not null && !IsCount(recent, int.MaxValue, out count))
            return Terminal.WrongUsage($"--recent: invalid value \"{recent}\"; expected a number of calls");
        if (jobs is not null && !IsCount(jobs, MostJobs, out atOnce))
            return Terminal.WrongUsage($"--jobs: invalid value \"{jobs}\"; expected a number from 1 to {MostJobs}");
        var run = new WarmRun();
        List<WarmCall> calls;
        if (file is null)
        {
            if (AdminConnection.Exchange(new Message.Recent(Math.Min(count, AllCalls))) is not { } answer)
            {
                Console.Error.WriteLine(
                    $"helmcached is not running for {AdminConnection.Endpoint().Home}: only a running daemon knows earlier calls; "
                        + "use --file to take calls from a file"
                );
                return ExitCodes.NotRunning;
            }
            if (answer is not Message.Candidates candidates)
                throw new IOException(answer is Message.Failed failed ? failed.Reason : "the daemon does not answer");
            calls = Remembered(candidates);
        }
        else
        {
            try
            {
                calls = Listed(file, run);
            }
            catch (FormatException e)
            {
                return Terminal.WrongUsage($"{file}, {e.Message}");
            }
        }
        return run.Run(calls, atOnce);
    }

    private static bool IsCount(string text, int most, out int count) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count > 0 && count <= most;

    /// <summary>
    /// The calls that the daemon remembers, each once: one that was made with several contents of a file has several keys.
    /// </summary>
    private static List<WarmCall> Remembered(Message.Candidates candidates)
    {
        var calls = new List<WarmCall>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (ReadOnlyMemory<byte> key in candidates.Keys)
        {
            if (
                AdminConnection.Exchange(new Message.Remembered(key)) is not Message.Candidate { Request: var request } call
                || !seen.Add(Identity(request))
            )
                continue;
            string name = $"{Terminal.Harmless(call.Chart)} {Convert.ToHexStringLower(key.Span[..sizeof(ulong)])}";
            calls.Add(new WarmCall(name.TrimStart(), request));
        }
        return calls;
    }

    /// <summary>The calls of a file, as they would be made from here.</summary>
    /// <exception cref="FormatException">A line cannot be split into words.</exception>
    private static List<WarmCall> Listed(string file, WarmRun run)
    {
        using TextReader reader = file == "-" ? Console.In : new StreamReader(file);
        List<(int Line, string[] Call)> lines = CallLines.Read(reader);
        HelmLocation helm = HelmLocator.Find();
        if (helm.Path is null)
            throw new IOException(helm.Problem);
        var calls = new List<WarmCall>();
        foreach ((int line, string[] call) in lines)
        {
            string name = $"{Terminal.Harmless(file)}:{line}";
            if (Rendered.RenderedCall.ReadsInput(call))
                run.Fail(name, "reads standard input, which a call from a file does not have");
            else
                calls.Add(new WarmCall(name, AsFromShim(CallerContext.Request(call, helm))));
        }
        return calls;
    }

    /// <summary>The shim, which makes the call, takes files of <c>--output-dir</c>.</summary>
    private static Message.Render AsFromShim(Message.Render request) => request with { Flags = request.Flags | RenderFlags.TakesTree };

    /// <summary>What two calls have alike that are one.</summary>
    private static string Identity(Message.Render request)
    {
        var text = new StringBuilder(request.Directory)
            .Append('\0')
            .Append(request.HelmPath)
            .Append('\0')
            .Append((int)request.Flags)
            .Append('\0');
        foreach (string argument in request.Arguments)
            text.Append(argument).Append('\0');
        var variables = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string value) in request.Environment)
            variables[name] = value;
        foreach ((string name, string value) in variables)
            text.Append(name).Append('=').Append(value).Append('\0');
        return text.Append(Encoding.Latin1.GetString(request.Stdin.GetValueOrDefault().Span)).ToString();
    }
}
