using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>
/// The store by itself, in this process: what entries take on disk, and how long a read waits for a writer of long outputs.
/// </summary>
/// <param name="entries">How many of 4 kB, which do not compress.</param>
/// <param name="longOutputs">How many of 50 MB are written while others read.</param>
internal sealed class StoreRow(int entries, int longOutputs)
{
    private const int EntryBytes = 4096,
        LongBytes = 50_000_000;

    public Row Measure()
    {
        string root = Directory.CreateTempSubdirectory("helmcached-bench-").FullName;
        try
        {
            return Measure(LiteDbTierOptions.In(root));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private Row Measure(LiteDbTierOptions options)
    {
        var random = new Random(1);
        var times = new Dictionary<string, Samples>();
        using (var tier = Open(options))
            times["put"] = Samples.Of(Enumerable.Range(0, entries).Select(i => Time(() => Put(tier, Key(i), random, EntryBytes))).ToList());
        double ratio = new FileInfo(options.Path).Length / ((double)entries * EntryBytes);

        using (var tier = Open(options))
        {
            Samples Gets(Func<int, bool> more) =>
                Samples.Of(
                    Enumerable
                        .Range(0, int.MaxValue)
                        .TakeWhile(more)
                        .Select(_ =>
                            Time(() => tier.Get(Key(random.Next(entries))) ?? throw new InvalidOperationException("an entry has gone"))
                        )
                        .ToList()
                );
            times["get"] = Gets(i => i < 5_000);
            var writer = new Thread(() =>
            {
                for (int i = 0; i < longOutputs; i++)
                    Put(tier, Key(entries + i), new Random(i), LongBytes);
            });
            writer.Start();
            times["get beside a writer of 50 MB outputs"] = Gets(_ => writer.IsAlive);
            writer.Join();
        }
        Samples beside = times["get beside a writer of 50 MB outputs"];
        return new Row(
            string.Create(CultureInfo.InvariantCulture, $"the store by itself, {entries:#,0} entries of 4 kB that do not compress"),
            [
                new Check("× the payload on disk", ratio, 2.2),
                new Check("ms for a read beside a writer of 50 MB outputs, p99", beside.P99, 10),
                new Check("ms, the slowest", beside.Slowest, 100),
            ],
            times,
            string.Create(CultureInfo.InvariantCulture, $"{beside.Runs} reads beside {longOutputs} writes of 50 MB")
        );
    }

    private static LiteDbTier Open(LiteDbTierOptions options) => new(options, TimeProvider.System, Console.Error.WriteLine);

    private static CacheKey Key(int number) => new(Digest.Of(Encoding.UTF8.GetBytes($"entry {number}")));

    private static CacheKey Put(LiteDbTier tier, CacheKey key, Random random, int bytes)
    {
        byte[] output = new byte[bytes];
        random.NextBytes(output);
        var entry = new Entry
        {
            Result = new RenderResult(0, Blob.Of(output), []),
            Created = DateTimeOffset.UnixEpoch.AddYears(56),
            RenderMilliseconds = 40,
            ChartName = "web",
            ChartVersion = "1.0.0",
        };
        return tier.Put(key, entry) ? key : throw new InvalidOperationException($"not stored: {tier.Problem}");
    }

    private static double Time(Func<object> work)
    {
        long started = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}
