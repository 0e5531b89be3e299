using System;
using System.Collections.Concurrent;
using System.Threading;

namespace CacheDaemon.Daemon.Insight;

/// <summary>
/// How long a command of helm usually takes for a chart: the median of its last renders, so that one render on a busy machine does not make
/// every later hit look like a large gain. In memory only; after a restart it learns from the entries that are read from disk. Thread-safe;
/// asking allocates nothing.
/// </summary>
internal sealed class RenderTimes
{
    /// <summary>Runs for a chart that count; older ones are forgotten.</summary>
    public const int MaxRenders = 31;

    private readonly ConcurrentDictionary<(string Command, string Chart), Recent> _known = new();

    /// <summary>Notes one run. What comes after the first <see cref="Tallies.MaxMembers"/> commands and charts is not noted.</summary>
    /// <param name="command">What <c>stats</c> counts it under.</param>
    /// <param name="chart">Name of the chart.</param>
    /// <param name="milliseconds">What helm took.</param>
    public void Add(string command, string chart, double milliseconds)
    {
        if (!_known.TryGetValue((command, chart), out Recent? recent))
        {
            if (_known.Count >= Tallies.MaxMembers)
                return;
            recent = _known.GetOrAdd((command, chart), static _ => new Recent());
        }
        recent.Add(milliseconds);
    }

    /// <summary>The median, in milliseconds; <paramref name="otherwise"/> where nothing is known.</summary>
    public double Median(string command, string chart, double otherwise) =>
        _known.TryGetValue((command, chart), out Recent? recent) ? recent.Median : otherwise;

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
