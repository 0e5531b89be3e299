using System;
using System.Buffers;

namespace CacheDaemon.Daemon.Screening;

/// <summary>Recognises the format verb that prints an address.</summary>
internal static class PointerVerb
{
    private static readonly SearchValues<byte> s_flags = SearchValues.Create("+-# 0123456789.*[]"u8);

    /// <summary>True when <paramref name="format"/> holds <c>%p</c>, flags and widths included (Go package fmt).</summary>
    public static bool In(ReadOnlySpan<byte> format)
    {
        while (true)
        {
            int percent = format.IndexOf((byte)'%');
            if (percent < 0)
                return false;
            format = format[(percent + 1)..];
            int verb = format.IndexOfAnyExcept(s_flags);
            if (verb < 0)
                return false;
            if (format[verb] == 'p')
                return true;
            if (format[verb] == '%' && verb == 0)
                format = format[1..];
        }
    }
}
