using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;
using Xunit;
using static CacheDaemon.Tests.Storage.StoreFixture;

namespace CacheDaemon.Tests.Storage;

public sealed class PruneTests : IDisposable
{
    private readonly StoreFixture _fixture = new();
    private readonly LiteDbTier _tier;

    public PruneTests() => _tier = _fixture.Open();

    public void Dispose() => _fixture.Dispose();

    private PruneResult Prune(PruneRequest request) => _tier.Prune(request, _fixture.Clock.GetUtcNow());

    private IEnumerable<int> Kept(int count)
    {
        IReadOnlySet<CacheKey> keys = _tier.ResultKeys();
        return Enumerable.Range(0, count).Where(n => keys.Contains(Key(n)));
    }

    /// <summary>Ten entries, one minute apart, of about 10 kB each.</summary>
    private void FillTen()
    {
        for (int n = 0; n < 10; n++)
        {
            _tier.Put(Key(n), Render(Noise(10_000, n), chart: n % 2 == 0 ? "even" : "odd"));
            _fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public void Age_counts_from_the_last_use()
    {
        FillTen();
        _tier.Get(Key(0));
        Assert.Equal(4, Prune(new PruneRequest(OlderThan: TimeSpan.FromMinutes(5))).Entries);
        Assert.Equal([0, 5, 6, 7, 8, 9], Kept(10));
    }

    /// <summary>A clock that was ten years ahead and was put right: what it stamped is neither kept for ever nor ever preferred.</summary>
    [Fact]
    public void What_was_used_in_the_future_grows_old_from_the_day_the_clock_was_set_back()
    {
        TimeSpan ahead = TimeSpan.FromDays(3650),
            limit = TimeSpan.FromDays(7);
        _fixture.Clock.Advance(ahead);
        FillTen();
        _fixture.Clock.SetBack(ahead);
        _tier.Put(Key(10), Render("of today"));
        Assert.Equal(0, _tier.EvictToLimits(null, limit, _fixture.Clock.GetUtcNow()).Entries);
        _fixture.Clock.Advance(TimeSpan.FromDays(6));
        _tier.Get(Key(0));
        Assert.Equal(0, _tier.EvictToLimits(null, limit, _fixture.Clock.GetUtcNow()).Entries);
        _fixture.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(10, _tier.EvictToLimits(null, limit, _fixture.Clock.GetUtcNow()).Entries);
        Assert.Equal([0], Kept(11));
    }

    [Fact]
    public void Clock_set_back_does_not_make_the_newest_leave_first()
    {
        FillTen();
        long all = _tier.Totals().Bytes;
        _fixture.Clock.SetBack(TimeSpan.FromDays(1));
        _tier.EvictToLimits(null, null, _fixture.Clock.GetUtcNow());
        _fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        _tier.Put(Key(10), Render(Noise(10_000, 10)));
        Prune(new PruneRequest(MaxBytes: all / 2));
        Assert.Contains(10, Kept(11));
    }

    [Fact]
    public void Size_takes_the_least_recently_used_first_and_no_more_than_needed()
    {
        FillTen();
        long all = _tier.Totals().Bytes;
        _tier.Get(Key(0));
        PruneResult result = Prune(new PruneRequest(MaxBytes: all * 7 / 10 + 500));
        Assert.Equal([0, 4, 5, 6, 7, 8, 9], Kept(10));
        Assert.Equal(new PruneResult(3, all - _tier.Totals().Bytes), result);
    }

    [Fact]
    public void Chart_alone_takes_all_its_entries_and_no_other()
    {
        FillTen();
        Assert.Equal(5, Prune(new PruneRequest(Chart: "odd")).Entries);
        Assert.Equal([0, 2, 4, 6, 8], Kept(10));
    }

    [Fact]
    public void Chart_with_age_takes_its_old_entries_only()
    {
        FillTen();
        Prune(new PruneRequest(Chart: "odd", OlderThan: TimeSpan.FromMinutes(5)));
        Assert.Equal([0, 2, 4, 5, 6, 7, 8, 9], Kept(10));
    }

    [Fact]
    public void Request_for_nothing_takes_nothing()
    {
        FillTen();
        Assert.Equal(default, Prune(new PruneRequest()));
        Assert.Equal(default, Prune(new PruneRequest(MaxBytes: long.MaxValue, OlderThan: TimeSpan.MaxValue)));
        Assert.Equal(10, Kept(10).Count());
    }

    [Theory]
    [InlineData(5.0, null, null, false)]
    [InlineData(null, 45_000L, null, false)]
    [InlineData(3.0, 20_000L, "even", false)]
    [InlineData(null, null, "even", false)]
    [InlineData(null, null, null, true)]
    public void Dry_run_says_exactly_what_the_real_one_does(double? minutes, long? bytes, string? chart, bool all)
    {
        FillTen();
        string shared = Noise(8_000, 77);
        _tier.Put(Key(10), Render(shared, Noise(400, 78), chart: "even"));
        _tier.Put(Key(11), Render(shared, shared, chart: "odd"));
        var request = new PruneRequest(minutes is double m ? TimeSpan.FromMinutes(m) : null, bytes, chart, all, DryRun: true);
        StoreTotals before = _tier.Totals();
        PruneResult foretold = Prune(request);
        Assert.Equal(before, _tier.Totals());
        Assert.True(foretold.Entries > 0);
        Assert.Equal(foretold, Prune(request with { DryRun = false }));
    }

    [Fact]
    public void All_empties_the_store_its_memory_and_what_was_moved_aside_but_not_the_counters()
    {
        FillTen();
        _tier.MarkVarying(Key(1), RefuseReason.NotRepeatable, "rand");
        _tier.AddCounters(new Dictionary<string, long> { ["hits"] = 3 });
        File.WriteAllText(_fixture.StoreFile + ".damaged-20260101T000000Z", "old");
        File.WriteAllText(_fixture.StoreFile + ".v3", "newer");
        Assert.Equal(10, Prune(new PruneRequest(All: true)).Entries);
        Assert.Equal(default, _tier.Totals());
        Assert.Null(_tier.GetVarying(Key(1)));
        Assert.Equal(3, _tier.LoadCounters()["hits"]);
        Assert.Empty(_fixture.FilesAside);
    }

    [Fact]
    public void Space_is_given_back_to_the_file_system()
    {
        for (int n = 0; n < 200; n++)
            _tier.Put(Key(n), Render(Noise(40_000, n)));
        Prune(new PruneRequest(MaxBytes: 500_000));
        Assert.Equal(0, new FileInfo(_fixture.LogFile).Length);
        Assert.InRange(new FileInfo(_fixture.StoreFile).Length, 400_000, 1_600_000);
        AssertSame(Render(Noise(40_000, 199)), _tier.Get(Key(199)));
    }

    [Fact]
    public void Pruned_secret_is_nowhere_in_the_files()
    {
        const string Short = "planted-secret-in-a-short-stream",
            Long = "planted-secret-in-a-long-stream",
            Label = "planted-secret-in-material";
        _tier.Put(Key(1), Render("keep me"));
        _tier.Put(Key(2), Render(Short, material: Label));
        // Noise hardly compresses, so the text stands in the file as it is.
        _tier.Put(Key(3), Render(Encoding.Latin1.GetString(RandomBytes(9_000)) + Long));
        _tier.Put(Key(4), Render("keep me too"));
        Assert.All((string[])[Short, Label, "keep me"], text => Assert.True(IsInFiles(text)));

        Prune(new PruneRequest(All: true));
        Assert.All((string[])[Short, Long, Label, "keep me"], text => Assert.False(IsInFiles(text)));
        _tier.Dispose();
        Assert.All((string[])[Short, Long, Label, "keep me"], text => Assert.False(IsInFiles(text)));
    }

    [Fact]
    public void Secret_of_one_pruned_chart_is_nowhere_in_the_files_while_another_chart_stays()
    {
        for (int n = 0; n < 40; n++)
            _tier.Put(Key(n), Render($"planted-secret-{n} " + Noise(n * 40, n), chart: n % 2 == 0 ? "even" : "odd"));
        Prune(new PruneRequest(Chart: "odd"));
        for (int n = 0; n < 40; n++)
            Assert.Equal(n % 2 == 0, IsInFiles($"planted-secret-{n} "));
    }

    /// <summary>In one document, in two, in many.</summary>
    [Theory]
    [InlineData(3_000)]
    [InlineData(4_200)]
    [InlineData(12_500)]
    [InlineData(200_000)]
    public void Secret_at_either_end_of_an_output_is_nowhere_once_it_is_pruned(int length)
    {
        const string First = "planted-secret-at-the-beginning",
            Last = "planted-secret-at-the-end";
        byte[] noise = new byte[length];
        new Random(length).NextBytes(noise);
        _tier.Put(Key(1), Render("keep me"));
        _tier.Put(
            Key(2),
            Render("", chart: "gone") with
            {
                Result = new RenderResult(0, (byte[])[.. Encoding.ASCII.GetBytes(First), .. noise, .. Encoding.ASCII.GetBytes(Last)], []),
            }
        );
        Assert.All((string[])[First, Last], text => Assert.True(IsInFiles(text)));
        Prune(new PruneRequest(Chart: "gone"));
        Assert.All((string[])[First, Last], text => Assert.False(IsInFiles(text)));
    }

    [Fact]
    public void Removing_secrets_takes_these_entries_only()
    {
        for (int n = 0; n < 200; n++)
            _tier.Put(Key(n), Render("s" + n, secret: n % 4 != 0));
        Assert.Equal(150, _tier.RemoveSecrets().Entries);
        Assert.Equal(50, _tier.Totals().Entries);
        AssertSame(Render("s4"), _tier.Get(Key(4)));
        Assert.Equal(default, _tier.RemoveSecrets());
    }

    [Fact]
    public void Eviction_begins_at_the_limit_and_leaves_room()
    {
        FillTen();
        long all = _tier.Totals().Bytes;
        Assert.Equal(default, _tier.EvictToLimits(all, TimeSpan.FromHours(1), _fixture.Clock.GetUtcNow()));
        PruneResult result = _tier.EvictToLimits(all - 1, TimeSpan.FromHours(1), _fixture.Clock.GetUtcNow());
        Assert.InRange(_tier.Totals().Bytes, all * 75 / 100, all * 90 / 100);
        Assert.Equal(Enumerable.Range((int)result.Entries, 10 - (int)result.Entries), Kept(10));
        Assert.Equal(
            10 - result.Entries,
            _tier.EvictToLimits(null, TimeSpan.FromSeconds(1), _fixture.Clock.GetUtcNow().AddMinutes(1)).Entries
        );
    }

    [Fact]
    public async Task Hits_go_on_while_a_large_prune_runs()
    {
        int hits = 0;
        // One prune may be over before this thread has its turn.
        for (int round = 0; hits <= 10; round++)
        {
            Assert.True(round < 20, $"{hits} hits during {round} prunes");
            for (int n = 0; n < 300; n++)
                _tier.Put(Key(n), Render(Noise(30_000, n)));
            _fixture.Clock.Advance(TimeSpan.FromDays(1));
            _tier.Put(Key(1000), Render("kept"));
            Task<PruneResult> prune = Task.Run(() => Prune(new PruneRequest(OlderThan: TimeSpan.FromHours(1))));
            while (!prune.IsCompleted)
            {
                AssertSame(Render("kept"), _tier.Get(Key(1000)));
                hits++;
            }
            Assert.Equal(300, (await prune).Entries);
        }
        Assert.Empty(_fixture.Log);
    }

    [Fact]
    public void Shared_blob_is_freed_by_its_last_user_only()
    {
        var shared = new BlobShare(Digest.Of([7]), 1000, 3);
        var rows = new[]
        {
            new EvictionCandidate(Key(1), 1, 10, false, shared, shared),
            new EvictionCandidate(Key(2), 2, 10, false, shared, null),
        };
        Assert.Equal([10, 1010], EvictionPolicy.Victims(rows, 5000, new EvictionLimits(null, null, true)).Select(v => v.FreedBytes));
    }

    [Fact]
    public void Choosing_stops_at_the_first_entry_that_may_stay()
    {
        static IEnumerable<EvictionCandidate> Endless()
        {
            for (int n = 0; ; n++)
                yield return new EvictionCandidate(default, n, 100, false, null, null);
        }
        Assert.Equal(5, EvictionPolicy.Victims(Endless(), 1000, new EvictionLimits(5, null, false)).Count());
        Assert.Equal(3, EvictionPolicy.Victims(Endless(), 1000, new EvictionLimits(null, 700, false)).Count());
        Assert.Equal(5, EvictionPolicy.Victims(Endless(), 1000, new EvictionLimits(5, 700, false)).Count());
    }

    private bool IsInFiles(string text) =>
        Directory
            .GetFiles(_fixture.Home)
            .Where(file => !file.EndsWith(".lock", StringComparison.Ordinal))
            .Any(file =>
            {
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                byte[] bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                return bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
            });

    private static byte[] RandomBytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(3).NextBytes(bytes);
        return bytes;
    }
}
