using System;
using System.Collections.Generic;

namespace CacheDaemon.Daemon.Insight;

/// <summary>Hits for charts that are no files of the caller, the member <c>remote</c> of <c>helmcached stats --json</c>.</summary>
/// <param name="Hits">All of them.</param>
/// <param name="Repository">Those for <c>repo/name</c> out of helm's content cache.</param>
/// <param name="Digest">Those for charts that are named by their digest.</param>
/// <param name="Window">Those that were given within a window.</param>
/// <param name="AgeMsP50">How old the last of these were, in milliseconds: the median.</param>
/// <param name="AgeMsMax">The same: the longest.</param>
internal sealed record RemoteReport(long Hits, long Repository, long Digest, long Window, long AgeMsP50, long AgeMsMax)
{
    /// <param name="counters">From <see cref="Counters.Snapshot"/>.</param>
    /// <param name="ages">How old results given within a window were; zeros where none was.</param>
    public static RemoteReport Of(IReadOnlyDictionary<string, long> counters, (TimeSpan Median, TimeSpan Longest) ages)
    {
        long repository = counters.GetValueOrDefault(Counters.RemoteRepository),
            digest = counters.GetValueOrDefault(Counters.RemoteDigest),
            window = counters.GetValueOrDefault(Counters.RemoteWindow);
        return new RemoteReport(
            repository + digest + window,
            repository,
            digest,
            window,
            (long)ages.Median.TotalMilliseconds,
            (long)ages.Longest.TotalMilliseconds
        );
    }
}
