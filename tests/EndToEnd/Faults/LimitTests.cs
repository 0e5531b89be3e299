using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Storage;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>A daemon that runs out of something declines, or ends; its callers go on.</summary>
[Collection(FaultsCollection.Name)]
[Trait("Needs", "programs")]
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
        await crowd.EndureAsync(
            "descriptors used up",
            "daemon with ulimit -n 64, 60 idle connections, 24 callers",
            async () =>
            {
                for (int i = 0; i < 60; i++)
                    held.Add(Connect(fake));
                await crowd.CallsAsync(150);
                held.ForEach(s => s.Dispose());
            }
        );
        Assert.False(daemon.HasExited);
        await crowd.AssertServedAsync();
    }

    /// <summary>Long outputs come and go as files, of which this daemon may have next to none: what there is room for, arrives.</summary>
    [Fact]
    public async Task Too_few_descriptors_for_all_outputs()
    {
        const int Limit = 40;
        await using var fake = new FakeHelmHome();
        using Process daemon = await ServeAsync(fake, $"ulimit -n {Limit}");
        var crowd = new Crowd(fake, output) { Callers = 24, OutputBytes = 200_000 };
        await crowd.EndureAsync(
            "descriptors used up",
            $"daemon with ulimit -n {Limit}, 24 callers, outputs of 200 kB",
            () => crowd.CallsAsync(150)
        );
        Assert.False(daemon.HasExited);
        await crowd.AssertServedAsync();
        Stats stats = await fake.Home.StatsAsync();
        Assert.Equal((0, 0), (stats.Errors, stats.RefuseReasons.GetValueOrDefault("store-failed")));
        Assert.InRange(stats.Stored, 1, int.MaxValue);
        Assert.InRange(File.ReadAllLines(Path.Combine(fake.Home.State, "daemon.log")).Length, 1, 10);
    }

    [Fact]
    public async Task E3_daemon_with_next_to_no_descriptors_says_so()
    {
        await using var fake = new FakeHelmHome();
        using Process daemon = await ServeAsync(fake, "ulimit -n 20");
        CommandResult call = await fake.Template().With("HELMCACHED_TRACE", "1").RunAsync();
        Assert.Equal((0, FakeHelmHome.Output), (call.ExitCode, call.StdoutText));
        Assert.StartsWith("helmcached: bypass too-few-descriptors", call.StderrText, StringComparison.Ordinal);
        Assert.Contains("open files", File.ReadAllText(Path.Combine(fake.Home.State, "daemon.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Soft_limit_of_descriptors_of_whoever_starts_the_daemon_is_raised()
    {
        await using var fake = new FakeHelmHome();
        using Process daemon = await ServeAsync(fake, "ulimit -Sn 64");
        string[] limits = File.ReadLines($"/proc/{daemon.Id}/limits")
            .Single(line => line.StartsWith("Max open files", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(limits[4], limits[3]);
    }

    /// <summary>Whoever is limited that much must not give everybody else a daemon that fails by it.</summary>
    [Theory]
    [InlineData("-v 1000000")]
    [InlineData("-t 100")]
    [InlineData("-f 2000")]
    [InlineData("-d 500000")]
    [InlineData("-s 128")]
    [InlineData("-n 48")]
    public async Task Caller_under_low_hard_limits_starts_no_daemon(string limit)
    {
        await using var fake = new FakeHelmHome();
        CommandResult call = await Limited(limit, fake.Template().With("HELMCACHED_TRACE", "1")).RunAsync();
        Assert.Equal((0, FakeHelmHome.Output), (call.ExitCode, call.StdoutText));
        Assert.StartsWith($"helmcached: bypass caller-limited ulimit -H{limit[1]} ", call.StderrText, StringComparison.Ordinal);
        CommandResult start = await Limited(limit, fake.Home.Admin("start")).RunAsync();
        Assert.Equal(1, start.ExitCode);
        Assert.Contains($"ulimit -H{limit[1]} is too low", start.StderrText, StringComparison.Ordinal);
        Assert.Empty(fake.Home.DaemonIds());
        // Nobody else is kept from it, and it serves those who are limited.
        await fake.StartDaemonAsync();
        Assert.Equal(0, (await fake.Template().RunAsync()).ExitCode);
        call = await Limited(limit, fake.Template().With("HELMCACHED_TRACE", "1")).RunAsync();
        Assert.StartsWith("helmcached: hit memory", call.StderrText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-v 1000000", "Max address space")]
    [InlineData("-t 100", "Max cpu time")]
    [InlineData("-f 2000", "Max file size")]
    [InlineData("-d 500000", "Max data size")]
    [InlineData("-s 128", "Max stack size")]
    public async Task Soft_limits_of_a_caller_are_not_those_of_the_daemon_that_it_starts(string limit, string row)
    {
        await using var fake = new FakeHelmHome();
        CommandResult start = await Limited("-S " + limit, fake.Home.Admin("start")).RunAsync();
        Assert.Equal((0, ""), (start.ExitCode, start.StderrText));
        int daemon = await fake.Home.DaemonIdAsync();
        string[] limits = File.ReadLines($"/proc/{daemon}/limits")
            .Single(line => line.StartsWith(row, StringComparison.Ordinal))[row.Length..]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(limits[1], limits[0]);
    }

    [Theory]
    [InlineData("trap '' TERM INT HUP")]
    [InlineData("set -- env --block-signal=TERM,INT,HUP \"$0\" \"$@\"; exec \"$@\"")]
    public async Task Signals_that_a_caller_does_not_take_end_the_daemon_that_it_starts(string how)
    {
        await using var fake = new FakeHelmHome();
        Command start = fake.Home.Admin("start");
        CommandResult result = await (
            start with
            {
                File = "/bin/bash",
                Arguments = ["-c", how + "; exec \"$0\" \"$@\"", start.File, .. start.Arguments],
            }
        ).RunAsync();
        Assert.Equal(0, result.ExitCode);
        int daemon = await fake.Home.DaemonIdAsync();
        Signals.Send([daemon], Signals.Terminate);
        await Eventually.IsTrueAsync("the daemon has left", () => Signals.IsGone(daemon));
    }

    /// <summary>
    /// On one processor the pool begins with one thread. A caller in a directory of its own, whose request the daemon does not know yet, is
    /// answered there: it must not be behind those who wait for the store's lock, nor may the heart stop.
    /// </summary>
    [Fact]
    public async Task Hits_on_one_processor_while_prunes_wait_for_the_disk()
    {
        await using var fake = new FakeHelmHome();
        Directory.CreateDirectory(fake.Home.State, (UnixFileMode)0x1c0);
        using (var store = new LiteDbTier(LiteDbTierOptions.In(fake.Home.State), TimeProvider.System, static _ => { }))
        {
            for (int i = 0; i < 4_000; i++)
                Assert.True(store.Put(StoreFixture.Key(i), StoreFixture.Render("a" + i, chart: "other")));
        }
        using Process daemon = await ServeAsync(fake, "export DOTNET_PROCESSOR_COUNT=1");
        Assert.Equal(0, (await fake.Template().RunAsync()).ExitCode);
        Task<CommandResult>[] prunes = [.. Enumerable.Range(0, 4).Select(_ => fake.Home.Admin("prune", "--chart", "other").RunAsync())];
        const int Calls = 30;
        int hits = 0;
        for (int i = 0; i < Calls; i++)
        {
            string elsewhere = Directory.CreateDirectory(fake.Home.At($"work{i}")).FullName;
            ChartBuilder.Chart("web").WithValues("a: 1\n").WithConfigMap("c", "a: {{ .Values.a | quote }}").WriteTo(elsewhere);
            CommandResult result = await fake.Home.Shim(elsewhere, "template", "r", "web").With("HELMCACHED_TRACE", "1").RunAsync();
            Assert.Equal((0, FakeHelmHome.Output), (result.ExitCode, result.StdoutText));
            hits += result.StderrText.StartsWith("helmcached: hit memory", StringComparison.Ordinal) ? 1 : 0;
        }
        Assert.All(await Task.WhenAll(prunes), prune => Assert.Equal(0, prune.ExitCode));
        // All of them, but on a machine so busy that a second is too little. A daemon that was silent once is left alone for all the rest.
        Assert.InRange(hits, Calls * 2 / 3, Calls);
        Assert.Equal(1 + Calls - hits, fake.Runs);
    }

    [Fact]
    public async Task More_connections_than_the_daemon_takes()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        var held = new List<Socket>();
        var crowd = new Crowd(fake, output);
        await crowd.EndureAsync(
            "too many connections",
            "700 that send nothing, and stay",
            async () =>
            {
                for (int i = 0; i < 700; i++)
                    held.Add(Connect(fake));
                await crowd.CallsAsync(60);
                held.ForEach(s => s.Dispose());
            }
        );
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
        await crowd.EndureAsync(
            "hostile peers of the same user",
            "100 frames of 50 MB that come byte by byte, 100 of noise",
            async () =>
            {
                var random = new Random(3);
                byte[] noise = new byte[4000];
                for (int i = 0; i < 100; i++)
                {
                    Socket slow = Connect(fake);
                    held.Add(slow);
                    await slow.SendAsync(new byte[] { 0x03, 0, 0, 0, 0x9c, 0x01 });
                    using Socket noisy = Connect(fake);
                    random.NextBytes(noise);
                    noise[0] = 0;
                    noise[1] = 0;
                    await noisy.SendAsync(noise);
                }
                using var over = new CancellationTokenSource();
                Task dripping = Task.Run(async () =>
                {
                    while (!over.IsCancellationRequested)
                    {
                        held.RemoveAll(s => !Drip(s));
                        await Task.Delay(20); // How fast they drip; nothing is waited for.
                    }
                });
                await crowd.CallsAsync(60);
                // Not by real helm alone: the cache answers while they drip.
                await crowd.AssertServedAsync();
                await over.CancelAsync();
                await dripping;
                held.ForEach(s => s.Dispose());
            }
        );
        Assert.Equal(daemon, await fake.Home.DaemonIdAsync());
        await crowd.AssertServedAsync();
    }

    [Theory]
    [InlineData("export DOTNET_GCHeapHardLimit=0xC000000", "heap limit of 192 MB")]
    [InlineData("ulimit -v 1500000", "ulimit -v of 1.5 GB")]
    public async Task Outputs_of_a_hundred_megabytes_and_little_memory(string limit, string how)
    {
        await using var fake = new FakeHelmHome();
        using Process daemon = await ServeAsync(fake, limit);
        // One round of known and new calls, then another: each of the callers holds its output once.
        var crowd = new Crowd(fake, output) { OutputBytes = 100_000_000, RoundsAfter = 1 };
        await crowd.EndureAsync("daemon out of memory", $"{how}, outputs of 100 MB", () => crowd.CallsAsync(crowd.Callers));
        if (!daemon.HasExited)
            daemon.Kill();
    }

    [Fact]
    public async Task Log_of_a_busy_daemon_stays_within_its_size()
    {
        await using var fake = new FakeHelmHome();
        string log = Path.Combine(fake.Home.State, "daemon.log");
        Directory.CreateDirectory(fake.Home.State);
        string filler = new string('x', 1023) + "\n";
        File.WriteAllText(log, string.Concat(Enumerable.Repeat(filler, (int)(DaemonLog.RotateAtBytes / filler.Length) - 1)));
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.SetUnixFileMode(log, OwnerOnly);
        Assert.Equal(0, (await fake.Home.Admin("start").With("HELMCACHED_LOG_LEVEL", "debug").RunAsync()).ExitCode);
        var crowd = new Crowd(fake, output);
        await crowd.EndureAsync("log at its size", "1 kB of room left, every call a line", () => crowd.CallsAsync(60));
        Assert.InRange(new FileInfo(log + ".1").Length, DaemonLog.RotateAtBytes - filler.Length, DaemonLog.RotateAtBytes + filler.Length);
        Assert.InRange(new FileInfo(log).Length, 1, DaemonLog.RotateAtBytes / 10);
        Assert.Contains("call: ", File.ReadAllText(log), StringComparison.Ordinal);
        Assert.Equal((OwnerOnly, OwnerOnly), (File.GetUnixFileMode(log), File.GetUnixFileMode(log + ".1")));
    }

    /// <summary>
    /// A caller that is not read from stands still with the file that helm wrote into, which the daemon has too by then: nothing of it is
    /// in the memory of the caller.
    /// </summary>
    [Theory]
    [InlineData(100_000_000, "stored")]
    [InlineData(300_000_000, "output-too-large")]
    public async Task Large_output_is_not_in_the_memory_of_its_caller(int bytes, string fate)
    {
        const int OwnMebibytes = 32;
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        using Process shim = fake.Template().With("FAKEHELM_STDOUT", null).With("FAKEHELM_FLOOD", $"{bytes}").Start();
        await Eventually.IsTrueAsync(
            fate,
            async () =>
                await fake.Home.StatsAsync() is var stats
                && (fate == "stored" ? stats.Stored : stats.RefuseReasons.GetValueOrDefault(fate)) == 1
        );
        string peak = File.ReadLines($"/proc/{shim.Id}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        long kibibytes = long.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
        Assert.InRange(kibibytes / 1024, 0, OwnMebibytes);

        using var printed = new MemoryStream(bytes);
        await shim.StandardOutput.BaseStream.CopyToAsync(printed);
        await shim.WaitForExitAsync();
        Assert.Equal(0, shim.ExitCode);
        Assert.True(printed.GetBuffer().AsSpan(0, (int)printed.Length).SequenceEqual(FakeHelmHome.Flood(bytes)));
    }

    /// <summary>
    /// Standard error travels within a message, for which the shim needs memory. Whatever it lacks when helm has ended, helm is not run
    /// again, and what it wrote is printed, once.
    /// </summary>
    [Theory]
    [InlineData(200_000)]
    [InlineData(300_000)]
    [InlineData(360_000)]
    [InlineData(450_000)]
    public async Task Caller_with_little_memory_gets_large_output_of_one_run(int kibibytes)
    {
        const int ErrorBytes = 31_000_000;
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        string helm = fake.Home.At("loud");
        File.WriteAllText(helm, $"#!/bin/sh\nhead -c {ErrorBytes} /dev/zero >&2\necho manifest\n");
        File.SetUnixFileMode(helm, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Command command = fake.Template().With("FAKEHELM_REAL", helm);
        CommandResult result = await (
            command with
            {
                File = "/bin/bash",
                Arguments = ["-c", $"ulimit -v {kibibytes}; exec \"$0\" \"$@\"", command.File, .. command.Arguments],
            }
        ).RunAsync();
        Assert.Equal((0, "manifest\n", ErrorBytes), (result.ExitCode, result.StdoutText, result.Stderr.Length));
        Assert.Equal(1, fake.Runs);
    }

    [Fact]
    public async Task Standard_input_is_left_to_helm_where_the_size_of_files_is_limited()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command command = fake.Template("-f", "-").With("FAKEHELM_STDOUT", null).With("FAKEHELM_REPORT", "1");
        command = command with
        {
            File = "/bin/bash",
            Arguments = ["-c", "ulimit -f 8; \"$0\" \"$@\" | cat; exit ${PIPESTATUS[0]}", command.File, .. command.Arguments],
            Stdin = Encoding.ASCII.GetBytes("a: " + new string('x', 60_000) + "\n"),
        };
        CommandResult real = await (
            command with
            {
                Arguments = [.. command.Arguments.Select((a, i) => i == 2 ? fake.Home.RealHelm : a)],
            }
        ).RunAsync();
        CommandResult result = await command.RunAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(Line(real), Line(result));

        static string Line(CommandResult of) =>
            of.StdoutText.Split('\n').Single(line => line.Contains("stdin", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Daemon_whose_files_are_limited_in_size_still_serves_large_outputs()
    {
        const int Bytes = 4_000_000;
        await using var fake = new FakeHelmHome();
        Command command = fake.Template().With("FAKEHELM_STDOUT", null).With("FAKEHELM_FLOOD", $"{Bytes}");
        await fake.StartDaemonAsync();
        await command.RunAsync();
        await fake.Home.StopAsync();

        // What is on disk is taken to a file in memory, which is longer than this daemon may make one.
        using Process daemon = await ServeAsync(fake, "ulimit -f 1000");
        Assert.Equal(Bytes, (await command.RunAsync()).Stdout.Length);
        Assert.Equal(Bytes, (await command.RunAsync()).Stdout.Length);
        Assert.Equal(1, fake.Runs);
        Assert.False(daemon.HasExited);
        // The store is as good as before, and still there for the next one.
        Assert.DoesNotContain(Directory.GetFiles(fake.Home.State), file => file.Contains("damaged", StringComparison.Ordinal));
    }

    private static Command Limited(string limit, Command command) =>
        command with
        {
            File = "/bin/bash",
            Arguments = ["-c", $"ulimit {limit} || exit 99; exec \"$0\" \"$@\"", command.File, .. command.Arguments],
        };

    /// <summary>Runs the daemon as a child, after what <paramref name="limit"/> says to the shell.</summary>
    private static async Task<Process> ServeAsync(FakeHelmHome fake, string limit)
    {
        Command serve = fake.Home.Admin("serve", "--detached");
        Process daemon = (
            serve with
            {
                File = "/bin/bash",
                Arguments = ["-c", limit + "; exec \"$0\" \"$@\"", serve.File, .. serve.Arguments],
            }
        ).Start();
        await Eventually.IsTrueAsync(
            "the daemon answers",
            async () =>
                daemon.HasExited
                    ? throw new InvalidOperationException(
                        $"the daemon ended with {daemon.ExitCode}: {await daemon.StandardError.ReadToEndAsync()}"
                    )
                    : (await fake.Home.Admin("status").RunAsync()).ExitCode == 0
        );
        return daemon;
    }

    /// <summary>One byte more; false once the daemon has cut this peer off, as it does after <c>Session.FrameDeadline</c>.</summary>
    private static bool Drip(Socket peer)
    {
        try
        {
            return peer.Send([0]) == 1;
        }
        catch (SocketException)
        {
            peer.Dispose();
            return false;
        }
    }

    private static Socket Connect(FakeHelmHome fake)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(fake.Home.State, "daemon.sock")));
        return socket;
    }
}
