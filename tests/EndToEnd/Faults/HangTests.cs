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
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Cli;
using CacheDaemon.Daemon.Hosting;
using CacheDaemon.Daemon.Sessions;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>A daemon that lives but does not answer costs each caller a named deadline at most, and later callers nothing.</summary>
[Collection(FaultsCollection.Name)]
[Trait("Needs", "programs")]
public sealed class HangTests(ITestOutputHelper output)
{
    private const int Callers = 8;

    /// <summary>What a machine may add to a deadline before the tests call it broken. The reports show the true figures.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A busy machine adds more than <see cref="Slack"/> now and then, and never takes anything away: the quickest of a few tries shows
    /// whether deadlines add up.
    /// </summary>
    private const int Tries = 6;

    /// <summary>Prints what a hung daemon can cost one call, and holds docs/reliability.md to the constants.</summary>
    [Fact]
    public void Worst_case_is_the_sum_of_named_deadlines()
    {
        Dictionary<string, TimeSpan> deadlines = new()
        {
            ["DaemonClient.FirstReplyDeadline"] = DaemonClient.FirstReplyDeadline,
            ["DaemonClient.HeartbeatInterval"] = DaemonClient.HeartbeatInterval,
            ["DaemonClient.SilenceDeadline"] = DaemonClient.SilenceDeadline,
            ["DaemonClient.LateDeadline"] = DaemonClient.LateDeadline,
            ["DaemonClient.PublishDeadline"] = DaemonClient.PublishDeadline,
            ["DaemonClient.AvoidAfterHang"] = DaemonClient.AvoidAfterHang,
            ["DaemonLauncher.StartDeadline"] = DaemonLauncher.StartDeadline,
            ["DaemonHost.DrainDeadline"] = DaemonHost.DrainDeadline,
            ["Session.FrameDeadline"] = Session.FrameDeadline,
            ["AdminConnection.Silence"] = AdminConnection.Silence,
        };
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "reliability.md"));
        foreach ((string name, TimeSpan value) in deadlines)
            Assert.Contains(
                string.Create(CultureInfo.InvariantCulture, $"| `{name}` | {value.TotalSeconds:0.##} s |"),
                page,
                StringComparison.Ordinal
            );
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"adds at most {DaemonClient.WorstHang.TotalSeconds:0.##} s"),
            page,
            StringComparison.Ordinal
        );
        output.WriteLine(
            $"a hung daemon adds at most {DaemonClient.WorstHang.TotalSeconds:0.##} s to one call, and the load of the machine"
        );
        // Heartbeats come often enough for both, and nobody starts a daemon for longer than a call waits for one.
        Assert.True(
            DaemonClient.HeartbeatInterval * 2 <= DaemonClient.FirstReplyDeadline
                && DaemonClient.FirstReplyDeadline < DaemonClient.SilenceDeadline
        );
    }

    /// <summary>Whoever called meanwhile has run helm and ended: nothing can be said of it but that.</summary>
    [Fact]
    public async Task Row09_Daemon_that_was_suspended_says_of_its_callers_that_they_have_left()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        int daemon = fake.Home.DaemonIds().Single();
        using (Signals.Hang(daemon))
            Assert.All(
                await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => fake.Template().RunAsync())),
                static result => Assert.Equal(0, result.ExitCode)
            );
        string stats = "";
        await Eventually.IsTrueAsync(
            "the calls are counted",
            async () =>
                (stats = (await fake.Home.Admin("stats", "--json").RunAsync()).StdoutText).Contains(
                    "\"caller-left\"",
                    StringComparison.Ordinal
                )
        );
        Assert.DoesNotContain("other-mount-namespace", stats, StringComparison.Ordinal);
        Assert.DoesNotContain("caller-unknown", stats, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hung_daemon_is_left_alone_after_the_first_callers_and_used_again_when_it_answers()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        var crowd = new Crowd(fake, output);
        int daemon = fake.Home.DaemonIds().Single();
        string mark = Path.Combine(fake.Home.State, "avoid");
        await crowd.EndureAsync(
            "daemon hung before accept",
            "SIGSTOP, 200 calls later SIGCONT",
            async () =>
            {
                await crowd.CallsAsync(50);
                using (Signals.Hang(daemon))
                {
                    await crowd.CallsAsync(200);
                    Assert.True(File.Exists(mark));
                    // As if AvoidAfterHang were over: one caller finds out that it still hangs, the others stay away.
                    File.SetLastWriteTimeUtc(mark, DateTime.UtcNow - DaemonClient.AvoidAfterHang - TimeSpan.FromSeconds(1));
                    await crowd.CallsAsync(50);
                    Assert.True(File.Exists(mark));
                }
                try
                {
                    File.SetLastWriteTimeUtc(mark, DateTime.UtcNow - DaemonClient.AvoidAfterHang - TimeSpan.FromSeconds(1));
                }
                catch (FileNotFoundException)
                {
                    // On a slow machine the time was over already, and a caller of the crowd has found out that it answers.
                }
                await Eventually.IsTrueAsync("the mark is gone", () => !File.Exists(mark));
            }
        );
        Assert.Equal(daemon, await fake.Home.DaemonIdAsync());
        long before = (await fake.Home.StatsAsync()).Hits;
        await crowd.CallOf(0).Command.RunAsync();
        Assert.Equal(before + 1, (await fake.Home.StatsAsync()).Hits);
    }

    [Fact]
    public async Task Mark_of_a_hung_daemon_does_not_outlive_it()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        int daemon = fake.Home.DaemonIds().Single();
        string mark = Path.Combine(fake.Home.State, "avoid");
        using (Signals.Hang(daemon))
        {
            CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => fake.Template().RunAsync()));
            Assert.All(
                results,
                result => Assert.Equal((0, FakeHelmHome.Output, ""), (result.ExitCode, result.StdoutText, result.StderrText))
            );
            Assert.True(File.Exists(mark));
            DaemonHome.Kill([daemon]);
        }
        await fake.Template().RunAsync();
        await Eventually.IsTrueAsync(
            "a new daemon is used",
            async () =>
                (await fake.Template().With("HELMCACHED_TRACE", "1").RunAsync()).StderrText.StartsWith(
                    "helmcached: hit",
                    StringComparison.Ordinal
                )
        );
        Assert.False(File.Exists(mark));
    }

    [Fact]
    public Task Daemon_hung_while_callers_wait_for_a_render() =>
        AssertAddsAtMostAsync(
            DaemonClient.SilenceDeadline,
            async () =>
            {
                await using var fake = new FakeHelmHome();
                await fake.StartDaemonAsync();
                Task<CommandResult> leaseholder = fake.HeldTemplate().RunAsync();
                await fake.RunsReachAsync(1);
                Task<CommandResult>[] waiters = [.. Enumerable.Range(0, Callers).Select(_ => fake.HeldTemplate().RunAsync())];
                await fake.WaitersReachAsync(Callers);

                // A first heartbeat later the callers are at their most patient.
                await Task.Delay(DaemonClient.HeartbeatInterval * 2.5);
                TimeSpan added;
                using (Signals.Hang(fake.Home.DaemonIds().Single()))
                {
                    long hung = Stopwatch.GetTimestamp();
                    await fake.RunsReachAsync(1 + Callers);
                    added = Stopwatch.GetElapsedTime(hung);
                    fake.LetGo();
                    Report(
                        "daemon hung after accept",
                        "SIGSTOP while 8 wait for the render of a ninth",
                        await Task.WhenAll([leaseholder, .. waiters]),
                        Encoding.UTF8.GetBytes(FakeHelmHome.Output),
                        added
                    );
                }
                return added;
            }
        );

    [Theory]
    [InlineData(200)]
    [InlineData(3_000_000)]
    public Task Daemon_hung_while_callers_render_for_it(int bytes) =>
        AssertAddsAtMostAsync(
            DaemonClient.PublishDeadline,
            async () =>
            {
                await using var fake = new FakeHelmHome();
                await fake.StartDaemonAsync();
                Command[] commands =
                [
                    .. Enumerable
                        .Range(0, Callers)
                        .Select(i => fake.HeldTemplate("--set", $"a={i}").With("FAKEHELM_STDOUT", null).With("FAKEHELM_FLOOD", $"{bytes}")),
                ];
                Task<CommandResult>[] calls = [.. commands.Select(c => c.RunAsync())];
                await fake.RunsReachAsync(Callers);
                using (Signals.Hang(fake.Home.DaemonIds().Single()))
                {
                    long hung = Stopwatch.GetTimestamp();
                    fake.LetGo();
                    CommandResult[] results = await Task.WhenAll(calls);
                    TimeSpan took = Stopwatch.GetElapsedTime(hung);
                    TimeSpan plain = await TimedAsync(() =>
                        Task.WhenAll(commands.Select(c => c.With("HELMCACHED_DISABLE", "1").RunAsync()))
                    );
                    Report(
                        "daemon hung before a publish",
                        $"SIGSTOP, 8 leaseholders with {bytes:N0} bytes each",
                        results,
                        FakeHelmHome.Flood(bytes),
                        took - plain
                    );
                    return took - plain;
                }
            }
        );

    /// <summary>The test itself is the daemon here, so that it stops at a known byte.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(700)]
    [InlineData(20_000_000)]
    public Task Daemon_hung_in_the_middle_of_a_reply(int sentBytes) =>
        AssertAddsAtMostAsync(
            DaemonClient.FirstReplyDeadline,
            async () =>
            {
                await using var fake = new FakeHelmHome();
                await fake.StartDaemonAsync();
                string path = Path.Combine(fake.Home.State, "daemon.sock");
                await fake.Home.StopAsync();
                File.Delete(path);
                using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                listener.Bind(new UnixDomainSocketEndPoint(path));
                listener.Listen();
                byte[] reply = MessageCodec.Encode(new Message.Result(0, "memory", 1, new byte[8], default, new byte[30_000_000]));
                var open = new List<Socket>();
                using var over = new CancellationTokenSource();
                Task serving = Task.Run(async () =>
                {
                    for (int i = 0; i < Callers; i++)
                    {
                        Socket peer = await listener.AcceptAsync(over.Token);
                        open.Add(peer);
                        _ = peer.SendAsync(reply.AsMemory(0, sentBytes), over.Token).AsTask();
                    }
                });
                TimeSpan plain = await TimedAsync(() => fake.Template().With("HELMCACHED_DISABLE", "1").RunAsync());
                long started = Stopwatch.GetTimestamp();
                CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => fake.Template().RunAsync()));
                TimeSpan added = Stopwatch.GetElapsedTime(started) - plain;
                await over.CancelAsync();
                open.ForEach(peer => peer.Dispose());
                Report(
                    "daemon hung in a reply",
                    $"silent after {sentBytes:N0} of {reply.Length:N0} bytes",
                    results,
                    Encoding.UTF8.GetBytes(FakeHelmHome.Output),
                    added
                );
                return added;
            }
        );

    [Fact]
    public async Task Daemon_stopped_and_continued_at_random_during_large_replies()
    {
        const int Stops = 15;
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        var crowd = new Crowd(fake, output) { OutputBytes = 4_000_000 };
        int daemon = fake.Home.DaemonIds().Single();
        var random = new Random(7);
        await crowd.EndureAsync(
            "daemon paused",
            $"{Stops} times SIGSTOP for up to 100 ms, outputs of 4 MB",
            async () =>
            {
                for (int i = 0; i < Stops; i++)
                {
                    await crowd.CallsAsync(2);
                    using (Signals.Hang(daemon))
                        await Task.Delay(random.Next(100));
                }
            }
        );
        Assert.Equal(daemon, await fake.Home.DaemonIdAsync());
    }

    private static async Task AssertAddsAtMostAsync(TimeSpan deadline, Func<Task<TimeSpan>> attempt)
    {
        TimeSpan least = TimeSpan.MaxValue;
        for (int i = 0; i < Tries && least >= deadline + Slack; i++)
        {
            TimeSpan added = await attempt();
            least = added < least ? added : least;
        }
        Assert.True(least < deadline + Slack, $"{least}");
    }

    private void Report(string fault, string how, CommandResult[] results, byte[] expected, TimeSpan added)
    {
        int failed = results.Count(r => r.ExitCode != 0);
        int wrong = results.Count(r => r.ExitCode == 0 && (!r.Stdout.Span.SequenceEqual(expected) || !r.Stderr.IsEmpty));
        new FaultReport(fault, how, results.Length, wrong, failed, added).Print(output);
        Assert.Equal((0, 0), (wrong, failed));
    }

    private static async Task<TimeSpan> TimedAsync(Func<Task> action)
    {
        long started = Stopwatch.GetTimestamp();
        await action();
        return Stopwatch.GetElapsedTime(started);
    }
}
