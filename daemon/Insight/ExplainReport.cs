using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CacheDaemon.Daemon.Insight;

/// <summary>What would happen to one call, and why; never values.</summary>
internal sealed record ExplainReport
{
    /// <summary><c>hit</c>, <c>miss</c> or <c>bypass</c>.</summary>
    public required string Outcome { get; set; }

    /// <summary>The bypass reason; empty otherwise.</summary>
    public string Reason { get; set; } = "";

    /// <summary>The flag, variable or file that it is about.</summary>
    public string Detail { get; set; } = "";

    /// <summary>The key, in hexadecimal; empty for calls that have none.</summary>
    public string Key { get; set; } = "";

    /// <summary>True when the output shows paths and the key holds them.</summary>
    public bool WithPaths { get; set; }

    /// <summary>For a hit: the tier.</summary>
    public string Tier { get; set; } = "";

    /// <summary>For a hit: when the entry was stored.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Stored { get; set; }

    /// <summary>
    /// For a hit whose chart helm downloaded, within <c>remote.fresh_for</c>: how long ago that run began, as in <c>4m12s</c>.
    /// </summary>
    public string RemoteAge { get; set; } = "";

    /// <summary>For a hit: bytes of both streams.</summary>
    public long OutputBytes { get; set; }

    /// <summary>For a hit: how long real helm took, in milliseconds.</summary>
    [JsonPropertyName("render_ms")]
    public double RenderMilliseconds { get; set; }

    /// <summary>For a hit on an entry of the team's: id of the key that it was signed with. Empty for what was rendered here.</summary>
    public string SignedBy { get; set; } = "";

    public string ChartName { get; set; } = "";

    public string ChartVersion { get; set; } = "";

    public int ChartFiles { get; set; }

    public long ChartBytes { get; set; }

    /// <summary>For a chart of very many files: the directory that most of them are in; empty for the chart's own.</summary>
    public string CrowdedDirectory { get; set; } = "";

    /// <summary>How many are in there; 0 for a chart of ordinary size.</summary>
    public int CrowdedFiles { get; set; }

    /// <summary>How many of the chart's files are below <c>.git</c>, which helm reads.</summary>
    public int GitFiles { get; set; }

    /// <summary>
    /// How helm may be rendered with: <c>armed</c>, <c>arming</c>, or <c>unarmed: </c> and why. Empty where it was not asked.
    /// </summary>
    public string Helm { get; set; } = "";

    /// <summary>For a miss: inputs that differ from those of the nearest entry.</summary>
    public IReadOnlyList<string> Changed { get; set; } = [];

    /// <summary>One JSON document.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Default.ExplainReport);
}
