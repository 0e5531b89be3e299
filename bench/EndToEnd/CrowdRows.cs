using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Threading;
using CacheDaemon.Bench.Charts;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>Many callers: at the same time, and one after the other over a fleet.</summary>
internal sealed class CrowdRows(BenchHome home)
{
    private const int Callers = 64;

    /// <summary>64 callers ask for the same thing that nobody has rendered yet.</summary>
    public Row Concurrent(string chart, int repeats)
    {
        var walls = new List<double>();
        var alone = new List<double>();
        var starts = new List<double>();
        home.ResetStats();
        using Contender warm = home.Shim("template", "crowd0", chart);
        for (int i = 0; i < repeats; i++)
        {
            using Contender call = home.Shim("template", $"crowd{i}", chart),
                helm = home.Real("template", $"crowd{i}", chart);
            walls.Add(All([.. Enumerable.Repeat(call, Callers)], Callers));
            alone.Add(helm.Run());
            starts.Add(All([.. Enumerable.Repeat(warm, Callers)], Callers));
        }
        var times = new Dictionary<string, Samples>
        {
            ["64 callers, cold"] = Samples.Of(walls),
            ["helm, once"] = Samples.Of(alone),
            ["64 callers, warm"] = Samples.Of(starts),
        };
        return new Row(
            "64 concurrent equal misses",
            [
                new Check("helm runs", (double)home.Stat("helm_runs") / repeats, 1),
                new Check("ms", times["64 callers, cold"].Median, 1.3 * times["helm, once"].Median + times["64 callers, warm"].Median),
            ],
            times,
            "the budget is 1.3 renders and 64 concurrent warm hits, both measured"
        );
    }

    /// <summary>
    /// A fleet of releases whose values have equal contents: cold, warm and by real helm, in turn, several times over, each time with
    /// a release name that nobody has seen. Then with one of the values edited.
    /// </summary>
    /// <param name="chart">The chart.</param>
    /// <param name="width">How many calls run at a time.</param>
    /// <param name="repeats">How many times.</param>
    /// <param name="helmCalls">How many of the calls real helm makes each time; the rest is reckoned.</param>
    public IEnumerable<Row> FleetOf(string chart, int width, int repeats, int helmCalls)
    {
        List<double> one = [],
            helm = [],
            cold = [],
            warm = [];
        home.ResetStats();
        for (int i = 0; i < repeats; i++)
        {
            using var fleet = new Fleet(home, chart, string.Create(CultureInfo.InvariantCulture, $"fleet{width}-{i}"));
            one.Add(fleet.Helm[0].Run());
            cold.Add(All(fleet.Shims, width));
            warm.Add(All(fleet.Shims, width));
            helm.Add(All(fleet.Helm[..helmCalls], width) * BenchCharts.FleetSize / helmCalls);
            warm.Add(All(fleet.Shims, width));
        }
        double runs = (double)home.Stat("helm_runs") / repeats;
        var times = new Dictionary<string, Samples>
        {
            ["helm"] = Samples.Of(helm),
            ["helm, once"] = Samples.Of(one),
            ["helmcached, cold"] = Samples.Of(cold),
            ["helmcached, warm"] = Samples.Of(warm),
        };
        double coldMedian = times["helmcached, cold"].Median,
            warmMedian = times["helmcached, warm"].Median,
            helmMedian = times["helm"].Median;
        yield return new Row(
            string.Create(CultureInfo.InvariantCulture, $"fleet of {BenchCharts.FleetSize}, {width} at a time"),
            [
                new Check("ms cold", coldMedian, 1.3 * times["helm, once"].Median + warmMedian),
                new Check("× faster than helm, cold", helmMedian / coldMedian, 24, AtLeast: true),
                new Check("× faster than helm, warm", helmMedian / warmMedian, 50, AtLeast: true),
            ],
            times,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{runs:0.##} helm runs each time; helm itself made {helmCalls} of {BenchCharts.FleetSize} calls, scaled"
            )
        );
        yield return Edited(chart, width);
    }

    private Row Edited(string chart, int width)
    {
        using var fleet = new Fleet(home, chart, string.Create(CultureInfo.InvariantCulture, $"fleet{width}-0"));
        All(fleet.Shims, width);
        BenchCharts.FleetValues(home.Charts, 7, $"south{width}");
        home.ResetStats();
        double edited = All(fleet.Shims, width);
        BenchCharts.FleetValues(home.Charts, 7, "north");
        return new Row(
            string.Create(CultureInfo.InvariantCulture, $"one edited values file in a fleet, {width} at a time"),
            [
                new Check("misses", home.Stat("misses"), 1),
                new Check("hits", home.Stat("hits") + home.Stat("coalesced"), BenchCharts.FleetSize - 1, AtLeast: true),
            ],
            new Dictionary<string, Samples> { ["helmcached"] = Samples.Of([edited]) }
        );
    }

    /// <summary>
    /// Milliseconds for all calls, <paramref name="width"/> of them at a time: so many threads, which stand ready before the clock starts,
    /// and each of which starts a call, waits for it, and takes the next. One thread that starts them all is slower (33 instead of 20 ms
    /// for 60 times /bin/true, 8 at a time), since whoever starts a process stands still until the new one has its program.
    /// </summary>
    public static double All(Contender[] calls, int width)
    {
        int next = -1,
            failed = 0;
        void Work()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < calls.Length; )
            {
                if (Libc.Wait(calls[i].Start(), block: true) is var status && status != 0)
                    Interlocked.CompareExchange(ref failed, status ?? -1, 0);
            }
        }
        long started;
        if (width == 1)
        {
            started = Stopwatch.GetTimestamp();
            Work();
        }
        else
        {
            using var ready = new CountdownEvent(width);
            using var go = new ManualResetEventSlim(initialState: false, spinCount: 0);
            Thread[] threads =
            [
                .. Enumerable
                    .Range(0, width)
                    .Select(_ => new Thread(() =>
                    {
                        ready.Signal();
                        go.Wait();
                        Work();
                    })),
            ];
            foreach (Thread thread in threads)
                thread.Start();
            ready.Wait();
            started = Stopwatch.GetTimestamp();
            go.Set();
            foreach (Thread thread in threads)
                thread.Join();
        }
        double elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return failed == 0 ? elapsed : throw new InvalidOperationException($"a call ended with wait status {failed}");
    }

    /// <summary>The calls of one fleet, by the shim and by real helm.</summary>
    private sealed class Fleet(BenchHome home, string chart, string release) : IDisposable
    {
        /// <summary>By the shim.</summary>
        public Contender[] Shims { get; } = [.. Environments.Select(i => home.Shim(Arguments(release, chart, i)))];

        /// <summary>By real helm.</summary>
        public Contender[] Helm { get; } = [.. Environments.Select(i => home.Real(Arguments(release, chart, i)))];

        private static IEnumerable<int> Environments => Enumerable.Range(0, BenchCharts.FleetSize);

        /// <inheritdoc/>
        public void Dispose()
        {
            foreach (Contender call in Shims.Concat(Helm))
                call.Dispose();
        }

        private static string[] Arguments(string release, string chart, int i) =>
            ["template", release, chart, "-f", $"environments/env{i}/values.yaml"];
    }
}
