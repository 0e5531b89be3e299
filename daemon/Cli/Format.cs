using System.Globalization;

namespace CacheDaemon.Daemon.Cli;

/// <summary>Numbers as people read them.</summary>
internal static class Format
{
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
