using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Text;
using CacheDaemon.Daemon.Screening;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>
/// What one content of a chart says about repeatability in either role: the same bytes may stand below templates/ here
/// and elsewhere there, and facts are remembered by content.
/// </summary>
internal sealed record ChartFileScreen(ScreenFacts AsTemplate, ScreenFacts AsText)
{
    private static readonly ChartFileScreen Empty = new(ScreenFacts.Empty, ScreenFacts.Empty);

    /// <summary>Reads one content.</summary>
    public static ChartFileScreen Of(ReadOnlySpan<byte> content)
    {
        ScreenFacts template = FileScreen.Scan(content, FileRole.Template);
        ScreenFacts text = FileScreen.Scan(content, FileRole.Text);
        return ReferenceEquals(template, ScreenFacts.Empty) && ReferenceEquals(text, ScreenFacts.Empty) ? Empty : new ChartFileScreen(template, text);
    }

    /// <summary>What the content says under this name; names inside archives are <c>charts/x-1.0.tgz!x/templates/a.yaml</c>.</summary>
    public ScreenFacts Under(string name)
    {
        int archive = name.LastIndexOf('!');
        if (archive < 0)
            return FileRoles.Of(name) == FileRole.Template ? AsTemplate : AsText;
        // The mark may also be part of an ordinary name: then both readings count.
        ReadOnlySpan<char> entry = name.AsSpan(archive + 1);
        int root = entry.IndexOf('/');
        FileRole packed = root < 0 ? FileRole.Text : FileRoles.Of(entry[(root + 1)..]);
        FileRole plain = FileRoles.Of(name);
        if (packed == plain)
            return packed == FileRole.Template ? AsTemplate : AsText;
        return ScreenFacts.Merge([AsTemplate, AsText]);
    }
}

/// <summary>The screen of whole charts, worked out once per loaded chart.</summary>
internal sealed class ChartScreens
{
    private readonly ConditionalWeakTable<ChartTree<ChartFileScreen>, Screened> _known = [];

    /// <summary>The verdict on one render of <paramref name="tree"/>.</summary>
    /// <param name="tree">The chart.</param>
    /// <param name="arguments">The whole command line.</param>
    /// <param name="values">Facts of values files, set-files and standard input.</param>
    public Verdict Judge(ChartTree<ChartFileScreen> tree, IReadOnlyList<string> arguments, IReadOnlyList<(string Name, ScreenFacts Facts)> values)
    {
        Screened screened = _known.GetValue(tree, static t => new Screened(t));
        // Data is executed by tpl only; without it, what the caller passes along changes nothing about repeatability.
        if (!screened.CallsTpl)
            return screened.Alone;
        var scanned = new List<ScreenFacts>();
        foreach (string argument in arguments)
            scanned.Add(FileScreen.Scan(Encoding.UTF8.GetBytes(argument), FileRole.Argument));
        return ChartScreen.Judge(screened.Files, values, ScreenFacts.Merge(scanned));
    }

    private sealed class Screened
    {
        public Screened(ChartTree<ChartFileScreen> tree)
        {
            var files = new List<(string, ScreenFacts)>();
            foreach (ChartFileFacts<ChartFileScreen> file in tree.Facts)
            {
                string name = Encoding.UTF8.GetString(file.Name);
                ScreenFacts facts = file.Facts.Under(name);
                CallsTpl |= facts.CallsTpl;
                if (!ReferenceEquals(facts, ScreenFacts.Empty))
                    files.Add((name, facts));
            }
            if (tree.Opaque)
                files.Add(("a packed chart", ScreenFacts.Opaque));
            Files = files;
            Alone = ChartScreen.Judge(files, [], ScreenFacts.Empty);
        }

        public IReadOnlyList<(string Name, ScreenFacts Facts)> Files { get; }

        public bool CallsTpl { get; }

        public Verdict Alone { get; }
    }
}
