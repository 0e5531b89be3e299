using System;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Insight;

/// <summary>Between the wire and the store's own words for pruning.</summary>
internal static class PruneReport
{
    public static PruneRequest ToRequest(Message.Prune message) => new(
        message.OlderThanSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null, message.MaxBytes, message.Chart, message.All, message.DryRun);

    /// <summary>One JSON document: entries and bytes that went (or would), and those that are there now.</summary>
    public static string Write(PruneResult result, StoreTotals left)
    {
        return JsonText.Of(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("entries", result.Entries);
            json.WriteNumber("bytes", result.Bytes);
            json.WriteNumber("entries_left", left.Entries);
            json.WriteNumber("bytes_left", left.Bytes);
            json.WriteEndObject();
        });
    }
}
