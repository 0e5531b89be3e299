using System;
using System.Buffers;
using System.Buffers.Text;
using System.Collections.Generic;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CacheDaemon.Daemon.Invocations;

/// <summary>
/// Checks that a YAML node has one certain meaning, both to YamlDotNet and to the YAML and JSON decoders of client-go. No anchors, no tags,
/// no plain scalars that could be numbers, booleans or dates.
/// </summary>
internal static class KubeconfigYaml
{
    // Decimal, hexadecimal, octal, binary and floating numbers, dates and times, base 60.
    private static readonly SearchValues<char> s_ofNumbers = SearchValues.Create("0123456789abcdefABCDEFxXoO_+-.:tTzZ ");

    /// <summary>The text of a scalar that is surely a string, with null as the empty text; else null.</summary>
    public static string? Text(YamlNode node)
    {
        if (node is not YamlScalarNode { Value: { } text } scalar || !IsBare(node))
            return null;
        if (scalar.Style is ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted)
            return text;
        if (scalar.Style != ScalarStyle.Plain)
            return null;
        if (IsNull(node))
            return "";
        bool isText = char.IsAsciiLetter(text[0]) || text[0] == '/' ? !IsReserved(text) : char.IsAsciiDigit(text[0]) && IsNoNumber(text);
        return isText && !text.Contains('\n', StringComparison.Ordinal) ? text : null;
    }

    /// <summary>
    /// Whether a plain scalar that begins with a digit is surely no number, date or time in any YAML: it has a character that is in none of
    /// them, or two dots (an address), or is a GUID (AKS names its server so).
    /// </summary>
    private static bool IsNoNumber(string text) =>
        text.AsSpan().ContainsAnyExcept(s_ofNumbers) || text.AsSpan().Count('.') > 1 || Guid.TryParseExact(text, "D", out _);

    /// <summary>Any value whose types both sides surely agree on: nested, with small whole numbers, booleans and nulls.</summary>
    public static bool IsAny(YamlNode node, int depth = 0)
    {
        const int MaxDepth = 16;
        if (depth > MaxDepth)
            return false;
        if (Fields(node) is { } fields)
        {
            foreach ((YamlNode key, YamlNode value) in fields)
                if (string.IsNullOrEmpty(Text(key)) || !IsAny(value, depth + 1))
                    return false;
            return true;
        }
        if (Items(node) is { } items)
        {
            foreach (YamlNode item in items)
                if (!IsAny(item, depth + 1))
                    return false;
            return true;
        }
        return Text(node) is not null
            || IsBool(node)
            || (node is YamlScalarNode { Style: ScalarStyle.Literal or ScalarStyle.Folded } && IsBare(node))
            || (
                node is YamlScalarNode { Style: ScalarStyle.Plain, Value: { Length: > 0 and < 10 } number }
                && IsBare(node)
                && !number.AsSpan().ContainsAnyExceptInRange('0', '9')
                && (number == "0" || number[0] != '0')
            );
    }

    /// <summary>
    /// A field that helm ignores, as those of other tools: by no spelling one of <paramref name="known"/>, with a value of certain types.
    /// </summary>
    public static bool IsForeign(string? field, YamlNode value, params ReadOnlySpan<string> known)
    {
        if (string.IsNullOrEmpty(field) || field == "<<")
            return false;
        foreach (string name in known)
            if (name.Equals(field, StringComparison.OrdinalIgnoreCase))
                return false;
        return IsAny(value);
    }

