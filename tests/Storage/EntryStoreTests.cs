using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Storage;
using Xunit;
using static CacheDaemon.Tests.Storage.StoreFixture;

namespace CacheDaemon.Tests.Storage;

public sealed class EntryStoreTests : IDisposable
{
    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    private EntryStore Open(
        out LiteDbTier disk,
        EntryStoreOptions? options = null,
        MemoryTier? memory = null,
        Func<LiteDbTierOptions, LiteDbTierOptions>? with = null
    )
    {
        disk = _fixture.Open(with);
        return new EntryStore(memory ?? new MemoryTier(), disk, options ?? new EntryStoreOptions(), _fixture.Clock, _fixture.Log.Enqueue);
    }

    [Fact]
    public void Hit_from_disk_is_promoted_to_memory()
    {
        using EntryStore store = Open(out LiteDbTier disk);
        disk.Put(Key(1), Render("a"));
        Assert.Equal("disk", store.Get(Key(1)).Tier);
        Lookup second = store.Get(Key(1));
        Assert.Equal("memory", second.Tier);
        AssertSame(Render("a"), second.Entry);
        Assert.Equal(Lookup.Miss, store.Get(Key(2)));
    }

    [Fact]
    public void Put_is_on_disk_when_it_returns()
    {
        using EntryStore store = Open(out LiteDbTier disk);
        Assert.Equal(RefuseReason.None, store.Put(Key(1), Render("a")));
        AssertSame(Render("a"), disk.Get(Key(1)));
        Assert.Equal("memory and disk", store.Status);
    }

    [Fact]
    public async Task Put_in_the_background_is_seen_at_once_and_on_disk_after_a_flush()
    {
        using EntryStore store = Open(out LiteDbTier disk, memory: new MemoryTier(0));
        for (int n = 0; n < 100; n++)
        {
            Assert.Equal(RefuseReason.None, store.PutInBackground(Key(n), Render(Noise(3_000, n))));
            AssertSame(Render(Noise(3_000, n)), store.Get(Key(n)).Entry);
        }
        await store.FlushAsync();
        Assert.Equal(100, disk.Totals().Entries);
        AssertSame(Render(Noise(3_000, 42)), disk.Get(Key(42)));
    }

    [Fact]
    public void What_waits_is_written_before_the_store_is_closed()
    {
        EntryStore store = Open(out LiteDbTier disk);
        for (int n = 0; n < 50; n++)
            store.PutInBackground(Key(n), Render(Noise(3_000, n)));
        store.Dispose();
        disk.Dispose();
        LiteDbTier again = _fixture.Open();
        Assert.All(Enumerable.Range(0, 50), n => AssertSame(Render(Noise(3_000, n)), again.Get(Key(n))));
    }

    [Fact]
    public async Task Entry_removed_while_it_waits_is_never_written()
    {
        using EntryStore store = Open(out LiteDbTier disk);
        for (int n = 0; n < 200; n++)
        {
            store.PutInBackground(Key(n), Render(Noise(2_000, n)));
            store.Remove(Key(n));
            Assert.Null(store.Get(Key(n)).Entry);
        }
        await store.FlushAsync();
        Assert.Equal(default, disk.Totals());
    }

    [Fact]
    public async Task Later_put_wins_in_memory_and_on_disk()
    {
        using EntryStore store = Open(out LiteDbTier disk);
        for (int n = 0; n < 50; n++)
            store.PutInBackground(Key(1), Render("version " + n));
        AssertSame(Render("version 49"), store.Get(Key(1)).Entry);
        await store.FlushAsync();
        AssertSame(Render("version 49"), disk.Get(Key(1)));
        store.PutInBackground(Key(1), Render("background"));
        store.Put(Key(1), Render("at once"));
        await store.FlushAsync();
        AssertSame(Render("at once"), disk.Get(Key(1)));
    }

    [Fact]
    public async Task Queue_over_its_bound_keeps_new_entries_in_memory_only_or_says_so()
    {
        using EntryStore store = Open(out LiteDbTier disk, new EntryStoreOptions { MaxPendingBytes = 5_000 }, new MemoryTier(40_000));
        // Holds the writer up while the queue is filled.
        using var filled = new ManualResetEventSlim();
        using var held = new ManualResetEventSlim();
        Task holding = Task.Run(() =>
            StoreFixture.Change(
                disk,
                _ =>
                {
                    held.Set();
                    filled.Wait();
                }
            )
        );
        held.Wait();
        Assert.Equal(RefuseReason.None, store.PutInBackground(Key(1), Render(Noise(20_000))));
        Assert.Equal(RefuseReason.None, store.PutInBackground(Key(2), Render("small")));
        Assert.Equal(RefuseReason.StoreFailed, store.PutInBackground(Key(3), Render(Noise(20_000))));
        AssertSame(Render(Noise(20_000)), store.Get(Key(1)).Entry);
        AssertSame(Render("small"), store.Get(Key(2)).Entry);
        Assert.Null(store.Get(Key(3)).Entry);
        filled.Set();
        await holding;
        await store.FlushAsync();
        Assert.Null(disk.Get(Key(2)));
        Assert.Equal(RefuseReason.None, store.PutInBackground(Key(4), Render("after")));
        await store.FlushAsync();
        AssertSame(Render("after"), disk.Get(Key(4)));
    }

