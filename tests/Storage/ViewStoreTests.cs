using System;
using System.IO;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;
using LiteDB;
using Xunit;
using static CacheDaemon.Tests.Storage.StoreFixture;

namespace CacheDaemon.Tests.Storage;

/// <summary>What is kept beside an output: there as long as the output is, and no longer.</summary>
public sealed class ViewStoreTests : IDisposable
{
    private const string Name = "1 projection";

    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(100)]
    [InlineData(5_000)]
    [InlineData(3_000_000)]
    public void One_is_kept_with_its_output_and_goes_with_the_last_entry_that_shows_it(int length)
    {
        LiteDbTier tier = _fixture.Open();
        byte[] projection = Encoding.ASCII.GetBytes(Noise(length, 7));
        Assert.False(tier.PutView(Output("a"), Name, projection));
        Assert.True(tier.Put(Key(1), Render("a")));
        long bare = tier.Totals().Bytes;
        Assert.Null(tier.GetView(Output("a"), Name)?.ToArray());
        Assert.True(tier.PutView(Output("a"), Name, projection));
        Assert.Equal(projection, tier.GetView(Output("a"), Name)?.ToArray());
        Assert.InRange(tier.Totals().Bytes - bare, length / 2, 3 * length + 20_000);
        Assert.True(tier.Put(Key(2), Render("a")));
        tier.Remove(Key(1));
        Assert.Equal(projection, tier.GetView(Output("a"), Name)?.ToArray());
        tier.Remove(Key(2));
        Assert.Null(tier.GetView(Output("a"), Name)?.ToArray());
        Assert.Equal(0, tier.Totals().Bytes);
        Assert.Empty(Rows(tier, LiteDbSchema.Blobs));
        Assert.Empty(Rows(tier, LiteDbSchema.Chunks));
    }

    [Fact]
    public void A_later_one_takes_the_place_of_an_earlier_one()
    {
        LiteDbTier tier = _fixture.Open();
        Assert.True(tier.Put(Key(1), Render("a")));
        foreach (string text in (string[])["one", "two", "two", "three"])
            Assert.True(tier.PutView(Output("a"), Name, Encoding.ASCII.GetBytes(text)));
        Assert.Equal("three"u8.ToArray(), tier.GetView(Output("a"), Name)?.ToArray());
        Assert.Equal(2, Rows(tier, LiteDbSchema.Blobs).Count);
        Assert.All(Rows(tier, LiteDbSchema.Blobs), static row => Assert.Equal(1, row["uses"].AsInt64));
    }

    [Fact]
    public void Each_name_has_its_own_and_the_oldest_makes_room()
    {
        LiteDbTier tier = _fixture.Open();
        Assert.True(tier.Put(Key(1), Render("a")));
        Assert.True(tier.Put(Key(2), Render("b")));
        for (int i = 0; i <= ViewRows.MaxViews; i++)
            Assert.True(tier.PutView(Output("a"), $"view {i}", Encoding.ASCII.GetBytes($"text {i}")));
        // The same bytes under two names, and beside two outputs.
        Assert.True(tier.PutView(Output("a"), "view 2", "text 3"u8.ToArray()));
        Assert.True(tier.PutView(Output("b"), "view 3", "text 3"u8.ToArray()));
        Assert.Null(tier.GetView(Output("a"), "view 0"));
        Assert.Null(tier.GetView(Output("a"), "view"));
        Assert.Null(tier.GetView(Output("b"), "view 1"));
        for (int i = 1; i <= ViewRows.MaxViews; i++)
            Assert.Equal(i == 2 ? "text 3" : $"text {i}", Encoding.ASCII.GetString(tier.GetView(Output("a"), $"view {i}")!.ToArray()));
        tier.Remove(Key(1));
        Assert.Equal("text 3"u8.ToArray(), tier.GetView(Output("b"), "view 3")!.ToArray());
        tier.Remove(Key(2));
        Assert.Equal(0, tier.Totals().Bytes);
        Assert.Empty(Rows(tier, LiteDbSchema.Blobs));
    }

    [Fact]
    public async Task Memory_has_it_with_the_entry_that_it_is_of_and_counts_it()
    {
        LiteDbTier tier = _fixture.Open();
        var memory = new MemoryTier(1 << 20);
        await using var store = new EntryStore(memory, tier, new EntryStoreOptions(), _fixture.Clock, _fixture.Log.Enqueue);
        store.Put(Key(1), Render("a"));
        Assert.True(await store.PutViewAsync(Output("a"), Name, new byte[5_000]));
        long before = memory.Bytes;
        Assert.Equal(5_000, store.GetView(Key(1), store.Get(Key(1)).Entry!, Name)!.Length);
        Assert.InRange(memory.Bytes - before, 5_000, 5_100);
        // Without the disk.
        Entry entry = store.Get(Key(1)).Entry!;
        tier.Remove(Key(1));
        Assert.Equal(5_000, store.GetView(Key(1), entry, Name)!.Length);
        // Rendered anew, with other bytes: nothing of the old ones is there.
        store.Put(Key(1), Render("b"));
        Assert.Null(store.GetView(Key(1), store.Get(Key(1)).Entry!, Name));
        // One that memory has no room for is there all the same.
        Assert.True(await store.PutViewAsync(Output("b"), Name, Encoding.ASCII.GetBytes(Noise(300_000))));
        before = memory.Bytes;
        Assert.Equal(300_000, store.GetView(Key(1), store.Get(Key(1)).Entry!, Name)!.Length);
        Assert.Equal(before, memory.Bytes);
    }

    [Fact]
    public void It_survives_a_restart_and_the_store_passes_its_check()
    {
        LiteDbTier tier = _fixture.Open();
        Assert.True(tier.Put(Key(1), Render("a")));
        Assert.True(tier.PutView(Output("a"), Name, Encoding.ASCII.GetBytes(Noise(200_000))));
        tier.Dispose();
        Assert.Null(StoreCheck.Run(_fixture.StoreFile, _fixture.Clock));
        Assert.Equal(Encoding.ASCII.GetBytes(Noise(200_000)), _fixture.Open().GetView(Output("a"), Name)?.ToArray());
    }

    [Theory]
    [InlineData("data")]
    [InlineData("gone")]
    [InlineData("other")]
    [InlineData("foreign")]
    [InlineData("items")]
    [InlineData("type")]
    public void A_damaged_one_is_none_and_is_removed_and_the_entry_stays(string damage)
    {
        LiteDbTier tier = _fixture.Open();
        Assert.True(tier.Put(Key(1), Render("a")));
        Assert.True(tier.Put(Key(2), Render("b")));
        Assert.True(tier.PutView(Output("a"), Name, "projection"u8.ToArray()));
        Change(
            tier,
            session =>
            {
                BsonDocument row = session.Find(LiteDbSchema.Blobs, EntryRows.Id(Output("a")))!;
                BsonDocument item = row["views"].AsArray[0].AsDocument;
                BsonDocument view = session.Find(LiteDbSchema.Blobs, item["blob"])!;
                switch (damage)
                {
                    case "data":
                        view["data"].AsBinary[1] ^= 1;
                        session.Put(LiteDbSchema.Blobs, view);
                        return;
                    case "gone":
                        session.Delete(LiteDbSchema.Blobs, view["_id"]);
                        return;
                    case "other":
                        item["blob"] = EntryRows.Id(Output("no such blob"));
                        break;
                    case "foreign":
                        // Another output's, whole and well.
                        item["blob"] = EntryRows.Id(Output("b"));
                        break;
                    case "items":
                        row["views"] = new BsonArray { 1, "x" };
                        break;
                    default:
                        row["views"] = "text";
                        break;
                }
                session.Put(LiteDbSchema.Blobs, row);
            }
        );
        Assert.Null(tier.GetView(Output("a"), Name)?.ToArray());
        Assert.Null(tier.GetView(Output("a"), Name)?.ToArray());
        AssertSame(Render("a"), tier.Get(Key(1)));
        Assert.True(tier.PutView(Output("a"), Name, "anew"u8.ToArray()));
        Assert.Equal("anew"u8.ToArray(), tier.GetView(Output("a"), Name)?.ToArray());
        Assert.Null(tier.Problem);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Deleted_means_deleted_and_a_dry_run_counts_it(bool all)
    {
        LiteDbTier tier = _fixture.Open();
        Assert.True(tier.Put(Key(1), Render("a") with { ChartName = "web" }));
        Assert.True(tier.Put(Key(2), Render("b") with { ChartName = "other" }));
        const string Planted = "planted-in-a-projection";
        Assert.True(tier.PutView(Output("a"), Name, Encoding.ASCII.GetBytes(Planted)));
        PruneRequest request = all ? new PruneRequest(All: true) : new PruneRequest(Chart: "web");
        PruneResult promised = tier.Prune(request with { DryRun = true }, _fixture.Clock.GetUtcNow());
        Assert.Equal(promised, tier.Prune(request, _fixture.Clock.GetUtcNow()));
        Assert.Null(tier.GetView(Output("a"), Name)?.ToArray());
        tier.Dispose();
        foreach (string file in Directory.GetFiles(_fixture.Home))
        {
            // Without a lock of its own: a program that another test starts just now may still hold that of store.lock, until it runs.
            using var bytes = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var text = new StreamReader(bytes, Encoding.Latin1);
            Assert.DoesNotContain(Planted, text.ReadToEnd(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_is_in_memory_alone_has_none_on_disk()
    {
        LiteDbTier tier = _fixture.Open();
        await using var store = new EntryStore(
            new MemoryTier(1 << 20),
            tier,
            new EntryStoreOptions { Secrets = SecretsPolicy.Memory },
            _fixture.Clock,
            _fixture.Log.Enqueue
        );
        store.Put(Key(1), Render("a") with { HoldsSecret = true });
        store.PutInBackground(Key(2), Render("b"));
        Assert.False(await store.PutViewAsync(Output("a"), Name, "x"u8.ToArray()));
        // One that is on its way to the disk is waited for.
        Assert.True(await store.PutViewAsync(Output("b"), Name, "y"u8.ToArray()));
        Assert.Null(store.GetView(Output("a"), Name));
        Assert.Equal("y"u8.ToArray(), store.GetView(Output("b"), Name)?.ToArray());
    }

    private static Digest Output(string text) => Digest.Of(Encoding.UTF8.GetBytes(text));
}
