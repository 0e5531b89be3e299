using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>
/// Values of <see cref="YamlReader"/> as YAML for people: members sorted, texts of several lines as blocks, anything doubtful in quotes.
/// </summary>
internal static class YamlText
{
    private const int Step = 2;

    /// <summary>Appends a value as a document.</summary>
    public static void Write(StringBuilder text, object? value) => Write(text, value, 0, inList: false);

    private static void Write(StringBuilder text, object? value, int indent, bool inList)
    {
        switch (value)
        {
            case Dictionary<string, object?> { Count: > 0 } members:
                foreach (string name in ManifestJson.Names(members))
                {
                    // The first member of an object in a list stands beside the dash.
                    text.Append(' ', inList ? 0 : indent).Append(Scalar(name)).Append(':');
                    inList = false;
                    WriteBelow(text, members[name], indent);
                }
                break;
            case List<object?> { Count: > 0 } items:
                foreach (object? item in items)
                {
                    text.Append(' ', inList ? 0 : indent).Append('-');
                    inList = false;
                    if (item is Dictionary<string, object?> { Count: > 0 } or List<object?> { Count: > 0 })
                        Write(text.Append(' '), item, indent + Step, inList: true);
                    else
                        WriteBelow(text, item, indent);
                }
                break;
            default:
                text.Append(' ', inList ? 0 : indent).Append(Scalar(value)).Append('\n');
                break;
        }
    }

    /// <summary>What follows a name or a dash.</summary>
    private static void WriteBelow(StringBuilder text, object? value, int indent)
    {
        switch (value)
        {
            case Dictionary<string, object?> { Count: > 0 }:
                Write(text.Append('\n'), value, indent + Step, inList: false);
                break;
            case List<object?> { Count: > 0 }:
                Write(text.Append('\n'), value, indent, inList: false);
                break;
            case string several when IsBlock(several):
                text.Append(several.EndsWith('\n') ? " |\n" : " |-\n");
                foreach (string line in several.TrimEnd('\n').Split('\n'))
                    text.Append(' ', line.Length > 0 ? indent + Step : 0).Append(line).Append('\n');
                break;
            default:
                text.Append(' ').Append(Scalar(value)).Append('\n');
                break;
        }
    }

    private static string Scalar(object? value) =>
        value switch
        {
            null => "null",
            bool yes => yes ? "true" : "false",
            long number => number.ToString(CultureInfo.InvariantCulture),
            double number => GoNumber.Json(number),
            string text => IsPlain(text) ? text : Quoted(text),
            Dictionary<string, object?> => "{}",
            _ => "[]",
        };

    /// <summary>
    /// Several lines, at most one of them the end of the last, the first with no blank before it, nothing that a block cannot show.
    /// </summary>
    private static bool IsBlock(string text)
    {
        if (
            !text.AsSpan().TrimEnd('\n').Contains('\n')
            || text.EndsWith("\n\n", StringComparison.Ordinal)
            || text[0] is ' ' or '\n' or '\t'
        )
            return false;
        foreach (char c in text)
            if (char.IsControl(c) && c is not ('\n' or '\t'))
                return false;
        return true;
    }

    private static bool IsPlain(string text)
    {
        if (text.Length == 0 || !(char.IsAsciiLetter(text[0]) || text[0] == '/'))
            return false;
        foreach (char c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.' or '/' or '@'))
                return false;
        return YamlScalar.Resolve("", isPlain: true, text) is string;
    }

    private static string Quoted(string text) =>
        $"\"{JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
