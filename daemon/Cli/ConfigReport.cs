using System.Collections.Generic;
using System.Text.Json.Serialization;

namespace CacheDaemon.Daemon.Cli;

/// <summary>What <c>helmcached config --json</c> prints.</summary>
/// <param name="File">The configuration file, there or not; null for an account without a home directory.</param>
/// <param name="Exists">It is there.</param>
/// <param name="Settings">All of them.</param>
/// <param name="Problems">What is wrong with the configuration.</param>
internal sealed record ConfigReport(string? File, bool Exists, IReadOnlyList<SettingReport> Settings, IReadOnlyList<string> Problems);

/// <summary>One setting.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Value">As it holds here.</param>
/// <param name="Source"><c>default</c>, <c>file</c> or <c>environment</c>.</param>
/// <param name="Place">File and line, or the variable; empty for a default.</param>
/// <param name="Default">As in an empty file.</param>
/// <param name="Variable">The variable that sets it.</param>
/// <param name="Running">What the running daemon has instead; left out where it has the same.</param>
internal sealed record SettingReport(
    string Key,
    string Value,
    string Source,
    string Place,
    string Default,
    string Variable,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Running
);

/// <summary>The report as JSON, without reflection; nobody reads it back.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    GenerationMode = JsonSourceGenerationMode.Serialization
)]
[JsonSerializable(typeof(ConfigReport))]
internal sealed partial class ConfigJson : JsonSerializerContext;
