using System;
using System.Globalization;

namespace CacheDaemon.Daemon.Cli;

/// <summary>Numbers as people read them.</summary>
internal static class Format
{
    /// <summary>
    /// A length of time in its largest two units at most: <c>850 ms</c>, <c>12.3 s</c>, <c>4 min 10 s</c>, <c>3 h 5 min</c>, <c>9 d 4
    /// h</c>.
    /// </summary>
    public static string Duration(TimeSpan time) =>
        time < TimeSpan.FromSeconds(1) ? $"{time.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} ms"
        : time < TimeSpan.FromMinutes(1) ? $"{time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s"
        : time < TimeSpan.FromHours(1) ? $"{time.Minutes} min {time.Seconds} s"
        : time < TimeSpan.FromDays(2) ? $"{(long)time.TotalHours} h {time.Minutes} min"
        : $"{(long)time.TotalDays} d {time.Hours} h";

    /// <summary>Bytes with a binary unit and at most one decimal.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double value = bytes;
        int unit = 0;
        for (; value >= 1024 && unit < units.Length - 1; unit++)
            value /= 1024;
        return value.ToString(unit == 0 ? "0" : "0.#", CultureInfo.InvariantCulture) + " " + units[unit];
    }
}
