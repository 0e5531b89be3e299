using System;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>
/// A moment by two clocks. What began then is too old when one of them says so: the one stands still while the machine sleeps, the other
/// can be set.
/// </summary>
/// <param name="Timestamp">Of the one that is never set.</param>
/// <param name="Wall">Of the one that goes on while the machine sleeps.</param>
internal readonly record struct RemoteMoment(long Timestamp, DateTimeOffset Wall)
{
    /// <summary>Now, by both clocks.</summary>
    public static RemoteMoment Now(TimeProvider time) => new(time.GetTimestamp(), time.GetUtcNow());

    /// <summary>
    /// How long ago it was, by the clock that says more; null when that is not less than <paramref name="window"/>, or a clock was set
    /// back.
    /// </summary>
    public TimeSpan? AgeWithin(TimeProvider time, TimeSpan window)
    {
        TimeSpan elapsed = time.GetElapsedTime(Timestamp),
            byWall = time.GetUtcNow() - Wall;
        return byWall >= TimeSpan.Zero && elapsed < window && byWall < window ? (elapsed > byWall ? elapsed : byWall) : null;
    }
}
