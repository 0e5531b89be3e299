using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Storage;
using LiteDB;
using Xunit;
using static CacheDaemon.Tests.Storage.StoreFixture;

namespace CacheDaemon.Tests.Storage;

/// <summary>Whatever becomes of the file: never a wrong entry, never an exception, and the store works again.</summary>
public sealed class DamagedStoreTests : IDisposable
{
    private const int Entries = 60;

    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    private static Entry Sample(int n) => Render(Noise(200 + n * 300, n), n % 3 == 0 ? "warning " + n : "", material: "m" + n);

    private LiteDbTier Filled()
    {
        LiteDbTier tier = _fixture.Open();
        for (int n = 0; n < Entries; n++)
            Assert.True(tier.Put(Key(n), Sample(n)));
        return tier;
    }

    private void Fill() => Filled().Dispose();

    /// <summary>
    /// Reads every key: each is what was stored, or a miss; then the store takes and gives a new entry. Answers the hits.
    /// </summary>
    private static int AssertTrueOrMissing(LiteDbTier tier)
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
        File.WriteAllText(
            _fixture.StoreFile,
            "these are not the bytes you are looking for, but there are enough of them to be a header of 100"
        );
        using LiteDbTier tier = _fixture.Open();
        Assert.Equal(0, AssertTrueOrMissing(tier));
        string aside = Assert.Single(_fixture.FilesAside);
        Assert.Matches(@"store\.litedb\.damaged-20261121T080000Z$", aside);
        Assert.StartsWith("these are", File.ReadAllText(aside));
        Assert.Single(_fixture.Log);
    }

    [Fact]
    public void Empty_file_is_a_fresh_store()
    {
        File.WriteAllText(_fixture.StoreFile, "");
        Assert.Equal(0, AssertTrueOrMissing(_fixture.Open()));
        Assert.Empty(_fixture.FilesAside);
        Assert.Empty(_fixture.Log);
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
        using (FileStream file = File.OpenWrite(_fixture.StoreFile))
            file.SetLength(length > 0 ? length : file.Length + length);
        Assert.Equal(0, AssertTrueOrMissing(_fixture.Open()));
        Assert.Single(_fixture.FilesAside);
    }

    [Fact]
    public void Failure_for_want_of_memory_says_nothing_of_the_file()
    {
        using LiteDbTier tier = Filled();
        Assert.False(tier.Database.TryRead(static _ => new byte[int.MaxValue], out _));
        Assert.Equal(Entries, AssertTrueOrMissing(tier));
        Assert.Empty(_fixture.FilesAside);
        Assert.Single(_fixture.Log);
    }

    [Fact]
    public void Noise_over_the_header_begins_a_fresh_store()
    {
        Fill();
        Scribble(_fixture.StoreFile, 0, 100, 1);
        Assert.Equal(0, AssertTrueOrMissing(_fixture.Open()));
        Assert.Single(_fixture.FilesAside);
    }

    [Fact]
    public void Noise_anywhere_never_gives_a_wrong_entry()
    {
        Fill();
        byte[] sound = File.ReadAllBytes(_fixture.StoreFile);
        int hits = 0,
            damaged = 0;
        for (int seed = 0; seed < 80; seed++)
        {
            File.WriteAllBytes(_fixture.StoreFile, sound);
            var random = new Random(seed);
            for (int spot = 0; spot < 1 + seed % 4; spot++)
                Scribble(_fixture.StoreFile, random.NextInt64(100, sound.Length - 600), random.Next(1, 600), seed);
            using LiteDbTier tier = _fixture.Open();
            int found = AssertTrueOrMissing(tier);
            hits += found;
            damaged += Entries - found;
            tier.Dispose();
            foreach (string file in _fixture.FilesAside.Append(_fixture.LogFile))
                File.Delete(file);
        }
        // The test would prove nothing if noise always, or never, met an entry.
        Assert.True(hits > 500 && damaged > 100, $"{hits} hits, {damaged} damaged");
    }

    [Fact]
    public void Noise_in_the_log_of_a_crashed_daemon_loses_entries_at_most()
    {
        LiteDbTier running = Filled();
        // From an empty log, so that it holds the latter half whole.
        running.EvictToLimits(null, null, _fixture.Clock.GetUtcNow());
        for (int n = Entries / 2; n < Entries; n++)
            Assert.True(running.Put(Key(n), Sample(n)));
        int hits = 0,
            damaged = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            using var crashed = new StoreFixture();
            File.Copy(_fixture.StoreFile, crashed.StoreFile);
            File.Copy(_fixture.LogFile, crashed.LogFile);
            var random = new Random(seed);
            string log = crashed.LogFile;
            // Most pages of a log are out of date by its end, and noise in them harms nothing.
            for (int spot = 0; spot < seed; spot++)
                Scribble(log, random.NextInt64(new FileInfo(log).Length - 100), 100, seed);
            int found = AssertTrueOrMissing(crashed.Open());
            hits += found;
            damaged += Entries - found;
        }
        Assert.Equal(Entries, AssertTrueOrMissing(running));
        Assert.True(hits > 50 && damaged > 10, $"{hits} hits, {damaged} damaged");
    }

    [Fact]
    public void Flipped_byte_of_a_blob_is_a_miss_for_every_entry_that_shows_it()
    {
        LiteDbTier tier = _fixture.Open();
        tier.Put(Key(1), Render("harmless", "shared warning"));
        tier.Put(Key(2), Render("other", "shared warning"));
        tier.Put(Key(3), Render("third"));
        ChangeEach(
            tier,
            LiteDbSchema.Blobs,
            row =>
            {
                if (row["size"].AsInt64 == "shared warning".Length)
                    row["data"] = System.Text.Encoding.ASCII.GetBytes("Shared warning");
            }
        );

        Assert.Null(tier.Get(Key(1)));
        Assert.Equal(1, tier.DamagedEntries);
        Assert.Null(tier.Get(Key(2)));
        AssertSame(Render("third"), tier.Get(Key(3)));
        Assert.Equal(1, tier.DamagedEntries);
        Assert.Equal(1L, tier.Totals().Entries);

        tier.Put(Key(1), Render("harmless", "shared warning"));
        AssertSame(Render("harmless", "shared warning"), tier.Get(Key(1)));
    }

    public static TheoryData<string, object?> EntryChanges =>
        new()
        {
            { "exit", 1 },
            { "exit", long.MaxValue },
            { "note", true },
            { "note", "text" },
            { "out", null },
            { "out", new byte[1] },
            { "out", new byte[32] },
            { "err", new byte[32] },
            { "secret", true },
            { "created", long.MaxValue },
            { "created", "text" },
            { "ms", 0.0 },
            { "chart", new byte[] { 255 } },
            { "chart", null },
            { "version", "" },
            { "material", Array.Empty<byte>() },
            { "material", null },
            { "seal", Array.Empty<byte>() },
            { "seal", 7 },
        };

    [Theory]
    [MemberData(nameof(EntryChanges))]
    public void Changed_field_of_an_entry_is_a_miss(string field, object? value)
    {
        LiteDbTier tier = _fixture.Open();
        tier.Put(Key(1), Render("one"));
        ChangeEach(tier, LiteDbSchema.Entries, row => row[field] = new BsonValue(value));
        Assert.Null(tier.Get(Key(1)));
        Assert.Equal(1, tier.DamagedEntries);
        Assert.Empty(_fixture.FilesAside);
        Assert.True(tier.Put(Key(1), Render("one")));
        AssertSame(Render("one"), tier.Get(Key(1)));
    }

    [Fact]
    public void Entry_under_the_key_of_another_is_a_miss()
    {
        LiteDbTier tier = _fixture.Open();
        tier.Put(Key(1), Render("one"));
        tier.Put(Key(2), Render("two"));
        Change(
            tier,
            session =>
            {
                BsonDocument row = session.Find(LiteDbSchema.Entries, EntryRows.Id(Key(1)))!;
                row["_id"] = EntryRows.Id(Key(2));
                session.Put(LiteDbSchema.Entries, row);
            }
        );
        Assert.Null(tier.Get(Key(2)));
        AssertSame(Render("one"), tier.Get(Key(1)));
        Assert.Equal(1, tier.DamagedEntries);
    }

    public static TheoryData<string, object?> BlobChanges =>
        new()
        {
            { "codec", 0 },
            { "codec", 7 },
            { "codec", 4294967297L },
            { "codec", "text" },
            { "size", 9_001L },
            { "size", long.MaxValue },
            { "size", -1L },
            { "data", Array.Empty<byte>() },
            { "data", "text" },
            { "data", null },
        };

    [Theory]
    [MemberData(nameof(BlobChanges))]
    public void Changed_field_of_a_blob_is_a_miss(string field, object? value)
    {
        LiteDbTier tier = _fixture.Open();
        tier.Put(Key(1), Render(new string('z', 9_000)));
        ChangeEach(tier, LiteDbSchema.Blobs, row => row[field] = new BsonValue(value));
        Assert.Null(tier.Get(Key(1)));
        Assert.Equal(1, tier.DamagedEntries);
        Assert.Equal(default, tier.Totals());
        Assert.Empty(_fixture.FilesAside);
    }

    [Theory]
    [InlineData("changed")]
    [InlineData("gone")]
    [InlineData("cut")]
    [InlineData("of another type")]
    [InlineData("too many")]
    public void Chunk_that_is_not_what_was_stored_is_a_miss(string fate)
    {
        LiteDbTier tier = _fixture.Open();
        tier.Put(Key(1), Render(Noise(500_000)));
        BsonDocument chunk = Rows(tier, LiteDbSchema.Chunks)[2];
        byte[] data = chunk["data"].AsBinary;
        data[5] ^= 1;
        Change(
            tier,
            session =>
            {
                if (fate == "gone")
                    session.Delete(LiteDbSchema.Chunks, chunk["_id"]);
                else if (fate != "too many")
                    session.Put(
                        LiteDbSchema.Chunks,
                        new BsonDocument
                        {
                            ["_id"] = chunk["_id"],
                            ["data"] = fate switch
                            {
                                "cut" => data[..100],
                                "changed" => data,
                                _ => "text",
                            },
                        }
                    );
            }
        );
        if (fate == "too many")
            ChangeEach(tier, LiteDbSchema.Blobs, row => row["chunks"] = 60_000);
        Assert.Null(tier.Get(Key(1)));
        Assert.Equal(1, tier.DamagedEntries);
        Assert.Equal(default, tier.Totals());
        Assert.Empty(_fixture.FilesAside);
    }

    [Fact]
    public void Store_of_a_newer_daemon_is_moved_aside_unchanged()
    {
        Fill();
        using (FileStream file = File.OpenWrite(_fixture.StoreFile))
        {
            // The low byte of the user version, in LiteDB's header page.
            file.Position = 76;
            file.WriteByte(7);
        }
        byte[] before = File.ReadAllBytes(_fixture.StoreFile);
        Assert.Equal(0, AssertTrueOrMissing(_fixture.Open()));
        string aside = Assert.Single(_fixture.FilesAside);
        Assert.EndsWith("store.litedb.v7", aside);
        Assert.Equal(before, File.ReadAllBytes(aside));
        Assert.Contains("newer", Assert.Single(_fixture.Log));
    }

    [Fact]
    public void Database_of_another_program_is_moved_aside()
    {
        using (var other = new LiteDB.Engine.LiteEngine(_fixture.StoreFile))
            other.Insert("recipes", [new BsonDocument { ["name"] = "soup" }], BsonAutoId.Int32);
        byte[] before = File.ReadAllBytes(_fixture.StoreFile);
        Assert.Equal(0, AssertTrueOrMissing(_fixture.Open()));
        Assert.Equal(before, File.ReadAllBytes(Assert.Single(_fixture.FilesAside)));
    }

    [Fact]
    public void Log_whose_data_file_somebody_deleted_is_not_read()
    {
        LiteDbTier running = Filled();
        using var crashed = new StoreFixture();
        File.Copy(_fixture.LogFile, crashed.LogFile);
        Assert.NotEqual(0, new FileInfo(crashed.LogFile).Length);
        Assert.Equal(0, AssertTrueOrMissing(crashed.Open()));
        Assert.Equal(Entries, AssertTrueOrMissing(running));
    }

    [Fact]
    public void Missing_collection_begins_a_fresh_store()
    {
        Fill();
        using (var other = new LiteDB.Engine.LiteEngine(_fixture.StoreFile))
        {
            other.DropCollection(LiteDbSchema.Varying);
            other.Checkpoint();
        }
        Assert.Equal(0, AssertTrueOrMissing(_fixture.Open()));
        Assert.Single(_fixture.FilesAside);
    }

    [Fact]
    public void Noise_in_the_file_while_running_begins_a_fresh_store_or_loses_entries()
    {
        LiteDbTier tier = Filled();
        tier.EvictToLimits(null, null, _fixture.Clock.GetUtcNow());
        Scribble(_fixture.StoreFile, 8192, (int)new FileInfo(_fixture.StoreFile).Length - 8192, 1);
        Assert.Equal(0, AssertTrueOrMissing(tier));
        Assert.Single(_fixture.FilesAside);
    }

    [Fact]
    public async Task Damage_met_by_many_threads_at_once_is_dealt_with_once()
    {
        LiteDbTier tier = Filled();
        tier.EvictToLimits(null, null, _fixture.Clock.GetUtcNow());
        Scribble(_fixture.StoreFile, 8192, (int)new FileInfo(_fixture.StoreFile).Length - 8192, 1);
        await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(worker =>
                    Task.Run(() =>
                    {
                        for (int n = 0; n < 50; n++)
                        {
                            tier.Get(Key(n));
                            tier.Put(Key(100 + n), Render("x" + worker));
                        }
                    })
                )
        );
        Assert.Equal(0, AssertTrueOrMissing(tier) - Enumerable.Range(0, Entries).Count(n => tier.Get(Key(n)) is not null));
        Assert.Single(_fixture.FilesAside);
        Assert.Single(_fixture.Log);
    }

    [Fact]
    public void Only_the_latest_damaged_file_is_kept()
    {
        for (int i = 0; i < 3; i++)
        {
            File.WriteAllText(_fixture.StoreFile, new string('?', 2000 + i));
            _fixture.Open().Dispose();
            _fixture.Clock.Advance(TimeSpan.FromHours(1));
        }
        Assert.Equal(2002, new FileInfo(Assert.Single(_fixture.FilesAside)).Length);
    }

    [Fact]
    public void Store_of_another_process_is_left_alone_and_opened_later()
    {
        Fill();
        LiteDbTier tier;
        int held = Libc.TryLock(Libc.PathBytes(Path.Combine(_fixture.Home, "store.lock")), out _);
        Assert.True(held >= 0);
        try
        {
            tier = _fixture.Open(o => o with { WriterPatience = TimeSpan.FromMilliseconds(5) });
            Assert.Contains("another process", tier.Problem, StringComparison.Ordinal);
            Assert.Null(tier.Get(Key(1)));
            Assert.False(tier.Put(Key(1000), Render("new")));
        }
        finally
        {
            Libc.Close(held);
        }
        Assert.False(tier.Put(Key(1000), Render("new")));
        // The time until the next try is not the wall clock's, which someone may set back.
        _fixture.Clock.SetBack(TimeSpan.FromDays(1));
        _fixture.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.True(tier.Put(Key(1000), Render("new")));
        Assert.Equal(Entries, AssertTrueOrMissing(tier));
        Assert.Empty(_fixture.FilesAside);
    }

    [Fact]
    public void Two_tiers_never_have_the_same_file()
    {
        LiteDbTier first = Filled();
        LiteDbTier second = _fixture.Open(o => o with { WriterPatience = TimeSpan.FromMilliseconds(5) });
        Assert.NotNull(second.Problem);
        Assert.False(second.Put(Key(1), Render("a")));
        Assert.Equal(Entries, AssertTrueOrMissing(first));
    }

    [Fact]
    public void Home_that_cannot_be_made_is_a_problem_in_one_line_and_every_call_a_miss()
    {
        string file = Path.Combine(_fixture.Home, "file");
        File.WriteAllText(file, "");
        using var tier = new LiteDbTier(LiteDbTierOptions.In(Path.Combine(file, "home")), _fixture.Clock, _fixture.Log.Enqueue);
        Assert.NotNull(tier.Problem);
        Assert.False(tier.Put(Key(1), Render("a")));
        Assert.Null(tier.Get(Key(1)));
        Assert.Null(tier.GetVarying(Key(1)));
        Assert.Empty(tier.LoadCounters());
        Assert.Equal(default, tier.Totals());
        Assert.Equal(default, tier.Prune(new PruneRequest(All: true), _fixture.Clock.GetUtcNow()));
        Assert.Single(_fixture.Log);
    }

    [Fact]
    public void Deleted_file_is_made_anew()
    {
        LiteDbTier tier = Filled();
        foreach (string file in Directory.GetFiles(_fixture.Home))
            File.Delete(file);
        tier.EvictToLimits(null, null, _fixture.Clock.GetUtcNow());
        Assert.Equal(0, AssertTrueOrMissing(tier));
        Assert.True(File.Exists(_fixture.StoreFile));
    }

    [Fact]
    public void Closed_tier_answers_no_to_everything()
    {
        LiteDbTier tier = Filled();
        tier.Dispose();
        Assert.Null(tier.Get(Key(1)));
        Assert.False(tier.Put(Key(1), Sample(1)));
        Assert.False(tier.Remove(Key(1)));
    }

    private static void Scribble(string path, long at, int length, int seed)
    {
        byte[] noise = new byte[length];
        new Random(seed).NextBytes(noise);
        using FileStream file = new FileStream(path, System.IO.FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.Position = at;
        file.Write(noise);
    }
}
