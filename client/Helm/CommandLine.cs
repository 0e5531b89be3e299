using System;
using System.Collections.Generic;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Client.Helm;

/// <summary>Where the words of a command stand in argv without argv[0].</summary>
/// <param name="First">Index of the word that helm takes for its subcommand, or -1.</param>
/// <param name="Second">Index of the word after a group's (<c>show chart</c>), or -1.</param>
/// <param name="OnlyRootFlagsBefore">
/// Whether everything before the last of them is a known root flag with its value. When false the call is not ours: a flag that the root
/// command does not know swallows the next word.
/// </param>
public readonly record struct CommandWords(int First, int Second, bool OnlyRootFlagsBefore);

/// <summary>
/// Walks argv by helm's own flag rules: which word is the subcommand, which flags have which values. Pure syntax, no I/O; the shim
/// and the daemon use the same code, so they cannot disagree.
/// </summary>
/// <remarks>
/// Sources: cobra 1.8.1 and 1.10.2 (<c>Find</c>, <c>stripFlags</c>, <c>argsMinusFirstX</c>), pflag 1.0.5 and 1.0.10 (<c>parseArgs</c>),
/// helm's <c>newRootCmd</c>; docs/key.md, "Flags".
/// </remarks>
public static class CommandLine
{
    /// <summary>
    /// Index in <paramref name="args"/> (argv without argv[0]) of the word that helm takes for its subcommand, or -1. Allocates nothing.
    /// </summary>
    /// <param name="args">argv without argv[0].</param>
    /// <param name="onlyGlobalFlagsBefore">
    /// Whether everything before that word is a known root flag with its value. When false the call is not ours: a
    /// flag that the root command does not know swallows the next word.
    /// </param>
    public static int FindSubcommand(ReadOnlySpan<string> args, out bool onlyGlobalFlagsBefore)
    {
        onlyGlobalFlagsBefore = true;
        for (int i = 0; i < args.Length; i++)
        {
            string word = args[i];
            if (word.Length == 0 || word == "-")
            {
                // Not a command to cobra, but a positional argument of the command that follows.
                onlyGlobalFlagsBefore = false;
                continue;
            }
            if (word[0] != '-')
                return i;
            if (word == "--")
                return -1;
            int flag = FlagOf(word, out bool hasValue);
            bool isGlobal = flag >= 0;
            if (!isGlobal)
                onlyGlobalFlagsBefore = false;
            if (hasValue || (isGlobal && HelmFlags.RootTable[flag].Arity != FlagArity.Value))
                continue;
            // cobra gives up when the swallowed word is the last one.
            if (args.Length - i - 1 <= 1)
                return -1;
            i++;
        }
        return -1;
    }

    /// <summary>The command that argv names, as cobra finds it; null when it is neither served nor coordinated.</summary>
    /// <param name="args">argv without argv[0].</param>
    /// <param name="words">Where its words stand.</param>
    public static HelmCommand? FindCommand(ReadOnlySpan<string> args, out CommandWords words)
    {
        int first = FindSubcommand(args, out bool onlyGlobals),
            second = -1;
        if (first >= 0 && HelmCommands.IsGroup(args[first]))
        {
            second = FindSubcommand(args[(first + 1)..], out bool between);
            onlyGlobals &= between;
            second = second < 0 ? -1 : second + first + 1;
        }
        words = new CommandWords(first, second, onlyGlobals);
        return first < 0 ? null : HelmCommands.Find(args[first], second < 0 ? "" : args[second]);
    }

    /// <summary>The flags and positional arguments of a call.</summary>
    /// <param name="args">argv without argv[0].</param>
    /// <param name="command">From <see cref="FindCommand"/>, as <paramref name="words"/>.</param>
    /// <param name="words">Where the words of the command stand.</param>
    public static ParsedCommandLine Parse(ReadOnlySpan<string> args, HelmCommand command, CommandWords words)
    {
        var parsed = new ParsedCommandLine(command);
        FlagWalk.Whole(args, words, parsed);
        if (parsed.Error == BypassReason.None)
            FlagWalk.CheckRootParse(args, parsed);
        return parsed;
    }

    /// <summary>
    /// True when helm would read standard input for this call: a values item, or a path of <c>--set-file</c>, is <c>-</c> after
    /// trimming. False for a command line with an <see cref="ParsedCommandLine.Error"/>: it is not served.
    /// </summary>
    public static bool ReadsStdin(ParsedCommandLine parsed)
    {
        if (parsed.Error != BypassReason.None)
            return false;
        foreach (FlagUse use in parsed.Flags)
        {
            ref readonly HelmFlag flag = ref parsed.Row(use);
            if (flag.Role == FlagRole.ValuesFile)
            {
                var items = new List<string>();
                if (GoSyntax.TryReadCsv(use.Value!, items))
                {
                    foreach (string item in items)
                        if (IsStdin(item))
                            return true;
                }
            }
            else if (flag.Role == FlagRole.SetFile)
            {
                var items = new List<SetFileItem>();
                if (SetFileSyntax.TryParse(use.Value!, items))
                {
                    foreach (SetFileItem item in items)
                        if (IsStdin(item.Path))
                            return true;
                }
            }
        }
        return false;
    }

    /// <summary>Whether helm reads standard input for a file of this name (values.readFile: TrimSpace, then <c>-</c>).</summary>
    public static bool IsStdin(string fileName) => fileName.AsSpan().Trim() is "-";

    // The root flag that a word starting with '-' names, or -1: by its long name or its first shorthand letter. cobra takes a word such as
    // -nfoo for complete.
    private static int FlagOf(string word, out bool hasValue)
    {
        if (word[1] != '-')
        {
            hasValue = word.Length > 2;
            return HelmFlags.RootTable.FindShort(word[1]);
        }
        ReadOnlySpan<char> name = word.AsSpan(2);
        int equals = name.IndexOf('=');
        hasValue = equals >= 0;
        return HelmFlags.RootTable.FindLong(hasValue ? name[..equals] : name);
    }
}
