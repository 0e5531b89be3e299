using System;

namespace CacheDaemon.Daemon.Screening;

/// <summary>How helm uses a file of a chart.</summary>
internal enum FileRole
{
    /// <summary>Executed: <c>templates/**</c> of the chart and of its subcharts.</summary>
    Template,

    /// <summary>Data, reached as values, as chart fields or through <c>.Files</c>; executed only if <c>tpl</c> is handed it.</summary>
    Text,

    /// <summary>A <c>--set*</c> item or another word of the command line: data in which a backslash may vanish.</summary>
    Argument,
}

/// <summary>Tells roles by name.</summary>
internal static class FileRoles
{
    /// <summary>
    /// The role of a file named relative to the chart, with <c>/</c>; a packed subchart's entries are named as if it were
    /// unpacked (<c>charts/NAME/templates/x.yaml</c>; helm <c>pkg/chart/loader/load.go</c>).
    /// </summary>
    public static FileRole Of(ReadOnlySpan<char> name)
    {
        while (name.StartsWith("charts/"))
        {
            int slash = name["charts/".Length..].IndexOf('/');
            if (slash < 0)
                return FileRole.Text;
            name = name[("charts/".Length + slash + 1)..];
        }
        return name.StartsWith("templates/") ? FileRole.Template : FileRole.Text;
    }
}
