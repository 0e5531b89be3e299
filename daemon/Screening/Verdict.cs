using System.Collections.Generic;

namespace CacheDaemon.Daemon.Screening;

/// <summary>What the text of a chart and of its inputs says about a render being repeatable. Closed: one of the three below.</summary>
internal abstract record Verdict
{
    private Verdict()
    {
    }

    /// <summary>Nothing that can vary is mentioned: the output may be kept at once (design 6.1).</summary>
    /// <param name="OrderOnly">The order of map keys may be shown; helm's own answer is one of several legal ones (design 6.4).</param>
    /// <param name="UsesTimeZone">Some function answers by time zone, so TZ really is an input.</param>
    internal sealed record Pure(bool OrderOnly, bool UsesTimeZone) : Verdict;

    /// <summary>Something that can vary is mentioned: keep the output only when proved that it was not called (design 6.2).</summary>
    /// <param name="Function">The first mention: its name,</param>
    /// <param name="File">its file,</param>
    /// <param name="Line">and its line.</param>
    /// <param name="All">Every file and name, for people.</param>
    /// <param name="InTextToo"><c>tpl</c> is used and text mentions a name too: the proof must substitute in literals, values, other files and arguments.</param>
    /// <param name="Doubt">Set when there is doubt besides; then the proof alone does not do.</param>
    internal sealed record Mentions(
        string Function, string File, int Line, IReadOnlyList<(string File, Mention Mention)> All, bool InTextToo, Doubtful? Doubt) : Verdict;

    /// <summary>No reading of the text can tell: the output is never kept (docs/repeatability.md).</summary>
    internal sealed record Doubtful(DoubtReason Reason, string File, int Line) : Verdict;
}
