using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace CacheDaemon.Daemon.Insight;

/// <summary>What a reason means: a row of a table of docs/key.md.</summary>
/// <param name="Heading">The heading that the table is under.</param>
/// <param name="Name">As <c>stats</c> and traces spell it.</param>
/// <param name="When">When it is given, as the page says, without its links.</param>
internal sealed record ReasonMeaning(string Heading, string Name, string When);

/// <summary>What docs/key.md says about reasons. The page is part of the program, so there is no second text that could differ.</summary>
internal static partial class ReasonPage
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
        string chapter = "", heading = "";
        while (page.ReadLine() is { } line)
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
                chapter = heading = line[3..];
            else if (line.StartsWith("### ", StringComparison.Ordinal))
                heading = line[4..];
            else if (chapter == Bypasses && Row().Match(line) is { Success: true } row)
                yield return new ReasonMeaning(heading, row.Groups["name"].Value, Link().Replace(row.Groups["when"].Value, "${text}").Replace("\\|", "|", StringComparison.Ordinal));
        }
    }

    [GeneratedRegex(@"^\| `(?<name>[a-z0-9-]+)` \| (?<when>.+) \|$")]
    private static partial Regex Row();

    [GeneratedRegex(@"\[(?<text>[^\]]+)\]\([^)]+\)")]
    private static partial Regex Link();
}
