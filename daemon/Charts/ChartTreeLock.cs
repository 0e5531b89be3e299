using System;
using System.Globalization;
using System.Text;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Charts;

/// <summary>
/// Takes the time of creation out of a Chart.lock: <c>helm dependency build</c> writes a new one each time, and no
/// template can see it (callers.md 4; measured on helm 3.17.3 and 4.1.4, see <c>Chart_lock_is_never_shown</c>). Only a
/// line that surely holds a time helm can read is touched, since helm fails on others.
/// </summary>
internal static class ChartTreeLock
{
    private static ReadOnlySpan<byte> LineStart => "generated: \""u8;

    /// <summary>Digest of the content around the time, or null when the file must be taken as it is.</summary>
    public static Digest? WithoutTime(ReadOnlySpan<byte> content)
    {
        int line = FindOnlyLine(content);
        if (line < 0)
            return null;
        ReadOnlySpan<byte> rest = content[(line + LineStart.Length)..];
        int end = rest.IndexOf((byte)'\n');
        ReadOnlySpan<byte> quoted = end < 0 ? rest : rest[..end];
        if (!quoted.EndsWith("\""u8) || !IsTime(quoted[..^1]))
            return null;
        byte[] without = [.. content[..(line + LineStart.Length)], .. rest[(quoted.Length - 1)..]];
        return Digest.Of(without);
    }

    private static int FindOnlyLine(ReadOnlySpan<byte> content)
    {
        int found = -1;
        for (int start = 0; start < content.Length;)
        {
            ReadOnlySpan<byte> rest = content[start..];
            if (rest.StartsWith("generated"u8) || rest.StartsWith("\"generated"u8) || rest.StartsWith("'generated"u8))
            {
                if (found >= 0 || !rest.StartsWith(LineStart))
                    return -1;
                found = start;
            }
            int end = rest.IndexOf((byte)'\n');
            if (end < 0)
                break;
            start += end + 1;
        }
        return found;
    }

    /// <summary>RFC 3339 as narrowly as every Go version reads it: no lower case, no comma, no leap second.</summary>
    private static bool IsTime(ReadOnlySpan<byte> text)
    {
        const string Seconds = "yyyy-MM-dd'T'HH:mm:ss";
        if (text.Length is < 20 or > 35)
            return false;
        string time = Encoding.Latin1.GetString(text);
        if (!DateTime.TryParseExact(time[..19], Seconds, CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
            return false;
        ReadOnlySpan<char> rest = time.AsSpan(19);
        if (rest[0] == '.')
        {
            int digits = rest[1..].IndexOfAnyExceptInRange('0', '9');
            if (digits is < 1 or > 9)
                return false;
            rest = rest[(digits + 1)..];
        }
        return rest is "Z" || (rest.Length == 6 && rest[0] is '+' or '-' &&
            TimeSpan.TryParseExact(rest[1..], "hh\\:mm", CultureInfo.InvariantCulture, out _));
    }
}
