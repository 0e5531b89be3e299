using System;
using System.Linq;

namespace CacheDaemon.Daemon.Cli;

/// <summary>
/// Tells the person at the keyboard what is wrong with the configuration, on standard error, whatever else a command is about:
/// nobody reads the log of a daemon that works.
/// </summary>
internal static class ConfigurationNotice
{
    /// <summary>Commands that say it themselves, each in its way.</summary>
    private static readonly string[] s_tellers = ["config", "doctor", "serve", "status"];

    /// <summary>Writes the problems, unless the command of this name does.</summary>
    public static void WriteBefore(string command)
    {
        if (!s_tellers.Contains(command))
            Write();
    }

    /// <summary>Writes the problems.</summary>
    public static void Write()
    {
        foreach (string problem in Configuration.ForCalls().Problems)
            Console.Error.WriteLine($"helmcached: configuration: {problem}");
    }
}
