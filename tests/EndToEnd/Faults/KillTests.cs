using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>Daemons and callers that end at the worst moment.</summary>
[Collection(FaultsCollection.Name)]
[Trait("Needs", "programs")]
public sealed class KillTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Daemon_killed_two_hundred_times()
    {
        const int Kills = 200;
        await using var fake = new FakeHelmHome();
        var crowd = new Crowd(fake, output);
        var random = new Random(4);
        await crowd.EndureAsync(
            "daemon killed",
            $"SIGKILL at {Kills} random moments, its start included",
            async () =>
            {
                for (int kills = 0; kills < Kills; )
                {
                    await Task.Delay(random.Next(60));
                    IReadOnlyList<int> daemons = fake.Home.DaemonIds();
                    kills += daemons.Count;
                    Signals.Send(daemons, Signals.Kill);
                }
            }
        );
    }

    [Fact]
    public async Task Daemon_told_to_stop_again_and_again()
    {
        const int Stops = 20;
        await using var fake = new FakeHelmHome();
        var crowd = new Crowd(fake, output);
        await crowd.EndureAsync(
            "daemon stopped",
            $"{Stops} times SIGTERM while it serves",
            async () =>
            {
                for (int stops = 0; stops < Stops; )
                {
                    await crowd.CallsAsync(8);
                    IReadOnlyList<int> daemons = fake.Home.DaemonIds();
                    stops += daemons.Count;
                    Signals.Send(daemons, Signals.Terminate);
                }
            }
        );
    }

    [Fact]
    public async Task Cold_start_of_thirty_two_callers_makes_one_daemon()
    {
        const int Rounds = 4;
        await using var fake = new FakeHelmHome();
        var crowd = new Crowd(fake, output) { Callers = 32, RoundsAfter = 1 };
        await crowd.EndureAsync(
            "cold start",
            $"{Rounds} times no daemon, 32 callers at once and two `start`",
            async () =>
            {
                for (int round = 0; round < Rounds; round++)
                {
                    CommandResult[] starts = await Task.WhenAll(fake.Home.Admin("start").RunAsync(), fake.Home.Admin("start").RunAsync());
                    Assert.All(starts, start => Assert.Equal(0, start.ExitCode));
                    await crowd.CallsAsync(32);
                    DaemonHome.Kill([await fake.Home.DaemonIdAsync()]);
                }
            }
        );
    }

    [Theory]
    [InlineData(Signals.Kill, "SIGKILL")]
    [InlineData(Signals.Terminate, "SIGTERM")]
    [InlineData(Signals.Interrupt, "SIGINT")]
    public async Task Leaseholder_ended_while_eight_wait(int signal, string name)
    {
        const int Waiters = 8;
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        // A test run in the background of a shell has SIGINT ignored, and so would all its children.
        Command held = fake.HeldTemplate();
        using Process leaseholder = (
            held with
            {
                File = "/usr/bin/env",
                Arguments = ["--default-signal=INT", held.File, .. held.Arguments],
            }
        ).Start();
        await fake.RunsReachAsync(1);
        Task<CommandResult>[] waiters = [.. Enumerable.Range(0, Waiters).Select(_ => fake.HeldTemplate().RunAsync())];
        await fake.WaitersReachAsync(Waiters);

        long killed = Stopwatch.GetTimestamp();
        Signals.Send(leaseholder.Id, signal);
        await fake.RunsReachAsync(2);
        TimeSpan added = Stopwatch.GetElapsedTime(killed);
        fake.LetGo();
        CommandResult[] results = await Task.WhenAll(waiters);
        CommandResult ended = await held.CompleteAsync(leaseholder);
        int wrong = results.Count(r => r.ExitCode == 0 && (r.StdoutText != FakeHelmHome.Output || !r.Stderr.IsEmpty));
        int failed = results.Count(r => r.ExitCode != 0);
        new FaultReport("leaseholder ended", $"{name} while {Waiters} wait for its render", Waiters, wrong, failed, added).Print(output);
        Assert.Equal((0, 0), (wrong, failed));
        Assert.Equal(128 + signal, ended.ExitCode);
        Assert.Equal(2, fake.Runs);
        await fake.Home.EntriesReachAsync(1);
    }
}
