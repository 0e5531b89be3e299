using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace CacheDaemon.Daemon.Configuration;

/// <summary>
/// Changes one setting in the text of a configuration file and leaves all else as it is: comments, blank lines, order. The text that comes
/// out is read again, so whatever shape the file has, no other setting can change and the new value is there.
/// </summary>
internal static class ConfigurationEdit
{
    /// <summary>The text with <paramref name="setting"/> at <paramref name="values"/>, which the setting takes.</summary>
    /// <exception cref="IOException">The file is not YAML, or is written in a way that cannot be changed line by line.</exception>
    public static string Set(string text, Setting setting, IReadOnlyList<string> values)
    {
        string value =
            setting.IsList && values is not [['[', ..]] ? $"[{string.Join(", ", values.Select(Scalar))}]"
            : setting.IsList ? values[0]
            : Scalar(values[0]);
        string changed = Change(text, setting, value);
        return IsAsWanted(text, changed, setting, values)
            ? changed
            : throw new IOException(
                $"this file is written in a way that `config set` cannot change; write {setting.Key}: {value} into it by hand"
            );
    }

    /// <summary>
    /// The items of a list as it may be given on a command line: <c>a b</c>, or as it stands in a file, <c>[a, "b"]</c>; null when the
    /// brackets hold something else.
    /// </summary>
    public static IReadOnlyList<string>? Items(IReadOnlyList<string> words)
    {
        if (words is not [['[', ..] list])
            return words;
        try
        {
            return Root(list) is YamlSequenceNode items && items.All(static item => item is YamlScalarNode)
                ? [.. items.Select(static item => ((YamlScalarNode)item).Value ?? "")]
                : null;
        }
        catch (YamlException)
        {
            return null;
        }
    }

    private static string Change(string text, Setting setting, string value)
    {
        YamlNode? root;
        try
        {
            root = Root(text);
        }
        catch (YamlException e)
        {
            throw new IOException($"line {e.Start.Line} is not YAML: {e.Message}; fix that first", e);
        }
        string[] parts = setting.Key.Split('.');
        switch (root)
        {
            case null:
                return Append(text, parts, value);
            case YamlMappingNode { Style: MappingStyle.Flow, Children.Count: 0 }:
                return Append(text.Remove(Index(root.Start), End(text, root) - Index(root.Start)), parts, value);
            case not YamlMappingNode:
                throw new IOException("this file is not a list of settings; fix that first");
        }
        var mapping = (YamlMappingNode)root;
        if (Find(mapping, setting.Key) is { } whole)
            return Replace(text, whole.Name, whole.Value, value);
        if (parts.Length == 1)
            return Insert(text, mapping, parts[0], value);
        if (Find(mapping, parts[0]) is not { } section)
            return mapping.Style == MappingStyle.Flow
                ? Insert(text, mapping, parts[0], $"{{{parts[1]}: {value}}}")
                : Append(text, parts, value);
        if (section.Value is YamlMappingNode { Children.Count: > 0 } inner)
            return Find(inner, parts[1]) is { } found
                ? Replace(text, found.Name, found.Value, value)
                : Insert(text, inner, parts[1], value);
        if (section.Value is YamlMappingNode)
            return Replace(text, section.Name, section.Value, $"{{{parts[1]}: {value}}}");
        // A section whose lines are all commented out: the first line below its name.
        int end = EndOfLine(text, Index(section.Name.End));
        return text.Insert(end, $"\n  {parts[1]}: {value}");
    }

    /// <summary>Puts another value in the place of one, or behind the name of a setting without any.</summary>
    private static string Replace(string text, YamlNode name, YamlNode old, string value)
    {
        int start = Index(old.Start),
            end = End(text, old);
        if (old is YamlScalarNode { Value: null or "", Style: ScalarStyle.Plain })
        {
            int colon = text.IndexOf(':', Index(name.End));
            return text.Insert(colon + 1, " " + value);
        }
        bool isBlock = old is YamlSequenceNode { Style: not SequenceStyle.Flow };
        if (isBlock)
            start = text.IndexOf(':', Index(name.End)) + 1;
        return text[..start] + (isBlock ? " " : "") + value + text[end..];
    }

