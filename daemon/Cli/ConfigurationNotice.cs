using System;
using System.Linq;
using CacheDaemon.Daemon.Configuration;

namespace CacheDaemon.Daemon.Cli;

/// <summary>
/// Tells the person at the keyboard what is wrong with the configuration, on standard error, whatever else a command is about:
/// nobody reads the log of a daemon that works.
/// </summary>
internal static class ConfigurationNotice
{
    /// <summary>Commands that say it themselves, each in its way, and those whose output a shell's start-up file reads.</summary>
    private static readonly string[] s_silent = ["config", "doctor", "serve", "status", "completion", "man", "set"];

    /// <summary>Writes the problems, unless the command of this name is not the place for it.</summary>
    public static void WriteBefore(string command)
    {
        if (!s_silent.Contains(command))
            Write();
    }

    /// <summary>Writes the problems.</summary>
    public static void Write()
    {
        foreach (string problem in EffectiveSettings.ForCalls().Problems)
            Console.Error.WriteLine($"helmcached: configuration: {problem}");
    }
}
