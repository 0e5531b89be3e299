using System;
using System.Threading;

namespace CacheDaemon.Daemon.Insight;

/// <summary>The last of many times: ages, latencies. In memory only. Thread-safe; adding allocates nothing.</summary>
/// <param name="kept">Times that count, at least 1; older ones are forgotten.</param>
internal sealed class RecentTimes(int kept)
{
    private readonly Lock _gate = new();
    private readonly TimeSpan[] _times = new TimeSpan[kept];
    private long _count;

    /// <summary>Notes one.</summary>
    public void Add(TimeSpan time)
    {
        lock (_gate)
            _times[_count++ % kept] = time;
    }

    /// <summary>The median, of two in the middle the greater, and the longest; null where nothing is known.</summary>
    public (TimeSpan Median, TimeSpan Longest)? Summary()
    {
        TimeSpan[] known;
        lock (_gate)
            known = _times[..(int)Math.Min(_count, kept)];
        Array.Sort(known);
        return known.Length == 0 ? null : (known[known.Length / 2], known[^1]);
    }

    /// <summary>Forgets all.</summary>
    public void Reset()
    {
        lock (_gate)
            _count = 0;
    }
}
