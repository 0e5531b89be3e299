using System.Collections.Generic;
using System.Text.Json;

namespace CacheDaemon.Daemon.Insight;

/// <summary>The last calls as the JSON document that <c>helmcached explain --last --json</c> prints.</summary>
internal static class CallReport
{
    /// <summary>One array, newest first.</summary>
    public static string Write(IEnumerable<CallRecord> calls)
    {
        return JsonText.Of(json =>
        {
            json.WriteStartArray();
            foreach (CallRecord call in calls)
                Write(json, call);
            json.WriteEndArray();
        });
    }

    private static void Write(Utf8JsonWriter json, CallRecord call)
    {
        json.WriteStartObject();
        json.WriteString("time", call.When);
        json.WriteString("outcome", CallJournal.Words(call.Outcome));
        json.WriteString("tier", call.Tier);
        json.WriteString("chart", call.Chart);
        json.WriteString("caller", call.Caller);
        json.WriteNumber("ms", call.Microseconds / 1000.0);
        json.WriteNumber("bytes", call.Bytes);
        json.WriteString("reason", call.Reason);
        json.WriteString("detail", call.Detail);
        json.WriteBoolean("under_way", call.LeaseId != 0);
        json.WriteStartArray("changed");
        foreach (string item in call.Changed ?? [])
            json.WriteStringValue(item);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
