using System;
using System.Buffers;
using System.IO;
using System.Text;
using System.Text.Unicode;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>
/// Whether the dependencies in a Chart.yaml or requirements.yaml are of the kind that everybody writes. The name of one becomes a pattern
/// for files, so <c>../../x</c> has helm look outside of the chart; and where a text has characters beyond ASCII, the table's columns are
/// as wide as <c>LANG</c> says (go-runewidth), which is in no key. Both seen on 3.17.3 and 4.2.3.
/// </summary>
internal static class PlainDependencies
{
    /// <summary>What Go's <c>filepath.Match</c> does not take literally.</summary>
    public static SearchValues<char> PatternCharacters { get; } = SearchValues.Create("*?[\\");

    /// <summary>Characters that one parser of YAML may take for the end of a line and another not, and the escape of quoted text.</summary>
    private static readonly SearchValues<char> s_doubtful = SearchValues.Create("\0\\\u0085\u2028\u2029");

    /// <summary>Deeper is no list of dependencies; each level is one of our own stack.</summary>
    private const int MaxDepth = 32;

    /// <summary>
    /// Reads the text as far as it is surely read alike by helm; anything unusual is doubtful: anchors, tags, merges, directives, escapes,
    /// several documents.
    /// </summary>
    public static bool AreSurelyUnderstood(ReadOnlySpan<byte> content)
    {
        if (!Utf8.IsValid(content))
            return false;
        string text = Encoding.UTF8.GetString(content).TrimStart('\uFEFF');
        if (
            text.AsSpan().ContainsAny(s_doubtful)
            || text.StartsWith('%')
            || text.Contains("\n%", StringComparison.Ordinal)
            || text.Replace("\r\n", "\n", StringComparison.Ordinal).Contains('\r', StringComparison.Ordinal)
        )
            return false;
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (parser.TryConsume<StreamEnd>(out _))
                return true;
            parser.Consume<DocumentStart>();
            if (!Root(parser))
                return false;
            parser.Consume<DocumentEnd>();
            return parser.TryConsume<StreamEnd>(out _);
        }
        catch (YamlException)
        {
            return false;
        }
    }

    private static bool Root(Parser parser)
    {
        if (!parser.TryConsume<MappingStart>(out MappingStart? root) || !IsPlain(root))
            return false;
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out Scalar? key) || !IsPlain(key) || !Ascii.IsValid(key.Value) || key.Value == "<<")
                return false;
            // As Go's encoding/json matches names.
            if (!Node(parser, isDependency: key.Value.Equals("dependencies", StringComparison.OrdinalIgnoreCase), isName: false, depth: 1))
                return false;
        }
        return true;
    }

    /// <summary>One value with all that is in it.</summary>
    private static bool Node(Parser parser, bool isDependency, bool isName, int depth)
    {
        if (depth > MaxDepth)
            return false;
        if (parser.TryConsume<Scalar>(out Scalar? scalar))
            return IsPlain(scalar) && (!isDependency || IsPlainText(scalar.Value, isName));
        if (parser.TryConsume<SequenceStart>(out SequenceStart? sequence))
        {
            if (!IsPlain(sequence))
                return false;
            while (!parser.TryConsume<SequenceEnd>(out _))
                if (!Node(parser, isDependency, isName, depth + 1))
                    return false;
            return true;
        }
        if (!parser.TryConsume<MappingStart>(out MappingStart? mapping) || !IsPlain(mapping))
            return false;
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (
                !parser.TryConsume<Scalar>(out Scalar? key)
                || !IsPlain(key)
                || key.Value == "<<"
                || (isDependency && !Ascii.IsValid(key.Value))
            )
                return false;
            if (!Node(parser, isDependency, isName: key.Value.Equals("name", StringComparison.OrdinalIgnoreCase), depth + 1))
                return false;
        }
        return true;
    }

    private static bool IsPlain(NodeEvent node) => node.Anchor.IsEmpty && node.Tag.IsEmpty;

    private static bool IsPlainText(string text, bool isName) =>
        Ascii.IsValid(text) && !(isName && (text.Contains('/', StringComparison.Ordinal) || text.AsSpan().ContainsAny(PatternCharacters)));
}
