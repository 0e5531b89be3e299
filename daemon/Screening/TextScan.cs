using System;

namespace CacheDaemon.Daemon.Screening;

/// <summary>
/// Reads text that is no template by itself but may be run by <c>tpl</c>: words inside <c>{{ }}</c>, whatever quotes surround
/// them, since YAML or JSON may have escaped the quotes. Text outside braces cannot be executed unless it is joined
/// with other text first, which <see cref="TemplateReader"/> reports.
/// </summary>
internal static class TextScan
{
    /// <summary>Finds the next word inside braces at or after <paramref name="at"/>; moves <paramref name="at"/> behind it.</summary>
    /// <remarks><paramref name="open"/> carries the state between calls; start with <paramref name="at"/> = 0 and false.</remarks>
    public static bool NextWord(ReadOnlySpan<byte> text, ref int at, ref bool open, out int start, out int length)
    {
        while (at < text.Length)
        {
            if (!open)
            {
                int brace = text[at..].IndexOf("{{"u8);
                if (brace < 0)
                    break;
                at += brace + 2;
                open = true;
                continue;
            }
            if (text[at..].StartsWith("}}"u8))
            {
                at += 2;
                open = false;
                continue;
            }
            if (!ActionLexer.IsWord(text[at]))
            {
                at++;
                continue;
            }
            start = at;
            while (at < text.Length && ActionLexer.IsWord(text[at]))
                at++;
            length = at - start;
            if (start == 0 || text[start - 1] is not ((byte)'.' or (byte)'$'))
                return true;
        }
        at = text.Length;
        start = length = 0;
        return false;
    }

    /// <summary>True when some <c>{{</c> is never closed, or a <c>}}</c> closes nothing: a piece to build an action from.</summary>
    public static bool HasHalfAction(ReadOnlySpan<byte> literal)
    {
        while (true)
        {
            int open = literal.IndexOf("{{"u8);
            int close = literal.IndexOf("}}"u8);
            if (open < 0 && close < 0)
                return false;
            if (open < 0 || close < open)
                return true;
            literal = literal[(close + 2)..];
        }
    }

    /// <summary>
    /// Where an escape of YAML, JSON, TOML or Go spells a letter, digit, brace or nothing at all (a line joined by a backslash), so that a
    /// name could hide; -1 where none does. With <paramref name="argument"/>, a backslash before a word counts, as <c>--set</c> drops it.
    /// </summary>
    public static int IndexOfDisguise(ReadOnlySpan<byte> text, bool argument)
    {
        int binary = text.IndexOf("!binary"u8);
        if (binary < 0)
            binary = text.IndexOf(":binary"u8);
        if (binary >= 0)
            return binary;
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
        (int digits, int radix, int skip) = escape[0] switch
        {
            (byte)'x' => (2, 16, 1),
            (byte)'u' => (4, 16, 1),
            (byte)'U' => (8, 16, 1),
            >= (byte)'0' and <= (byte)'7' => (3, 8, 0),
            _ => (0, 0, 0),
        };
        if (digits == 0 || escape.Length < skip + digits)
            return false;
        long code = 0;
        foreach (byte c in escape.Slice(skip, digits))
        {
            int digit = char.IsAsciiHexDigit((char)c) ? Convert.ToInt32(((char)c).ToString(), 16) : radix;
            if (digit >= radix)
                return false;
            code = (code * radix) + digit;
        }
        return code < 0x80 && (char.IsAsciiLetterOrDigit((char)code) || code is '_' or '{' or '}');
    }
}
