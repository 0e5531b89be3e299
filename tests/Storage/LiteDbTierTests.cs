using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Storage;
using LiteDB;
using Xunit;
using static CacheDaemon.Tests.Storage.StoreFixture;

namespace CacheDaemon.Tests.Storage;

public sealed class LiteDbTierTests : TierContract, IDisposable
{
    private readonly StoreFixture _fixture = new();
    private readonly LiteDbTier _tier;

    public LiteDbTierTests() => _tier = _fixture.Open();

    protected override ITier Tier => _tier;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Everything_is_there_after_a_restart()
    {
        _tier.Put(Key(1), Render(new string('y', 50_000), "warn"));
        _tier.MarkVarying(Key(2), RefuseReason.NotRepeatable, "genCA");
        _tier.AddCounters(new Dictionary<string, long> { ["hits"] = 3 });
        _tier.AddCounters(new Dictionary<string, long> { ["hits"] = 4, ["misses"] = 1 });
        StoreTotals totals = _tier.Totals();
        _tier.Dispose();

        LiteDbTier again = _fixture.Open();
        AssertSame(Render(new string('y', 50_000), "warn"), again.Get(Key(1)));
        Assert.Equal(totals, again.Totals());
        Assert.Equal("genCA", again.GetVarying(Key(2)));
        Assert.Null(again.GetVarying(Key(1)));
        Assert.Equal([("hits", 7L), ("misses", 1L)], again.LoadCounters().Select(c => (c.Key, c.Value)).Order());
        Assert.Empty(_fixture.Log);
    }

    [Fact]
    public void Counters_are_deleted_by_name()
    {
        _tier.AddCounters(
            new Dictionary<string, long>
            {
                ["hits"] = 3,
                ["day/hits/2026-11-13"] = 1,
                ["day/hits/2026-11-14"] = 2,
            }
        );
        Assert.True(_tier.DeleteCounters(["day/hits/2026-11-13", "never seen"]));
        Assert.Equal(["day/hits/2026-11-14", "hits"], _tier.LoadCounters().Keys.Order());
    }

    [Fact]
    public void Reset_counters_are_gone()
    {
        _tier.AddCounters(new Dictionary<string, long> { ["hits"] = 3 });
        Assert.True(_tier.ResetCounters());
        Assert.Empty(_tier.LoadCounters());
    }

    [Fact]
    public void Varying_key_can_be_forgotten()
    {
        _tier.MarkVarying(Key(1), RefuseReason.NotRepeatable, "once");
        _tier.MarkVarying(Key(1), RefuseReason.ReadOnly, "twice");
        Assert.Equal("twice", _tier.GetVarying(Key(1)));
        Assert.True(_tier.ForgetVarying(Key(1)));
        Assert.Null(_tier.GetVarying(Key(1)));
    }

    [Fact]
    public void Equal_streams_are_stored_once_and_stay_while_one_entry_uses_them()
    {
        string big = Noise(50_000);
        _tier.Put(Key(1), Render(big, big));
        long one = _tier.Totals().Bytes;
        _tier.Put(Key(2), Render("other", big));
        Assert.InRange(_tier.Totals().Bytes - one, 1, 5_000);
        Assert.Equal(2, Rows(_tier, LiteDbSchema.Blobs).Count);

        _tier.Remove(Key(1));
        AssertSame(Render("other", big), _tier.Get(Key(2)));
        _tier.Remove(Key(2));
        Assert.Empty(Rows(_tier, LiteDbSchema.Blobs));
        Assert.Equal(default, _tier.Totals());
    }

    [Fact]
    public void Totals_are_what_a_count_of_all_rows_gives()
    {
        var random = new Random(5);
        for (int i = 0; i < 200; i++)
        {
            if (random.Next(3) == 0)
                _tier.Remove(Key(random.Next(20)));
            else
                _tier.Put(Key(random.Next(20)), Some(random));
        }
        StoreTotals totals = _tier.Totals();
        Assert.True(totals.Entries > 0);
        List<BsonDocument> uses = Rows(_tier, LiteDbSchema.Uses),
            blobs = Rows(_tier, LiteDbSchema.Blobs);
        Assert.Equal(Rows(_tier, LiteDbSchema.Entries).Count, uses.Count);
        Assert.Equal(uses.Count(use => !use["note"].AsBoolean), totals.Entries);
        Assert.Equal(uses.Concat(blobs).Sum(row => row["bytes"].AsInt64), totals.Bytes);
        Assert.All(
            blobs,
            blob =>
                Assert.Equal(
                    uses.Count(use => use["out"] == blob["_id"]) + uses.Count(use => use["err"] == blob["_id"]),
                    blob["uses"].AsInt64
                )
        );
        Assert.Equal(blobs.Where(blob => blob["run"].IsInt64).Sum(blob => blob["chunks"].AsInt32), Rows(_tier, LiteDbSchema.Chunks).Count);
        Assert.Empty(Rows(_tier, LiteDbSchema.Loose));
    }

