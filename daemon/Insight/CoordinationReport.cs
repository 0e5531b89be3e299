using System.Collections.Generic;

namespace CacheDaemon.Daemon.Insight;

/// <summary>Calls that took turns, the member <c>coordination</c> of <c>helmcached stats --json</c>.</summary>
internal sealed record CoordinationReport(long Runs, long Joined, long Waited, long WaitedMs)
{
    /// <param name="counters">From <see cref="Counters.Snapshot"/>.</param>
    public static CoordinationReport Of(IReadOnlyDictionary<string, long> counters) =>
        new(
            counters.GetValueOrDefault(Counters.CoordinationRuns),
            counters.GetValueOrDefault(Counters.CoordinationJoined),
            counters.GetValueOrDefault(Counters.CoordinationWaited),
            counters.GetValueOrDefault(Counters.CoordinationWaitedMicroseconds) / 1000
        );
}
