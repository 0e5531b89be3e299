using System.Text.Json.Serialization;

namespace CacheDaemon.Daemon.Cli.Showing;

/// <summary>What <c>helmcached which --json</c> prints. All are absolute paths.</summary>
/// <param name="RealHelm">The helm that the shim runs; null when none is found.</param>
/// <param name="Shim">The first shim on PATH, else the one beside this program; null when there is neither.</param>
/// <param name="ShimIsFirst">A plain <c>helm</c> here runs that shim.</param>
/// <param name="Daemon">The program that is the daemon: this one.</param>
/// <param name="DaemonPid">Its process; null when none runs, or it does not answer.</param>
/// <param name="Store">The file that holds the entries, there or not.</param>
/// <param name="Configuration">The configuration file, there or not; null for an account without a home directory.</param>
internal sealed record WhichReport(
    string? RealHelm,
    string? Shim,
    bool ShimIsFirst,
    string Daemon,
    int? DaemonPid,
    string Store,
    string? Configuration
);

/// <summary>The report as JSON, without reflection; nobody reads it back.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    GenerationMode = JsonSourceGenerationMode.Serialization
)]
[JsonSerializable(typeof(WhichReport))]
internal sealed partial class WhichJson : JsonSerializerContext;
