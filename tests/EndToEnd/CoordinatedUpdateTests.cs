using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.EndToEnd.RepositoryHome;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>
/// <c>repo update</c>, many at once: at most two runs, none older than the call, and nobody depends on the life of another, or on the
/// daemon's.
/// </summary>
[Trait("Needs", "programs")]
public sealed class CoordinatedUpdateTests
{
    private const string Index = ChartRepositoryServer.Index;

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Sixty_four_updates_at_once_are_two_runs_and_nobody_gets_an_older_index_than_its_call(int major)
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Of(major));
        int before = home.Updates;
        var calls = new List<Task<(long Before, long Got, CommandResult Result)>>();
        using (home.Server.Hold(Index))
        {
            calls.Add(UpdateAsync());
            await home.HeldReachAsync(1);
            calls.AddRange(Enumerable.Range(0, 63).Select(_ => UpdateAsync()));
            await home.WaitingReachAsync(63);
        }
        foreach ((long asked, long got, CommandResult result) in await Task.WhenAll(calls))
        {
            Assert.True(got > asked, $"an index of request {got} for a call after request {asked}");
            Assert.Null(AssertWell(result).DifferenceFrom((await calls[0]).Result));
        }
        // On a busy machine a caller may find the daemon silent for too long, and then it is helm as it always was.
        string trace = await File.ReadAllTextAsync(home.Home.At("trace"));
        int alone = trace.Split("bypass daemon-").Length - 1;
        Assert.InRange(alone, 0, 8);
        (long runs, long joined, long waited) = await home.CoordinationAsync();
        Assert.True(home.Updates - before == 2 + alone, trace);
        Assert.Equal((2, 62, 63), (runs, joined, waited));

        async Task<(long, long, CommandResult)> UpdateAsync()
        {
            long asked = home.Server.Tick();
            CommandResult result = await home.Shim("repo update").With("HELMCACHED_TRACE", home.Home.At("trace")).RunAsync();
            return (asked, ChartRepositoryServer.NumberIn(await File.ReadAllTextAsync(home.IndexFile)), result);
        }
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task A_lone_update_is_helm_itself(int major)
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Of(major));
        foreach (
            string line in (string[])["repo update", "repo up r", "repo update nosuch", "repo update --nosuch", "repo update --timeout x"]
        )
        {
            CommandResult real = await home.Home.Real(home.Work, line.Split(' ')).RunAsync();
            Assert.Null((await home.Shim(line).RunAsync()).DifferenceFrom(real));
        }
        Assert.Equal(0, (await home.CoordinationAsync()).Joined);
    }

    [Fact]
    public async Task Updates_that_differ_are_runs_of_their_own()
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Helm4);
        Command[] different =
        [
            home.Shim("repo update"),
            home.Shim("repo update r"),
            home.Shim("repo update").With("NO_PROXY", "127.0.0.1"),
            home.Shim("repo update").With("SOME_PLUGINS_LOGIN", "x"),
            home.Shim("repo update").With("HELM_REGISTRY_CONFIG", "relative"),
            home.Shim("repo update").With("HELM_REGISTRY_CONFIG", "relative") with
            {
                Directory = home.Home.UserHome,
            },
        ];
        Command[] equal =
        [
            home.Shim("repo update") with
            {
                Directory = home.Home.UserHome,
            },
            home.Shim("repo update").With("SHLVL", "7").With("PWD", home.Work),
        ];
        int before = home.Updates;
        Task<CommandResult[]> all;
        using (home.Server.Hold(Index))
        {
            Task<CommandResult> first = home.Shim("repo update").RunAsync();
            await home.HeldReachAsync(1);
            all = Task.WhenAll([first, .. different.Concat(equal).Select(command => command.RunAsync())]);
            await home.WaitingReachAsync(different.Length + equal.Length);
        }
        Assert.All(await all, result => AssertWell(result));
        Assert.Equal(1 + different.Length, home.Updates - before);
        Assert.Equal(equal.Length, (await home.CoordinationAsync()).Joined);
    }

    [Fact]
    public async Task A_killed_holder_lets_the_next_go_and_one_that_others_wait_for_is_replaced()
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Helm4);
        using IDisposable hold = home.Server.Hold(Index);
        using Process first = home.Shim("repo update").Start();
        await home.HeldReachAsync(1);
        using Process second = home.Shim("repo update").Start();
        await home.WaitingReachAsync(1);
        Task<CommandResult> third = home.Shim("repo update").RunAsync();
        await home.WaitingReachAsync(2);
        Task<CommandResult> fourth = home.Shim("repo update").RunAsync();
        await home.WaitingReachAsync(3);
        int before = home.Updates;

        first.Kill();
        await Eventually.IsTrueAsync("the second has its turn", () => home.Updates == before + 1);
        second.Kill();
        await Eventually.IsTrueAsync("the third has its turn", () => home.Updates == before + 2);
        hold.Dispose();
        Assert.Null(AssertWell(await third).DifferenceFrom(await fourth));
        Assert.Equal(before + 2, home.Updates);
        Assert.Equal((3, 1, 3), await home.CoordinationAsync());
    }

    [Fact]
    public async Task Waiters_of_a_failed_run_get_the_failure_of_a_run_of_their_own()
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Helm4);
        int before = home.Updates;
        Task<CommandResult>[] calls;
        using (home.Server.Hold(Index))
        {
            Task<CommandResult> first = home.Shim("repo update").RunAsync();
            await home.HeldReachAsync(1);
            calls = [first, .. Enumerable.Range(0, 3).Select(_ => home.Shim("repo update").RunAsync())];
            await home.WaitingReachAsync(3);
            home.Server.Answer(Index, 500);
        }
        Assert.All(await Task.WhenAll(calls), result => Assert.Equal(1, result.ExitCode));
        Assert.Equal(4, home.Updates - before);
        Assert.Equal((4, 0, 3), await home.CoordinationAsync());
    }

    [Fact]
    public async Task A_daemon_that_dies_or_hangs_sends_those_who_wait_their_own_way()
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Helm4);
        Task<CommandResult>[] calls;
        using (home.Server.Hold(Index))
        {
            Task<CommandResult> first = home.Shim("repo update").RunAsync();
            await home.HeldReachAsync(1);
            Task<CommandResult> second = home.Shim("repo update").RunAsync();
            await home.WaitingReachAsync(1);
            DaemonHome.Kill([await home.Home.DaemonIdAsync()]);
            await home.HeldReachAsync(2);

            await home.Home.StartAsync();
            Task<CommandResult> third = home.Shim("repo update").RunAsync();
            await home.HeldReachAsync(3);
            Task<CommandResult> fourth = home.Shim("repo update").RunAsync();
            await home.WaitingReachAsync(1);
            using (Signals.Hang(await home.Home.DaemonIdAsync()))
            {
                await home.HeldReachAsync(4);
                calls = [first, second, third, fourth, home.Shim("repo update").RunAsync()];
                await home.HeldReachAsync(5);
            }
        }
        Assert.All(await Task.WhenAll(calls), result => AssertWell(result));
    }

    [Fact]
    public async Task A_daemon_that_is_told_to_stop_keeps_nobody()
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Helm4);
        using IDisposable hold = home.Server.Hold(Index);
        Task<CommandResult> first = home.Shim("repo update").RunAsync();
        await home.HeldReachAsync(1);
        Task<CommandResult> second = home.Shim("repo update").RunAsync();
        await home.WaitingReachAsync(1);
        await home.Home.StopAsync();
        await home.HeldReachAsync(2);
        hold.Dispose();
        AssertWell(await first);
        AssertWell(await second);
    }

    [Theory]
    [InlineData("HELMCACHED_COORDINATE", "0", "{}\n")]
    [InlineData("HELMCACHED_DISABLE", "1", "{}\n")]
    [InlineData("HELMCACHED_RECACHE", null, "coordinate: false\n")]
    public async Task Where_it_is_switched_off_helm_waits_for_nobody(string variable, string? value, string configuration)
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Helm4, configuration);
        using IDisposable hold = home.Server.Hold(Index);
        Task<CommandResult> first = home.Shim("repo update").RunAsync();
        await home.HeldReachAsync(1);
        Task<CommandResult> second = home.Shim("repo update").With(variable, value).RunAsync();
        await home.HeldReachAsync(2);
        hold.Dispose();
        AssertWell(await first);
        AssertWell(await second);
    }

    [Theory]
    [InlineData(Signals.Interrupt)]
    [InlineData(Signals.Terminate)]
    public async Task A_signal_ends_one_that_waits_as_it_ends_helm(int signal)
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Helm4);
        using IDisposable hold = home.Server.Hold(Index);
        Task<CommandResult> first = home.Shim("repo update").RunAsync();
        await home.HeldReachAsync(1);
        Command command = home.Shim("repo update");
        using Process second = command.Start();
        await home.WaitingReachAsync(1);
        Signals.Send([second.Id], signal);
        Assert.Equal(128 + signal, (await command.CompleteAsync(second)).ExitCode);
        Task<CommandResult> third = home.Shim("repo update").RunAsync();
        await home.WaitingReachAsync(2);
        hold.Dispose();
        AssertWell(await first);
        AssertWell(await third);
    }

    [Fact]
    public async Task On_a_terminal_helm_writes_for_itself()
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Helm4);
        int before = home.Updates;
        Task<CommandResult>[] calls;
        using (home.Server.Hold(Index))
        {
            Task<CommandResult> first = home.Shim("repo update").RunAsync();
            await home.HeldReachAsync(1);
            calls = [first, home.Shim("repo update").OnTerminal(80, 24).RunAsync(), home.Shim("repo update").OnTerminal(80, 24).RunAsync()];
            await home.WaitingReachAsync(2);
        }
        Assert.All(await Task.WhenAll(calls), result => AssertWell(result));
        Assert.Equal(3, home.Updates - before);
    }
}
