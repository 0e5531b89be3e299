using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Insight;

namespace CacheDaemon.Daemon.Cli.Showing;

/// <summary>
/// Says what would happen to one command line and, for a miss, which input differs. Runs no helm; starts the daemon when none runs.
/// </summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var last = new Option<int?>("--last")
        {
            Description = $"Show the last calls as they happened; without a number, all that are remembered ({CallJournal.Capacity}).",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "number",
        };
        var reasons = new Option<string?>("--reasons")
        {
            Description = "Explain a reason and what to do about it; without a name, all reasons.",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "name",
        };
        reasons.CompletionSources.Add(static _ =>
            ReasonPage.All.Select(static reason => new CompletionItem(reason.Name, detail: reason.When))
        );
        var call = new Argument<string[]>("call")
        {
            Description = "After --: the call as you would give it to helm, such as template web ./chart -f values.yaml.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var explain = new Command(
            "explain",
            "Show what would happen to a call and why, without running helm: helmcached explain -- template …"
        )
        {
            json,
            last,
            reasons,
            call,
        };
        explain.SetAction(parsed =>
        {
            string[] words = CallerContext.WithoutProgram(parsed.GetValue(call) ?? []);
            bool wantsLast = parsed.GetResult(last) is not null,
                wantsReasons = parsed.GetResult(reasons) is not null;
            if ((wantsLast ? 1 : 0) + (wantsReasons ? 1 : 0) + (words.Length > 0 ? 1 : 0) != 1)
                return Terminal.WrongUsage(
                    "explain takes a call after --, such as `helmcached explain -- template web ./chart`, or --last, or --reasons"
                );
            if (wantsReasons)
                return parsed.GetValue(json)
                    ? Terminal.WrongUsage("--reasons prints text only, without --json")
                    : Reasons.Run(parsed.GetValue(reasons));
            if (wantsLast && parsed.GetValue(last) is <= 0)
                return Terminal.WrongUsage("--last takes a number of calls, 1 or more");
            return wantsLast
                ? LastCalls.Run(parsed.GetValue(json), parsed.GetValue(last) ?? CallJournal.Capacity)
                : Run(parsed.GetValue(json), words);
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
        var question = new Message.Explain(CallerContext.Request(call, helm));
        if (AdminConnection.Ask(question) is not { } answer)
        {
            // What is known lies in the store, which the daemon owns.
            if (StartCommand.Run(quiet: true) != ExitCodes.Ok || AdminConnection.Ask(question) is not { } late)
                return ExitCodes.NotRunning;
            answer = late;
        }
        if (json)
            Console.WriteLine(answer);
        else
            Print(answer, ValuesFiles(CallerContext.WithoutProgram(call)));
        return ExitCodes.Ok;
    }

    private static void Print(string answer, List<string> valuesFiles)
    {
        ExplainReport report = JsonSerializer.Deserialize(answer, ReportJson.Default.ExplainReport)!;
        switch (report.Outcome)
        {
            case "bypass":
                Console.WriteLine($"bypass: {report.Reason} {report.Detail}".TrimEnd());
                if (ReasonPage.Find(report.Reason) is [var reason, ..])
                    Console.WriteLine($"why: {reason.When}");
                if (ReasonAdvice.OfBypass(report.Reason) is { Length: > 0 } advice)
                    Console.WriteLine($"what to do: {advice}");
                break;
            case "hit":
                Console.WriteLine(
                    $"hit: in {report.Tier}, stored {Ago(report.Stored!.Value)}, {Format.Bytes(report.OutputBytes)}, saves "
                        + $"{report.RenderMilliseconds:0} "
                        + $"ms{(report.RemoteAge.Length > 0 ? $"; the chart was downloaded {report.RemoteAge} ago" : "")}"
                );
                if (report.SignedBy.Length > 0)
                    Console.WriteLine(
                        $"from the team's cache: rendered on another machine, signed by key {Terminal.Harmless(report.SignedBy)}"
                    );
                break;
            default:
                Console.WriteLine("miss");
                Console.WriteLine(report.Changed.Count == 0 ? "this chart has no entry yet" : "compared with the closest entry:");
                foreach (string item in report.Changed)
                    Console.WriteLine($"  {Terminal.Harmless(WithPath(item, valuesFiles))}");
                break;
        }
        if (report.Helm is { Length: > 0 } helm && helm != "armed")
            Console.WriteLine(
                $"helm is {Terminal.Harmless(helm)}; until it is armed, only charts with plain templates are cached (see "
                    + "docs/repeatability.md)"
            );
        if (report.Key.Length > 0)
        {
            Console.WriteLine(
                $"chart: {Terminal.Harmless(report.ChartName)} {Terminal.Harmless(report.ChartVersion)}, {report.ChartFiles} "
                    + $"files, {Format.Bytes(report.ChartBytes)}"
            );
            if (report.CrowdedFiles > 0)
            {
                string place = report.CrowdedDirectory is { Length: > 0 } directory
                    ? Terminal.Harmless(directory) + "/"
                    : "the chart's directory";
                Console.WriteLine(
                    $"warning: {report.CrowdedFiles} files are below {place}; every call checks each of them. "
                        + "If the chart doesn't need them (a cache, node_modules, a clone), move them out or list them in .helmignore"
                );
            }
            if (report.GitFiles > 0)
                Console.WriteLine(
                    $"warning: {report.GitFiles} files of .git are part of the chart, since helm reads them (.Files can show "
                        + "them), so every commit, fetch or checkout causes a miss. "
                        + "Add .git/ to the chart's .helmignore"
                );
            Console.WriteLine($"key: {report.Key}{(report.WithPaths ? " (includes paths, since the output shows some)" : "")}");
        }
    }

    /// <summary>
    /// The daemon knows values files by their place in the call, since no path is in the key; their paths are known here.
    /// </summary>
    private static string WithPath(string change, List<string> valuesFiles) =>
        change.Split(' ') is ["values", "file", var number, "changed" or "was", ..]
        && int.TryParse(number, CultureInfo.InvariantCulture, out int place)
        && place <= valuesFiles.Count
        && !change.EndsWith("removed", StringComparison.Ordinal)
            ? $"{change}: {valuesFiles[place - 1]}"
            : change;

    /// <summary>The values files of a call, as typed and in order.</summary>
    private static List<string> ValuesFiles(string[] call)
    {
        var files = new List<string>();
        if (CommandLine.FindCommand(call, out CommandWords words) is not { } command)
            return files;
        ParsedCommandLine parsed = CommandLine.Parse(call, command, words);
        foreach (FlagUse use in parsed.Flags)
            if (parsed.Row(use).Role == FlagRole.ValuesFile)
                GoSyntax.TryReadCsv(use.Value ?? "", files);
        return files;
    }

    private static string Ago(DateTimeOffset then)
    {
        TimeSpan age = DateTimeOffset.UtcNow - then;
        return age < TimeSpan.FromSeconds(1) ? "just now" : $"{Format.Duration(age)} ago";
    }
}