    /// <summary>Adds a setting to a mapping that has others: a line after the last of them, or an item.</summary>
    private static string Insert(string text, YamlMappingNode mapping, string name, string value)
    {
        if (mapping.Style == MappingStyle.Flow)
            return text.Insert(End(text, mapping) - 1, $", {name}: {value}");
        string indent = new(' ', (int)mapping.Children.First().Key.Start.Column - 1);
        return text.Insert(EndOfLine(text, End(text, mapping)), $"\n{indent}{name}: {value}");
    }

    private static string Append(string text, string[] parts, string value)
    {
        string start = text.Trim().Length == 0 ? "" : text.TrimEnd('\n') + "\n";
        return parts.Length == 1 ? $"{start}{parts[0]}: {value}\n" : $"{start}{parts[0]}:\n  {parts[1]}: {value}\n";
    }

    private static (YamlNode Name, YamlNode Value)? Find(YamlMappingNode mapping, string name)
    {
        foreach ((YamlNode key, YamlNode value) in mapping.Children)
            if (key is YamlScalarNode scalar && scalar.Value == name)
                return (key, value);
        return null;
    }

    private static bool IsAsWanted(string before, string after, Setting setting, IReadOnlyList<string> values)
    {
        List<string> oldProblems = [],
            newProblems = [];
        IReadOnlyList<FileSetting> was = ConfigurationFile.ParseText("", new StringReader(before), oldProblems),
            now = ConfigurationFile.ParseText("", new StringReader(after), newProblems);
        return newProblems.Count <= oldProblems.Count
            && now.Count(found => found.Setting == setting) == 1
            && now.Single(found => found.Setting == setting).Values is { } set
            && set.SequenceEqual(Items(values) ?? [])
            && Others(was).SequenceEqual(Others(now));
        IEnumerable<(string, string)> Others(IReadOnlyList<FileSetting> all) =>
            all.Where(found => found.Setting != setting).Select(found => (found.Setting.Key, string.Join('\n', found.Values ?? [])));
    }

    private static YamlNode? Root(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return yaml.Documents.Count == 0 ? null : yaml.Documents[0].RootNode;
    }

    /// <summary>Where a node ends; the parser's own mark of a collection is the end of its first bracket.</summary>
    private static int End(string text, YamlNode node) =>
        node switch
        {
            YamlMappingNode { Style: MappingStyle.Flow } or YamlSequenceNode { Style: SequenceStyle.Flow } => EndOfBrackets(
                text,
                Index(node.Start)
            ),
            YamlMappingNode { Children: { Count: > 0 } children } => Math.Max(
                Index(children.Last().Key.End),
                End(text, children.Last().Value)
            ),
            YamlSequenceNode { Children: [.., var last] } => End(text, last),
            _ => Index(node.End),
        };

    private static int EndOfBrackets(string text, int start)
    {
        int depth = 0;
        char quote = '\0';
        for (int i = start; i < text.Length; i++)
        {
            char c = text[i];
            if (quote != '\0')
            {
                if (c == '\\' && quote == '"')
                    i++;
                else if (c == quote)
                    quote = '\0';
            }
            else if (c is '"' or '\'')
            {
                quote = c;
            }
            else if (c == '#' && char.IsWhiteSpace(text[i - 1]))
            {
                i = EndOfLine(text, i);
            }
            else if (c is '[' or '{')
            {
                depth++;
            }
            else if (c is ']' or '}' && --depth == 0)
            {
                return i + 1;
            }
        }
        return text.Length;
    }

    private static int Index(Mark mark) => (int)mark.Index;

    private static int EndOfLine(string text, int from) => text.IndexOf('\n', from) is var end and >= 0 ? end : text.Length;

    private static string Scalar(string value) => IsPlain(value) ? value : $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>No character that YAML reads in a special way.</summary>
    private static bool IsPlain(string value) =>
        value.Length > 0
        && (char.IsAsciiLetterOrDigit(value[0]) || value[0] == '/')
        && value.All(static c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-');
}
