using System;
using System.IO;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Storage;
using LiteDB;
using Xunit;
using static CacheDaemon.Tests.Storage.StoreRoom;

namespace CacheDaemon.Tests.Storage;

/// <summary>What is kept beside an output: there as long as the output is, and no longer.</summary>
public sealed class ProjectionStoreTests : IDisposable
{
    private readonly StoreRoom _room = new();

    public void Dispose() => _room.Dispose();

    [Theory]
    [InlineData(100)]
    [InlineData(5_000)]
    [InlineData(3_000_000)]
    public void One_is_kept_with_its_output_and_goes_with_the_last_entry_that_shows_it(int length)
    {
        LiteDbTier tier = _room.Open();
        byte[] projection = Encoding.ASCII.GetBytes(Noise(length, 7));
        Assert.False(tier.PutProjection(Output("a"), projection));
        Assert.True(tier.Put(Key(1), Render("a")));
        long bare = tier.Totals().Bytes;
        Assert.Null(tier.GetProjection(Output("a")));
        Assert.True(tier.PutProjection(Output("a"), projection));
        Assert.Equal(projection, tier.GetProjection(Output("a")));
        Assert.InRange(tier.Totals().Bytes - bare, length / 2, 3 * length + 20_000);
        Assert.True(tier.Put(Key(2), Render("a")));
        tier.Remove(Key(1));
        Assert.Equal(projection, tier.GetProjection(Output("a")));
        tier.Remove(Key(2));
        Assert.Null(tier.GetProjection(Output("a")));
        Assert.Equal(0, tier.Totals().Bytes);
        Assert.Empty(Rows(tier, LiteDbSchema.Blobs));
        Assert.Empty(Rows(tier, LiteDbSchema.Chunks));
    }

    [Fact]
    public void A_later_one_takes_the_place_of_an_earlier_one()
    {
        LiteDbTier tier = _room.Open();
        Assert.True(tier.Put(Key(1), Render("a")));
        foreach (string text in (string[])["one", "two", "two", "three"])
            Assert.True(tier.PutProjection(Output("a"), Encoding.ASCII.GetBytes(text)));
        Assert.Equal("three"u8.ToArray(), tier.GetProjection(Output("a")));
        Assert.Equal(2, Rows(tier, LiteDbSchema.Blobs).Count);
        Assert.All(Rows(tier, LiteDbSchema.Blobs), static row => Assert.Equal(1, row["uses"].AsInt64));
    }

    [Fact]
    public void It_survives_a_restart_and_the_store_passes_its_check()
    {
        LiteDbTier tier = _room.Open();
        Assert.True(tier.Put(Key(1), Render("a")));
        Assert.True(tier.PutProjection(Output("a"), Encoding.ASCII.GetBytes(Noise(200_000))));
        tier.Dispose();
        Assert.Null(StoreCheck.Run(_room.StoreFile, _room.Clock));
        Assert.Equal(Encoding.ASCII.GetBytes(Noise(200_000)), _room.Open().GetProjection(Output("a")));
    }

    [Theory]
    [InlineData("data")]
    [InlineData("gone")]
    [InlineData("other")]
    [InlineData("type")]
    public void A_damaged_one_is_none_and_is_removed_and_the_entry_stays(string damage)
    {
        LiteDbTier tier = _room.Open();
        Assert.True(tier.Put(Key(1), Render("a")));
        Assert.True(tier.PutProjection(Output("a"), "projection"u8.ToArray()));
        Change(tier, session =>
        {
            BsonDocument row = session.Find(LiteDbSchema.Blobs, EntryRows.Id(Output("a")))!;
            BsonDocument view = session.Find(LiteDbSchema.Blobs, row["view"])!;
            switch (damage)
            {
                case "data":
                    view["data"].AsBinary[1] ^= 1;
                    session.Put(LiteDbSchema.Blobs, view);
                    break;
                case "gone":
                    session.Delete(LiteDbSchema.Blobs, view["_id"]);
                    break;
                case "other":
                    row["view"] = EntryRows.Id(Output("no such blob"));
                    session.Put(LiteDbSchema.Blobs, row);
                    break;
                default:
                    row["view"] = "text";
                    session.Put(LiteDbSchema.Blobs, row);
                    break;
            }
        });
        Assert.Null(tier.GetProjection(Output("a")));
        Assert.Null(tier.GetProjection(Output("a")));
        AssertSame(Render("a"), tier.Get(Key(1)));
        Assert.True(tier.PutProjection(Output("a"), "anew"u8.ToArray()));
        Assert.Equal("anew"u8.ToArray(), tier.GetProjection(Output("a")));
        Assert.Null(tier.Problem);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Deleted_means_deleted_and_a_dry_run_counts_it(bool all)
    {
        LiteDbTier tier = _room.Open();
        Assert.True(tier.Put(Key(1), Render("a") with { ChartName = "web" }));
        Assert.True(tier.Put(Key(2), Render("b") with { ChartName = "other" }));
        const string Planted = "planted-in-a-projection";
        Assert.True(tier.PutProjection(Output("a"), Encoding.ASCII.GetBytes(Planted)));
        PruneRequest request = all ? new PruneRequest(All: true) : new PruneRequest(Chart: "web");
        PruneResult promised = tier.Prune(request with { DryRun = true }, _room.Clock.GetUtcNow());
        Assert.Equal(promised, tier.Prune(request, _room.Clock.GetUtcNow()));
        Assert.Null(tier.GetProjection(Output("a")));
        tier.Dispose();
        foreach (string file in Directory.GetFiles(_room.Home))
            Assert.DoesNotContain(Planted, Encoding.Latin1.GetString(File.ReadAllBytes(file)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_in_memory_alone_has_none_on_disk()
    {
        LiteDbTier tier = _room.Open();
        await using var store = new EntryStore(new MemoryTier(1 << 20), tier, new EntryStoreOptions { Secrets = SecretsPolicy.Memory }, _room.Clock, _room.Log.Enqueue);
        store.Put(Key(1), Render("a") with { HoldsSecret = true });
        store.PutInBackground(Key(2), Render("b"));
        Assert.False(await store.PutProjectionAsync(Output("a"), "x"u8.ToArray()));
        // One that is on its way to the disk is waited for.
        Assert.True(await store.PutProjectionAsync(Output("b"), "y"u8.ToArray()));
        Assert.Null(store.GetProjection(Output("a")));
        Assert.Equal("y"u8.ToArray(), store.GetProjection(Output("b")));
    }

    private static Digest Output(string text) => Digest.Of(Encoding.UTF8.GetBytes(text));
}
