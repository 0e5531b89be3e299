using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace CacheDaemon.Daemon.Charts;

/// <summary>
/// The charts that the user wants never cached (<c>bypass</c>). A pattern without a slash is about a chart's name; one that
/// begins with a slash is about its path and everything below. <c>*</c> and <c>?</c> stop at a slash. Immutable.
/// </summary>
public sealed class ChartExclusions
{
    private readonly (string Pattern, GoMatch Match)[] _names;
    private readonly (string Pattern, GoMatch Match)[] _paths;

    /// <param name="patterns">Patterns for which <see cref="IsPattern"/> holds; others are ignored.</param>
    public ChartExclusions(IEnumerable<string> patterns)
    {
        (string Pattern, GoMatch Match)[] all =
        [
            .. patterns
                .Where(IsPattern)
                .Select(static p => p.Length > 1 ? p.TrimEnd('/') : p)
                .Select(static p => (p, GoMatch.Parse(Encoding.UTF8.GetBytes(p))!)),
        ];
        _names = [.. all.Where(static p => !p.Pattern.Contains('/'))];
        _paths = [.. all.Where(static p => p.Pattern.Contains('/'))];
    }

    /// <summary>Excludes nothing.</summary>
    public static ChartExclusions None { get; } = new([]);

    /// <summary>True when <paramref name="text"/> is a name or an absolute path, with well-formed wildcards.</summary>
    public static bool IsPattern(string text) =>
        text.Length > 0 && (text[0] == '/' || !text.Contains('/')) && GoMatch.Parse(Encoding.UTF8.GetBytes(text)) is not null;

    /// <summary>The pattern that excludes a chart of this name; null when none does.</summary>
    public string? FindByName(string name) => _names.Length == 0 ? null : Find(_names, Encoding.UTF8.GetBytes(name));

    /// <summary>The pattern that excludes the chart at this absolute path, or a directory above it; null when none does.</summary>
    public string? FindByPath(string path)
    {
        if (_paths.Length == 0)
            return null;
        for (int end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
            if (Find(_paths, Encoding.UTF8.GetBytes(path[..end])) is { } pattern)
                return pattern;
        return Find(_paths, "/"u8.ToArray());
    }

    private static string? Find((string Pattern, GoMatch Match)[] patterns, byte[] text)
    {
        foreach ((string pattern, GoMatch match) in patterns)
            if (match.IsMatch(text))
                return pattern;
        return null;
    }
}
