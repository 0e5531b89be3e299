using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace CacheDaemon.Client.Helm;

/// <summary>The value syntaxes of Go that flags and variables rely on.</summary>
public static class GoSyntax
{
    /// <summary>strconv.ParseBool: exactly these twelve spellings.</summary>
    public static bool TryParseBool(ReadOnlySpan<char> text, out bool value)
    {
        value = text is "1" or "t" or "T" or "TRUE" or "true" or "True";
        return value || text is "0" or "f" or "F" or "FALSE" or "false" or "False";
    }

    /// <summary>
    /// Whether Go's runtime takes this as a number of bytes (<c>parseByteCount</c>): digits, then nothing, <c>B</c>, or <c>KiB</c> to
    /// <c>TiB</c>, in all below 2^63. Anything else in <c>GOMEMLIMIT</c> ends the process at its start.
    /// </summary>
    public static bool IsByteCount(ReadOnlySpan<char> text)
    {
        int digits = text.IndexOfAnyExceptInRange('0', '9');
        ReadOnlySpan<char> unit = digits < 0 ? default : text[digits..];
        int shift =
            unit is "" or "B" ? 0
            : unit is "KiB" ? 10
            : unit is "MiB" ? 20
            : unit is "GiB" ? 30
            : unit is "TiB" ? 40
            : -1;
        return shift >= 0
            && long.TryParse(digits < 0 ? text : text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            && count <= long.MaxValue >> shift;
    }

    /// <summary>
    /// Appends the items of one CSV record as encoding/csv reads it (comma, <c>"</c> quoting, no trimming, no lazy quotes), the way
    /// pflag's <c>stringSlice</c> does: an empty text has no items. Returns false when Go reports an error, and also when a line
    /// break occurs: Go would then use the first non-empty record only, which nobody means.
    /// </summary>
    public static bool TryReadCsv(string text, List<string> items)
    {
        if (text.AsSpan().ContainsAny('\r', '\n'))
            return false;
        if (text.Length == 0)
            return true;
        if (!text.Contains('"', StringComparison.Ordinal))
        {
            int from = 0;
            for (int comma; (comma = text.IndexOf(',', from)) >= 0; from = comma + 1)
                items.Add(text[from..comma]);
            items.Add(text[from..]);
            return true;
        }
        return TryReadQuotedCsv(text, items);
    }

    private static bool TryReadQuotedCsv(string text, List<string> items)
    {
        var field = new StringBuilder();
        for (int at = 0; ; )
        {
            if (at < text.Length && text[at] == '"')
            {
                if (!TryReadQuotedField(text, ref at, field))
                    return false;
            }
            else
            {
                int comma = text.IndexOf(',', at);
                int end = comma < 0 ? text.Length : comma;
                if (text.AsSpan(at, end - at).Contains('"'))
                    return false;
                field.Append(text, at, end - at);
                at = end;
            }
            items.Add(field.ToString());
            field.Clear();
            if (at == text.Length)
                return true;
            at++; // The comma; a text that ends with it has one more, empty, item.
        }
    }

    // Leaves `at` on the comma after the field or at the end.
    private static bool TryReadQuotedField(string text, ref int at, StringBuilder field)
    {
        at++;
        while (true)
        {
            int quote = text.IndexOf('"', at);
            if (quote < 0)
                return false;
            field.Append(text, at, quote - at);
            at = quote + 1;
            if (at == text.Length || text[at] == ',')
                return true;
            if (text[at] != '"')
                return false;
            field.Append('"');
            at++;
        }
    }
}
