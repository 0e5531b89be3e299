using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>The functions that a <see cref="NameFormat"/> may call, as Go's text/template and sprig have them.</summary>
internal static class NameFunctions
{
    private static readonly string[] s_names =
    [
        "and",
        "default",
        "eq",
        "hasKey",
        "lower",
        "ne",
        "not",
        "or",
        "print",
        "printf",
        "replace",
        "snakecase",
        "trunc",
        "upper",
    ];

    /// <summary>Their names, for people.</summary>
    public static string Known => string.Join(", ", s_names);

    /// <summary>Whether there is such a function.</summary>
    public static bool IsKnown(string name) => Array.IndexOf(s_names, name) >= 0;

    /// <summary>Calls one.</summary>
    /// <exception cref="NameFormatException">It takes no such arguments.</exception>
    public static object? Call(string name, object?[] given) =>
        (name, given.Length) switch
        {
            ("print", _) => Print(given),
            ("printf", > 0) => Printf(TextOf(name, given[0]), given.AsSpan(1)),
            ("snakecase", 1) => SnakeCase.Of(TextOf(name, given[0])),
            ("lower", 1) => TextOf(name, given[0]).ToLowerInvariant(),
            ("upper", 1) => TextOf(name, given[0]).ToUpperInvariant(),
            ("replace", 3) => TextOf(name, given[2]).Replace(TextOf(name, given[0]), TextOf(name, given[1]), StringComparison.Ordinal),
            ("trunc", 2) => Truncated(given[0] is long length ? length : throw Unfit(name), TextOf(name, given[1])),
            ("default", 1) => given[0],
            ("default", 2) => IsTrue(given[1]) ? given[1] : given[0],
            ("hasKey", 2) => given[0] is Dictionary<string, object?> members
                ? members.ContainsKey(TextOf(name, given[1]))
                : throw Unfit(name),
            ("not", 1) => !IsTrue(given[0]),
            ("and", > 0) => Array.Find(given, static value => !IsTrue(value)) is var no && Array.TrueForAll(given, IsTrue) ? given[^1] : no,
            ("or", > 0) => Array.Find(given, IsTrue) ?? given[^1],
            ("eq", > 1) => Array.IndexOf(given, given[0], 1) > 0,
            ("ne", 2) => !Equals(given[0], given[1]),
            _ => throw new NameFormatException($"{name} with {given.Length} arguments"),
        };

    /// <summary>What Go's templates take for true: all but nothing, zero and what is empty.</summary>
    public static bool IsTrue(object? value) =>
        value switch
        {
            null => false,
            bool yes => yes,
            string text => text.Length > 0,
            long number => number != 0,
            double number => number != 0,
            Dictionary<string, object?> members => members.Count > 0,
            List<object?> items => items.Count > 0,
            _ => true,
        };

    /// <summary>As Go's <c>%v</c> writes it; whole numbers without an exponent, however large.</summary>
    public static string Text(object? value)
    {
        switch (value)
        {
            case null:
                return "<nil>";
            case bool yes:
                return yes ? "true" : "false";
            case string text:
                return text;
            case long number:
                return number.ToString(CultureInfo.InvariantCulture);
            case double number:
                return GoNumber.Print(number);
            case List<object?> items:
                return "[" + string.Join(' ', items.ConvertAll(Text)) + "]";
            default:
                var members = (Dictionary<string, object?>)value;
                return "map["
                    + string.Join(' ', Array.ConvertAll(ManifestJson.Names(members), name => $"{name}:{Text(members[name])}"))
                    + "]";
        }
    }

    /// <summary>A space between two of which neither is a text.</summary>
    private static string Print(object?[] given)
    {
        var text = new StringBuilder();
        for (int i = 0; i < given.Length; i++)
        {
            if (i > 0 && given[i] is not string && given[i - 1] is not string)
                text.Append(' ');
            text.Append(Text(given[i]));
        }
        return text.ToString();
    }

    private static string Printf(string format, ReadOnlySpan<object?> given)
    {
        var text = new StringBuilder();
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format[i]);
                continue;
            }
            char verb = ++i < format.Length ? format[i] : '\0';
            if (verb == '%')
            {
                text.Append('%');
                continue;
            }
            if (next == given.Length)
                throw new NameFormatException("printf with too few values");
            object? value = given[next++];
            text.Append(
                verb switch
                {
                    'v' => Text(value),
                    's' when value is string => (string)value,
                    'q' when value is string => Quoted((string)value),
                    'd' when value is long => Text(value),
                    't' when value is bool => Text(value),
                    's' or 'q' or 'd' or 't' => throw new NameFormatException($"printf: %{verb} for {Text(value)}"),
                    _ => throw new NameFormatException($"printf: %{verb} is not known; known are %s, %v, %d, %q, %t and %%"),
                }
            );
        }
        return next == given.Length ? text.ToString() : throw new NameFormatException("printf with too many values");
    }

    private static string Truncated(long length, string text)
    {
        if (Math.Abs(length) >= text.Length)
            return text;
        return length >= 0 ? text[..(int)length] : text[(int)(text.Length + length)..];
    }

    private static string Quoted(string text) =>
        "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    private static string TextOf(string function, object? value) => value as string ?? throw Unfit(function);

    private static NameFormatException Unfit(string function) => new($"{function} of a value of another type than it takes");
}
