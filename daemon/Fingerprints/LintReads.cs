using System;
using System.Collections.Generic;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Invocations;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>
/// What <c>helm lint</c> reads besides the charts that it loads (pkg/cmd/lint.go, pkg/lint/rules; by strace on 3.17.3, 4.1.4 and 4.2.3): of
/// each chart three files by their names, whatever <c>.helmignore</c> says, and whether there are two directories. With
/// <c>--with-subcharts</c> a chart is what lies beside any <c>Chart.yaml</c> below <c>charts/</c>, at whatever depth.
/// </summary>
internal static class LintReads
{
    private const string Metadata = "Chart.yaml",
        Schema = "values.schema.json";

    private static readonly string[] s_files = [Metadata, "values.yaml"];

    /// <summary>helm 3 does not look for <c>crds</c>.</summary>
    private static readonly string[] s_directories = ["templates", "crds"];

    /// <summary>Everything that a call reads of its charts.</summary>
    /// <exception cref="InputException">One of them is an archive, or cannot be read as helm would read it.</exception>
    public static ReadCharts Of(Invocation invocation, InputReader inputs)
    {
        var places = new List<ChartPlace>(invocation.Charts);
        if (invocation.WithSubcharts)
        {
            foreach (ChartPlace chart in invocation.Charts)
            {
                int names = 0;
                Walk(chart.Below("charts"), "charts", depth: 0, ref names, places, inputs);
            }
        }
        var direct = new List<DirectRead>();
        bool refersOutside = false;
        foreach (ChartPlace chart in places)
        {
            // Into a temporary directory, whose name can show, and which a trap would leave behind.
            if (IsArchive(chart.Typed))
                throw new InputException(BypassReason.ArchiveUnpacked, "");
            foreach (string file in s_files)
            {
                ChartPlace place = chart.Below(file);
                direct.Add(new DirectRead(place.Typed, inputs.Facts(place.Path)?.Digest.ToString() ?? ReadCharts.Absent));
            }
            foreach (string directory in s_directories)
            {
                ChartPlace place = chart.Below(directory);
                direct.Add(new DirectRead(place.Typed, inputs.Kind(place.Path)?.ToString() ?? ReadCharts.Absent));
            }
            ChartPlace schema = chart.Below(Schema);
            byte[]? content = inputs.Content(schema.Path);
            direct.Add(new DirectRead(schema.Typed, content is null ? ReadCharts.Absent : Digest.Of(content).ToString()));
            refersOutside |= content is { Length: > 0 } && ChartSchema.RefersOutside(content);
        }
        return new ReadCharts(places, direct, refersOutside);
    }

    /// <summary>Go's <c>filepath.Walk</c>: names in byte order, no link followed.</summary>
    private static void Walk(ChartPlace at, string name, int depth, ref int names, List<ChartPlace> places, InputReader inputs)
    {
        if (++names > ChartLimits.MaxNames || depth > ChartLimits.MaxDepth)
            throw new InputException(BypassReason.ChartTooLarge, "");
        if (inputs.Kind(at.Path, follow: false) is not { } kind)
            return;
        if (name == Metadata)
            places.Add(new ChartPlace(GoPath.Parent(at.Typed), GoPath.Parent(at.Path), []));
        else if (IsArchive(at.Typed))
            throw new InputException(BypassReason.ArchiveUnpacked, name);
        if (kind != FileKind.Directory)
            return;
        foreach (string child in inputs.Names(at.Path))
            Walk(at.Below(child), child, depth + 1, ref names, places, inputs);
    }

    private static bool IsArchive(string path) =>
        path.EndsWith(".tgz", StringComparison.Ordinal) || path.EndsWith(".tar.gz", StringComparison.Ordinal);
}
