using System;

namespace CacheDaemon.Daemon.Files;

/// <summary>The clock as file systems write it down.</summary>
internal static class UnixTime
{
    private const int NanosecondsPerTick = 100;

    /// <summary>Nanoseconds since the Unix epoch.</summary>
    public static long NowNs(this TimeProvider time) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * NanosecondsPerTick;
}
