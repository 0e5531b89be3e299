using System;
using System.Collections.Generic;
using System.Text;
using CacheDaemon.Client.Helm;
using CacheDaemon.Daemon.Screening;

namespace CacheDaemon.Daemon.Proving;

/// <summary>
/// The caller's command line with other files in place of the chart and of everything it reads: canonical spelling, same
/// meaning (the order between kinds of flags does not matter, the order within a kind is kept; helm-inputs 2.1).
/// </summary>
internal static class ProofCommandLine
{
    /// <summary>The arguments for helm, after argv[0].</summary>
    /// <param name="arguments">The caller's, after argv[0]; known to parse.</param>
    /// <param name="chart">The copy of the chart.</param>
    /// <param name="replace">The copy of an input file, by its name as typed; called once per use, in order.</param>
    /// <param name="inTextToo">Whether impure names in the words themselves are replaced.</param>
    public static List<string> Rewrite(IReadOnlyList<string> arguments, string chart, Func<string, string> replace, bool inTextToo)
    {
        string[] words = [.. arguments];
        ParsedCommandLine parsed = CommandLine.Parse(words, CommandLine.FindSubcommand(words, out _));
        var rewritten = new List<string> { CommandLine.Template };
        foreach (FlagUse use in parsed.Flags)
        {
            HelmFlag flag = HelmFlags.All[use.Flag];
            string name = "--" + flag.Name;
            if (use.Value is not { } value)
            {
                rewritten.Add(name);
            }
            else if (flag.Role == FlagRole.ValuesFile)
            {
                var items = new List<string>();
                GoSyntax.TryReadCsv(value, items);
                foreach (string item in items)
                    rewritten.Add(name + "=" + replace(item));
            }
            else if (flag.Role == FlagRole.SetFile && CommandLine.TrySplitSetFile(value, out string key, out string path))
            {
                rewritten.Add($"{name}={key}={replace(path)}");
            }
            else
            {
                rewritten.Add(name + "=" + Word(value, inTextToo));
            }
        }
        rewritten.Add("--");
        for (int i = 0; i < parsed.Positionals.Count; i++)
            rewritten.Add(i == parsed.Positionals.Count - 1 ? chart : Word(parsed.Positionals[i], inTextToo));
        return rewritten;
    }

    private static string Word(string word, bool inTextToo) =>
        Encoding.UTF8.GetString(Substitution.Apply(Encoding.UTF8.GetBytes(word), FileRole.Argument, inTextToo));
}
