using System;
using System.Collections.Generic;
using System.Text;

namespace CacheDaemon.Client.Helm;

/// <summary>One file that <c>--set-file</c> names.</summary>
/// <param name="Key">The text before the equals sign, escapes and indexes as typed.</param>
/// <param name="Path">The file's name, escapes resolved.</param>
/// <param name="Index">Place in a list in braces, from 0.</param>
/// <param name="Count">How many that list has; 0 when there is no list.</param>
public readonly record struct SetFileItem(string Key, string Path, int Index, int Count)
{
    /// <summary>The key, and in a list the place: items with equal labels and contents in equal order set the same values.</summary>
    public string Label => Count == 0 ? Key : $"{Key}{{{Index + 1}/{Count}}}";
}

/// <summary>
/// The value of <c>--set-file</c> as helm's strvals parser reads it: <c>key=path</c>, several with commas between, <c>key={path,path}</c>,
/// indexes and escapes in keys, escapes in paths. Keys of other characters, and what that parser rejects or means in a way that nobody
/// does, are not taken.
/// </summary>
public static class SetFileSyntax
{
    /// <summary>
    /// Appends the files that <paramref name="text"/> names, in the order in which helm reads them; false when it is not surely understood.
    /// </summary>
    public static bool TryParse(string text, List<SetFileItem> items)
    {
        if (text.Length == 0 || text.AsSpan().ContainsAny("\"\r\n\0"))
            return false;
        for (int at = 0; at < text.Length; )
        {
            if (!TryReadKey(text, ref at, out string key))
                return false;
            if (at < text.Length && text[at] == '{')
            {
                if (!TryReadList(text, ref at, key, items))
                    return false;
            }
            else
            {
                string path = ReadPath(text, ref at, ",");
                if (path.Length == 0)
                    return false;
                items.Add(new SetFileItem(key, path, 0, 0));
            }
            if (at == text.Length)
                return true;
            at++; // The comma, after which another pair must come.
        }
        return false;
    }

    // Leaves `at` behind the equals sign.
    private static bool TryReadKey(string text, ref int at, out string key)
    {
        int start = at;
        key = "";
        for (; at < text.Length && text[at] != '='; at++)
        {
            char c = text[at];
            if (c == '\\')
            {
                if (++at == text.Length)
                    return false;
            }
            else if (c == '[')
            {
                int end = text.IndexOf(']', at);
                // helm's own limit of an index is 65,536; four digits are within it.
                if (end - at is < 2 or > 5 || text.AsSpan(at + 1, end - at - 1).ContainsAnyExceptInRange('0', '9'))
                    return false;
                at = end;
            }
            else if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.' or '/'))
            {
                return false;
            }
        }
        if (at == text.Length || at == start)
            return false;
        key = text[start..at];
        at++;
        return true;
    }

    // Leaves `at` on the comma behind the closing brace, or at the end.
    private static bool TryReadList(string text, ref int at, string key, List<SetFileItem> items)
    {
        var paths = new List<string>();
        do
        {
            at++;
            string path = ReadPath(text, ref at, ",}");
            if (path.Length == 0 || at == text.Length)
                return false;
            paths.Add(path);
        } while (text[at] == ',');
        at++;
        for (int i = 0; i < paths.Count; i++)
            items.Add(new SetFileItem(key, paths[i], i, paths.Count));
        return at == text.Length || text[at] == ',';
    }

    // strvals' runesUntil: a backslash takes the next character as it is.
    private static string ReadPath(string text, ref int at, string stops)
    {
        var path = new StringBuilder();
        for (; at < text.Length && !stops.Contains(text[at], StringComparison.Ordinal); at++)
        {
            if (text[at] == '\\' && ++at == text.Length)
                break;
            path.Append(text[at]);
        }
        return path.ToString();
    }
}
