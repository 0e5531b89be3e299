using System;
using System.IO;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>Whatever happens to the file of the store, before a start or under a daemon that serves: never a wrong byte.</summary>
[Collection(FaultsCollection.Name)]
[Trait("Needs", "programs")]
public sealed class StoreFaultTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("truncated")]
    [InlineData("overwritten with noise")]
    [InlineData("of a newer schema")]
    [InlineData("locked by another process")]
    [InlineData("deleted")]
    [InlineData("with every stored output changed")]
    [InlineData("with its log truncated")]
    public async Task Store_while_the_daemon_runs_and_before_it_starts_again(string fate)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        var crowd = new Crowd(fake, output);
        string store = Path.Combine(fake.Home.State, LiteDbTierOptions.FileName);
        using var locker = new Locker();
        await crowd.EndureAsync(
            "store " + fate,
            "under the running daemon, then before a start",
            async () =>
            {
                await crowd.CallsAsync(24);
                Damage(store, fate, locker);
                await crowd.CallsAsync(24);
                DaemonHome.Kill(fake.Home.DaemonIds());
                Damage(store, fate, locker);
                await crowd.CallsAsync(32);
            }
        );
        locker.Dispose();
        // A daemon that was killed meanwhile finds a store that works.
        DaemonHome.Kill(fake.Home.DaemonIds());
        // Served from memory perhaps; the store works again when another daemon finds it on disk. Damage that only a write meets takes
        // that write with it, and the next one goes into a fresh store.
        await Eventually.IsTrueAsync(
            "an entry is kept",
            async () =>
            {
                await fake.StartDaemonAsync();
                await crowd.AssertServedAsync();
                await fake.Home.StopAsync();
                await fake.StartDaemonAsync();
                CommandResult result = await crowd.CallOf(0).Command.With("HELMCACHED_TRACE", "1").RunAsync();
                return result.StderrText.StartsWith("helmcached: hit disk", StringComparison.Ordinal);
            }
        );
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
                using (FileStream file = OpenBeside(store))
                    file.Write(noise);
                break;
            case "of a newer schema":
                // The low byte of the user version, in LiteDB's header page.
                using (FileStream file = OpenBeside(store))
                {
                    file.Position = 76;
                    file.WriteByte(99);
                }
                break;
            case "locked by another process":
                locker.Lock(store);
                break;
            case "deleted":
                File.Delete(store);
                File.Delete(Log(store));
                break;
            case "with every stored output changed":
                // Same length, other bytes: only a digest can tell.
                byte[] bytes = File.ReadAllBytes(store);
                foreach (byte[] shown in (byte[][])[Encoding.ASCII.GetBytes("kind: "), Encoding.ASCII.GetBytes("planted")])
                {
                    for (int at = bytes.AsSpan().IndexOf(shown); at >= 0; at = bytes.AsSpan().IndexOf(shown))
                        bytes[at] ^= 0x20;
                }
                using (FileStream file = OpenBeside(store))
                    file.Write(bytes);
                break;
            default:
                if (File.Exists(Log(store)))
                    SetLength(Log(store), 0);
                break;
        }
    }

    private static void SetLength(string path, long length)
    {
        using FileStream file = OpenBeside(path);
        file.SetLength(Math.Min(length, file.Length));
    }

    /// <summary>Opens a file for writing that a daemon may have open.</summary>
    private static FileStream OpenBeside(string path) => new(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);

    private static string Log(string store) => Path.Combine(Path.GetDirectoryName(store)!, "store-log.litedb");

    /// <summary>Holds the lock of the store, as another process that uses it would.</summary>
    private sealed class Locker : IDisposable
    {
        private int _lock = -1;

        public void Lock(string store)
        {
            Dispose();
            // Under a daemon that has it, in vain.
            _lock = Libc.TryLock(Libc.PathBytes(Path.ChangeExtension(store, ".lock")), out _);
        }

        public void Dispose()
        {
            if (_lock >= 0)
                Libc.Close(_lock);
            _lock = -1;
        }
    }
}
