using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Storage;
using Microsoft.Data.Sqlite;
using Xunit;
using static CacheDaemon.Tests.Storage.StoreRoom;

namespace CacheDaemon.Tests.Storage;

/// <summary>Whatever becomes of the file: never a wrong entry, never an exception, and the store works again.</summary>
public sealed class DamagedStoreTests : IDisposable
{
    private const int Entries = 60;

    private readonly StoreRoom _room = new();

    public void Dispose() => _room.Dispose();

    private static Entry Sample(int n) => Render(Noise(200 + n * 300, n), n % 3 == 0 ? "warning " + n : "", material: "m" + n);

    private SqliteTier Filled()
    {
        SqliteTier tier = _room.Open();
        for (int n = 0; n < Entries; n++)
            Assert.True(tier.Put(Key(n), Sample(n)));
        return tier;
    }

    private void Fill() => Filled().Dispose();

    /// <summary>Reads every key: each is what was stored, or a miss; then the store takes and gives a new entry. Answers the hits.</summary>
    private static int AssertTrueOrMissing(SqliteTier tier)
    {
        int hits = 0;
        for (int n = 0; n < Entries; n++)
        {
            if (tier.Get(Key(n)) is not Entry found)
                continue;
            AssertSame(Sample(n), found);
            hits++;
        }
        for (int attempt = 0; attempt < 2 && !tier.Put(Key(1000), Render("new")); attempt++)
        {
            // The write that meets the damage fails, and by that brings the fresh file.
        }
        AssertSame(Render("new"), tier.Get(Key(1000)));
        Assert.Null(tier.Problem);
        return hits;
    }

    [Fact]
    public void Text_file_in_its_place_is_moved_aside_as_it_is()
    {
        File.WriteAllText(_room.StoreFile, "these are not the bytes you are looking for, but there are enough of them to be a header of 100");
        using SqliteTier tier = _room.Open();
        Assert.Equal(0, AssertTrueOrMissing(tier));
        string aside = Assert.Single(_room.FilesAside);
        Assert.Matches(@"store\.db\.damaged-20261121T080000Z$", aside);
        Assert.StartsWith("these are", File.ReadAllText(aside));
        Assert.Single(_room.Log);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    public void Empty_file_is_a_fresh_store(string content)
    {
        File.WriteAllText(_room.StoreFile, content);
        Assert.Equal(0, AssertTrueOrMissing(_room.Open()));
        Assert.Empty(_room.FilesAside);
        Assert.Empty(_room.Log);
    }

    [Theory]
    [InlineData(99)]
    [InlineData(4096)]
    [InlineData(60_000)]
    [InlineData(-4096)]
    [InlineData(-1)]
    public void Truncated_file_is_noticed_at_the_start(int length)
    {
        Fill();
        using (FileStream file = File.OpenWrite(_room.StoreFile))
            file.SetLength(length > 0 ? length : file.Length + length);
        Assert.Equal(0, AssertTrueOrMissing(_room.Open()));
        Assert.Single(_room.FilesAside);
    }

    [Fact]
    public void Noise_over_the_header_begins_a_fresh_store()
    {
        Fill();
        Scribble(_room.StoreFile, 0, 100, 1);
        Assert.Equal(0, AssertTrueOrMissing(_room.Open()));
        Assert.Single(_room.FilesAside);
    }

    [Fact]
    public void Noise_anywhere_never_gives_a_wrong_entry()
    {
        Fill();
        byte[] sound = File.ReadAllBytes(_room.StoreFile);
        int hits = 0, damaged = 0;
        for (int seed = 0; seed < 80; seed++)
        {
            File.WriteAllBytes(_room.StoreFile, sound);
            var random = new Random(seed);
            for (int spot = 0; spot < 1 + seed % 4; spot++)
                Scribble(_room.StoreFile, random.NextInt64(100, sound.Length - 600), random.Next(1, 600), seed);
            using SqliteTier tier = _room.Open();
            int found = AssertTrueOrMissing(tier);
            hits += found;
            damaged += Entries - found;
            tier.Dispose();
            foreach (string file in _room.FilesAside.Concat(Directory.GetFiles(_room.Home, "*-wal")))
                File.Delete(file);
        }
        // The test would prove nothing if noise always, or never, met an entry.
        Assert.True(hits > 500 && damaged > 100, $"{hits} hits, {damaged} damaged");
    }

    [Fact]
    public void Noise_in_the_log_of_a_crashed_daemon_loses_entries_at_most()
    {
        SqliteTier running = Filled();
        int hits = 0, damaged = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            using var crashed = new StoreRoom();
            foreach (string suffix in (string[])["", "-wal"])
                File.Copy(_room.StoreFile + suffix, crashed.StoreFile + suffix);
            var random = new Random(seed);
            string log = crashed.StoreFile + "-wal";
            Scribble(log, random.NextInt64(new FileInfo(log).Length - 100), 100, seed);
            int found = AssertTrueOrMissing(crashed.Open());
            hits += found;
            damaged += Entries - found;
        }
        Assert.Equal(Entries, AssertTrueOrMissing(running));
        Assert.True(hits > 50 && damaged > 50, $"{hits} hits, {damaged} damaged");
    }

