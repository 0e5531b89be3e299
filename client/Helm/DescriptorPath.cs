using System;
using System.Globalization;

namespace CacheDaemon.Client.Helm;

/// <summary>
/// Names of files that mean an open descriptor of whoever opens them, as shells write them for <c>&lt;(…)</c>: <c>/dev/fd/63</c> (bash,
/// ksh), <c>/proc/self/fd/11</c> (zsh), and <c>/dev/stdin</c>. No other spelling counts.
/// </summary>
public static class DescriptorPath
{
    /// <summary>Digits of the largest number that is taken; systems allow a million descriptors at most (fs.nr_open).</summary>
    private const int MaxDigits = 7;

    /// <summary>The descriptor's number, or -1 for any other name.</summary>
    public static int NumberOf(string path)
    {
        if (path == "/dev/stdin")
            return 0;
        ReadOnlySpan<char> digits =
            path.StartsWith("/dev/fd/", StringComparison.Ordinal) ? path.AsSpan("/dev/fd/".Length)
            : path.StartsWith("/proc/self/fd/", StringComparison.Ordinal) ? path.AsSpan("/proc/self/fd/".Length)
            : default;
        bool isNumber =
            digits.Length is > 0 and <= MaxDigits && !digits.ContainsAnyExceptInRange('0', '9') && (digits[0] != '0' || digits.Length == 1);
        return isNumber ? int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture) : -1;
    }
}
