using System;
using Spectre.Console;

namespace CacheDaemon.Daemon.Cli;

/// <summary>What commands say to a person, and how much may be done on standard output.</summary>
internal static class Terminal
{
    /// <summary>True on a terminal that can draw and be redrawn; pipes, files and dumb terminals get plain text.</summary>
    public static bool IsRich => !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;

    /// <summary>Columns of the terminal; 80 where there is none.</summary>
    public static int Width => AnsiConsole.Profile.Width;

    /// <summary>A stranger's text (a chart's name), made harmless: nothing in it may steer a terminal or break a line.</summary>
    public static string Harmless(string text) =>
        string.Create(
            text.Length,
            text,
            static (shown, original) =>
            {
                for (int i = 0; i < original.Length; i++)
                    shown[i] = char.IsControl(original[i]) ? '?' : original[i];
            }
        );

    /// <summary>
    /// Asks on standard error, and takes anything but yes for no. Spectre.Console's own prompt would add 0.7 MB to the program.
    /// </summary>
    public static bool Confirms(string question)
    {
        Console.Error.Write(question + " [y/N] ");
        return Console.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }

    /// <summary>Says what is wrong with the command line, on standard error. Returns the exit code for that.</summary>
    public static int WrongUsage(string message)
    {
        Console.Error.WriteLine("helmcached: " + message);
        return ExitCodes.Usage;
    }
}
