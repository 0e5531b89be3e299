using System;

namespace CacheDaemon.Daemon.Screening;

/// <summary>
/// Finds an address of Go's heap in finished output. <see cref="TemplateReader"/> tells when pointers are printed and then digested;
/// printed as they are, in ways no reading of the chart foresees, they are found here.
/// </summary>
/// <remarks>Go's heap starts at 0xc000000000 on every 64-bit system (runtime/malloc.go), so an address is <c>0xc0</c> and at least eight more digits.</remarks>
internal static class PrintedAddress
{
    private const int FewestDigits = 8;

    /// <summary>True when <paramref name="output"/> shows one; such output must not be kept.</summary>
    public static bool In(ReadOnlySpan<byte> output)
    {
        while (true)
        {
            int at = output.IndexOfAny("0xc0"u8, "0XC0"u8);
            if (at < 0)
                return false;
            output = output[(at + 4)..];
            int digits = 0;
            while (digits < output.Length && char.IsAsciiHexDigit((char)output[digits]))
                digits++;
            if (digits >= FewestDigits)
                return true;
        }
    }

    private static int IndexOfAny(this ReadOnlySpan<byte> text, ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        int first = text.IndexOf(one);
        int second = text.IndexOf(other);
        return first < 0 ? second : second < 0 ? first : Math.Min(first, second);
    }
}
