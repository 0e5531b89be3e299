using System;
using System.Threading;

namespace CacheDaemon.Daemon.Insight;

/// <summary>
/// How old the last results were that were given again within a window (<c>remote.fresh_for</c>). In memory only, as the windows are. Thread-safe; adding allocates nothing.
/// </summary>
internal sealed class ServedAges
{
    /// <summary>Results that count; older ones are forgotten.</summary>
    public const int MaxAges = 1024;

    private readonly Lock _gate = new();
    private readonly TimeSpan[] _ages = new TimeSpan[MaxAges];
    private long _count;

    /// <summary>Notes one.</summary>
    public void Add(TimeSpan age)
    {
        lock (_gate)
            _ages[_count++ % MaxAges] = age;
    }

    /// <summary>The median, of two in the middle the greater, and the longest; zero where nothing is known.</summary>
    public (TimeSpan Median, TimeSpan Longest) Summary()
    {
        TimeSpan[] known;
        lock (_gate)
            known = _ages[..(int)Math.Min(_count, MaxAges)];
        Array.Sort(known);
        return known.Length == 0 ? default : (known[known.Length / 2], known[^1]);
    }

    /// <summary>Forgets all.</summary>
    public void Reset()
    {
        lock (_gate)
            _count = 0;
    }
}
