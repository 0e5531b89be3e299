using System;
using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Insight;

namespace CacheDaemon.Daemon.Cli.Showing;

/// <summary><c>helmcached explain --reasons</c>: what each reason means and what can be done about it.</summary>
internal static class Reasons
{
    /// <param name="name">The reason; null for all of them.</param>
    public static int Run(string? name)
    {
        IReadOnlyList<ReasonMeaning> found = name is null ? ReasonPage.All : ReasonPage.Find(name);
        if (found.Count == 0)
        {
            string? meant = CloseMatch.Of(name!, ReasonPage.All.Select(static reason => reason.Name));
            return Terminal.WrongUsage(
                $"unknown reason {Terminal.Harmless(name!)}; "
                    + (meant is null ? "`helmcached explain --reasons` lists them all" : $"did you mean {meant}?")
            );
        }
        string heading = "";
        foreach (ReasonMeaning reason in found)
        {
            if (reason.Heading != heading)
                Console.WriteLine(heading.Length == 0 ? reason.Heading : "\n" + reason.Heading);
            heading = reason.Heading;
            Console.WriteLine($"  {reason.Name}");
            Text(reason.When);
            if (Advice(reason) is { Length: > 0 } advice)
                Text("What to do: " + advice);
        }
        return ExitCodes.Ok;
    }

    private static string Advice(ReasonMeaning reason) =>
        reason.Heading == ReasonPage.Bypasses ? ReasonAdvice.OfBypass(reason.Name) : ReasonAdvice.OfRefusal(reason.Name);

    private static void Text(string text)
    {
        const string Indent = "      ";
        const int Columns = 100;
        foreach (string line in TextTable.Wrapped(text, Math.Min(Terminal.Width, Columns) - Indent.Length))
            Console.WriteLine(Indent + line);
    }
}
