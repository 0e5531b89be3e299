namespace CacheDaemon.Daemon.Insight;

/// <summary>Numbers of calls, of some days, of a chart or of a caller: a part of <see cref="StatsReport"/>.</summary>
/// <param name="Hits">Answered from the store.</param>
/// <param name="Misses">Rendered by helm for the store.</param>
/// <param name="Coalesced">Answered with the result of an equal call at the same time.</param>
/// <param name="Bypasses">Passed to helm.</param>
/// <param name="HitRate">Share of the calls that could be served which were, from 0 to 1; 0 when there were none.</param>
/// <param name="TimeSavedMs">Milliseconds that helm would have taken longer.</param>
internal sealed record CallsReport(long Hits, long Misses, long Coalesced, long Bypasses, double HitRate, long TimeSavedMs)
{
    /// <summary>Those that were answered without helm.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public long Served => Hits + Coalesced;

    public static CallsReport Of(Tally tally) => Of(tally.Hits, tally.Misses, tally.Coalesced, tally.Bypasses, tally.SavedMicroseconds);

    public static CallsReport Of(long hits, long misses, long coalesced, long bypasses, long savedMicroseconds)
    {
        long served = hits + coalesced;
        double rate = served + misses == 0 ? 0 : System.Math.Round((double)served / (served + misses), 4);
        return new(hits, misses, coalesced, bypasses, rate, savedMicroseconds / 1000);
    }
}
