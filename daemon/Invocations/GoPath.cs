using System;
using System.Collections.Generic;

namespace CacheDaemon.Daemon.Invocations;

/// <summary>Go's <c>path/filepath</c> for Unix, as far as helm builds paths with it. Tested against <c>helm env</c>.</summary>
internal static class GoPath
{
    /// <summary>filepath.Clean: single slashes, no <c>.</c>, <c>..</c> removed with what is before it, never empty.</summary>
    public static string Clean(string path)
    {
        bool rooted = path.StartsWith('/');
        var parts = new List<string>();
        foreach (string part in path.Split('/'))
        {
            if (part is "" or ".")
                continue;
            if (part != "..")
                parts.Add(part);
            else if (parts.Count > 0 && parts[^1] != "..")
                parts.RemoveAt(parts.Count - 1);
            else if (!rooted)
                parts.Add(part);
        }
        string joined = string.Join('/', parts);
        return rooted ? "/" + joined
            : joined.Length == 0 ? "."
            : joined;
    }

    /// <summary>filepath.Join of two elements, of which empty ones are ignored.</summary>
    public static string Join(string first, string second) =>
        first.Length == 0 ? (second.Length == 0 ? "" : Clean(second)) : Clean(second.Length == 0 ? first : first + "/" + second);

    /// <summary>filepath.Dir of a clean path that names something in a directory.</summary>
    public static string Parent(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash < 0 ? "."
            : slash == 0 ? "/"
            : path[..slash];
    }

    /// <summary>The path that opening <paramref name="path"/> in <paramref name="directory"/> means; nothing is cleaned.</summary>
    public static string Under(string directory, string path) =>
        path.StartsWith('/') ? path
        : path.Length == 0 ? directory
        : directory.EndsWith('/') ? directory + path
        : directory + "/" + path;

    /// <summary>Whether the path names something below /proc or /dev, whose meaning depends on the process that opens it.</summary>
    public static bool IsThroughProc(string absolute)
    {
        string clean = Clean(absolute);
        return IsAtOrBelow(clean, "/proc")
            || IsAtOrBelow(clean, "/dev")
            || absolute.Contains("/proc/self/", StringComparison.Ordinal)
            || absolute.Contains("/dev/fd/", StringComparison.Ordinal);
    }

    private static bool IsAtOrBelow(string path, string root) =>
        path.StartsWith(root, StringComparison.Ordinal) && (path.Length == root.Length || path[root.Length] == '/');
}