    [Fact]
    public void Secrets_may_be_kept_in_memory_only()
    {
        using EntryStore store = Open(out LiteDbTier disk, new EntryStoreOptions { Secrets = SecretsPolicy.Memory });
        Assert.Equal(RefuseReason.None, store.Put(Key(1), Render("token", secret: true)));
        Assert.Equal(RefuseReason.None, store.PutInBackground(Key(2), Render("token", secret: true)));
        Assert.Equal(RefuseReason.None, store.Put(Key(3), Render("plain")));
        Assert.Equal(("memory", "memory"), (store.Get(Key(1)).Tier, store.Get(Key(2)).Tier));
        Assert.Equal(1, disk.Totals().Entries);
        Assert.Equal(RefuseReason.OutputTooLarge, store.Put(Key(1), Render(new string('s', 40 << 20), secret: true)));
        Assert.Null(store.Get(Key(1)).Entry);
    }

    [Fact]
    public void Secrets_may_be_kept_nowhere()
    {
        using EntryStore store = Open(out LiteDbTier disk, new EntryStoreOptions { Secrets = SecretsPolicy.Never });
        store.Put(Key(1), Render("was harmless"));
        Assert.Equal(RefuseReason.SecretsNever, store.Put(Key(1), Render("token", secret: true)));
        Assert.Equal(RefuseReason.SecretsNever, store.PutInBackground(Key(1), Render("token", secret: true)));
        Assert.Null(store.Get(Key(1)).Entry);
        Assert.Equal(default, disk.Totals());
    }

    [Theory]
    [InlineData(SecretsPolicy.Memory)]
    [InlineData(SecretsPolicy.Never)]
    public async Task Secrets_of_an_earlier_policy_leave_the_disk_at_the_start(SecretsPolicy policy)
    {
        using (LiteDbTier before = _fixture.Open())
        {
            before.Put(Key(1), Render("planted-token", secret: true));
            before.Put(Key(2), Render("plain"));
        }
        using EntryStore store = Open(out LiteDbTier disk, new EntryStoreOptions { Secrets = policy });
        await store.FlushAsync();
        Assert.Null(disk.Get(Key(1)));
        AssertSame(Render("plain"), store.Get(Key(2)).Entry);

        // Even one that comes back behind our back is not served from disk twice.
        disk.Put(Key(3), Render("planted-token", secret: true));
        Assert.Equal(policy == SecretsPolicy.Memory ? "disk" : "", store.Get(Key(3)).Tier);
        Assert.Null(disk.Get(Key(3)));
    }

    [Fact]
    public void Store_that_cannot_be_opened_works_in_memory_and_says_so()
    {
        string file = Path.Combine(_fixture.Home, "file");
        File.WriteAllText(file, "");
        using var disk = new LiteDbTier(LiteDbTierOptions.In(Path.Combine(file, "home")), _fixture.Clock, _fixture.Log.Enqueue);
        using var store = new EntryStore(new MemoryTier(), disk, new EntryStoreOptions(), _fixture.Clock, _fixture.Log.Enqueue);
        Assert.StartsWith("memory only: ", store.Status);
        Assert.Equal(RefuseReason.None, store.Put(Key(1), Render("a")));
        Assert.Equal(RefuseReason.None, store.PutInBackground(Key(2), Render("b")));
        AssertSame(Render("a"), store.Get(Key(1)).Entry);
        store.MarkVarying(Key(4), RefuseReason.NotRepeatable, "now");
        Assert.Equal("now", store.GetVarying(Key(4)));
        Assert.Null(store.GetVarying(Key(1)));
    }

    [Fact]
    public void Damaged_entry_is_a_miss_and_counted()
    {
        using EntryStore store = Open(out LiteDbTier disk);
        disk.Put(Key(1), Render("a"));
        ChangeEach(disk, LiteDbSchema.Entries, row => row["exit"] = 3);
        Assert.Equal(Lookup.Miss, store.Get(Key(1)));
        Assert.Equal(1, disk.DamagedEntries);
    }

    [Fact]
    public async Task Hits_in_memory_keep_the_entry_young_on_disk()
    {
        using EntryStore store = Open(out LiteDbTier disk, new EntryStoreOptions { MaxAge = TimeSpan.FromDays(1) });
        store.Put(Key(1), Render("used"));
        store.Put(Key(2), Render("unused"));
        _fixture.Clock.Advance(TimeSpan.FromHours(20));
        Assert.Equal("memory", store.Get(Key(1)).Tier);
        _fixture.Clock.Advance(TimeSpan.FromHours(20));
        await store.FlushAsync();
        Assert.NotNull(disk.Get(Key(1)));
        Assert.Null(disk.Get(Key(2)));
    }

