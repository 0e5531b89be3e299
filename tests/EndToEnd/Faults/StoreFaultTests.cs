using System;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Support;
using Microsoft.Data.Sqlite;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>Whatever happens to the file of the store, before a start or under a daemon that serves: never a wrong byte.</summary>
[Collection(FaultsCollection.Name)]
public sealed class StoreFaultTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("truncated")]
    [InlineData("overwritten with noise")]
    [InlineData("of a newer schema")]
    [InlineData("locked by another process")]
    [InlineData("deleted")]
    [InlineData("with every stored output changed")]
    [InlineData("with its -shm and -wal truncated")]
    public async Task Store_while_the_daemon_runs_and_before_it_starts_again(string fate)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        var crowd = new Crowd(fake, output);
        string store = Path.Combine(fake.Home.State, SqliteTierOptions.FileName);
        using var locker = new Locker();
        await crowd.EndureAsync("store " + fate, "under the running daemon, then before a start", async () =>
        {
            await crowd.CallsAsync(24);
            Damage(store, fate, locker);
            await crowd.CallsAsync(24);
            DaemonHome.Kill(fake.Home.DaemonIds());
            Damage(store, fate, locker);
            await crowd.CallsAsync(32);
        });
        locker.Dispose();
        // A daemon that was killed meanwhile finds a store that works.
        DaemonHome.Kill(fake.Home.DaemonIds());
        // Served from memory perhaps; the store works again when another daemon finds it on disk. Damage that only a write meets takes
        // that write with it, and the next one goes into a fresh store.
        await Eventually.IsTrueAsync("an entry is kept", async () =>
        {
            await fake.StartDaemonAsync();
            await crowd.AssertServedAsync();
            await fake.Home.StopAsync();
            await fake.StartDaemonAsync();
            CommandResult result = await crowd.CallOf(0).Command.With("HELMCACHED_TRACE", "1").RunAsync();
            return result.StderrText.StartsWith("helmcached: hit disk", StringComparison.Ordinal);
        });
    }

    private static void Damage(string store, string fate, Locker locker)
    {
        switch (fate)
        {
            case "truncated":
                SetLength(store, 5000);
                break;
            case "overwritten with noise":
                byte[] noise = new byte[60_000];
                new Random(1).NextBytes(noise);
                using (FileStream file = File.OpenWrite(store))
                    file.Write(noise);
                break;
            case "of a newer schema":
                Sql(store, $"PRAGMA user_version = {99}");
                break;
            case "locked by another process":
                locker.Lock(store);
                break;
            case "deleted":
                foreach (string suffix in (string[])["", "-wal", "-shm"])
                    File.Delete(store + suffix);
                break;
            case "with every stored output changed":
                // Same length, another byte: only a digest can tell.
                Sql(store, "UPDATE blobs SET data = CAST('m' || substr(data, 2) AS BLOB)");
                break;
            default:
                foreach (string suffix in (string[])["-wal", "-shm"])
                {
                    if (File.Exists(store + suffix))
                        SetLength(store + suffix, 0);
                }
                break;
        }
    }

    private static void SetLength(string path, long length)
    {
        using FileStream file = File.OpenWrite(path);
        file.SetLength(Math.Min(length, file.Length));
    }

    private static void Sql(string store, string sql)
    {
        using SqliteConnection connection = StoreConnection.Open(store);
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Holds the write lock of the database, as a careless backup or a person with a shell would.</summary>
    private sealed class Locker : IDisposable
    {
        private SqliteConnection? _connection;

        public void Lock(string store)
        {
            Dispose();
            _connection = StoreConnection.Open(store);
            using SqliteCommand command = _connection.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE";
            command.ExecuteNonQuery();
        }

        public void Dispose()
        {
            _connection?.Dispose();
            _connection = null;
        }
    }
}
