using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>
/// A byte of a stored output that a disk, or somebody, has changed: never served, deleted, counted, and stored anew by the next render.
/// </summary>
[Collection(FaultsCollection.Name)]
[Trait("Needs", "programs")]
public sealed class FlippedBytesTests(ITestOutputHelper output)
{
    private const int Entries = 12,
        Flipped = 6;

    [Fact]
    public async Task Bytes_flipped_on_disk_are_never_served_and_their_entries_are_deleted_counted_and_stored_anew()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        for (int i = 0; i < Entries; i++)
            Assert.Equal(Text(i), (await Call(fake, i).RunAsync()).StdoutText);
        await fake.Home.StopAsync();
        Assert.Equal(Entries, (await fake.Home.StatsAsync()).Entries);
        string store = Path.Combine(fake.Home.State, LiteDbTierOptions.FileName);
        Flip(store);
        Assert.Equal((Entries - Flipped, Flipped), Stored(store));
        await fake.StartDaemonAsync();

        var crowd = new Crowd(fake, output);
        await crowd.EndureAsync(
            "stored bytes flipped",
            $"one byte in each of {Flipped} of {Entries} entries, in the file itself",
            async () =>
            {
                // By callers that leave nothing, so that what is deleted is seen to be gone; and in the midst of the crowd.
                for (int i = 0; i < Entries; i++)
                {
                    CommandResult result = await Call(fake, i).With("HELMCACHED_READONLY", "1").With("HELMCACHED_TRACE", "1").RunAsync();
                    Assert.Equal(Text(i), result.StdoutText);
                    Assert.StartsWith(
                        i < Flipped ? "helmcached: miss" : "helmcached: hit disk",
                        result.StderrText,
                        StringComparison.Ordinal
                    );
                }
                Assert.Equal(Flipped, (await fake.Home.StatsAsync()).Damaged);
                Assert.Equal((Entries - Flipped, 0), Stored(store));

                // Eight at once for each, and it is there again.
                CommandResult[][] again = await Task.WhenAll(
                    Enumerable.Range(0, Flipped).Select(i => Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Call(fake, i).RunAsync())))
                );
                for (int i = 0; i < Flipped; i++)
                    Assert.All(again[i], result => Assert.Equal((0, Text(i), ""), (result.ExitCode, result.StdoutText, result.StderrText)));
                await Eventually.IsTrueAsync("all are stored", () => Stored(store) == (Entries, 0));
            }
        );
        await fake.Home.StopAsync();
        await fake.StartDaemonAsync();
        for (int i = 0; i < Entries; i++)
        {
            CommandResult result = await Call(fake, i).With("HELMCACHED_TRACE", "1").RunAsync();
            Assert.Equal(Text(i), result.StdoutText);
            Assert.StartsWith("helmcached: hit disk", result.StderrText, StringComparison.Ordinal);
        }
        // Counted once each, and by a daemon that is no more.
        Assert.Equal(Flipped, (await fake.Home.StatsAsync()).Damaged);
    }

    /// <summary>Long enough to be found in the file, too short to be compressed.</summary>
    private static string Text(int i) => $"sound-{i:00000}: 1\n";

    private static string FlippedText(int i) => "S" + Text(i)[1..];

    private static Command Call(FakeHelmHome fake, int i) => fake.Template("--set", $"entry={i}").With("FAKEHELM_STDOUT", Text(i));

    /// <summary>In the bytes of the file, as a disk would; the daemon's log was copied back when it left.</summary>
    private static void Flip(string store)
    {
        Assert.False(File.Exists(Path.Combine(Path.GetDirectoryName(store)!, "store-log.litedb")));
        byte[] file = File.ReadAllBytes(store);
        for (int i = 0; i < Flipped; i++)
        {
            int at = file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Text(i)));
            Assert.True(at > 0, Text(i));
            file[at] ^= 0x20;
        }
        File.WriteAllBytes(store, file);
    }

    /// <summary>How many outputs of ours lie in the store as they were printed, and how many with the flipped byte.</summary>
    private static (int Sound, int Flipped) Stored(string store)
    {
        int sound = 0,
            flipped = 0;
        string copy = Directory.CreateTempSubdirectory("stored").FullName;
        try
        {
            // A daemon may have it open; a copy of file and log is what a crash would leave.
            foreach (string file in Directory.GetFiles(Path.GetDirectoryName(store)!, "store*.litedb"))
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            foreach (LiteDB.BsonDocument row in StoppedStore.Rows(Path.Combine(copy, LiteDbTierOptions.FileName), LiteDbSchema.Blobs))
            {
                string text = Encoding.UTF8.GetString(row["data"].AsBinary);
                sound += Enumerable.Range(0, Entries).Count(i => text == Text(i));
                flipped += Enumerable.Range(0, Entries).Count(i => text == FlippedText(i));
            }
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
        return (sound, flipped);
    }
}
