using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using CacheDaemon.Client.Helm;

namespace CacheDaemon.Daemon.Cli;

/// <summary>What a command that stands in for a caller of helm takes from its own process.</summary>
internal static class CallerContext
{
    /// <summary>All of standard input when this call of helm would read it, else null.</summary>
    public static byte[]? StdinFor(string[] call)
    {
        if (!CommandLine.ReadsStdin(CommandLine.Parse(call, CommandLine.FindSubcommand(call, out _))))
            return null;
        using Stream input = Console.OpenStandardInput();
        using var all = new MemoryStream();
        input.CopyTo(all);
        return all.ToArray();
    }

    /// <summary>The variables that can matter to a render.</summary>
    public static Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            if (HelmVariables.CanMatter((string)variable.Key))
                variables[(string)variable.Key] = (string)variable.Value!;
        return variables;
    }
}
