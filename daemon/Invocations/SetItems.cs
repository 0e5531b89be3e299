using System;
using System.Buffers;
using System.Collections.Generic;

namespace CacheDaemon.Daemon.Invocations;

/// <summary>
/// Decides when <c>key=value</c> items of one kind are a set rather than a list, so that callers who shuffle them (Argo CD) share an entry:
/// every path is plain, none is a prefix of another, and no value has a character that helm's strvals parser treats specially. Anything
/// else keeps its order.
/// </summary>
internal static class SetItems
{
    private static readonly SearchValues<char> s_special = SearchValues.Create(",\\{}[]\r\n");

    /// <summary>
    /// Sorts <paramref name="items"/> when order cannot matter. <paramref name="pathOf"/> gives the part before <c>=</c>.
    /// </summary>
    public static void SortWhenOrderFree<T>(List<T> items, Func<T, string?> pathOf)
    {
        if (items.Count < 2)
            return;
        var paths = new List<string>(items.Count);
        foreach (T item in items)
        {
            if (pathOf(item) is not { } path || !IsPlainPath(path))
                return;
            paths.Add(path + ".");
        }
        // With the separator at its end, a path that is equal to or above another is a string prefix of it, and sorts directly before one
        // of those.
        paths.Sort(string.CompareOrdinal);
        for (int i = 1; i < paths.Count; i++)
            if (paths[i].StartsWith(paths[i - 1], StringComparison.Ordinal))
                return;
        items.Sort((a, b) => string.CompareOrdinal(pathOf(a), pathOf(b)));
    }

    /// <summary>The path of one <c>path=value</c> item whose value is free of special characters, else null.</summary>
    public static string? PathOf(string item)
    {
        int equals = item.IndexOf('=', StringComparison.Ordinal);
        return equals <= 0 || item.AsSpan(equals + 1).ContainsAny(s_special) ? null : item[..equals];
    }

    private static bool IsPlainPath(string path)
    {
        bool atStart = true;
        foreach (char c in path)
        {
            if (c == '.')
            {
                if (atStart)
                    return false;
                atStart = true;
                continue;
            }
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '/'))
                return false;
            atStart = false;
        }
        return !atStart;
    }
}
