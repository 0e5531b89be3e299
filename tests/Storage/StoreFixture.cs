using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Support;
using LiteDB;
using Xunit;

namespace CacheDaemon.Tests.Storage;

/// <summary>A directory of its own for one test, with the store in it; everything opened here is closed and deleted after.</summary>
internal sealed class StoreFixture : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<LiteDbTier> _tiers = [];

    public string Home => _directory.Location;

    public string StoreFile => Path.Combine(Home, LiteDbTierOptions.FileName);

    public ManualClock Clock { get; } = new();

    public ConcurrentQueue<string> Log { get; } = new();

    public IEnumerable<string> FilesAside => Directory.GetFiles(Home).Where(f => f.Contains("store.litedb.", StringComparison.Ordinal));

    public LiteDbTier Open(Func<LiteDbTierOptions, LiteDbTierOptions>? with = null)
    {
        LiteDbTierOptions options = LiteDbTierOptions.In(Home);
        var tier = new LiteDbTier(with is null ? options : with(options), Clock, Log.Enqueue);
        _tiers.Add(tier);
        return tier;
    }

    public string LogFile => Path.Combine(Home, "store-log.litedb");

    /// <summary>Changes documents of a store as a bad disk might, or someone with LiteDB at hand.</summary>
    public static void Change(LiteDbTier tier, Action<LiteDbSession> change) =>
        Assert.True(
            tier.Database.TryWrite(
                session =>
                {
                    change(session);
                    return true;
                },
                out _
            )
        );

    /// <summary>Changes every document of a collection.</summary>
    public static void ChangeEach(LiteDbTier tier, string collection, Action<BsonDocument> change) =>
        Change(
            tier,
            session =>
            {
                foreach (BsonDocument row in session.Select(collection, int.MaxValue, null, null))
                {
                    change(row);
                    session.Put(collection, row);
                }
            }
        );

    /// <summary>All documents of a collection.</summary>
    public static List<BsonDocument> Rows(LiteDbTier tier, string collection)
    {
        Assert.True(tier.Database.TryRead(session => session.Select(collection, int.MaxValue, null, null), out List<BsonDocument>? rows));
        return rows!;
    }

    public void Dispose()
    {
        foreach (LiteDbTier tier in _tiers)
            tier.Dispose();
        _directory.Dispose();
    }

    public static CacheKey Key(int n) => new(Digest.Of(BitConverter.GetBytes(n)));

    public static Entry Render(
        string stdout,
        string stderr = "",
        string chart = "web",
        string material = "values a",
        bool secret = false
    ) =>
        new()
        {
            Result = new RenderResult(0, Encoding.UTF8.GetBytes(stdout), Encoding.UTF8.GetBytes(stderr)),
            Created = new DateTimeOffset(2026, 11, 20, 12, 0, 0, 1, TimeSpan.Zero).AddTicks(7),
            RenderMilliseconds = 41.25,
            ChartName = chart,
            ChartVersion = "1.2.3",
            HoldsSecret = secret,
            Material = Encoding.UTF8.GetBytes(material),
        };

    /// <summary>Text that does not compress and is never twice the same.</summary>
    public static string Noise(int length, int seed = 1)
    {
        byte[] bytes = new byte[length / 2 + 1];
        new Random(seed).NextBytes(bytes);
        return Convert.ToHexString(bytes)[..length];
    }

    public static void AssertSame(Entry expected, Entry? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Result?.ExitCode, actual.Result?.ExitCode);
        Assert.Equal(expected.Result?.Stdout.ToArray(), actual.Result?.Stdout.ToArray());
        Assert.Equal(expected.Result?.Stderr, actual.Result?.Stderr);
        Assert.Equal(expected.Material, actual.Material);
        Assert.Equal(
            (expected.Created, expected.RenderMilliseconds, expected.ChartName, expected.ChartVersion, expected.HoldsSecret),
            (actual.Created, actual.RenderMilliseconds, actual.ChartName, actual.ChartVersion, actual.HoldsSecret)
        );
    }
}

/// <summary>Storing, and waiting for it.</summary>
internal static class EntryStoreExtensions
{
    /// <summary>Stores an entry and returns when it is where it is going to stay.</summary>
    public static RefuseReason Put(this EntryStore store, CacheKey key, Entry entry)
    {
        RefuseReason refused = store.PutInBackground(key, entry);
        store.FlushAsync().GetAwaiter().GetResult();
        return refused;
    }
}
