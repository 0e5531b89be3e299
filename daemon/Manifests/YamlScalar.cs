using System;
using System.Globalization;
using System.Text;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>
/// What a scalar of YAML is to Kubernetes: a string, boolean, whole or floating number, or null. YAML 1.1 in part, as sigs.k8s.io/yaml has
/// it (its fork of go-yaml 2: <c>resolve.go</c>, then <c>encoding/json</c>); the table is in <c>YamlScalarTests</c>, whose oracle is
/// <c>kubectl annotate --local</c>.
/// </summary>
internal static class YamlScalar
{
    private const string Core = "tag:yaml.org,2002:";

    /// <summary>
    /// The value: null, <see cref="bool"/>, <see cref="long"/>, <see cref="double"/> (never one that a <see cref="long"/> holds),
    /// <see cref="string"/>; or, beyond those, <see cref="ulong"/>, which JSON turns into a double, and which cannot be a key.
    /// </summary>
    /// <param name="tag">The tag as resolved by the parser; empty for none.</param>
    /// <param name="isPlain">Neither quoted nor a block.</param>
    /// <param name="text">The scalar's text.</param>
    /// <exception cref="FormatException">The tag does not fit the text, or JSON has no such number.</exception>
    public static object? Resolve(string tag, bool isPlain, string text)
    {
        switch (tag)
        {
            case "":
                return isPlain ? Untagged(text) : text;
            case Core + "binary":
                return Binary(text);
            case Core + "null":
                return Untagged(text) is null ? null : throw Unfit(text, "null");
            case Core + "bool":
                return Untagged(text) is bool yes ? yes : throw Unfit(text, "bool");
            case Core + "int":
                return TryInteger(Digits(text), out object? number) ? number : throw Unfit(text, "int");
            case Core + "float":
                return Untagged(text) is var value && value is long or double ? value : throw Unfit(text, "float");
            case Core + "timestamp":
                return text.Length > 5 && text[4] == '-' && !text.AsSpan(0, 4).ContainsAnyExceptInRange('0', '9')
                    ? text
                    : throw Unfit(text, "timestamp");
            default:
                return text;
        }
    }

    private static object? Untagged(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                return true;
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return false;
            case ".nan" or ".NaN" or ".NAN" or ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF":
                throw new FormatException($"{text} is no number of JSON");
        }
        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('+' or '-' or '.'))
            return text;
        // Underscores count for nothing, but not in a number that begins with a dot.
        string plain = text[0] == '.' ? text : Digits(text);
        if (TryInteger(plain, out object? number))
            return number;
        if (
            !IsFloat(plain)
            || !double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            || double.IsInfinity(value)
        )
            return text;
        // By way of JSON, as there: its shortest digits are those of the whole number that is read again.
        return long.TryParse(GoNumber.Json(value), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)
            ? whole
            : value;
    }

    private static string Digits(string text) => text.Replace("_", "", StringComparison.Ordinal);

    /// <summary>As Go's <c>strconv.ParseInt(text, 0, 64)</c> and then <c>ParseUint</c>: 0b, 0o, 0x and a leading 0 tell the base.</summary>
    private static bool TryInteger(string text, out object? number)
    {
        number = null;
        bool negative = text.StartsWith('-');
        bool signed = negative || text.StartsWith('+');
        ReadOnlySpan<char> digits = text.AsSpan(signed ? 1 : 0);
        uint radix = 10;
        if (digits.Length > 1 && digits[0] == '0')
        {
            (radix, int prefix) = (digits[1] | ' ') switch
            {
                'x' => (16u, 2),
                'o' => (8u, 2),
                'b' => (2u, 2),
                _ => (8u, 1),
            };
            digits = digits[prefix..];
        }
        if (digits.IsEmpty)
            return false;
        ulong magnitude = 0;
        foreach (char digit in digits)
        {
            uint value = char.IsAsciiHexDigit(digit) ? (uint)Convert.ToInt32(digit.ToString(), 16) : radix;
            if (value >= radix || magnitude > (ulong.MaxValue - value) / radix)
                return false;
            magnitude = magnitude * radix + value;
        }
        if (negative && magnitude <= 1ul << 63)
            number = unchecked((long)(0 - magnitude));
        else if (!negative && magnitude <= long.MaxValue)
            number = (long)magnitude;
        else if (!signed)
            number = magnitude;
        return number is not null;
    }

    /// <summary><c>[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?</c></summary>
    private static bool IsFloat(string text)
    {
        int at = text[0] is '+' or '-' ? 1 : 0;
        int whole = Skip(text, ref at),
            fraction = 0;
        if (at < text.Length && text[at] == '.')
        {
            at++;
            fraction = Skip(text, ref at);
        }
        if (whole + fraction == 0)
            return false;
        if (at == text.Length)
            return true;
        if (text[at++] is not ('e' or 'E'))
            return false;
        if (at < text.Length && text[at] is '+' or '-')
            at++;
        return Skip(text, ref at) > 0 && at == text.Length;
    }

    private static int Skip(string text, ref int at)
    {
        int start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            at++;
        return at - start;
    }

    private static string Binary(string text)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(text));
        }
        catch (FormatException)
        {
            throw new FormatException("!!binary that is no base64");
        }
    }

    private static FormatException Unfit(string text, string tag) => new($"`{text}` is no !!{tag}");
}
