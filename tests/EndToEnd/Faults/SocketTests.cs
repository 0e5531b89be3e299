using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>What others do to the socket and the lock: no caller notices, and the daemon gets its place back.</summary>
[Collection(FaultsCollection.Name)]
[Trait("Needs", "programs")]
public sealed class SocketTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("deleted")]
    [InlineData("replaced by a plain file")]
    [InlineData("replaced by an empty directory")]
    [InlineData("replaced by a dangling link")]
    [InlineData("mode 0000")]
    [InlineData("with its directory made anew")]
    public async Task Socket_of_a_living_daemon(string fate)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        var crowd = new Crowd(fake, output);
        int daemon = fake.Home.DaemonIds().Single();
        string socket = Path.Combine(fake.Home.State, "daemon.sock");
        await crowd.EndureAsync(
            "socket " + fate,
            "while the daemon lives",
            async () =>
            {
                await crowd.CallsAsync(20);
                switch (fate)
                {
                    case "mode 0000":
                        File.SetUnixFileMode(socket, UnixFileMode.None);
                        break;
                    case "with its directory made anew":
                        Directory.Move(fake.Home.State, fake.Home.At("aside"));
                        break;
                    default:
                        File.Delete(socket);
                        if (fate.Contains("file", StringComparison.Ordinal))
                            File.WriteAllText(socket, "in the way");
                        if (fate.Contains("directory", StringComparison.Ordinal))
                            Directory.CreateDirectory(socket);
                        if (fate.Contains("link", StringComparison.Ordinal))
                            File.CreateSymbolicLink(socket, "/nonexistent/daemon.sock");
                        break;
                }
                await Eventually.IsTrueAsync(
                    "the daemon is reached again",
                    async () =>
                        (await fake.Home.Admin("status").RunAsync()).ExitCode == 0
                        && fake.Home.DaemonIds().Count == 1
                        && File.GetUnixFileMode(socket) == (UnixFileMode.UserRead | UnixFileMode.UserWrite)
                );
            }
        );
        if (fate != "with its directory made anew")
            Assert.Equal(daemon, await fake.Home.DaemonIdAsync());
        await crowd.AssertServedAsync();
    }

    [Fact]
    public async Task Full_directory_in_the_place_of_the_socket_means_plain_helm()
    {
        await using var fake = new FakeHelmHome();
        var crowd = new Crowd(fake, output);
        Directory.CreateDirectory(Path.Combine(fake.Home.State, "daemon.sock", "full"));
        await crowd.EndureAsync("socket replaced by a full directory", "before the daemon starts", () => crowd.CallsAsync(80));
        Assert.True(Directory.Exists(Path.Combine(fake.Home.State, "daemon.sock", "full")));
    }

    [Fact]
    public async Task Lock_and_socket_of_a_dead_daemon_are_no_obstacle()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        DaemonHome.Kill(fake.Home.DaemonIds());
        Assert.True(File.Exists(Path.Combine(fake.Home.State, "daemon.sock")));
        Assert.True(File.Exists(Path.Combine(fake.Home.State, "daemon.lock")));
        var crowd = new Crowd(fake, output);
        await crowd.EndureAsync("lock of a dead daemon", "its lock file and socket are left", () => crowd.CallsAsync(40));
        await fake.Home.DaemonIdAsync();
        await crowd.AssertServedAsync();
    }

    [Fact]
    public async Task Lock_held_by_something_that_never_listens()
    {
        await using var fake = new FakeHelmHome();
        string mark = Path.Combine(fake.Home.State, "start-failed");
        using (fake.Home.HoldLock())
        {
            var crowd = new Crowd(fake, output);
            await crowd.EndureAsync("lock held by a stranger", "flock on it, nobody listens", () => crowd.CallsAsync(200));
            // Only the first callers tried to start one, not each of them.
            Assert.True(File.Exists(mark));
        }
        CommandResult start = await fake.Home.Admin("start").RunAsync();
        Assert.Equal(0, start.ExitCode);
        // It listens first, and takes the mark away next.
        await Eventually.IsTrueAsync("the mark is gone", () => !File.Exists(mark));
    }
}
