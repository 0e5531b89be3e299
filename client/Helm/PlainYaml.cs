using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;

namespace CacheDaemon.Client.Helm;

/// <summary>
/// Whether a values file is surely a YAML mapping to helm: written in the plain way in which nearly all are, with block mappings and
/// sequences, scalars and short flow collections on one line. Not known are anchors, tags, several documents, tabs, scalars over several
/// lines but for <c>|</c> and <c>&gt;</c>, and keys with blanks. A second parser of YAML this is not: it says nothing about values, and no
/// more than "not sure" about any error.
/// </summary>
public ref struct PlainYaml
{
    private const int MaxDepth = 64;
    private const int MaxKeyLength = 256;

    private static readonly SearchValues<char> s_flowMarks = SearchValues.Create(",[]{}:#");

    private readonly Stack<(int Column, bool IsSequence)> _open = new();
    private ReadOnlySpan<char> _rest;
    private int _pendingColumn = -1;
    private bool _isPending = true;
    private bool _isPendingSequence;

    private PlainYaml(ReadOnlySpan<char> text) => _rest = text;

    /// <summary>False when it is not sure.</summary>
    public static bool IsSurelyMapping(ReadOnlySpan<byte> content)
    {
        string text;
        try
        {
            text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(content);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
        foreach (char c in text)
            if (!IsPrintable(c))
                return false;
        return new PlainYaml(text).Run();
    }

    // Less than YAML's own set: no byte order mark, no C1 control, no separator of lines that is not one to everyone.
    private static bool IsPrintable(char c) =>
        c is (>= ' ' and <= '~') or '\t' or '\n' or '\r' or (>= '\u00a0' and < '\ufdd0' and not ('\u2028' or '\u2029'));

    private bool Run()
    {
        bool first = true;
        while (TryReadLine(out ReadOnlySpan<char> line))
        {
            int column = Indent(line);
            ReadOnlySpan<char> content = line[column..];
            if (content.IsEmpty || content[0] == '#')
                continue;
            if (content.Contains('\t'))
                return false;
            if (first && column == 0 && IsNothing(content, "---"))
            {
                first = false;
                continue;
            }
            first = false;
            if (!Line(content, column))
                return false;
        }
        return true;
    }

    private bool TryReadLine(out ReadOnlySpan<char> line)
    {
        line = _rest;
        if (_rest.IsEmpty)
            return false;
        int end = _rest.IndexOf('\n');
        line = end < 0 ? _rest : _rest[..end];
        _rest = end < 0 ? default : _rest[(end + 1)..];
        if (line.EndsWith('\r'))
            line = line[..^1];
        // Elsewhere it ends a line to YAML.
        if (line.Contains('\r'))
            line = "\t";
        return true;
    }

    private static int Indent(ReadOnlySpan<char> line)
    {
        int indent = line.IndexOfAnyExcept(' ');
        return indent < 0 ? line.Length : indent;
    }

    private bool Line(ReadOnlySpan<char> content, int column)
    {
        while (content[0] == '-' && (content.Length == 1 || content[1] == ' '))
        {
            if (!Place(column, isSequence: true))
                return false;
            int gap = 1 + Indent(content[1..]);
            ReadOnlySpan<char> item = content[gap..];
            if (item.IsEmpty || item[0] == '#')
                return true;
            bool nested = (item[0] == '-' && (item.Length == 1 || item[1] == ' ')) || KeyLength(item) > 0;
            if (!nested)
            {
                _isPending = false;
                return Value(item, column);
            }
            content = item;
            column += gap;
        }
        int key = KeyLength(content);
        if (key <= 0 || !Place(column, isSequence: false))
            return false;
        ReadOnlySpan<char> value = content[(key + 1)..].TrimStart(' ');
        if (value.IsEmpty || value[0] == '#')
            return true;
        _isPending = false;
        return Value(value, column);
    }

    /// <summary>
    /// Finds or opens the collection that a line at this column belongs to; then what the line begins may have something below.
    /// </summary>
    private bool Place(int column, bool isSequence)
    {
        bool opens = _isPending && (column > _pendingColumn || (column == _pendingColumn && isSequence && !_isPendingSequence));
        if (opens)
        {
            // What a file holds is a mapping, from the first column on.
            if ((_open.Count == 0 && (isSequence || column != 0)) || _open.Count == MaxDepth)
                return false;
            _open.Push((column, isSequence));
        }
        else
        {
            while (
                _open.Count > 0
                && (_open.Peek().Column > column || (_open.Peek().Column == column && _open.Peek().IsSequence && !isSequence))
            )
                _open.Pop();
            if (_open.Count == 0 || _open.Peek() != (column, isSequence))
                return false;
        }
        (_isPending, _pendingColumn, _isPendingSequence) = (true, column, isSequence);
        return true;
    }

    /// <summary>Characters before the colon of a key at the start; 0 when there is no key, or none that is surely one.</summary>
    private static int KeyLength(ReadOnlySpan<char> content)
    {
        int length;
        if (content[0] is '"' or '\'')
        {
            length = QuotedLength(content);
            if (length < 0)
                return 0;
        }
        else
        {
            length = 0;
            while (length < content.Length && (char.IsAsciiLetterOrDigit(content[length]) || content[length] is '_' or '-' or '.' or '/'))
                length++;
            // Neither null nor a number of a kind of its own nor a mark of YAML.
            if (
                length == 0
                || !(char.IsAsciiLetter(content[0]) || content[0] == '_' || content[..length].IndexOfAnyExceptInRange('0', '9') < 0)
                || content[..length].Equals("null", StringComparison.OrdinalIgnoreCase)
            )
                return 0;
        }
        return
            length <= MaxKeyLength
            && length < content.Length
            && content[length] == ':'
            && (length + 1 == content.Length || content[length + 1] == ' ')
            ? length
            : 0;
    }

    /// <summary>Characters of a quoted scalar that ends on its line, quotes included; -1 when it is not surely one.</summary>
    private static int QuotedLength(ReadOnlySpan<char> text)
    {
        char quote = text[0];
        for (int i = 1; i < text.Length; i++)
        {
            if (quote == '"' && text[i] == '\\')
            {
                if (++i == text.Length || text[i] is not ('"' or '\\' or 'n' or 't' or 'r'))
                    return -1;
            }
            else if (text[i] == quote)
            {
                if (quote == '"' || i + 1 == text.Length || text[i + 1] != quote)
                    return i + 1;
                i++;
            }
        }
        return -1;
    }

    /// <summary>
    /// A value on the rest of a line, or a block scalar on the next ones, which are indented by more than <paramref name="column"/>.
    /// </summary>
    private bool Value(ReadOnlySpan<char> value, int column)
    {
        switch (value[0])
        {
            case '|' or '>':
                int mark = value.Length > 1 && value[1] is '-' or '+' ? 2 : 1;
                return IsNothing(value, value[..mark]) && Block(column);
            case '"' or '\'':
                int length = QuotedLength(value);
                return length > 0 && IsNothing(value, value[..length]);
            case '[' or '{':
                int at = 0;
                return Flow(value, ref at, 0) && IsNothing(value, value[..at]);
            default:
                return IsPlain(value);
        }
    }

    /// <summary>Whether there is nothing behind <paramref name="start"/> but blanks and a comment.</summary>
    private static bool IsNothing(ReadOnlySpan<char> text, ReadOnlySpan<char> start)
    {
        if (!text.StartsWith(start))
            return false;
        ReadOnlySpan<char> behind = text[start.Length..];
        ReadOnlySpan<char> more = behind.TrimStart(' ');
        return more.IsEmpty || (more[0] == '#' && more.Length < behind.Length);
    }

    private static bool IsPlain(ReadOnlySpan<char> value)
    {
        int comment = value.IndexOf(" #");
        ReadOnlySpan<char> text = (comment < 0 ? value : value[..comment]).TrimEnd(' ');
        return text is "~" || (IsPlainStart(text) && !text.EndsWith(':') && text.IndexOf(": ") < 0);
    }

    // Not `-` alone, nor the infinities and NaN, of which there is no JSON.
    private static bool IsPlainStart(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
            return false;
        ReadOnlySpan<char> body =
            text.StartsWith("--") ? text[2..]
            : text[0] is '-' or '+' ? text[1..]
            : text;
        return !body.IsEmpty
            && (
                char.IsLetterOrDigit(body[0])
                || body[0] is '_' or '/' or '$'
                || (body[0] == '.' && body.Length > 1 && (char.IsAsciiDigit(body[1]) || body[1] == '/'))
            );
    }

    private bool Block(int column)
    {
        int indent = -1;
        while (!_rest.IsEmpty)
        {
            ReadOnlySpan<char> before = _rest;
            TryReadLine(out ReadOnlySpan<char> line);
            int spaces = Indent(line);
            if (spaces == line.Length)
            {
                // Before the first line, blanks may set another indentation than that line has.
                if (indent < 0 && spaces > 0)
                    return false;
                continue;
            }
            if (indent < 0 && spaces > column)
                indent = spaces;
            if (indent >= 0 && spaces >= indent && line[spaces] != '\t')
                continue;
            // Neither in the scalar nor outside of it.
            if (spaces > column && line[spaces] != '#')
                return false;
            _rest = before;
            break;
        }
        return true;
    }

    /// <summary>A sequence or mapping in brackets; leaves <paramref name="at"/> behind it.</summary>
    private static bool Flow(ReadOnlySpan<char> text, ref int at, int depth)
    {
        if (depth == MaxDepth)
            return false;
        char close = text[at] == '[' ? ']' : '}';
        at++;
        for (bool first = true; ; first = false)
        {
            SkipBlanks(text, ref at);
            if (at == text.Length)
                return false;
            if (text[at] == close)
            {
                at++;
                return first; // A comma before it is legal, but rare.
            }
            if (close == '}')
            {
                int key = KeyLength(text[at..]);
                if (key <= 0 || at + key + 1 == text.Length)
                    return false;
                at += key + 1;
                SkipBlanks(text, ref at);
            }
            if (at == text.Length || !FlowValue(text, ref at, depth))
                return false;
            SkipBlanks(text, ref at);
            if (at == text.Length)
                return false;
            if (text[at] == close)
            {
                at++;
                return true;
            }
            if (text[at++] != ',')
                return false;
        }
    }

    private static bool FlowValue(ReadOnlySpan<char> text, ref int at, int depth)
    {
        switch (text[at])
        {
            case '[' or '{':
                return Flow(text, ref at, depth + 1);
            case '"' or '\'':
                int length = QuotedLength(text[at..]);
                at += Math.Max(length, 0);
                return length > 0;
            default:
                int end = text[at..].IndexOfAny(s_flowMarks);
                if (end < 0 || text[at + end] is not (',' or ']' or '}') || !IsPlainStart(text.Slice(at, end)))
                    return false;
                at += end;
                return true;
        }
    }

    private static void SkipBlanks(ReadOnlySpan<char> text, ref int at)
    {
        while (at < text.Length && text[at] == ' ')
            at++;
    }
}
