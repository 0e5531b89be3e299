using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Storage;
using Xunit;
using static CacheDaemon.Tests.Storage.StoreRoom;

namespace CacheDaemon.Tests.Storage;

public sealed class SqliteTierTests : TierContract, IDisposable
{
    private readonly StoreRoom _room = new();
    private readonly SqliteTier _tier;

    public SqliteTierTests() => _tier = _room.Open();

    protected override ITier Tier => _tier;

    public void Dispose() => _room.Dispose();

    [Fact]
    public void Everything_is_there_after_a_restart()
    {
        var stamp = new FileStamp(ulong.MaxValue, 1UL << 63, 5, 6, 7, 0x81A4);
        _tier.Put(Key(1), Render(new string('y', 50_000), "warn"));
        _tier.MarkVarying(Key(2), RefuseReason.NotRepeatable, "genCA");
        _tier.AddCounters(new Dictionary<string, long> { ["hits"] = 3 });
        _tier.AddCounters(new Dictionary<string, long> { ["hits"] = 4, ["misses"] = 1 });
        _tier.PutStamp(stamp, Digest.Of([1]), 9);
        StoreTotals totals = _tier.Totals();
        _tier.Dispose();

        SqliteTier again = _room.Open();
        AssertSame(Render(new string('y', 50_000), "warn"), again.Get(Key(1)));
        Assert.Equal(totals, again.Totals());
        Assert.Equal(new VaryingNote(_room.Clock.GetUtcNow(), RefuseReason.NotRepeatable, "genCA"), again.GetVarying(Key(2)));
        Assert.Null(again.GetVarying(Key(1)));
        Assert.Equal([("hits", 7L), ("misses", 1L)], again.LoadCounters().Select(c => (c.Key, c.Value)).Order());
        Assert.True(again.TryGetStamp(stamp, out Digest digest, out int flags));
        Assert.Equal((Digest.Of([1]), 9), (digest, flags));
        Assert.Empty(_room.Log);
    }

    [Fact]
    public void Stamp_that_differs_in_one_part_is_not_found()
    {
        var stamp = new FileStamp(1, 2, 3, 4, 5, 6);
        _tier.PutStamp(stamp, Digest.Of([1]), 0);
        FileStamp[] others =
        [
            stamp with { Device = 9 }, stamp with { Inode = 9 }, stamp with { Size = 9 }, stamp with { ModifiedNs = 9 },
            stamp with { ChangedNs = 9 }, stamp with { Mode = 9 },
        ];
        Assert.All(others, other => Assert.False(_tier.TryGetStamp(other, out _, out _)));
        _tier.PutStamp(others[3], Digest.Of([2]), 0);
        Assert.False(_tier.TryGetStamp(stamp, out _, out _));
    }

