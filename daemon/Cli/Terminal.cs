using System;
using Spectre.Console;

namespace CacheDaemon.Daemon.Cli;

/// <summary>What may be done on standard output.</summary>
internal static class Terminal
{
    /// <summary>True on a terminal that can draw and be redrawn; pipes, files and dumb terminals get plain text.</summary>
    public static bool IsRich => !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;

    /// <summary>A stranger's text (a chart's name), made harmless: nothing in it may steer a terminal or break a line.</summary>
    public static string Harmless(string text) =>
        string.Create(text.Length, text, static (shown, original) =>
        {
            for (int i = 0; i < original.Length; i++)
                shown[i] = char.IsControl(original[i]) ? '?' : original[i];
        });
}
