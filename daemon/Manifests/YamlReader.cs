using System;
using System.Collections.Generic;
using System.IO;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>
/// YAML to the values of JSON: null, <see cref="bool"/>, <see cref="long"/>, <see cref="double"/>, <see cref="string"/>,
/// <see cref="List{T}"/>, <see cref="Dictionary{TKey, TValue}"/> with strings as keys. YamlDotNet parses; what its events mean is decided
/// here as sigs.k8s.io/yaml decides it (its fork of go-yaml 2, <c>decode.go</c>).
/// </summary>
internal sealed class YamlReader
{
    /// <summary>Lists and objects within each other. Deeper than any manifest, and far from what a stack holds.</summary>
    private const int MaxDepth = 500;

    /// <summary>Values in one document, each alias counted as all that it stands for: a few lines can stand for billions.</summary>
    private const int MaxValues = 4_000_000;

    private const string MergeTag = "tag:yaml.org,2002:merge";

    private readonly string _text;
    private readonly Parser _parser;
    private readonly Dictionary<string, Anchor> _anchors = [];
    private int _count;
    private int _depth;

    private YamlReader(string text)
    {
        _text = text;
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>
    /// The documents of a text with the lines at which they begin, one after the other until one is wrong. Empty ones are null.
    /// </summary>
    /// <exception cref="ManifestException">What comes next is no YAML, or none that JSON can say.</exception>
    public static IEnumerable<YamlDocument> Read(string text)
    {
        var reader = new YamlReader(text);
        while (reader.Next() is { } document)
            yield return document;
    }

    private YamlDocument? Next()
    {
        try
        {
            if (_parser.Current is null)
                _parser.MoveNext();
            while (_parser.MoveNext())
            {
                if (_parser.Current is not DocumentStart)
                    continue;
                _anchors.Clear();
                _count = 0;
                _parser.MoveNext();
                int line = (int)_parser.Current!.Start.Line;
                return new YamlDocument(Member(), line);
            }
            return null;
        }
        catch (YamlException e)
        {
            throw new ManifestException(e.Start.Line, e.Message);
        }
        // A few texts that are no YAML bring the parser into a state of which it has no words.
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new ManifestException(_parser.Current?.End.Line ?? 1, "it is no YAML");
        }
    }

    /// <summary>The value that begins with the current event; the next one is current after it.</summary>
    private object? Value()
    {
        ParsingEvent at = _parser.Current!;
        if (++_count > MaxValues)
            throw Wrong(at, "aliases stand for more than can be read");
        switch (at)
        {
            case AnchorAlias alias:
                _parser.MoveNext();
                return Aliased(alias);
            case Scalar scalar:
                object? value = Scalar(scalar);
                if (!scalar.Anchor.IsEmpty)
                    _anchors[scalar.Anchor.Value] = new Anchor { Value = value, Count = 1 };
                _parser.MoveNext();
                return value;
            case NodeEvent node:
                return Collection(node);
            default:
                throw Wrong(at, "a value is missing");
        }
    }

    private object Collection(NodeEvent start)
    {
        if (++_depth > MaxDepth)
            throw Wrong(start, $"more than {MaxDepth} levels");
        int before = _count;
        var anchor = new Anchor();
        if (!start.Anchor.IsEmpty)
            _anchors[start.Anchor.Value] = anchor;
        _parser.MoveNext();
        object value = start is MappingStart ? Mapping() : Sequence();
        _parser.MoveNext();
        (anchor.Value, anchor.Count) = (value, _count - before + 1);
        _depth--;
        return value;
    }

    private List<object?> Sequence()
    {
        var items = new List<object?>();
        while (_parser.Current is not SequenceEnd)
            items.Add(Member());
        return items;
    }

    private Dictionary<string, object?> Mapping()
    {
        var members = new Dictionary<string, object?>(StringComparer.Ordinal);
        while (_parser.Current is not MappingEnd)
        {
            ParsingEvent at = _parser.Current!;
            if (IsMerge(at))
            {
                _parser.MoveNext();
                Merge(members);
                continue;
            }
            string key = Value() switch
            {
                string text => text,
                bool yes => yes ? "true" : "false",
                long number => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
                double number => GoNumber.Key(number),
                _ => throw Wrong(at, "a key that is no text, number or boolean"),
            };
            // The last one wins.
            members[key] = Member();
        }
        return members;
    }

    /// <summary>Where it stands: what comes before gives way, what comes after does not; of several objects the first wins.</summary>
    private void Merge(Dictionary<string, object?> members)
    {
        ParsingEvent at = _parser.Current!;
        object? value = Value();
        List<object?> sources = value is List<object?> several && at is SequenceStart ? several : [value];
        for (int i = sources.Count - 1; i >= 0; i--)
        {
            if (sources[i] is not Dictionary<string, object?> source)
                throw Wrong(at, "<< with something else than objects");
            foreach ((string key, object? member) in source)
                members[key] = member;
        }
    }

    /// <summary>A value that is no key: JSON knows no numbers beyond those of doubles.</summary>
    private object? Member() => Value() is var value && value is ulong large ? (double)large : value;

    private object? Aliased(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out Anchor? anchor))
            throw Wrong(alias, $"unknown anchor {alias.Value.Value}");
        if (anchor.Count == 0)
            throw Wrong(alias, $"{alias.Value.Value} contains itself");
        _count = (int)Math.Min((long)_count + anchor.Count, MaxValues);
        return anchor.Value;
    }

    private object? Scalar(Scalar scalar)
    {
        bool isQuoted = scalar.Style == ScalarStyle.DoubleQuoted;
        if (
            isQuoted
            && scalar.Tag.IsEmpty
            && HasForeignEscape(_text.AsSpan((int)scalar.Start.Index, (int)(scalar.End.Index - scalar.Start.Index)))
        )
            throw Wrong(scalar, "an escape that YAML 1.1 has not");
        try
        {
            return YamlScalar.Resolve(scalar.Tag.IsEmpty ? "" : scalar.Tag.Value, scalar.Style == ScalarStyle.Plain, scalar.Value);
        }
        catch (FormatException e)
        {
            throw Wrong(scalar, e.Message);
        }
    }

    /// <summary>Escapes of JSON that libyaml refuses: <c>\/</c>, and halves of a pair of UTF-16.</summary>
    private static bool HasForeignEscape(ReadOnlySpan<char> quoted)
    {
        for (int i = quoted.IndexOf('\\'); i >= 0 && i + 1 < quoted.Length; i++)
        {
            if (quoted[i] != '\\')
                continue;
            i++;
            if (
                quoted[i] == '/'
                || (quoted[i] == 'u' && i + 2 < quoted.Length && (quoted[i + 1] | ' ') == 'd' && "89abcdefABCDEF".Contains(quoted[i + 2]))
            )
                return true;
        }
        return false;
    }

    private static bool IsMerge(ParsingEvent at) =>
        at is Scalar { Value: "<<" } scalar
        && ((scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty) || (!scalar.Tag.IsEmpty && scalar.Tag.Value == MergeTag));

    /// <summary>What an anchor names; nothing yet while <c>Count</c> is 0: an alias from within would have no end.</summary>
    private sealed class Anchor
    {
        public object? Value { get; set; }

        public int Count { get; set; }
    }

    private static ManifestException Wrong(ParsingEvent at, string message) => new(at.Start.Line, message);
}