    /// <summary>A note now and then, and now and then an output of several chunks.</summary>
    private static Entry Some(Random random) =>
        random.Next(6) switch
        {
            0 => Render("") with { Result = null },
            1 => Render(Noise(200_000 + 100_000 * random.Next(3), random.Next(4))),
            _ => Render(Noise(random.Next(5_000), random.Next(4)), Noise(random.Next(50), random.Next(4))),
        };

    /// <summary>One stored chart, met with paths in its warnings, is a note and a result: people count it once.</summary>
    [Fact]
    public void Notes_are_not_counted_as_entries()
    {
        _tier.Put(Key(1), Render("") with { Result = null });
        _tier.Put(Key(2), Render("out", "warning: /a/path"));
        Assert.Equal(1, _tier.Totals().Entries);
        Assert.Equal(1, _tier.Prune(new PruneRequest(Chart: "web"), _fixture.Clock.GetUtcNow()).Entries);
        Assert.Equal(default, _tier.Totals());
    }

    [Theory]
    [InlineData(4_300)]
    [InlineData(12_500)]
    [InlineData(70_000)]
    [InlineData(3_000_000)]
    public void Long_output_that_does_not_compress_comes_back_whole_and_leaves_no_chunk_behind(int length)
    {
        _tier.Put(Key(1), Render(Noise(2 * length), Noise(2 * length, 2)));
        AssertSame(Render(Noise(2 * length), Noise(2 * length, 2)), _tier.Get(Key(1)));
        Assert.NotEmpty(Rows(_tier, LiteDbSchema.Chunks));
        _tier.Remove(Key(1));
        Assert.Empty(Rows(_tier, LiteDbSchema.Chunks));
        Assert.Empty(Rows(_tier, LiteDbSchema.Loose));
    }

    [Fact]
    public void File_of_short_outputs_that_do_not_compress_takes_at_most_2_2_times_their_length()
    {
        const int Count = 500,
            Length = 4096;
        for (int n = 0; n < Count; n++)
        {
            byte[] output = new byte[Length];
            new Random(n).NextBytes(output);
            Assert.True(_tier.Put(Key(n), Render("") with { Result = new RenderResult(0, output, []) }));
        }
        _tier.Dispose();
        Assert.InRange(new FileInfo(_fixture.StoreFile).Length, Count * Length, (long)(2.2 * Count * Length));
    }

    /// <summary>As a crash leaves them: their list was written with the first of them, the blob never.</summary>
    [Fact]
    public void Chunks_of_an_output_that_was_never_completed_are_swept_away()
    {
        Change(
            _tier,
            session =>
            {
                session.Put(LiteDbSchema.Loose, new BsonDocument { ["_id"] = 7L, ["chunks"] = 20 });
                for (long n = 0; n < 16; n++)
                    session.Put(LiteDbSchema.Chunks, new BsonDocument { ["_id"] = (7L << 16) + n, ["data"] = new byte[1000] });
                session.Sums = session.Sums with { NextRun = 8, LooseRuns = 1 };
            }
        );
        _tier.Dispose();
        LiteDbTier again = _fixture.Open();
        again.EvictToLimits(null, null, _fixture.Clock.GetUtcNow());
        Assert.Empty(Rows(again, LiteDbSchema.Chunks));
        Assert.Empty(Rows(again, LiteDbSchema.Loose));
    }