    [Fact]
    public void Counters_are_deleted_by_name()
    {
        _tier.AddCounters(new Dictionary<string, long> { ["hits"] = 3, ["day/hits/2026-11-13"] = 1, ["day/hits/2026-11-14"] = 2 });
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
        Assert.Equal("twice", _tier.GetVarying(Key(1))?.Detail);
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
        Assert.Equal(2L, _room.Sql("SELECT count(*) FROM blobs"));

        _tier.Remove(Key(1));
        AssertSame(Render("other", big), _tier.Get(Key(2)));
        _tier.Remove(Key(2));
        Assert.Equal(0L, _room.Sql("SELECT count(*) FROM blobs"));
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
                _tier.Put(Key(random.Next(20)), Render(Noise(random.Next(5_000), random.Next(4)), Noise(random.Next(50), random.Next(4))));
        }
        StoreTotals totals = _tier.Totals();
        Assert.True(totals.Entries > 0);
        Assert.Equal(_room.Sql("SELECT count(*) FROM entries"), totals.Entries);
        Assert.Equal(
            _room.Sql("SELECT (SELECT sum(own_bytes) FROM entries) + (SELECT sum(stored_bytes) FROM blobs)"), totals.Bytes);
        Assert.Equal(0L, _room.Sql("""
            SELECT count(*) FROM blobs b WHERE uses <> (SELECT count(*) FROM entries WHERE stdout = b.digest)
                                                    + (SELECT count(*) FROM entries WHERE stderr = b.digest)
            """));
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
        _room.Clock.Advance(TimeSpan.FromHours(1));
        _tier.Get(Key(1));
        _tier.Get(Key(1));
        Assert.Equal(0L, _room.Sql("SELECT uses FROM entries"));
        _tier.FlushUses();
        StoredMaterial row = Assert.Single(_tier.RecentByChart("web", 5));
        Assert.Equal((2L, _room.Clock.GetUtcNow()), (row.Uses, row.LastUse));
    }

    [Fact]
    public void Recent_entries_of_a_chart_come_newest_first_with_their_material()
    {
        for (int n = 1; n <= 4; n++)
        {
            _tier.Put(Key(n), Render("o" + n, chart: n == 3 ? "db" : "web", material: "m" + n));
            _room.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(
            [(Key(4), "m4"), (Key(2), "m2")],
            _tier.RecentByChart("web", 2).Select(m => (m.Key, Encoding.UTF8.GetString(m.Material))));
        Assert.Empty(_tier.RecentByChart("none", 2));
    }

    [Fact]
    public void Copy_of_the_files_taken_while_running_opens_as_a_crash_would_leave_it()
    {
        for (int n = 0; n < 50; n++)
            _tier.Put(Key(n), Render(Noise(6_000, n)));
        using var crashed = new StoreRoom();
        foreach (string suffix in (string[])["", "-wal"])
            File.Copy(_room.StoreFile + suffix, crashed.StoreFile + suffix);
        SqliteTier tier = crashed.Open();
        for (int n = 0; n < 50; n++)
            AssertSame(Render(Noise(6_000, n)), tier.Get(Key(n)));
        Assert.Empty(crashed.Log);
    }

    [Fact]
    public void File_never_grows_beyond_its_hard_limit_and_what_is_there_is_still_served()
    {
        _tier.Dispose();
        SqliteTier small = _room.Open(o => o with { MaxFileBytes = 400_000 });
        Assert.True(small.Put(Key(1), Render(Noise(100_000))));
        Assert.False(small.Put(Key(2), Render(Noise(900_000, 2))));
        AssertSame(Render(Noise(100_000)), small.Get(Key(1)));
        Assert.Null(small.Get(Key(2)));
        Assert.True(small.Put(Key(3), Render("fits")));
        Assert.Single(_room.Log);
    }

    [Fact]
    public void Log_of_the_database_is_copied_back_and_does_not_grow()
    {
        const long Checkpointed = 8 << 20;
        long largest = 0;
        for (int n = 0; n < 700; n++)
        {
            Assert.True(_tier.Put(Key(n), Render(Noise(60_000, n))));
            _tier.Get(Key(n / 2));
            largest = Math.Max(largest, new FileInfo(_room.StoreFile + "-wal").Length);
        }
        // Enough was written to need it.
        Assert.InRange(new FileInfo(_room.StoreFile).Length, 2 * Checkpointed, long.MaxValue);
        Assert.InRange(largest, 1, Checkpointed);
    }

    [Fact]
    public void Put_that_fails_takes_the_old_entry_with_it()
    {
        _tier.Dispose();
        SqliteTier small = _room.Open(o => o with { MaxFileBytes = 400_000 });
        small.Put(Key(1), Render("old"));
        Assert.False(small.Put(Key(1), Render(Noise(900_000))));
        Assert.Null(small.Get(Key(1)));
    }

    [Fact]
    public void Library_in_use_is_recent_enough_for_the_schema()
    {
        string[] words = SqliteNative.Description.Split(' ');
        Assert.Contains(words[0], (string[])["system", "bundled"]);
        Assert.True(Version.Parse(words[1]) >= new Version(3, 35, 5));
    }
}
