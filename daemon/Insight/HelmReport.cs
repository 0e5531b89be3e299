using System.Collections.Generic;
using System.Text.Json;

namespace CacheDaemon.Daemon.Insight;

/// <summary>A helm binary that was met since the daemon started, for people.</summary>
/// <param name="Digest">SHA-256 of the binary, in hex.</param>
/// <param name="State"><c>armed</c>, <c>arming</c> or <c>unarmed</c>.</param>
/// <param name="Reason">Why it is not armed; empty otherwise.</param>
internal sealed record HelmReport(string Digest, string State, string Reason)
{
    /// <summary>Writes the member <c>helms</c>.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<HelmReport> helms)
    {
        json.WriteStartArray("helms");
        foreach (HelmReport helm in helms)
        {
            json.WriteStartObject();
            json.WriteString("digest", helm.Digest);
            json.WriteString("state", helm.State);
            json.WriteString("reason", helm.Reason);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
