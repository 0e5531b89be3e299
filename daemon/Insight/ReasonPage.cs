using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace CacheDaemon.Daemon.Insight;

/// <summary>What a reason means: a row of a table of docs/key.md.</summary>
/// <param name="Heading">The heading that the table is under.</param>
/// <param name="Name">As <c>stats</c> and traces spell it.</param>
/// <param name="When">When it is given, as the page says, without its links.</param>
internal sealed record ReasonMeaning(string Heading, string Name, string When);

/// <summary>What docs/key.md says about reasons. The page is part of the program, so there is no second text that could differ.</summary>
internal static class ReasonPage
{
    /// <summary>The heading of the page's chapter on reasons, and of the first table.</summary>
    public const string Bypasses = "Bypasses";

    /// <summary>All reasons, in the order of the page. A name can be there twice: as a bypass and as a result that is not stored.</summary>
    public static IReadOnlyList<ReasonMeaning> All { get; } = [.. Read()];

    /// <summary>What the page says about a name; empty when it does not know it.</summary>
    public static IReadOnlyList<ReasonMeaning> Find(string name) => [.. All.Where(reason => reason.Name == name)];

    private static IEnumerable<ReasonMeaning> Read()
    {
        using var page = new StreamReader(typeof(ReasonPage).Assembly.GetManifestResourceStream("key.md")!);
        string chapter = "",
            heading = "";
        while (page.ReadLine() is { } line)
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
                chapter = heading = line[3..];
            else if (line.StartsWith("### ", StringComparison.Ordinal))
                heading = line[4..];
            else if (
                chapter == Bypasses
                && line.StartsWith("| `", StringComparison.Ordinal)
                && line.IndexOf("` | ", StringComparison.Ordinal) is var end and > 0
            )
                yield return new ReasonMeaning(
                    heading,
                    line[3..end],
                    WithoutLinks(line[(end + 4)..^2]).Replace("\\|", "|", StringComparison.Ordinal)
                );
        }
    }

    /// <summary>Of <c>[text](target)</c> the text.</summary>
    private static string WithoutLinks(string text)
    {
        while (
            text.IndexOf("](", StringComparison.Ordinal) is var middle and > 0
            && text.LastIndexOf('[', middle) is var open and >= 0
            && text.IndexOf(')', middle) is var close and > 0
        )
            text = text[..open] + text[(open + 1)..middle] + text[(close + 1)..];
        return text;
    }
}
