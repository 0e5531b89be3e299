using System;
using System.Text.Json;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Insight;

/// <summary>Entries and bytes that went (or would), and those that are there now.</summary>
internal sealed record PruneReport(long Entries, long Bytes, long EntriesLeft, long BytesLeft)
{
    /// <summary>From the words of the wire to the store's own.</summary>
    public static PruneRequest ToRequest(Message.Prune message) =>
        new(
            message.OlderThanSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            message.MaxBytes,
            message.Chart,
            message.All,
            message.DryRun
        );

    /// <summary>Of two stores together.</summary>
    public static PruneReport operator +(PruneReport one, PruneReport other) =>
        new(one.Entries + other.Entries, one.Bytes + other.Bytes, one.EntriesLeft + other.EntriesLeft, one.BytesLeft + other.BytesLeft);

    /// <summary>One JSON document.</summary>
    public static string Write(PruneResult result, StoreTotals left) =>
        JsonSerializer.Serialize(new(result.Entries, result.Bytes, left.Entries, left.Bytes), ReportJson.Default.PruneReport);

    /// <summary>What <see cref="Write"/> wrote; 0 for what a daemon that still runs after an upgrade does not say.</summary>
    public static PruneReport Read(string report) => JsonSerializer.Deserialize(report, ReportJson.Default.PruneReport)!;
}
