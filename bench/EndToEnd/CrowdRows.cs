using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
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
            using Contender call = home.Shim("template", $"crowd{i}", chart), helm = home.Real("template", $"crowd{i}", chart);
            walls.Add(All([.. Enumerable.Repeat(call, Callers)], Callers));
            alone.Add(helm.Run());
            starts.Add(All([.. Enumerable.Repeat(warm, Callers)], Callers));
        }
        var times = new Dictionary<string, Samples> { ["64 callers, cold"] = Samples.Of(walls), ["helm, once"] = Samples.Of(alone), ["64 callers, warm"] = Samples.Of(starts) };
        return new Row("64 concurrent equal misses",
            [
                new Check("helm runs", (double)home.Stat("helm_runs") / repeats, 1),
                new Check("ms", times["64 callers, cold"].Median, 1.3 * times["helm, once"].Median + times["64 callers, warm"].Median),
            ], times, "the budget is 1.3 renders and 64 concurrent warm hits, both measured");
    }

    /// <summary>A fleet of releases whose values have equal contents, cold and warm, and with one of them edited.</summary>
    /// <param name="chart">The chart.</param>
    /// <param name="width">How many calls run at a time.</param>
    /// <param name="helmCalls">How many of the calls real helm makes; the rest is reckoned.</param>
    public IEnumerable<Row> Fleet(string chart, int width, int helmCalls)
    {
        string release = $"fleet{width}";
        Contender[] calls = [.. Enumerable.Range(0, BenchCharts.FleetSize).Select(i => home.Shim(Arguments(release, chart, i)))];
        Contender[] helms = [.. Enumerable.Range(0, helmCalls).Select(i => home.Real(Arguments(release, chart, i)))];
        double one = helms[0].Run();
        double helm = All(helms, width) * BenchCharts.FleetSize / helmCalls;
        home.ResetStats();
        double cold = All(calls, width);
        long runs = home.Stat("helm_runs");
        double[] warm = [.. Enumerable.Range(0, 5).Select(_ => All(calls, width))];
        var times = new Dictionary<string, Samples>
        {
            ["helm"] = Samples.Of([helm]),
            ["helm, once"] = Samples.Of([one]),
            ["helmcached, cold"] = Samples.Of([cold]),
            ["helmcached, warm"] = Samples.Of(warm),
        };
        double warmMedian = times["helmcached, warm"].Median;
        yield return new Row($"fleet of {BenchCharts.FleetSize}, {width} at a time",
            [
                new Check("ms cold", cold, 1.3 * one + warmMedian),
                new Check("× faster than helm, cold", helm / cold, 24, AtLeast: true),
                new Check("× faster than helm, warm", helm / warmMedian, 50, AtLeast: true),
            ], times, $"{runs} helm runs; helm itself made {helmCalls} of {BenchCharts.FleetSize} calls, scaled");

        File.WriteAllText(Path.Combine(home.Charts, "environments/env7/values.yaml"), $"salt: south{width}\nreplicas: 3\n");
        home.ResetStats();
        double edited = All(calls, width);
        yield return new Row($"one edited values file in a fleet, {width} at a time",
            [new Check("misses", home.Stat("misses"), 1), new Check("hits", home.Stat("hits") + home.Stat("coalesced"), BenchCharts.FleetSize - 1, AtLeast: true)],
            new Dictionary<string, Samples> { ["helmcached"] = Samples.Of([edited]) });
        File.WriteAllText(Path.Combine(home.Charts, "environments/env7/values.yaml"), "salt: north\nreplicas: 3\n");
        foreach (Contender contender in calls.Concat(helms))
            contender.Dispose();
    }

    private static string[] Arguments(string release, string chart, int i) => ["template", release, chart, "-f", $"environments/env{i}/values.yaml"];

    /// <summary>Milliseconds for all calls, <paramref name="width"/> of them at a time.</summary>
    public static double All(Contender[] calls, int width)
    {
        long started = Stopwatch.GetTimestamp();
        var running = new Queue<int>();
        foreach (Contender call in calls)
        {
            if (running.Count == width)
                Reap(running.Dequeue());
            running.Enqueue(call.Start());
        }
        while (running.TryDequeue(out int child))
            Reap(child);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static void Reap(int child)
    {
        if (Libc.Wait(child, block: true) is var status && status != 0)
            throw new InvalidOperationException($"a call ended with wait status {status}");
    }
}
