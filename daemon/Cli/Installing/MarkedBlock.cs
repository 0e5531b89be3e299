using System;
using System.Text;

namespace CacheDaemon.Daemon.Cli.Installing;

/// <summary>
/// Our lines in a file that is the user's: between two marker comments, so that they can be replaced and taken out again without
/// touching a byte of the rest. Works on bytes, since a start-up file need not be UTF-8. Pure functions.
/// </summary>
internal static class MarkedBlock
{
    /// <summary>First line of the block; a comment in every shell, in PowerShell and in YAML.</summary>
    public const string Begin = "# >>> helmcached >>>";

    /// <summary>Last line of the block.</summary>
    public const string End = "# <<< helmcached <<<";

    private const string Explanation = "# Written by `helmcached install`; `helmcached uninstall` removes it.";

    /// <summary>
    /// The text with <paramref name="lines"/> as its block: in place of the block that is there, else at the end, where it has the
    /// last word. Null when a block begins and does not end: nobody can say then what is ours.
    /// </summary>
    /// <param name="text">The file.</param>
    /// <param name="lines">What stands between the markers, without a final newline.</param>
    /// <param name="endedLine">True when the text's last line had no newline and was given one.</param>
    public static byte[]? Put(ReadOnlySpan<byte> text, string lines, out bool endedLine)
    {
        endedLine = false;
        byte[] block = Encoding.UTF8.GetBytes($"{Begin}\n{Explanation}\n{lines}\n{End}\n");
        if (!TryFind(text, out int start, out int end))
            return null;
        if (start >= 0)
            return [.. text[..start], .. block, .. text[end..]];
        endedLine = text.Length > 0 && text[^1] != (byte)'\n';
        return [.. text, .. endedLine ? "\n"u8 : default, .. block];
    }

    /// <summary>The text without the block; the text itself when there is none; null when a block begins and does not end.</summary>
    /// <param name="text">The file.</param>
    /// <param name="endedLine">What <see cref="Put"/> said: the newline before the block is ours, too.</param>
    public static byte[]? Remove(ReadOnlySpan<byte> text, bool endedLine)
    {
        if (!TryFind(text, out int start, out int end))
            return null;
        if (start < 0)
            return text.ToArray();
        // With lines after the block, the newline before it is needed.
        if (endedLine && end == text.Length && start > 0)
            start--;
        return [.. text[..start], .. text[end..]];
    }

    /// <summary>True when the text has a block, whole or broken.</summary>
    public static bool IsIn(ReadOnlySpan<byte> text) => LineAt(text, 0, Begin) >= 0;

    /// <summary>
    /// Finds the block, from its first byte to behind its last newline; start is -1 when there is none. False: it does not end.
    /// </summary>
    private static bool TryFind(ReadOnlySpan<byte> text, out int start, out int end)
    {
        end = 0;
        start = LineAt(text, 0, Begin);
        if (start < 0)
            return true;
        int last = LineAt(text, start, End);
        if (last < 0)
            return false;
        int newline = text[last..].IndexOf((byte)'\n');
        end = newline < 0 ? text.Length : last + newline + 1;
        return true;
    }

    /// <summary>Start of the first line from <paramref name="from"/> on that is <paramref name="marker"/>, or -1.</summary>
    private static int LineAt(ReadOnlySpan<byte> text, int from, string marker)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(marker);
        while (from < text.Length)
        {
            int newline = text[from..].IndexOf((byte)'\n');
            int next = newline < 0 ? text.Length : from + newline + 1;
            if (text[from..next].TrimEnd(" \t\r\n"u8).SequenceEqual(wanted))
                return from;
            from = next;
        }
        return -1;
    }
}
