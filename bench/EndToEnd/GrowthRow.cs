using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>A store with very many entries: start, hit, and hits while half of it is evicted.</summary>
internal sealed class GrowthRow(BenchHome home, int rounds)
{
    /// <summary>Fills the store behind the stopped daemon's back, then measures.</summary>
    public Row Measure(string chart, int entries)
    {
        using Contender hit = home.Shim("template", "rel", chart);
        using Contender start = home.Other("start", Repository.Daemon, "start");
        home.Start();
        hit.Run();
        hit.Run();
        Samples small = Samples.Alternate(rounds, (hit, 1))["helmcached"];
        List<double> smallStarts = Starts(start);
        home.Stop();
        Fill(entries);
        List<double> bigStarts = Starts(start);
        Samples big = Samples.Alternate(rounds, (hit, 1))["helmcached"];

        int prune = home.Other("prune", Repository.Daemon, "prune", "--max-size", "1").Start();
        var during = new List<double>();
        long started = Stopwatch.GetTimestamp();
        bool running = true;
        while (running && Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(2))
        {
            during.Add(hit.Run());
            running = Libc.Wait(prune, block: false) is null;
        }
        var times = new Dictionary<string, Samples>
        {
            ["hit, small store"] = small,
            ["hit, big store"] = big,
            ["hit while evicting"] = Samples.Of(during),
            ["start, small store"] = Samples.Of(smallStarts),
            ["start, big store"] = Samples.Of(bigStarts),
        };
        return new Row(string.Create(CultureInfo.InvariantCulture, $"store with {entries:#,0} entries"),
            [
                new Check("× hit with few entries", big.Median / small.Median, 1.2),
                new Check("ms to start", times["start, big store"].Median, 100),
                new Check("ms more at p95 while evicting", times["hit while evicting"].P95 - big.Median, 5),
            ], times, "eviction is helmcached prune of all but one byte, while hits go on");
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

    private void Fill(int entries)
    {
        using var tier = new SqliteTier(new SqliteTierOptions { Path = home.Endpoint.StorePath }, TimeProvider.System, line => Console.Error.WriteLine(line));
        byte[] output = new byte[1500];
        var random = new Random(1);
        for (int i = 0; i < entries; i++)
        {
            random.NextBytes(output);
            var entry = new Entry
            {
                Result = new RenderResult(0, [.. output], []),
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
