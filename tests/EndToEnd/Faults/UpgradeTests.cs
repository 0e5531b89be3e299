using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>Installations of two versions meet at one socket.</summary>
[Collection(FaultsCollection.Name)]
[Trait("Needs", "programs")]
public sealed class UpgradeTests(ITestOutputHelper output)
{
    /// <summary>
    /// As package managers do it, by rename, and back: the daemon of the binary that is gone leaves, although it speaks the same
    /// protocol. Binaries of two protocols meet in eng/upgrade.sh, which has to build them.
    /// </summary>
    [Fact]
    public async Task Replaced_binaries_make_the_old_daemon_leave()
    {
        const int Upgrades = 4;
        using var directory = new TemporaryDirectory();
        string shim = Install(directory, Repository.Shim);
        Install(directory, Repository.Daemon);
        foreach (string library in Directory.GetFiles(Repository.BinaryDirectory, "lib*"))
            Install(directory, library);
        await using var fake = new FakeHelmHome(shim);
        var crowd = new Crowd(fake, output);
        await crowd.EndureAsync(
            "binaries replaced",
            $"{Upgrades} times, both by rename: the old daemon drains, the new one starts",
            async () =>
            {
                await crowd.CallsAsync(16);
                for (int i = 0; i < Upgrades; i++)
                {
                    IReadOnlyList<int> old = fake.Home.DaemonIds();
                    Install(directory, Repository.Daemon);
                    Install(directory, Repository.Shim);
                    await Eventually.IsTrueAsync(
                        "another daemon runs, of the new file",
                        () =>
                            fake.Home.DaemonIds() is [int daemon]
                            && !old.Contains(daemon)
                            && ProgramOf(daemon) == directory.At("helmcached")
                    );
                    await crowd.CallsAsync(16);
                }
            }
        );
        await crowd.AssertServedAsync();
    }

    /// <summary>The file that a process runs; null when it has ended meanwhile, as one does that finds the lock taken.</summary>
    private static string? ProgramOf(int process)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{process}/exe", returnFinalTarget: false)?.FullName;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string Install(TemporaryDirectory directory, string file)
    {
        string target = directory.At(Path.GetFileName(file));
        // By a process of its own: what this one has open for writing is open in every child that it starts at that moment, and a
        // file that is open for writing cannot be executed.
        Assert.True(Needs.Succeeds("cp", file, target + ".new"));
        File.Move(target + ".new", target, overwrite: true);
        return target;
    }

    /// <summary>
    /// Stands for a shim of the next protocol version: a well-formed frame that begins with another version is all that
    /// an older daemon can see of one.
    /// </summary>
    [Fact]
    public async Task Newer_shims_make_the_old_daemon_leave()
    {
        const int Upgrades = 5;
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        var crowd = new Crowd(fake, output);
        await crowd.EndureAsync(
            "upgrade",
            $"{Upgrades} times a frame of version {ProtocolVersion.Current + 1}: the daemon drains, another starts",
            async () =>
            {
                for (int i = 0; i < Upgrades; i++)
                {
                    await crowd.CallsAsync(16);
                    await Eventually.IsTrueAsync("a daemon runs", () => fake.Home.DaemonIds().Count == 1);
                    IReadOnlyList<int> old = fake.Home.DaemonIds();
                    await Eventually.IsTrueAsync(
                        "the old daemon is gone",
                        () =>
                        {
                            Send(fake, ProtocolVersion.Current + 1);
                            return !fake.Home.DaemonIds().Intersect(old).Any();
                        }
                    );
                }
            }
        );
    }

    [Fact]
    public async Task Older_shims_leave_the_daemon_alone()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        int daemon = fake.Home.DaemonIds().Single();
        var crowd = new Crowd(fake, output);
        await crowd.EndureAsync(
            "downgrade",
            "50 frames of version 0: each connection is closed, the daemon stays",
            async () =>
            {
                for (int i = 0; i < 50; i++)
                    Send(fake, 0);
                await crowd.CallsAsync(30);
            }
        );
        Assert.Equal(daemon, await fake.Home.DaemonIdAsync());
    }

    [Fact]
    public async Task Daemon_that_answers_in_a_later_version_is_not_understood()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Home.StopAsync();
        string path = Path.Combine(fake.Home.State, "daemon.sock");
        File.Delete(path);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        Task serving = Task.Run(async () =>
        {
            while (true)
            {
                using Socket peer = await listener.AcceptAsync();
                await peer.ReceiveAsync(new byte[64 * 1024]);
                byte[] reply = MessageCodec.Encode(new Message.Result(0, "memory", 1, new byte[8], default, "not: this\n"u8.ToArray()));
                reply[Frame.HeaderBytes + 1] = ProtocolVersion.Current + 1;
                await peer.SendAsync(reply);
            }
        });
        var crowd = new Crowd(fake, output);
        await crowd.EndureAsync("newer daemon", "answers every call in another version", () => crowd.CallsAsync(40));
        Assert.False(serving.IsCompletedSuccessfully);
    }

    /// <summary>A <c>Status</c> of some version; a daemon that is not there just now is fine.</summary>
    private static void Send(FakeHelmHome fake, int version)
    {
        byte[] frame = MessageCodec.Encode(new Message.Status());
        frame[Frame.HeaderBytes + 1] = (byte)version;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(fake.Home.State, "daemon.sock")));
            socket.Send(frame);
            socket.Receive(new byte[16]);
        }
        catch (SocketException)
        {
            return;
        }
    }
}