    [Fact]
    public void Flipped_byte_of_a_blob_is_a_miss_for_every_entry_that_shows_it()
    {
        SqliteTier tier = _room.Open();
        tier.Put(Key(1), Render("harmless", "shared warning"));
        tier.Put(Key(2), Render("other", "shared warning"));
        tier.Put(Key(3), Render("third"));
        Assert.Equal(1L, _room.Sql("UPDATE blobs SET data = CAST('Shared warning' AS BLOB) WHERE data = CAST('shared warning' AS BLOB) RETURNING 1"));

        Assert.Null(tier.Get(Key(1), out bool wasDamaged));
        Assert.True(wasDamaged);
        Assert.Null(tier.Get(Key(2), out wasDamaged));
        Assert.False(wasDamaged);
        AssertSame(Render("third"), tier.Get(Key(3)));
        Assert.Equal(1, tier.DamagedEntries);
        Assert.Equal(1L, tier.Totals().Entries);

        tier.Put(Key(1), Render("harmless", "shared warning"));
        AssertSame(Render("harmless", "shared warning"), tier.Get(Key(1)));
    }

    [Theory]
    [InlineData("exit = 1")]
    [InlineData("is_note = 1")]
    [InlineData("stdout = NULL")]
    [InlineData("stdout = x'00'")]
    [InlineData("stderr = stdout")]
    [InlineData("holds_secret = 1")]
    [InlineData("created = 9223372036854775807")]
    [InlineData("created = 'text'")]
    [InlineData("render_ms = 0")]
    [InlineData("chart = x'FF'")]
    [InlineData("chart_version = ''")]
    [InlineData("material = x''")]
    [InlineData("seal = x''")]
    [InlineData("seal = 7")]
    [InlineData("key = (SELECT key FROM entries WHERE id = 2), stdout = stdout")]
    public void Changed_column_of_an_entry_is_a_miss(string change)
    {
        SqliteTier tier = _room.Open();
        tier.Put(Key(1), Render("one"));
        tier.Put(Key(2), Render("two"));
        if (change.StartsWith("key", StringComparison.Ordinal))
        {
            // Row 1 under the key of row 2: a whole, well-formed entry, but not that key's.
            object? key = _room.Sql("SELECT hex(key) FROM entries WHERE id = 2");
            _room.Sql("DELETE FROM entries WHERE id = 2");
            change = $"key = x'{key}'";
        }
        _room.Sql($"UPDATE entries SET {change} WHERE id = 1");
        Assert.Null(tier.Get(Key(1)));
        if (change.StartsWith("key", StringComparison.Ordinal))
            Assert.Null(tier.Get(Key(2)));
        Assert.Equal(1, tier.DamagedEntries);
        Assert.Empty(_room.FilesAside);
        Assert.True(tier.Put(Key(1), Render("one")));
        AssertSame(Render("one"), tier.Get(Key(1)));
    }

    [Theory]
    [InlineData("codec = 0")]
    [InlineData("codec = 7")]
    [InlineData("codec = 4294967297")]
    [InlineData("size = size + 1")]
    [InlineData("size = 9223372036854775807")]
    [InlineData("size = -1")]
    [InlineData("data = x''")]
    [InlineData("data = 'text'")]
    public void Changed_column_of_a_blob_is_a_miss(string change)
    {
        SqliteTier tier = _room.Open();
        tier.Put(Key(1), Render(new string('z', 9_000)));
        _room.Sql($"UPDATE blobs SET {change}");
        Assert.Null(tier.Get(Key(1), out bool wasDamaged));
        Assert.True(wasDamaged);
        Assert.Equal(default, tier.Totals());
    }

    [Fact]
    public void Store_of_a_newer_daemon_is_moved_aside_unchanged()
    {
        Fill();
        _room.Sql("PRAGMA user_version = 7");
        byte[] before = File.ReadAllBytes(_room.StoreFile);
        Assert.Equal(0, AssertTrueOrMissing(_room.Open()));
        string aside = Assert.Single(_room.FilesAside);
        Assert.EndsWith("store.db.v7", aside);
        Assert.Equal(before, File.ReadAllBytes(aside));
        Assert.Contains("newer", Assert.Single(_room.Log));
    }

    [Fact]
    public void Database_of_another_program_is_moved_aside()
    {
        File.WriteAllBytes(_room.StoreFile, []);
        _room.Sql("CREATE TABLE recipes (name TEXT)");
        Assert.Equal(0, AssertTrueOrMissing(_room.Open()));
        Assert.Equal("recipes", _room.Sql("SELECT name FROM sqlite_master", Assert.Single(_room.FilesAside)));
    }

    [Fact]
    public void Missing_table_begins_a_fresh_store()
    {
        Fill();
        _room.Sql("DROP TABLE stamps");
        Assert.Equal(0, AssertTrueOrMissing(_room.Open()));
        Assert.Single(_room.FilesAside);
    }

