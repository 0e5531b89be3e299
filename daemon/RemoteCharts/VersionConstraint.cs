using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;

namespace CacheDaemon.Daemon.RemoteCharts;

/// <summary>
/// Which versions <c>--version</c> allows, as helm 4 decides it (Masterminds/semver 3.4 and 3.5, <c>constraints.go</c>). Forms that it
/// reads in ways of its own, such as a version without a blank before the next one, are not read at all.
/// </summary>
internal sealed class VersionConstraint
{
    /// <summary>Letters, digits and the hyphen.</summary>
    internal static readonly SearchValues<char> IdentifierCharacters = SearchValues.Create(
        "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    );

    private static readonly string[] s_operators = ["!=", ">=", "=>", "<=", "=<", "~>", "=", ">", "<", "~", "^"];

    private readonly List<Group> _groups = [];

    /// <summary>Reads a constraint; null for one that helm refuses, or whose meaning is in doubt.</summary>
    public static VersionConstraint? Parse(string text)
    {
        var result = new VersionConstraint();
        foreach (string alternative in text.Split("||"))
        {
            if (Terms(alternative) is not { Count: > 0 } terms)
                return null;
            result._groups.Add(new Group(terms, terms.Exists(static term => term.Version.Prerelease.Length > 0)));
        }
        return result;
    }

    /// <summary>Whether it allows a version. Pre-releases are allowed where one of the same alternative's terms names one.</summary>
    public bool Allows(SemanticVersion version) =>
        _groups.Exists(group =>
            (version.Prerelease.Length == 0 || group.NamesPrerelease) && group.Terms.TrueForAll(term => term.Allows(version))
        );

    private static List<Term>? Terms(string text)
    {
        var terms = new List<Term>();
        string[] words = text.Replace(',', ' ').Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // A comma stands between two terms.
        if (words.Length == 0 || text.AsSpan().ContainsAny('\t', '\n', '\r') || text.Split(',').Any(static part => part.Trim().Length == 0))
            return null;
        for (int i = 0; i < words.Length; i++)
        {
            if (i + 2 < words.Length && words[i + 1] == "-")
            {
                if (Term.Parse(">=", words[i]) is not { } from || Term.Parse("<=", words[i + 2]) is not { } to)
                    return null;
                terms.Add(from);
                terms.Add(to);
                i += 2;
                continue;
            }
            string symbol = s_operators.FirstOrDefault(known => words[i].StartsWith(known, StringComparison.Ordinal)) ?? "";
            string version = words[i][symbol.Length..];
            // A blank may follow the operator.
            if (version.Length == 0 && ++i < words.Length)
                version = words[i];
            if (Term.Parse(symbol, version) is not { } term)
                return null;
            terms.Add(term);
        }
        return terms;
    }

    private sealed record Group(List<Term> Terms, bool NamesPrerelease);

    /// <summary>One comparison.</summary>
    /// <param name="Symbol">The operator; empty for none.</param>
    /// <param name="Version">What is compared with, wildcards as zeros.</param>
    /// <param name="Numbers">How many of its three numbers are given before the first wildcard or the end.</param>
    private sealed record Term(string Symbol, SemanticVersion Version, int Numbers)
    {
        private bool IsPartial => Numbers < 3;

        private bool OnlyMajor => Numbers == 1;

        private bool OnlyMinor => Numbers == 2;

        public static Term? Parse(string symbol, string text)
        {
            string bare = text.StartsWith('v') ? text[1..] : text;
            int end = bare.AsSpan().IndexOfAny('-', '+');
            string core = end < 0 ? bare : bare[..end],
                suffix = end < 0 ? "" : bare[end..];
            string[] parts = core.Split('.');
            int numbers = 0;
            while (numbers < parts.Length && !IsWildcard(parts[numbers]))
                numbers++;
            if (parts.Length > 3 || parts.Skip(numbers).Any(part => !IsWildcard(part)))
                return null;
            string full = string.Join('.', Enumerable.Range(0, 3).Select(i => i < numbers ? parts[i] : "0")) + suffix;
            return SemanticVersion.TryParse(full, out SemanticVersion version) ? new Term(symbol, version, numbers) : null;
        }

        public bool Allows(SemanticVersion version) =>
            Symbol switch
            {
                "" or "=" => IsPartial ? IsNear(version) : version.CompareTo(Version) == 0,
                "!=" => Differs(version),
                ">" => IsAbove(version),
                "<" => version.CompareTo(Version) < 0,
                ">=" or "=>" => version.CompareTo(Version) >= 0,
                "<=" or "=<" => IsAtMost(version),
                "~" or "~>" => IsNear(version),
                _ => IsCompatible(version),
            };

        private static bool IsWildcard(string part) => part is "x" or "X" or "*";

        private bool Differs(SemanticVersion version)
        {
            if (IsPartial)
            {
                if (version.Major != Version.Major)
                    return true;
                if (OnlyMajor)
                    return false;
                if (version.Minor != Version.Minor)
                    return true;
                if (OnlyMinor)
                    return SemanticVersion.ComparePrereleases(version.Prerelease, Version.Prerelease) != 0;
            }
            return version.CompareTo(Version) != 0;
        }

        private bool IsAbove(SemanticVersion version)
        {
            if (!IsPartial)
                return version.CompareTo(Version) > 0;
            if (version.Major != Version.Major)
                return version.Major > Version.Major;
            return !OnlyMajor && (OnlyMinor ? version.Minor > Version.Minor : version.CompareTo(Version) > 0);
        }

        private bool IsAtMost(SemanticVersion version) =>
            IsPartial
                ? version.Major < Version.Major || (version.Major == Version.Major && (OnlyMajor || version.Minor <= Version.Minor))
                : version.CompareTo(Version) <= 0;

        private bool IsNear(SemanticVersion version)
        {
            if (version.CompareTo(Version) < 0)
                return false;
            // ~0.0.0 and * allow all that is above.
            if (Version is { Major: 0, Minor: 0, Patch: 0 } && !OnlyMajor && !OnlyMinor)
                return true;
            return version.Major == Version.Major && (OnlyMajor || version.Minor == Version.Minor);
        }

        private bool IsCompatible(SemanticVersion version)
        {
            if (version.CompareTo(Version) < 0)
                return false;
            if (Version.Major > 0 || OnlyMajor)
                return version.Major == Version.Major;
            if (version.Major > 0)
                return false;
            if (Version.Minor > 0 || OnlyMinor)
                return version.Minor == Version.Minor;
            return version.Minor == 0 && version.Patch == Version.Patch;
        }
    }
}
