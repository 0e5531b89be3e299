using System.Text.Json.Serialization;

namespace CacheDaemon.Daemon.Insight;

/// <summary>The reports as JSON, without reflection: what the daemon answers, and how the commands read it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    GenerationMode = JsonSourceGenerationMode.Metadata
)]
[JsonSerializable(typeof(ExplainReport))]
[JsonSerializable(typeof(CallReport[]))]
[JsonSerializable(typeof(PruneReport))]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(StatsReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
