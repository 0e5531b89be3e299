namespace CacheDaemon.Daemon.Insight;

/// <summary>The calls of one command of helm, a member of <c>commands</c> in <c>helmcached stats --json</c>.</summary>
internal sealed record CommandReport(long Hits, long Misses, long Bypasses, long Coalesced, long HelmRuns)
{
    /// <summary>All of them.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public long Calls => Hits + Misses + Bypasses + Coalesced;
}