    [Fact]
    public void Store_of_an_earlier_version_is_removed_with_one_line()
    {
        _tier.Dispose();
        foreach (string name in (string[])["store.db", "store.db-wal", "store.db-shm", "store.db.damaged-20260101T000000Z"])
            File.WriteAllText(Path.Combine(_fixture.Home, name), "old");
        LiteDbTier again = _fixture.Open();
        Assert.Empty(Directory.GetFiles(_fixture.Home, "store.db*"));
        Assert.Contains("earlier version", Assert.Single(_fixture.Log), StringComparison.Ordinal);
        Assert.True(again.Put(Key(1), Render("a")));
    }

    [Fact]
    public void Yaml_is_stored_smaller_than_it_is()
    {
        string yaml = string.Concat(Enumerable.Range(0, 300).Select(i => $"---\nkind: Service\nmetadata:\n  name: s{i}\n"));
        _tier.Put(Key(1), Render(yaml));
        Assert.InRange(_tier.Totals().Bytes, 1, yaml.Length / 4);
        AssertSame(Render(yaml), _tier.Get(Key(1)));
    }

    [Fact]
    public void Hit_writes_nothing_until_uses_are_flushed()
    {
        _tier.Put(Key(1), Render("a"));
        _fixture.Clock.Advance(TimeSpan.FromHours(1));
        _tier.Get(Key(1));
        _tier.Get(Key(1));
        Assert.Equal(0, Rows(_tier, LiteDbSchema.Uses).Single()["uses"].AsInt64);
        _tier.FlushUses();
        StoredEntry entry = Assert.Single(_tier.List());
        Assert.Equal((2L, _fixture.Clock.GetUtcNow()), (entry.Uses, entry.LastUse));
    }

    [Fact]
    public void Recent_entries_of_a_chart_come_newest_first_with_their_material()
    {
        for (int n = 1; n <= 4; n++)
        {
            _tier.Put(Key(n), Render("o" + n, chart: n == 3 ? "db" : "web", material: "m" + n));
            _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(
            [(Key(4), "m4"), (Key(2), "m2")],
            _tier.RecentByChart("web", 2).Select(m => (m.Key, Encoding.UTF8.GetString(m.Material)))
        );
        Assert.Empty(_tier.RecentByChart("none", 2));
    }

    [Fact]
    public void Copy_of_the_files_taken_while_running_opens_as_a_crash_would_leave_it()
    {
        for (int n = 0; n < 50; n++)
            _tier.Put(Key(n), Render(Noise(6_000, n)));
        using var crashed = new StoreFixture();
        File.Copy(_fixture.StoreFile, crashed.StoreFile);
        File.Copy(_fixture.LogFile, crashed.LogFile);
        LiteDbTier tier = crashed.Open();
        for (int n = 0; n < 50; n++)
            AssertSame(Render(Noise(6_000, n)), tier.Get(Key(n)));
        Assert.Empty(crashed.Log);
    }

    [Fact]
    public void File_never_grows_beyond_its_hard_limit_and_what_is_there_is_still_served()
    {
        _tier.Dispose();
        LiteDbTier small = _fixture.Open(o => o with { MaxFileBytes = 900_000 });
        Assert.True(small.Put(Key(1), Render(Noise(100_000))));
        Assert.False(small.Put(Key(2), Render(Noise(3_000_000, 2))));
        AssertSame(Render(Noise(100_000)), small.Get(Key(1)));
        Assert.Null(small.Get(Key(2)));
        Assert.True(small.Put(Key(3), Render("fits")));
        Assert.Single(_fixture.Log);
    }

    [Fact]
    public void Log_of_the_database_is_copied_back_and_does_not_grow()
    {
        const long Checkpointed = 6 << 20;
        long largest = 0;
        for (int n = 0; n < 700; n++)
        {
            Assert.True(_tier.Put(Key(n), Render(Noise(60_000, n))));
            _tier.Get(Key(n / 2));
            largest = Math.Max(largest, new FileInfo(_fixture.LogFile).Length);
        }
        // Enough was written to need it.
        Assert.InRange(new FileInfo(_fixture.StoreFile).Length, 2 * Checkpointed, long.MaxValue);
        Assert.InRange(largest, 1, Checkpointed);
    }

    [Fact]
    public void Put_that_fails_takes_the_old_entry_with_it()
    {
        _tier.Dispose();
        LiteDbTier small = _fixture.Open(o => o with { MaxFileBytes = 900_000 });
        small.Put(Key(1), Render("old"));
        Assert.False(small.Put(Key(1), Render(Noise(3_000_000))));
        Assert.Null(small.Get(Key(1)));
    }
}