    [Fact]
    public void Table_dropped_while_running_begins_a_fresh_store()
    {
        SqliteTier tier = Filled();
        _room.Sql("DROP TABLE blobs");
        Assert.Equal(0, AssertTrueOrMissing(tier));
        Assert.Single(_room.FilesAside);
    }

    [Fact]
    public async Task Damage_met_by_many_threads_at_once_is_dealt_with_once()
    {
        SqliteTier tier = Filled();
        _room.Sql("DROP TABLE blobs");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            for (int n = 0; n < 50; n++)
            {
                tier.Get(Key(n));
                tier.Put(Key(100 + n), Render("x" + worker));
            }
        })));
        Assert.Equal(0, AssertTrueOrMissing(tier) - Enumerable.Range(0, Entries).Count(n => tier.Get(Key(n)) is not null));
        Assert.Single(_room.FilesAside);
        Assert.Single(_room.Log);
    }

    [Fact]
    public void Only_the_latest_damaged_file_is_kept()
    {
        for (int i = 0; i < 3; i++)
        {
            File.WriteAllText(_room.StoreFile, new string('?', 2000 + i));
            _room.Open().Dispose();
            _room.Clock.Advance(TimeSpan.FromHours(1));
        }
        Assert.Equal(2002, new FileInfo(Assert.Single(_room.FilesAside)).Length);
    }

    [Fact]
    public void Writer_locked_by_someone_else_refuses_puts_serves_hits_and_recovers()
    {
        SqliteTier tier = _room.Open(o => o with { WriterPatience = TimeSpan.FromMilliseconds(5) });
        tier.Put(Key(1), Render("a"));
        using (SqliteConnection other = _room.Connect())
        {
            using SqliteCommand command = other.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE";
            command.ExecuteNonQuery();
            Assert.False(tier.Put(Key(2), Render("b")));
            Assert.False(tier.MarkVarying(Key(3), RefuseReason.NotRepeatable, ""));
            AssertSame(Render("a"), tier.Get(Key(1)));
            command.CommandText = "ROLLBACK";
            command.ExecuteNonQuery();
        }
        Assert.True(tier.Put(Key(2), Render("b")));
        Assert.Empty(_room.FilesAside);
    }

    [Fact]
    public void File_locked_at_the_start_is_left_alone_and_opened_later()
    {
        Fill();
        SqliteTier tier;
        using (SqliteConnection other = _room.Connect())
        {
            using SqliteCommand command = other.CreateCommand();
            command.CommandText = "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE totals SET id = 1; COMMIT";
            command.ExecuteNonQuery();
            tier = _room.Open(o => o with { WriterPatience = TimeSpan.FromMilliseconds(5) });
            Assert.NotNull(tier.Problem);
            Assert.Null(tier.Get(Key(1)));
            Assert.False(tier.Put(Key(1000), Render("new")));
        }
        Assert.False(tier.Put(Key(1000), Render("new")));
        // The time until the next try is not the wall clock's, which someone may set back.
        _room.Clock.SetBack(TimeSpan.FromDays(1));
        _room.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.True(tier.Put(Key(1000), Render("new")));
        Assert.Equal(Entries, AssertTrueOrMissing(tier));
        Assert.Empty(_room.FilesAside);
    }

    [Fact]
    public void Home_that_cannot_be_made_is_a_problem_in_one_line_and_every_call_a_miss()
    {
        string file = Path.Combine(_room.Home, "file");
        File.WriteAllText(file, "");
        using var tier = new SqliteTier(SqliteTierOptions.In(Path.Combine(file, "home")), _room.Clock, _room.Log.Enqueue);
        Assert.NotNull(tier.Problem);
        Assert.False(tier.Put(Key(1), Render("a")));
        Assert.Null(tier.Get(Key(1)));
        Assert.Null(tier.GetVarying(Key(1)));
        Assert.Empty(tier.LoadCounters());
        Assert.Equal(default, tier.Totals());
        Assert.Equal(default, tier.Prune(new PruneRequest(All: true), _room.Clock.GetUtcNow()));
        Assert.Single(_room.Log);
    }

    [Fact]
    public void Deleted_file_is_made_anew()
    {
        SqliteTier tier = Filled();
        foreach (string file in Directory.GetFiles(_room.Home))
            File.Delete(file);
        tier.EvictToLimits(null, null, _room.Clock.GetUtcNow());
        Assert.Equal(0, AssertTrueOrMissing(tier));
        Assert.True(File.Exists(_room.StoreFile));
    }

    [Fact]
    public void Closed_tier_answers_no_to_everything()
    {
        SqliteTier tier = Filled();
        tier.Dispose();
        Assert.Null(tier.Get(Key(1)));
        Assert.False(tier.Put(Key(1), Sample(1)));
        Assert.False(tier.Remove(Key(1)));
    }

    private static void Scribble(string path, long at, int length, int seed)
    {
        byte[] noise = new byte[length];
        new Random(seed).NextBytes(noise);
        using FileStream file = File.OpenWrite(path);
        file.Position = at;
        file.Write(noise);
    }
}
