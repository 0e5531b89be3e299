using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CacheDaemon.Daemon.RemoteCharts;

/// <summary>
/// Reads an index that is written as YAML, event by event. Anchors, aliases, tags and merges are refused: no program writes them into an
/// index. Serves one file.
/// </summary>
internal sealed class YamlIndexReader
{
    private readonly Parser _parser;

    private YamlIndexReader(string text) => _parser = new Parser(new StringReader(text));

    /// <summary>The versions of each chart.</summary>
    /// <exception cref="IndexException">It is no YAML, or none that we are sure to read as helm does.</exception>
    public static Dictionary<string, IReadOnlyList<IndexedVersion>> Read(ReadOnlySpan<byte> text)
    {
        try
        {
            return new YamlIndexReader(
                new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(text)
            ).Document();
        }
        catch (Exception e) when (e is YamlException or InvalidOperationException or ArgumentException)
        {
            throw new IndexException("it is no YAML");
        }
    }

    private Dictionary<string, IReadOnlyList<IndexedVersion>> Document()
    {
        Dictionary<string, IReadOnlyList<IndexedVersion>>? charts = null;
        Expect<StreamStart>();
        Expect<DocumentStart>();
        Expect<MappingStart>();
        while (NextName() is { } name)
        {
            if (IndexEntry.IsOtherSpelling(name, "entries") || (name == "entries" && charts is not null))
                throw new IndexException($"a field is called {name}, or stands twice");
            if (name == "entries")
                charts = Charts();
            else
                Skip();
        }
        Expect<DocumentEnd>();
        Expect<StreamEnd>();
        return charts ?? [];
    }

    private Dictionary<string, IReadOnlyList<IndexedVersion>> Charts()
    {
        var charts = new Dictionary<string, IReadOnlyList<IndexedVersion>>(StringComparer.Ordinal);
        Expect<MappingStart>();
        while (NextName() is { } name)
        {
            var versions = new List<IndexedVersion>();
            Expect<SequenceStart>();
            while (Next() is MappingStart)
                versions.Add(Entry());
            if (_parser.Current is not SequenceEnd)
                throw new IndexException("an entry is no mapping");
            if (!charts.TryAdd(name, versions.ToArray()))
                throw new IndexException($"{name} stands twice");
        }
        return charts;
    }

    private IndexedVersion Entry()
    {
        var entry = new IndexEntry();
        while (NextName() is { } name)
        {
            if (!IndexEntry.Wants(name))
                Skip();
            else if (Next() is SequenceStart && name == "urls")
            {
                for (int i = 0; Next() is not SequenceEnd; i++)
                    if (i == 0)
                        entry.Take(name, Text());
                    else
                        SkipCurrent();
            }
            else
                entry.Take(name, Text());
        }
        return entry.ToVersion();
    }

    private string Text() => _parser.Current is Scalar scalar ? scalar.Value : throw new IndexException("a text is missing");

    private void Expect<T>()
        where T : ParsingEvent
    {
        if (Next() is not T)
            throw new IndexException("it is of another shape");
    }

    /// <summary>The name of the mapping's next member; null at its end.</summary>
    private string? NextName() =>
        Next() switch
        {
            MappingEnd => null,
            Scalar { Value: not "<<" } scalar => scalar.Value,
            _ => throw new IndexException("a name is no plain text"),
        };

    private void Skip()
    {
        Next();
        SkipCurrent();
    }

    private void SkipCurrent()
    {
        int depth = 0;
        while (true)
        {
            depth += _parser.Current!.NestingIncrease;
            if (depth <= 0)
                return;
            Next();
        }
    }

    private ParsingEvent Next()
    {
        if (!_parser.MoveNext())
            throw new IndexException("it ends early");
        ParsingEvent at = _parser.Current!;
        if (at is AnchorAlias || (at is NodeEvent node && (!node.Anchor.IsEmpty || !node.Tag.IsEmpty)))
            throw new IndexException("it has anchors, aliases or tags");
        return at;
    }
}
