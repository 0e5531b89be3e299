using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace CacheDaemon.Daemon.Insight;

/// <summary>
/// One of the last calls, as <c>helmcached explain --last --json</c> prints it; the members are those of <see cref="CallRecord"/>.
/// </summary>
internal sealed record CallReport(
    DateTimeOffset Time,
    string Outcome,
    string Tier,
    string Chart,
    string Caller,
    double Ms,
    long Bytes,
    string Reason,
    string Detail,
    bool UnderWay,
    IReadOnlyList<string> Changed,
    string Id
)
{
    /// <summary>One array, newest first.</summary>
    public static string Write(IEnumerable<CallRecord> calls) =>
        JsonSerializer.Serialize(calls.Select(Of).ToArray(), ReportJson.Default.CallReportArray);

    private static CallReport Of(CallRecord call) =>
        new(
            call.When,
            CallJournal.Words(call.Outcome),
            call.Tier,
            call.Chart,
            call.Caller,
            call.Microseconds / 1000.0,
            call.Bytes,
            call.Reason,
            call.Detail,
            call.LeaseId != 0,
            call.Changed ?? [],
            call.Id.ToString()
        );
}
