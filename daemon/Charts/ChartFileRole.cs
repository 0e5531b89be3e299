using System;

namespace CacheDaemon.Daemon.Charts;

/// <summary>What a file is to helm's loader, beyond its bytes.</summary>
internal enum ChartFileRole : byte
{
    /// <summary>Bytes that a template may see.</summary>
    Plain = 0,

    /// <summary>A chart's own Chart.yaml.</summary>
    Metadata = 1,

    /// <summary>A chart's own Chart.lock.</summary>
    Lock = 2,

    /// <summary>A chart's own values.schema.json.</summary>
    Schema = 3,

    /// <summary>A packed subchart, seen by templates only through its entries.</summary>
    Packed = 4,
}

/// <summary>Tells a file's role from its place in a chart (helm's <c>loader.LoadFiles</c>, measured).</summary>
internal static class ChartFileRoles
{
    /// <summary>
    /// The role of <paramref name="name"/>, and in <paramref name="chart"/> the part of the name (with its slash) that
    /// leads to the chart it belongs to.
    /// </summary>
    /// <param name="name">Path relative to the root chart.</param>
    /// <param name="chart">Empty for the root chart, else like <c>charts/kid/</c>.</param>
    public static ChartFileRole Of(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> chart)
    {
        ReadOnlySpan<byte> rest = name;
        while (rest.StartsWith("charts/"u8))
        {
            ReadOnlySpan<byte> below = rest[7..];
            int slash = below.IndexOf((byte)'/');
            ReadOnlySpan<byte> subchart = slash < 0 ? below : below[..slash];
            // helm skips names that start with "_" or ".", and fails for a directory named like an archive.
            bool loaded = !subchart.IsEmpty && subchart[0] != '_' && subchart[0] != '.';
            bool archive = subchart.EndsWith(".tgz"u8);
            if (slash < 0 || !loaded || archive)
            {
                chart = name[..^rest.Length];
                return slash < 0 && loaded && archive ? ChartFileRole.Packed : ChartFileRole.Plain;
            }
            rest = below[(slash + 1)..];
        }
        chart = name[..^rest.Length];
        return rest.SequenceEqual("Chart.yaml"u8) ? ChartFileRole.Metadata
            : rest.SequenceEqual("Chart.lock"u8) ? ChartFileRole.Lock
            : rest.SequenceEqual("values.schema.json"u8) ? ChartFileRole.Schema
            : ChartFileRole.Plain;
    }
}
