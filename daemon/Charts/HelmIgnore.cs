using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;

namespace CacheDaemon.Daemon.Charts;

/// <summary>
/// The rules of the <c>.helmignore</c> in a chart's root, with helm's meaning of them (helm's
/// <c>pkg/ignore</c>, measured on 3.17.3 and 4.1.4): the first rule that decides wins, and a negated rule ignores
/// whatever it does <i>not</i> match. Immutable, so safe to share between threads.
/// </summary>
internal sealed class HelmIgnore
{
    /// <summary>Longest line that helm's scanner takes; one more byte is "token too long" (measured on both).</summary>
    private const int MaxLineBytes = 65_535;

    /// <summary>helm appends this rule after those of the file: dot files directly in <c>templates/</c>.</summary>
    private static ReadOnlySpan<byte> AppendedRule => "templates/.?*"u8;

    private readonly Rule[] _rules;

    private HelmIgnore(Rule[] rules) => _rules = rules;

    /// <summary>The rules of a chart that has no <c>.helmignore</c>.</summary>
    public static HelmIgnore Default { get; } = Parse([], out _)!;

    /// <summary>
    /// Reads the rules, or returns null with the problem when helm would fail, complain on stderr (a faulty pattern that it
    /// notices only for some names), or behave differently from version to version (a rule that starts with two slashes).
    /// </summary>
    public static HelmIgnore? Parse(ReadOnlySpan<byte> content, out string? problem)
    {
        var rules = new List<Rule>();
        if (content.StartsWith("\uFEFF"u8))
            content = content[3..];
        while (!content.IsEmpty)
        {
            int end = content.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? content : content[..end];
            content = end < 0 ? default : content[(end + 1)..];
            problem = line.Length > MaxLineBytes ? "a line is too long" : AddRule(Trim(line), rules);
            if (problem is not null)
                return null;
        }
        problem = AddRule(AppendedRule, rules);
        return problem is null ? new HelmIgnore(rules.ToArray()) : null;
    }

    /// <summary>Whether helm leaves out the file or directory with this path relative to the chart's root.</summary>
    /// <param name="relativePath">Components joined by single slashes, none at either end; not empty.</param>
    /// <param name="isDirectory">Whether the name, links followed, is a directory.</param>
    public bool Ignores(ReadOnlySpan<byte> relativePath, bool isDirectory)
    {
        ReadOnlySpan<byte> baseName = relativePath[(relativePath.LastIndexOf((byte)'/') + 1)..];
        foreach (Rule rule in _rules)
        {
            bool matches = (isDirectory || !rule.DirectoriesOnly) && rule.Pattern.IsMatch(rule.BaseNameOnly ? baseName : relativePath);
            if (matches != rule.Negated)
                return true;
        }
        return false;
    }

    private static string? AddRule(ReadOnlySpan<byte> rule, List<Rule> rules)
    {
        if (rule.IsEmpty || rule[0] == '#')
            return null;
        if (rule.IndexOf("**"u8) >= 0)
            return "double-star (**) syntax is not supported";
        if (GoMatch.Parse(rule) is null)
            return "syntax error in pattern";

        bool negated = rule[0] == '!';
        if (negated)
            rule = rule[1..];
        bool directoriesOnly = rule.EndsWith("/"u8);
        if (directoriesOnly)
            rule = rule[..^1];
        bool baseNameOnly = !rule.Contains((byte)'/');
        if (rule.StartsWith("//"u8))
            return "a rule that starts with two slashes"; // helm 3 drops one slash at each use of the rule
        if (rule.StartsWith("/"u8))
            rule = rule[1..];
        if (GoMatch.Parse(rule) is not { } pattern)
            return "syntax error in pattern"; // "\/": helm complains on stderr for each file
        rules.Add(new Rule(pattern, negated, directoriesOnly, baseNameOnly));
        return null;
    }

    /// <summary>Go's <c>strings.TrimSpace</c>: white space as Unicode defines it; bytes that are not UTF-8 are none.</summary>
    internal static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> line)
    {
        while (Rune.DecodeFromUtf8(line, out Rune first, out int length) == OperationStatus.Done && Rune.IsWhiteSpace(first))
            line = line[length..];
        while (Rune.DecodeLastFromUtf8(line, out Rune last, out int length) == OperationStatus.Done && Rune.IsWhiteSpace(last))
            line = line[..^length];
        return line;
    }

    private readonly record struct Rule(GoMatch Pattern, bool Negated, bool DirectoriesOnly, bool BaseNameOnly);
}
