using System;

namespace CacheDaemon.Daemon.Screening;

/// <summary>Tells by name how helm uses a file of a chart.</summary>
internal static class FileRoles
{
    /// <summary>
    /// True for a file that helm executes: <c>templates/**</c> of the chart and of its subcharts. Named relative to the chart, with
    /// <c>/</c>; a packed subchart's entries are named as if it were unpacked (<c>charts/NAME/templates/x.yaml</c>; helm
    /// <c>pkg/chart/loader/load.go</c>).
    /// </summary>
    public static bool IsTemplate(ReadOnlySpan<char> name)
    {
        while (name.StartsWith("charts/"))
        {
            int slash = name["charts/".Length..].IndexOf('/');
            if (slash < 0)
                return false;
            name = name[("charts/".Length + slash + 1)..];
        }
        return name.StartsWith("templates/");
    }
}