    [Fact]
    public async Task Disk_is_brought_under_its_limit_in_the_background()
    {
        using EntryStore store = Open(out LiteDbTier disk, new EntryStoreOptions { MaxDiskBytes = 200_000 });
        await store.FlushAsync();
        for (int n = 0; n < 100; n++)
            store.PutInBackground(Key(n), Render(Noise(10_000, n)));
        await store.FlushAsync();
        Assert.True(disk.Totals().Bytes > 200_000);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(30));
        await store.FlushAsync();
        Assert.InRange(disk.Totals().Bytes, 150_000, 200_000);
    }

    [Fact]
    public async Task Prune_empties_memory_queue_and_disk()
    {
        using EntryStore store = Open(out LiteDbTier disk);
        for (int n = 0; n < 50; n++)
            store.PutInBackground(Key(n), Render(Noise(2_000, n), chart: n % 2 == 0 ? "even" : "odd"));
        Assert.Equal(25, (await store.PruneAsync(new PruneRequest(Chart: "odd", DryRun: true))).Entries);
        Assert.Equal(25, (await store.PruneAsync(new PruneRequest(Chart: "odd"))).Entries);
        Assert.All(Enumerable.Range(0, 50), n => Assert.Equal(n % 2 == 0, store.Get(Key(n)).Entry is not null));
        store.PutInBackground(Key(100), Render("waiting"));
        await store.PruneAsync(new PruneRequest(All: true));
        Assert.All(Enumerable.Range(0, 101), n => Assert.Null(store.Get(Key(n)).Entry));
        Assert.Equal(default, disk.Totals());
    }

    [Fact]
    public async Task Removal_is_never_undone_by_a_reader_who_was_late()
    {
        using EntryStore store = Open(out LiteDbTier disk);
        for (int round = 0; round < 200; round++)
        {
            disk.Put(Key(1), Render("gone"));
            Task reader = Task.Run(() => store.Get(Key(1)));
            store.Remove(Key(1));
            await reader;
            Assert.Null(store.Get(Key(1)).Entry);
        }
    }

    [Fact]
    public async Task Eight_threads_see_only_what_was_put_under_their_key()
    {
        using EntryStore store = Open(out LiteDbTier disk, memory: new MemoryTier(60_000));
        await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(worker =>
                    Task.Run(() =>
                    {
                        var random = new Random(worker);
                        for (int i = 0; i < 200; i++)
                        {
                            int n = random.Next(30);
                            if (random.Next(20) == 0)
                                store.Remove(Key(n));
                            else if (random.Next(3) == 0)
                                store.PutInBackground(Key(n), Render(Noise(n * 200, n)));
                            else if (store.Get(Key(n)).Entry is Entry found)
                                AssertSame(Render(Noise(n * 200, n)), found);
                        }
                    })
                )
        );
        await store.FlushAsync();
        Assert.InRange(disk.Totals().Entries, 1, 30);
        Assert.Empty(_fixture.Log);
    }

    /// <summary>The pool's threads, as many as processors, answer callers: work that may take seconds is none for them.</summary>
    [Fact]
    public async Task Prunes_and_upkeep_take_no_thread_of_the_pool()
    {
        var clock = new PoolNoticing();
        using (var store = new EntryStore(new MemoryTier(), _fixture.Open(), new EntryStoreOptions(), clock, _fixture.Log.Enqueue))
        {
            store.Put(Key(1), Render("a"));
            Assert.Equal(1, (await store.PruneAsync(new PruneRequest(All: true))).Entries);
            await store.FlushAsync();
        }
        // One is of the upkeep that is due at the start, the other of the prune.
        Assert.InRange(clock.Asked.Count, 2, int.MaxValue);
        Assert.DoesNotContain(true, clock.Asked);
    }

    [Fact]
    public async Task Store_that_was_closed_answers_a_late_prune_and_a_late_flush()
    {
        EntryStore store = Open(out _);
        store.Put(Key(1), Render("a"));
        store.Dispose();
        Assert.Equal(default, await store.PruneAsync(new PruneRequest(All: true)));
        await store.FlushAsync();
    }

    /// <summary>Notes at each look whether it comes from a thread of the pool.</summary>
    private sealed class PoolNoticing : TimeProvider
    {
        public ConcurrentQueue<bool> Asked { get; } = new();

        public override DateTimeOffset GetUtcNow()
        {
            Asked.Enqueue(Thread.CurrentThread.IsThreadPoolThread);
            return base.GetUtcNow();
        }
    }
}
