using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using CacheDaemon.Daemon.Manifests;
using Spectre.Console;

namespace CacheDaemon.Daemon.Cli.Rendered;

/// <summary>
/// Changes in the format of git diff: a heading for each resource, then unified text; in colours on a terminal that shows some.
/// </summary>
internal static class DiffOutput
{
    private const string Bold = "\u001b[1m",
        Red = "\u001b[31m",
        Green = "\u001b[32m",
        Cyan = "\u001b[36m",
        Plain = "\u001b[0m";

    public static void Print(List<ResourceChange> changes)
    {
        // Spectre.Console knows terminals, TERM and NO_COLOR; its markup would break lines.
        bool colours = Terminal.IsRich && AnsiConsole.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        void Line(string colour, string text) =>
            output.Write(colours && colour.Length > 0 ? $"{colour}{Harmless(text)}{Plain}\n" : Harmless(text) + "\n");

        foreach (ResourceChange change in changes)
        {
            Line(Bold, $"{(change.Before is null ? "added" : change.After is null ? "removed" : "changed")} {change.Name}");
            Line(Bold, change.Before is null ? "--- /dev/null" : "--- a/" + change.Name);
            Line(Bold, change.After is null ? "+++ /dev/null" : "+++ b/" + change.Name);
            foreach (string line in UnifiedText.Of(change.Before ?? "", change.After ?? ""))
                Line(
                    line[0] switch
                    {
                        '+' => Green,
                        '-' => Red,
                        '@' => Cyan,
                        _ => "",
                    },
                    line
                );
        }
    }

    /// <summary>As <see cref="Terminal.Harmless"/>, but tabs stay: texts of configuration files have them.</summary>
    private static string Harmless(string text) => string.Join('\t', Array.ConvertAll(text.Split('\t'), Terminal.Harmless));
}
