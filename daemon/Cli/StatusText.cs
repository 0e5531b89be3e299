using System.Text.Json;

namespace CacheDaemon.Daemon.Cli;

/// <summary>What commands ask of a daemon's status.</summary>
internal static class StatusText
{
    /// <summary>Why that daemon declines calls from where this command runs; empty when it does not.</summary>
    public static string Declines(string status)
    {
        using JsonDocument document = JsonDocument.Parse(status);
        return document.RootElement.TryGetProperty("declines_caller", out JsonElement declines) ? declines.GetString() ?? "" : "";
    }
}
