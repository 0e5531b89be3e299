using System;
using System.Collections.Generic;

namespace CacheDaemon.Daemon.Insight;

/// <summary>What would happen to one call, and why; never values.</summary>
internal sealed record ExplainReport
{
    /// <summary><c>hit</c>, <c>miss</c> or <c>bypass</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>The bypass reason; empty otherwise.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The flag, variable or file that it is about.</summary>
    public string Detail { get; init; } = "";

    /// <summary>The key, in hexadecimal; empty for calls that have none.</summary>
    public string Key { get; init; } = "";

    /// <summary>True when the output shows paths and the key holds them.</summary>
    public bool WithPaths { get; init; }

    /// <summary>For a hit: the tier.</summary>
    public string Tier { get; init; } = "";

    /// <summary>For a hit: when the entry was stored.</summary>
    public DateTimeOffset? Stored { get; init; }

    /// <summary>For a hit: bytes of both streams.</summary>
    public long OutputBytes { get; init; }

    /// <summary>For a hit: how long real helm took, in milliseconds.</summary>
    public double RenderMilliseconds { get; init; }

    public string ChartName { get; init; } = "";

    public string ChartVersion { get; init; } = "";

    public int ChartFiles { get; init; }

    public long ChartBytes { get; init; }

    /// <summary>For a chart of very many files: the directory that most of them are in; empty for the chart's own.</summary>
    public string CrowdedDirectory { get; init; } = "";

    /// <summary>How many are in there; 0 for a chart of ordinary size.</summary>
    public int CrowdedFiles { get; init; }

    /// <summary>How many of the chart's files are below <c>.git</c>, which helm reads.</summary>
    public int GitFiles { get; init; }

    /// <summary>How helm may be rendered with: <c>armed</c>, <c>arming</c>, or <c>unarmed: </c> and why. Empty where it was not asked.</summary>
    public string Helm { get; init; } = "";

    /// <summary>For a miss: inputs that differ from those of the nearest entry.</summary>
    public IReadOnlyList<string> Changed { get; init; } = [];

    /// <summary>One JSON document.</summary>
    public string ToJson()
    {
        return JsonText.Of(json =>
        {
            json.WriteStartObject();
            json.WriteString("outcome", Outcome);
            json.WriteString("reason", Reason);
            json.WriteString("detail", Detail);
            json.WriteString("key", Key);
            json.WriteBoolean("with_paths", WithPaths);
            json.WriteString("tier", Tier);
            if (Stored is { } stored)
                json.WriteString("stored", stored);
            json.WriteNumber("output_bytes", OutputBytes);
            json.WriteNumber("render_ms", RenderMilliseconds);
            json.WriteString("chart_name", ChartName);
            json.WriteString("chart_version", ChartVersion);
            json.WriteNumber("chart_files", ChartFiles);
            json.WriteNumber("chart_bytes", ChartBytes);
            json.WriteString("crowded_directory", CrowdedDirectory);
            json.WriteNumber("crowded_files", CrowdedFiles);
            json.WriteNumber("git_files", GitFiles);
            json.WriteString("helm", Helm);
            json.WriteStartArray("changed");
            foreach (string item in Changed)
                json.WriteStringValue(item);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }
}
