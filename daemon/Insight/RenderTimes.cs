using System;
using System.Collections.Concurrent;
using System.Threading;

namespace CacheDaemon.Daemon.Insight;

/// <summary>
/// How long helm usually takes for a chart: the median of its last renders, so that one render on a busy machine does not make every later hit look like a large gain. In memory
/// only; after a restart it learns from the entries that are read from disk. Thread-safe; asking allocates nothing.
/// </summary>
internal sealed class RenderTimes
{
    /// <summary>Renders of a chart that count; older ones are forgotten.</summary>
    public const int MaxRenders = 31;

    private readonly ConcurrentDictionary<string, Recent> _charts = new(StringComparer.Ordinal);

    /// <summary>Notes one render. Charts beyond the first <see cref="Tallies.MaxMembers"/> are not noted.</summary>
    /// <param name="chart">Name of the chart.</param>
    /// <param name="milliseconds">What helm took.</param>
    public void Add(string chart, double milliseconds)
    {
        if (!_charts.TryGetValue(chart, out Recent? recent))
        {
            if (_charts.Count >= Tallies.MaxMembers)
                return;
            recent = _charts.GetOrAdd(chart, static _ => new Recent());
        }
        recent.Add(milliseconds);
    }

    /// <summary>The median, in milliseconds; <paramref name="otherwise"/> for a chart that nothing is known of.</summary>
    public double Median(string chart, double otherwise) => _charts.TryGetValue(chart, out Recent? recent) ? recent.Median : otherwise;

    private sealed class Recent
    {
        private readonly Lock _gate = new();
        private readonly double[] _times = new double[MaxRenders];
        private int _count;
        private double _median;

        public double Median => Volatile.Read(ref _median);

        public void Add(double milliseconds)
        {
            lock (_gate)
            {
                _times[_count++ % MaxRenders] = milliseconds;
                int known = Math.Min(_count, MaxRenders);
                Span<double> sorted = stackalloc double[MaxRenders];
                sorted = sorted[..known];
                _times.AsSpan(0, known).CopyTo(sorted);
                sorted.Sort();
                // Of two in the middle the lesser: nobody is promised a gain that was not there.
                Volatile.Write(ref _median, sorted[(known - 1) / 2]);
            }
        }
    }
}
