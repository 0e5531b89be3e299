using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>A store with ever more entries: start, hit, and hits while all but a few are evicted.</summary>
/// <param name="home">A home of its own: its store is filled.</param>
/// <param name="small">Another, whose store stays at the first size, so that few and many can be measured in turn.</param>
/// <param name="rounds">Hits at each size.</param>
/// <param name="sizes">Entries in the store, rising.</param>
internal sealed class GrowthRow(BenchHome home, BenchHome small, int rounds, params int[] sizes)
{
    /// <summary>What the prune leaves: some hundred entries, those of the calls among them.</summary>
    private const int KeptBytes = 1 << 20;

    /// <summary>Most calls beside the other program.</summary>
    private const int MostBeside = 2_000;

    private int _filled;

    /// <summary>Fills the store behind the stopped daemon's back, and measures at each size.</summary>
    public (Row Row, Curve Curve) Measure(string chart)
    {
        using Contender hit = home.Other("hit", Repository.Shim, "template", "rel", chart),
            start = home.Other("start", Repository.Daemon, "start");
        using Contender few = small.Other("hit, few entries", Repository.Shim, "template", "rel", chart);
        home.Start();
        hit.Run();
        FillTo(small, 0, sizes[0]);
        small.Start();
        few.Run();
        var points = new List<CurvePoint>();
        foreach (int size in sizes)
        {
            home.Stop();
            FillTo(home, _filled, size);
            _filled = size;
            points.Add(new CurvePoint("daemon start", size, Samples.Of(Starts(start))));
            points.Add(new CurvePoint("hit", size, Samples.Alternate(rounds, (hit, 1))[hit.Name]));
        }
        Dictionary<string, Samples> times = Samples.Alternate(rounds, (few, 1), (hit, 1));
        Samples many = times[hit.Name],
            starts = points[^2].Times;
        Samples evicting = WhilePruning(hit),
            beside;
        using (OtherLoad.Writing(home))
            beside = Samples.Alternate(Math.Min(evicting.Runs, MostBeside), (hit, 1))[hit.Name];
        times["hit while evicting"] = evicting;
        times["hit beside a program that writes files"] = beside;
        times["start"] = starts;
        var row = new Row(
            string.Create(CultureInfo.InvariantCulture, $"store with {sizes[^1]:#,0} entries"),
            [
                new Check($"× hit with {sizes[0]} entries", many.Median / times[few.Name].Median, 1.05),
                new Check("ms to start", starts.Median, 100),
                new Check("ms more at p95 while evicting", evicting.P95 - many.P95, 5),
            ],
            times,
            string.Create(
                CultureInfo.InvariantCulture,
                $"eviction is helmcached prune of all but {KeptBytes / 1024} KiB; the {evicting.Runs} calls meanwhile were hits, "
                    + $"by the counters; the slowest took {evicting.Slowest:0.0} ms, with nobody else {many.Slowest:0.0} ms of "
                    + $"{many.Runs}, beside a program that writes as much and is not ours {beside.Slowest:0.0} ms of {beside.Runs}"
            )
        );
        return (row, new Curve("entries", "Warm hit and daemon start against the size of the store", "entries in the store", points));
    }

    /// <summary>
    /// Calls while a prune runs that keeps the entry of these calls, the most recently used. One that took it would make a call a miss,
    /// which runs helm, and no hit that was late: the counters say that there was none.
    /// </summary>
    private Samples WhilePruning(Contender hit)
    {
        (long hits, long runs) = (home.Stat("hits"), home.Stat("helm_runs"));
        int prune = home.Other("prune", Repository.Daemon, "prune", "--max-size", $"{KeptBytes}").Start();
        var during = new List<double>();
        long started = Stopwatch.GetTimestamp();
        bool running = true;
        while (running && Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(1))
        {
            during.Add(hit.Run());
            running = Libc.Wait(prune, block: false) is null;
        }
        (hits, runs) = (home.Stat("hits") - hits, home.Stat("helm_runs") - runs);
        return hits == during.Count && runs == 0
            ? Samples.Of(during)
            : throw new InvalidOperationException($"{during.Count} calls while evicting, but {hits} hits and {runs} runs of helm");
    }

    private List<double> Starts(Contender start)
    {
        var times = new List<double>();
        for (int i = 0; i < 5; i++)
        {
            home.Stop();
            times.Add(start.Run());
        }
        return times;
    }

    /// <summary>Adds entries to the store of a home whose daemon does not run.</summary>
    private static void FillTo(BenchHome home, int from, int entries)
    {
        using var tier = new LiteDbTier(
            new LiteDbTierOptions { Path = home.Endpoint.StorePath },
            TimeProvider.System,
            line => Console.Error.WriteLine(line)
        );
        byte[] output = new byte[1500];
        var random = new Random(entries);
        for (int i = from; i < entries; i++)
        {
            random.NextBytes(output);
            var entry = new Entry
            {
                Result = new RenderResult(0, Blob.Copy(output), []),
                Created = DateTimeOffset.UnixEpoch.AddYears(56),
                RenderMilliseconds = 40,
                ChartName = "filler",
                ChartVersion = "1.0.0",
            };
            if (!tier.Put(new CacheKey(Digest.Of(Encoding.UTF8.GetBytes($"filler {i}"))), entry))
                throw new InvalidOperationException($"entry {i} was not stored: {tier.Problem}");
        }
    }
}
