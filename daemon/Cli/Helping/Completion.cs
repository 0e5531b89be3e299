using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Completions;
using System.IO;
using System.Linq;

namespace CacheDaemon.Daemon.Cli.Helping;

/// <summary>
/// What the scripts of <see cref="CompletionCommand"/> ask: a line for each word that could come next, with a tab and what it means behind
/// it; or one line that says that a file belongs there. Quick, silent, and never starts a daemon.
/// </summary>
internal static class Completion
{
    /// <summary>The hidden command; its one argument is the line as far as the cursor.</summary>
    public const string Command = "__complete";

    /// <summary>In the place of words: any file, or a directory, belongs here.</summary>
    public const string Files = ":files",
        Directories = ":directories";

    /// <summary>Answers for a line that begins with the program's name.</summary>
    public static int Run(RootCommand root, string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // The words before the one that is typed.
        string[] before = line.EndsWith(' ') ? words : words[..^Math.Min(1, words.Length)];
        if (
            before
                is [_, "config", "set", "helm"]
                    or [_, "config", "set", "bypass", ..]
                    or [_, "config", "set", "shared.trust", ..]
                    or [
                        _,
                        "config",
                        "set",
                        "shared.sign_with"
                        or "shared.encrypt_with"
                        or "shared.names_from"
                        or "shared.headers_from"
                        or "shared.password_from"
                        or "shared.ca_file",
                    ]
            || (before is [_, "explain", ..] && before.Contains("--"))
        )
            Console.WriteLine(Files);
        else if (before is [_, "install", .., "--dir"] or [_, "config", "set", "armed.directory"] or [_, "shared", "keygen"])
            Console.WriteLine(Directories);
        else if (before is [_, "config", "get" or "set", var key, ..])
            foreach (string word in before is [_, _, "set", _] ? ConfigEditing.Words(key) : [])
                Console.WriteLine(word);
        else
            foreach (
                CompletionItem item in root.Parse(line)
                    .GetCompletions(line.Length)
                    .Where(item => IsWanted(item.Label))
                    .DistinctBy(static item => item.Label)
            )
                Console.WriteLine(string.IsNullOrEmpty(item.Detail) ? item.Label : $"{item.Label}\t{item.Detail.ReplaceLineEndings(" ")}");
        return ExitCodes.Ok;
    }

    /// <summary>Completes an option with names of charts.</summary>
    public static void WithCharts(Option<string?> option, Func<IEnumerable<string>> charts) =>
        option.CompletionSources.Add(_ =>
        {
            try
            {
                return
                [
                    .. charts()
                        .Where(static name => !name.StartsWith('('))
                        .Select(static name => new CompletionItem(Terminal.Harmless(name))),
                ];
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return []; // Someone types; nothing is said in between.
            }
        });

    /// <summary>Short and spelled-out forms of --help are only in the way.</summary>
    private static bool IsWanted(string label) =>
        label.StartsWith("--", StringComparison.Ordinal) || (label.Length > 0 && char.IsLetterOrDigit(label[0]));
}
