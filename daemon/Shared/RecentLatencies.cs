using System;
using System.Threading;

namespace CacheDaemon.Daemon.Shared;

/// <summary>How long the last answers took. Thread-safe.</summary>
internal sealed class RecentLatencies
{
    private const int Kept = 127;

    private readonly Lock _lock = new();
    private readonly TimeSpan[] _last = new TimeSpan[Kept];
    private long _count;

    /// <summary>Notes one answer.</summary>
    public void Add(TimeSpan latency)
    {
        lock (_lock)
            _last[_count++ % Kept] = latency;
    }

    /// <summary>The middle one; null when there is none.</summary>
    public TimeSpan? Median()
    {
        lock (_lock)
        {
            if (_count == 0)
                return null;
            TimeSpan[] sorted = _last[..(int)Math.Min(_count, Kept)];
            Array.Sort(sorted);
            return sorted[sorted.Length / 2];
        }
    }
}
