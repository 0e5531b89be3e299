using System;
using System.Collections.Generic;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Invocations;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>
/// What <c>helm dependency list</c> reads besides its chart (pkg/action/dependency.go; by strace on 3.17.3, 4.1.4 and 4.2.3): each
/// directory and each <c>.tgz</c> in <c>charts/</c> is loaded as a chart of its own. It finds them by patterns made of the path as typed
/// and of the dependencies' names.
/// </summary>
internal static class DependencyReads
{
    private const string Metadata = "Chart.yaml",
        Requirements = "requirements.yaml";

    /// <summary>Everything that a call reads of its chart.</summary>
    /// <exception cref="InputException">Something cannot be read as helm would read it, or helm might look elsewhere.</exception>
    public static ReadCharts Of(ChartPlace chart, InputReader inputs)
    {
        if (chart.Typed.AsSpan().ContainsAny(PlainDependencies.PatternCharacters))
            throw new InputException(BypassReason.DependenciesDoubtful, "the chart's path");
        var places = new List<ChartPlace> { chart };
        var direct = new List<DirectRead>();
        // Nothing lies below an archive.
        if (inputs.Kind(chart.Path) != FileKind.Directory)
        {
            RequirePlainEntries(chart.Path, inputs);
            return new ReadCharts(places, direct);
        }
        RequirePlain(inputs.Content(chart.Below(Metadata).Path), Metadata);
        RequirePlain(inputs.Content(chart.Below(Requirements).Path), Requirements);
        ChartPlace charts = chart.Below("charts");
        FileKind? kind = inputs.Kind(charts.Path);
        direct.Add(new DirectRead("charts", kind?.ToString() ?? ReadCharts.Absent));
        if (kind != FileKind.Directory)
            return new ReadCharts(places, direct);
        foreach (string name in inputs.Names(charts.Path))
        {
            ChartPlace place = charts.Below(name);
            kind = inputs.Kind(place.Path);
            direct.Add(new DirectRead("charts/" + name, kind?.ToString() ?? ReadCharts.Absent));
            if (kind == FileKind.Directory || name.EndsWith(".tgz", StringComparison.Ordinal))
                places.Add(place);
        }
        return new ReadCharts(places, direct);
    }

    private static void RequirePlainEntries(string archive, InputReader inputs)
    {
        if (inputs.Content(archive) is not { } bytes)
            return;
        if (ChartArchive.Read(bytes, new ChartArchive.Budget()) is not { } entries)
            throw new InputException(BypassReason.DependenciesDoubtful, "the archive");
        foreach (ChartArchive.Entry entry in entries)
        {
            if (entry.NameInChart.SequenceEqual("Chart.yaml"u8) || entry.NameInChart.SequenceEqual("requirements.yaml"u8))
                RequirePlain(entry.Content.Span, Metadata);
        }
    }

    private static void RequirePlain(byte[]? content, string name)
    {
        if (content is not null)
            RequirePlain(content.AsSpan(), name);
    }

    private static void RequirePlain(ReadOnlySpan<byte> content, string name)
    {
        if (!PlainDependencies.AreSurelyUnderstood(content))
            throw new InputException(BypassReason.DependenciesDoubtful, name);
    }
}
