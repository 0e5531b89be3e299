using System.Collections.Generic;
using System.Text.Json.Serialization;

namespace CacheDaemon.Daemon.Cli.Checking;

/// <summary>What <c>helmcached doctor --json</c> prints.</summary>
/// <param name="Ok">No check failed.</param>
/// <param name="Version">Of the program that looked.</param>
/// <param name="Checks">In the order in which they were made.</param>
internal sealed record DoctorReport(bool Ok, string Version, IReadOnlyList<DoctorReport.Item> Checks)
{
    /// <summary>One check: its name, <c>ok</c>, <c>note</c> or <c>fail</c>, what was found and what to do about it.</summary>
    internal sealed record Item(string Check, string Result, string Says, string Next);
}

/// <summary>The report as JSON, without reflection; nobody reads it back.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    GenerationMode = JsonSourceGenerationMode.Serialization
)]
[JsonSerializable(typeof(DoctorReport))]
internal sealed partial class DoctorJson : JsonSerializerContext;
