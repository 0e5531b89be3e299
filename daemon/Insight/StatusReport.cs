using System.Collections.Generic;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CacheDaemon.Daemon.Insight;

/// <summary>How a daemon is: what <c>helmcached status --json</c> prints.</summary>
internal sealed record StatusReport
{
    public int Pid { get; set; }

    /// <summary>Whether it is starting, serving or draining; empty from versions that did not say so.</summary>
    public string State { get; set; } = "";

    /// <summary>Why it is draining; empty when it is not.</summary>
    public string StateReason { get; set; } = "";

    public string Version { get; set; } = "";

    public int Protocol { get; set; }

    public string Home { get; set; } = "";

    public string Socket { get; set; } = "";

    /// <summary>Why every render of whoever asks would be declined; empty when it would not.</summary>
    public string DeclinesCaller { get; set; } = "";

    public long UptimeS { get; set; }

    public long IdleExitS { get; set; }

    public int Connections { get; set; }

    public int Renders { get; set; }

    public int Waiting { get; set; }

    public long Entries { get; set; }

    public long Bytes { get; set; }

    public long ResidentBytes { get; set; }

    public long AllocatedBytes { get; set; }

    public long OutputFileBytes { get; set; }

    public long GcPauseUs { get; set; }

    public string Store { get; set; } = "";

    /// <summary>The team's cache: which server, what for, whether it answers; or why it is out. Empty where none is configured.</summary>
    public string Shared { get; set; } = "";

    public IReadOnlyList<HelmReport> Helms { get; set; } = [];

    /// <summary>Each setting's value, by its key.</summary>
    [JsonPropertyName("configuration")]
    public IReadOnlyDictionary<string, string> SettingValues { get; set; } = new Dictionary<string, string>();

    /// <summary>What is wrong with the configuration.</summary>
    public IReadOnlyList<string> Problems { get; set; } = [];

    /// <summary>One JSON document.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Default.StatusReport);

    /// <summary>What <see cref="ToJson"/> wrote, by whichever version.</summary>
    public static StatusReport Read(string json) => JsonSerializer.Deserialize(json, ReportJson.Default.StatusReport)!;
}