    /// <summary>Nothing, <c>null</c> or <c>~</c>.</summary>
    public static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or "null" or "~" } && IsBare(node);

    /// <summary>Plain <c>true</c> or <c>false</c>.</summary>
    public static bool IsBool(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } && IsBare(node);

    /// <summary>Empty, or padded base64 without blanks.</summary>
    public static bool IsBase64(string? text) =>
        text is not null && text.Length % 4 == 0 && !text.AsSpan().ContainsAny(" \r\n") && Base64.IsValid(text);

    /// <summary>The fields of a mapping, or null.</summary>
    public static List<KeyValuePair<YamlNode, YamlNode>>? Fields(YamlNode node) =>
        node is YamlMappingNode map && IsBare(node) ? [.. map.Children] : null;

    /// <summary>The items of a sequence, or null.</summary>
    public static IList<YamlNode>? Items(YamlNode node) => node is YamlSequenceNode list && IsBare(node) ? list.Children : null;

    /// <summary>A list of <c>{name, extension}</c>; what an extension holds is its own affair.</summary>
    public static bool IsExtensions(YamlNode node)
    {
        if (IsNull(node))
            return true;
        if (Items(node) is not { } items)
            return false;
        foreach (YamlNode item in items)
        {
            if (Fields(item) is not { Count: 2 } fields)
                return false;
            foreach ((YamlNode key, YamlNode value) in fields)
                if (
                    !(
                        Text(key) switch
                        {
                            "name" => Text(value) is not null,
                            "extension" => IsAny(value),
                            _ => false,
                        }
                    )
                )
                    return false;
        }
        return true;
    }

    /// <summary><c>{name, config}</c> with texts only.</summary>
    public static bool IsAuthProvider(YamlNode node)
    {
        if (Fields(node) is not { } fields)
            return false;
        foreach ((YamlNode key, YamlNode value) in fields)
            if (
                !(
                    Text(key) switch
                    {
                        "name" => Text(value) is not null,
                        "config" => IsNull(value) || IsTextMap(value),
                        _ => false,
                    }
                )
            )
                return false;
        return true;
    }

    /// <summary>
    /// An exec plugin of the right types. It is <paramref name="surelyValid"/> with a command, a version and, for v1, an interactive mode.
    /// </summary>
    public static bool IsExec(YamlNode node, out bool surelyValid)
    {
        surelyValid = false;
        if (Fields(node) is not { } fields)
            return false;
        string command = "",
            version = "",
            mode = "";
        foreach ((YamlNode key, YamlNode value) in fields)
        {
            string? text = Text(value);
            switch (Text(key))
            {
                case "command" when text is not null:
                    command = text;
                    break;
                case "apiVersion" when text is not null:
                    version = text;
                    break;
                case "interactiveMode" when text is not null:
                    mode = text;
                    break;
                case "installHint" when text is not null || value is YamlScalarNode { Style: ScalarStyle.Literal or ScalarStyle.Folded }:
                case "provideClusterInfo" when IsBool(value):
                case "args" when IsNull(value) || IsTextList(value):
                case "env" when IsNull(value) || IsEnvironment(value):
                    break;
                default:
                    return false;
            }
        }
        surelyValid =
            command.Length > 0
            && version switch
            {
                "client.authentication.k8s.io/v1" => mode is "Never" or "IfAvailable" or "Always",
                "client.authentication.k8s.io/v1beta1" => mode is "" or "Never" or "IfAvailable" or "Always",
                _ => false,
            };
        return true;
    }

    private static bool IsTextMap(YamlNode node)
    {
        if (Fields(node) is not { } fields)
            return false;
        foreach ((YamlNode key, YamlNode value) in fields)
            if (string.IsNullOrEmpty(Text(key)) || Text(value) is null)
                return false;
        return true;
    }

    /// <summary>A list of texts, options among them.</summary>
    public static bool IsTextList(YamlNode node)
    {
        if (Items(node) is not { } items)
            return false;
        foreach (YamlNode item in items)
            if (!IsArgument(item))
                return false;
        return true;
    }

    // Arguments such as --region and -i are plain scalars that start with a dash: texts too, when a letter follows.
    private static bool IsArgument(YamlNode item) =>
        Text(item) is not null
        || (
            item is YamlScalarNode { Style: ScalarStyle.Plain, Value: { Length: > 1 } text }
            && IsBare(item)
            && text[0] == '-'
            && text.TrimStart('-') is { Length: > 0 } word
            && text.Length - word.Length < 3
            && char.IsAsciiLetter(word[0])
            && !IsReserved(word)
            && !text.Contains('\n', StringComparison.Ordinal)
        );

    private static bool IsEnvironment(YamlNode node)
    {
        if (Items(node) is not { } items)
            return false;
        foreach (YamlNode item in items)
        {
            if (Fields(item) is not { Count: 2 } fields)
                return false;
            foreach ((YamlNode key, YamlNode value) in fields)
                if (
                    !(
                        Text(key) switch
                        {
                            "name" => Text(value) is { Length: > 0 },
                            "value" => Text(value) is not null,
                            _ => false,
                        }
                    )
                )
                    return false;
        }
        return true;
    }

    private static bool IsBare(YamlNode node) => node.Anchor.IsEmpty && (node.Tag.IsEmpty || node.Tag.IsNonSpecific);

    // What YAML 1.1 takes for a boolean or null in any spelling (go-yaml resolves a subset of them).
    private static bool IsReserved(string text) =>
        text.ToLowerInvariant() is "y" or "yes" or "n" or "no" or "on" or "off" or "true" or "false" or "null" or "inf" or "nan";
}
