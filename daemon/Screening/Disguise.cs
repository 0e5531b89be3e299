using System;
using System.Globalization;

namespace CacheDaemon.Daemon.Screening;

/// <summary>
/// Finds text that becomes other text before <c>tpl</c> can run it, so that a name could hide from <see cref="TextWords"/>: escapes of YAML,
/// JSON, TOML and Go that spell a letter, digit or brace, or that join two lines; YAML's base64; UTF-16.
/// </summary>
/// <remarks>Each was seen to hide a random function from a search for its name, in helm 3.17.3 and 4.1.4 (<c>DisguiseTests</c>).</remarks>
internal static class Disguise
{
    private static readonly string[] s_plainTags = ["str", "int", "float", "bool", "null", "map", "seq", "set", "omap", "timestamp", "merge"];

    /// <summary>Where a disguise stands, or -1. In an <paramref name="argument"/> any backslash before a word counts, as <c>--set</c> drops it.</summary>
    public static int IndexIn(ReadOnlySpan<byte> text, bool argument)
    {
        // go-yaml reads UTF-16 with a byte order mark; as bytes it shows no name.
        if (text.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || text.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
            return 0;
        int tag = IndexOfTag(text);
        return tag >= 0 ? tag : IndexOfEscape(text, argument);
    }

    // "!!binary" is decoded; "%TAG" and "%" escapes can spell it in other ways.
    private static int IndexOfTag(ReadOnlySpan<byte> text)
    {
        int directive = text.IndexOf("%TAG"u8);
        if (directive >= 0)
            return directive;
        int at = 0;
        while (true)
        {
            int mark = text[at..].IndexOf((byte)'!');
            if (mark < 0 || at + mark + 1 >= text.Length)
                return -1;
            at += mark + 1;
            ReadOnlySpan<byte> rest = text[at..];
            if (rest[0] == '<')
            {
                int close = rest.IndexOf((byte)'>');
                ReadOnlySpan<byte> uri = close < 0 ? rest : rest[..close];
                if (uri.StartsWith("<tag:"u8) || uri.IndexOf((byte)'%') >= 0)
                    return at;
            }
            else if (rest[0] == '!' && rest.Length > 1 && (ActionLexer.IsWord(rest[1]) || rest[1] == '%') && !IsPlainTag(rest[1..]))
                return at;
        }
    }

    private static bool IsPlainTag(ReadOnlySpan<byte> text)
    {
        int length = 0;
        while (length < text.Length && (ActionLexer.IsWord(text[length]) || text[length] is (byte)'%' or (byte)'-'))
            length++;
        foreach (string tag in s_plainTags)
        {
            if (System.Text.Ascii.Equals(text[..length], tag))
                return true;
        }
        return false;
    }

    private static int IndexOfEscape(ReadOnlySpan<byte> text, bool argument)
    {
        int at = 0;
        while (true)
        {
            int slash = text[at..].IndexOf((byte)'\\');
            if (slash < 0 || at + slash + 1 >= text.Length)
                return -1;
            at += slash;
            byte next = text[at + 1];
            if (argument && (ActionLexer.IsWord(next) || next is (byte)'{' or (byte)'}'))
                return at;
            if (next is (byte)'\r' or (byte)'\n' && at > 0 && (ActionLexer.IsWord(text[at - 1]) || text[at - 1] == (byte)'{'))
                return at;
            if (SpellsWord(text[(at + 1)..]))
                return at;
            at += 2;
        }
    }

    private static bool SpellsWord(ReadOnlySpan<byte> escape)
    {
        (int digits, NumberStyles style, int skip) = escape[0] switch
        {
            (byte)'x' => (2, NumberStyles.AllowHexSpecifier, 1),
            (byte)'u' => (4, NumberStyles.AllowHexSpecifier, 1),
            (byte)'U' => (8, NumberStyles.AllowHexSpecifier, 1),
            >= (byte)'0' and <= (byte)'7' => (3, NumberStyles.None, 0),
            _ => (0, NumberStyles.None, 0),
        };
        if (digits == 0 || escape.Length < skip + digits || !uint.TryParse(escape.Slice(skip, digits), style, CultureInfo.InvariantCulture, out uint code))
            return false;
        if (style == NumberStyles.None)
            code = ((code / 100) * 64) + ((code / 10 % 10) * 8) + (code % 10);
        return code < 0x80 && (char.IsAsciiLetterOrDigit((char)code) || code is '_' or '{' or '}');
    }
}
