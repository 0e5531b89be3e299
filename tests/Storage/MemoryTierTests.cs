using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Storage.StoreFixture;

namespace CacheDaemon.Tests.Storage;

public sealed class MemoryTierTests : TierContract
{
    protected override ITier Tier { get; } = new MemoryTier();

    [Fact]
    public void Least_recently_used_entry_goes_first()
    {
        long cost = MemoryTier.CostOf(Render("aaaa"));
        var tier = new MemoryTier(4 * cost);
        for (int n = 1; n <= 4; n++)
            tier.Put(Key(n), Render("aaaa"));
        tier.Get(Key(1));
        tier.Put(Key(5), Render("aaaa"));
        Assert.Null(tier.Get(Key(2)));
        Assert.Equal([1, 3, 4, 5], Enumerable.Range(1, 5).Where(n => tier.Get(Key(n)) is not null));
        Assert.Equal((4, 4 * cost), (tier.Count, tier.Bytes));
    }

    [Fact]
    public void Entry_over_a_quarter_of_the_limit_is_not_kept_and_what_it_replaces_goes()
    {
        var tier = new MemoryTier(40_000);
        Assert.True(tier.Put(Key(1), Render("small")));
        Assert.False(tier.Put(Key(1), Render(Noise(10_000))));
        Assert.Null(tier.Get(Key(1)));
        Assert.Equal((0, 0L), (tier.Count, tier.Bytes));
    }

    [Fact]
    public void Ten_thousand_entries_and_large_ones_stay_below_the_limit()
    {
        var random = new Random(5);
        var tier = new MemoryTier();
        for (int n = 0; n < 10_000; n++)
        {
            int bytes =
                n % 1000 == 999 ? 50_000_000
                : n % 1000 == 500 ? 30_000_000
                : random.Next(100_000);
            Entry entry = Render("") with { Result = new RenderResult(0, GC.AllocateUninitializedArray<byte>(bytes), []) };
            Assert.Equal(bytes <= tier.Limit / MemoryTier.LargestShare, tier.Put(Key(n), entry));
            Assert.InRange(tier.Bytes, 0, tier.Limit);
        }
        Assert.True(tier.Bytes > tier.Limit * 0.7, $"{tier.Bytes}");
    }

    /// <summary>What counts against the limit is at least what an entry makes the process allocate, overhead included.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    [InlineData(5_000)]
    public void Entry_costs_no_more_than_it_counts_for(int bytes)
    {
        // Key, reference, hash and links, in a table that may be half empty.
        const int Entries = 10_000,
            SlotBytes = 112;
        var tier = new MemoryTier();
        CacheKey[] keys = [.. Enumerable.Range(0, Entries).Select(Key)];
        Fill();
        tier.RemoveWhere((_, _) => true);
        // The table has its size by now, so that what is measured is not what growing left behind.
        long before = GC.GetAllocatedBytesForCurrentThread();
        Fill();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(Entries, tier.Count);
        Assert.InRange(allocated + Entries * SlotBytes, 1, tier.Bytes);

        void Fill()
        {
            foreach (CacheKey key in keys)
                tier.Put(
                    key,
                    new Entry
                    {
                        Result = new RenderResult(0, new byte[bytes], []),
                        Created = default,
                        RenderMilliseconds = 1,
                        ChartName = "",
                        ChartVersion = "",
                        Material = new byte[bytes],
                    }
                );
        }
    }

    [Fact]
    public void Hit_allocates_nothing()
    {
        var tier = new MemoryTier();
        CacheKey key = Key(1);
        tier.Put(key, Render("a"));
        tier.Get(key);
        Assert.Equal(0, Allocation.PerRound(1000, () => tier.Get(key)));
    }

    [Fact]
    public void Remove_where_takes_what_matches()
    {
        var tier = new MemoryTier();
        tier.Put(Key(1), Render("a", chart: "web"));
        tier.Put(Key(2), Render("b", chart: "db"));
        tier.Put(Key(3), Render("c", chart: "web"));
        Assert.Equal(2, tier.RemoveWhere((_, entry) => entry.ChartName == "web").Entries);
        Assert.Equal(1, tier.Count);
        Assert.NotNull(tier.Get(Key(2)));
    }

    [Fact]
    public void Hits_go_on_while_others_are_looked_through()
    {
        var tier = new MemoryTier();
        tier.Put(Key(1), Render("a", chart: "web"));
        tier.Put(Key(2), Render("b", chart: "db"));
        PruneResult removed = tier.RemoveWhere(
            (_, entry) =>
            {
                Assert.True(Task.Run(() => tier.Get(Key(2))).Wait(TimeSpan.FromSeconds(30)), "the tier is locked");
                // Another one under the same key is not the one that was looked at.
                if (entry.ChartName == "web")
                    tier.Put(Key(1), Render("new", chart: "web"));
                return entry.ChartName == "web";
            }
        );
        Assert.Equal(default, removed);
        AssertSame(Render("new", chart: "web"), tier.Get(Key(1)));
    }

    /// <summary>A list in order of use, nothing clever: what the tier must be indistinguishable from.</summary>
    [Fact]
    public void Behaves_like_a_plain_list_under_random_use()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            long limit = random.Next(2_000, 20_000);
            var tier = new MemoryTier(limit);
            var model = new List<(CacheKey Key, Entry Entry, long Cost)>();
            for (int step = 0; step < 300; step++)
            {
                CacheKey key = Key(random.Next(12));
                int at = model.FindIndex(m => m.Key == key);
                switch (random.Next(6))
                {
                    case 0:
                        tier.Remove(key);
                        if (at >= 0)
                            model.RemoveAt(at);
                        break;
                    case 1 or 2:
                        Entry entry = Render(new string('x', random.Next(3_000)), chart: Noise(random.Next(9)));
                        bool kept = tier.Put(key, entry);
                        if (at >= 0)
                            model.RemoveAt(at);
                        Assert.True(kept == MemoryTier.CostOf(entry) <= limit / 4, $"seed {seed} step {step}");
                        if (kept)
                            model.Add((key, entry, MemoryTier.CostOf(entry)));
                        break;
                    default:
                        Assert.True(ReferenceEquals(tier.Get(key), at < 0 ? null : model[at].Entry), $"seed {seed} step {step}");
                        if (at >= 0)
                        {
                            model.Add(model[at]);
                            model.RemoveAt(at);
                        }
                        break;
                }
                while (model.Sum(m => m.Cost) > limit)
                    model.RemoveAt(0);
                Assert.True((tier.Count, tier.Bytes) == (model.Count, model.Sum(m => m.Cost)), $"seed {seed} step {step}");
            }
        }
    }
}
