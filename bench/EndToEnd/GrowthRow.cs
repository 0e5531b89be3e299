using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>A store with ever more entries: start, hit, and hits while all but a few are evicted.</summary>
/// <param name="home">A home of its own: its store is filled.</param>
/// <param name="small">Another, whose store stays at the first size, so that few and many can be measured in turn.</param>
/// <param name="rounds">Hits at each size.</param>
/// <param name="sizes">Entries in the store, rising.</param>
internal sealed class GrowthRow(BenchHome home, BenchHome small, int rounds, params int[] sizes)
{
    private int _filled;

    /// <summary>Fills the store behind the stopped daemon's back, and measures at each size.</summary>
    public (Row Row, Curve Curve) Measure(string chart)
    {
        using Contender hit = home.Other("hit", Repository.Shim, "template", "rel", chart), start = home.Other("start", Repository.Daemon, "start");
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
        Samples many = times[hit.Name], starts = points[^2].Times;
        Samples evicting = Samples.Of(WhilePruning(hit));
        times["hit while evicting"] = evicting;
        times["start"] = starts;
        var row = new Row(string.Create(CultureInfo.InvariantCulture, $"store with {sizes[^1]:#,0} entries"),
            [
                new Check($"× hit with {sizes[0]} entries", many.Median / times[few.Name].Median, 1.2),
                new Check("ms to start", starts.Median, 100),
                new Check("ms more at p95 while evicting", evicting.P95 - many.P95, 5),
            ], times, $"eviction is helmcached prune of all but one byte; {evicting.Runs} hits went on meanwhile, the slowest took {evicting.Slowest.ToString("0.0", CultureInfo.InvariantCulture)} ms");
        return (row, new Curve("entries", "Warm hit and daemon start against the size of the store", "entries in the store", points));
    }

    private List<double> WhilePruning(Contender hit)
    {
        int prune = home.Other("prune", Repository.Daemon, "prune", "--max-size", "1").Start();
        var during = new List<double>();
        long started = Stopwatch.GetTimestamp();
        bool running = true;
        while (running && Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(1))
        {
            during.Add(hit.Run());
            running = Libc.Wait(prune, block: false) is null;
        }
        return during;
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
        using var tier = new SqliteTier(new SqliteTierOptions { Path = home.Endpoint.StorePath }, TimeProvider.System, line => Console.Error.WriteLine(line));
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
