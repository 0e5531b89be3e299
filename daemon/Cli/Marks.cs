using System;
using Spectre.Console;

namespace CacheDaemon.Daemon.Cli;

/// <summary>
/// One line with a mark before it: a coloured sign on a terminal (without colour under <c>NO_COLOR</c>), a word in a pipe. Lines are never
/// wrapped: they hold paths and commands that people copy.
/// </summary>
internal static class Marks
{
    /// <summary>Something is as it should be.</summary>
    public static void Good(string text) => Write("green", "✓", "ok  ", text);

    /// <summary>Something is wrong.</summary>
    public static void Bad(string text) => Write("red", "✗", "FAIL", text);

    /// <summary>Something to know, or to do.</summary>
    public static void Note(string text) => Write("yellow", "!", "note", text);

    /// <summary>What to do about the line before.</summary>
    public static void Next(string text) => Console.WriteLine((Console.IsOutputRedirected ? "       " : "    ") + text);

    private static void Write(string colour, string sign, string word, string text)
    {
        if (Console.IsOutputRedirected)
            Console.WriteLine($"{word}   {text}");
        else
        {
            AnsiConsole.Markup($"[{colour}]{(AnsiConsole.Profile.Capabilities.Unicode ? sign : word)}[/] ");
            Console.WriteLine(text);
        }
    }
}
