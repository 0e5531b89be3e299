using System;
using System.Collections.Generic;
using System.Linq;

namespace CacheDaemon.Daemon.Screening;

/// <summary>Joins the facts of all files of one render into a <see cref="Verdict"/>: the rules of design 6.1 to 6.4.</summary>
internal static class ChartScreen
{
    /// <summary>Judges one render.</summary>
    /// <param name="files">Every file of the chart and of its subcharts, scanned in its role (<see cref="FileRoles.Of"/>).</param>
    /// <param name="values">Every values file, <c>--set-file</c> file and standard input, as <see cref="FileRole.Text"/>.</param>
    /// <param name="arguments">
    /// The command line: all of it, as <see cref="FileRole.Argument"/>, since templates see <c>--set</c>, the namespace and <c>--api-versions</c> alike.
    /// </param>
    public static Verdict Judge(
        IEnumerable<(string Name, ScreenFacts Facts)> files, IEnumerable<(string Name, ScreenFacts Facts)> values, ScreenFacts arguments)
    {
        List<(string Name, ScreenFacts Facts)> telling = [.. files.Concat(values).Where(static file => !ReferenceEquals(file.Facts, ScreenFacts.Empty))];
        if (!ReferenceEquals(arguments, ScreenFacts.Empty))
            telling.Add(("command line", arguments));
        if (telling.Count == 0)
            return new Verdict.Pure(false, false);

        bool tpl = telling.Any(static file => file.Facts.CallsTpl);
        Verdict.Doubtful? doubt = FindDoubt(telling, tpl);
        List<(string, Mention)> mentions = [];
        bool inText = false;
        foreach ((string name, ScreenFacts facts) in telling)
        {
            mentions.AddRange(facts.Actions.Select(mention => (name, mention)));
            if (tpl && facts.Texts.Count > 0)
            {
                inText = true;
                mentions.AddRange(facts.Texts.Select(mention => (name, mention)));
            }
        }
        if (mentions.Count > 0)
        {
            (string file, Mention first) = mentions[0];
            return new Verdict.Mentions(first.Function, file, first.Line, mentions, inText, doubt);
        }
        return (Verdict?)doubt ?? new Verdict.Pure(telling.Any(static file => file.Facts.UsesOrder), telling.Any(static file => file.Facts.UsesTimeZone));
    }

    private static Verdict.Doubtful? FindDoubt(List<(string Name, ScreenFacts Facts)> files, bool tpl)
    {
        foreach ((string name, ScreenFacts facts) in files)
        {
            if (facts.Doubts.Count > 0)
                return new Verdict.Doubtful(facts.Doubts[0].Reason, name, facts.Doubts[0].Line);
        }
        (string printsDot, _) = files.FirstOrDefault(static file => file.Facts.DefinePrintsDot);
        if (printsDot is not null)
        {
            foreach ((string name, ScreenFacts facts) in files)
            {
                if (facts.DigestsIncludeOfRoot > 0)
                    return new Verdict.Doubtful(DoubtReason.PrintsPointer, name, facts.DigestsIncludeOfRoot);
            }
        }
        return tpl ? FindDoubtWithTpl(files) : null;
    }

    private static Verdict.Doubtful? FindDoubtWithTpl(List<(string Name, ScreenFacts Facts)> files)
    {
        foreach ((string name, ScreenFacts facts) in files)
        {
            if (facts.DoubtsWithTpl.Count > 0)
                return new Verdict.Doubtful(facts.DoubtsWithTpl[0].Reason, name, facts.DoubtsWithTpl[0].Line);
        }
        HashSet<string> reaching = ReachingTpl(files);
        foreach ((string name, ScreenFacts facts) in files)
        {
            foreach ((string target, int line) in facts.MadeTextTo)
            {
                if (target.Length == 0 || reaching.Contains(target))
                    return new Verdict.Doubtful(DoubtReason.MadeTextReachesTpl, name, line);
            }
        }
        return null;
    }

    // Named templates from which some include leads to a tpl; an include of a computed name leads everywhere.
    private static HashSet<string> ReachingTpl(List<(string Name, ScreenFacts Facts)> files)
    {
        HashSet<string> reaching = new(files.SelectMany(static file => file.Facts.TplDefines), StringComparer.Ordinal);
        if (reaching.Count == 0)
            return reaching;
        List<(string Caller, string Callee)> calls = [.. files.SelectMany(static file => file.Facts.Calls)];
        bool grew = true;
        while (grew)
        {
            grew = false;
            foreach ((string caller, string callee) in calls)
            {
                if (callee.Length == 0 || reaching.Contains(callee))
                    grew |= reaching.Add(caller);
            }
        }
        return reaching;
    }
}
