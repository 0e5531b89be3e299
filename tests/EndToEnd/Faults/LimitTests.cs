using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>A daemon that runs out of something declines, or ends; its callers go on.</summary>
[Collection(FaultsCollection.Name)]
public sealed class LimitTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Too_few_descriptors_for_all_callers()
    {
        await using var fake = new FakeHelmHome();
        using Process daemon = await ServeAsync(fake, "ulimit -n 64");
        // Idle connections take what there is; callers come on top.
        var held = new List<Socket>();
        var crowd = new Crowd(fake, output) { Callers = 24 };
        await crowd.EndureAsync("descriptors used up", "daemon with ulimit -n 64, 60 idle connections, 24 callers", async () =>
        {
            for (int i = 0; i < 60; i++)
                held.Add(Connect(fake));
            await crowd.CallsAsync(150);
            held.ForEach(s => s.Dispose());
        });
        Assert.False(daemon.HasExited);
        await crowd.AssertServedAsync();
    }

    [Fact]
    public async Task More_connections_than_the_daemon_takes()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        var held = new List<Socket>();
        var crowd = new Crowd(fake, output);
        await crowd.EndureAsync("too many connections", "700 that send nothing, and stay", async () =>
        {
            for (int i = 0; i < 700; i++)
                held.Add(Connect(fake));
            await crowd.CallsAsync(60);
            held.ForEach(s => s.Dispose());
        });
        await crowd.AssertServedAsync();
    }

    [Fact]
    public async Task Peers_that_drip_bytes_or_send_nonsense()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        int daemon = fake.Home.DaemonIds().Single();
        var held = new List<Socket>();
        var crowd = new Crowd(fake, output);
        await crowd.EndureAsync("hostile peers of the same user", "100 unfinished frames of 300 MB, 100 of noise", async () =>
        {
            var random = new Random(3);
            byte[] noise = new byte[4000];
            for (int i = 0; i < 100; i++)
            {
                Socket slow = Connect(fake);
                held.Add(slow);
                await slow.SendAsync(new byte[] { 0x12, 0, 0, 0, 0x9c, 0x01 });
                using Socket noisy = Connect(fake);
                random.NextBytes(noise);
                noise[0] = 0;
                noise[1] = 0;
                await noisy.SendAsync(noise);
            }
            await crowd.CallsAsync(60);
            held.ForEach(s => s.Dispose());
        });
        Assert.Equal(daemon, fake.Home.DaemonIds().Single());
        await crowd.AssertServedAsync();
    }

    [Theory]
    [InlineData("export DOTNET_GCHeapHardLimit=0xC000000", "heap limit of 192 MB")]
    [InlineData("ulimit -v 1500000", "ulimit -v of 1.5 GB")]
    public async Task Outputs_of_a_hundred_megabytes_and_little_memory(string limit, string how)
    {
        await using var fake = new FakeHelmHome();
        using Process daemon = await ServeAsync(fake, limit);
        var crowd = new Crowd(fake, output) { OutputBytes = 100_000_000, Callers = 3, RoundsAfter = 1 };
        await crowd.EndureAsync("daemon out of memory", $"{how}, outputs of 100 MB", () => crowd.CallsAsync(3));
        if (!daemon.HasExited)
            daemon.Kill();
    }

    /// <summary>
    /// A caller that is not read from stands still with all that it holds, which is the output once. Above what is ever
    /// captured nothing is held any more: what helm prints goes on as it comes.
    /// </summary>
    [Theory]
    [InlineData(100_000_000, "stored", 100)]
    [InlineData(300_000_000, "output-too-large", 256)]
    public async Task Large_output_is_in_the_memory_of_its_caller_once(int bytes, string fate, int heldMebibytes)
    {
        const int OwnMebibytes = 32;
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        using Process shim = fake.Template().With("FAKEHELM_STDOUT", null).With("FAKEHELM_FLOOD", $"{bytes}").Start();
        await Eventually.IsTrueAsync(fate, async () => await fake.Home.StatsAsync() is var stats
            && (fate == "stored" ? stats.Stored : stats.RefuseReasons.GetValueOrDefault(fate)) == 1);
        string peak = File.ReadLines($"/proc/{shim.Id}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        long kibibytes = long.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
        Assert.InRange(kibibytes / 1024, 0, heldMebibytes + OwnMebibytes);

        using var printed = new MemoryStream(bytes);
        await shim.StandardOutput.BaseStream.CopyToAsync(printed);
        await shim.WaitForExitAsync();
        Assert.Equal(0, shim.ExitCode);
        Assert.True(printed.GetBuffer().AsSpan(0, (int)printed.Length).SequenceEqual(FakeHelmHome.Flood(bytes)));
    }

    /// <summary>Runs the daemon as a child, after what <paramref name="limit"/> says to the shell.</summary>
    private static async Task<Process> ServeAsync(FakeHelmHome fake, string limit)
    {
        Command serve = fake.Home.Admin("serve", "--detached");
        Process daemon = (serve with { File = "/bin/bash", Arguments = ["-c", limit + "; exec \"$0\" \"$@\"", serve.File, .. serve.Arguments] }).Start();
        await Eventually.IsTrueAsync("the daemon answers", async () => daemon.HasExited
            ? throw new InvalidOperationException($"the daemon ended with {daemon.ExitCode}: {await daemon.StandardError.ReadToEndAsync()}")
            : (await fake.Home.Admin("status").RunAsync()).ExitCode == 0);
        return daemon;
    }

    private static Socket Connect(FakeHelmHome fake)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(fake.Home.State, "daemon.sock")));
        return socket;
    }
}
