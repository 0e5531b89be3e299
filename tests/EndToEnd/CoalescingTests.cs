using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>Equal calls at the same time cost one render, and no caller depends on the life of another.</summary>
[Trait("Needs", "programs")]
public sealed class CoalescingTests
{
    [Fact]
    public async Task Forty_equal_cold_calls_run_helm_once()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Task<CommandResult>[] calls = [.. Enumerable.Range(0, 40).Select(_ => fake.HeldTemplate().RunAsync())];
        await fake.RunsReachAsync(1);
        await fake.WaitersReachAsync(39);
        fake.LetGo();

        Assert.All(await Task.WhenAll(calls), result => AssertOutput(result));
        Stats stats = await fake.Home.StatsAsync();
        Assert.True(stats is { HelmRuns: 1, Coalesced: 39, Bypasses: 0 }, stats.ToString());
        Assert.Equal(1, fake.Runs);
    }

    [Fact]
    public async Task Forty_calls_without_a_daemon_start_one_daemon_and_are_all_right()
    {
        await using var fake = new FakeHelmHome();
        Task<CommandResult>[] calls = [.. Enumerable.Range(0, 40).Select(_ => fake.Template().RunAsync())];
        Assert.All(await Task.WhenAll(calls), result => AssertOutput(result));
        await fake.Home.DaemonIdAsync();
    }

    [Fact]
    public async Task Different_calls_at_the_same_time_do_not_mix()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        IEnumerable<Task<CommandResult>> calls = Enumerable
            .Range(0, 30)
            .Select(i => fake.Template("--set", $"a={i % 10}").With("FAKEHELM_STDOUT", $"n: {i % 10}\n").RunAsync());
        CommandResult[] results = await Task.WhenAll(calls);
        for (int i = 0; i < results.Length; i++)
            Assert.Equal($"n: {i % 10}\n", results[i].StdoutText);
    }

    [Fact]
    public async Task Killed_leaseholder_hands_the_render_to_a_waiter()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        using Process first = fake.HeldTemplate().Start();
        await fake.RunsReachAsync(1);
        Task<CommandResult> second = fake.HeldTemplate().RunAsync();
        await fake.WaitersReachAsync(1);

        first.Kill();
        await fake.RunsReachAsync(2);
        fake.LetGo();
        AssertOutput(await second);
        AssertOutput(await fake.Template().RunAsync());
        Assert.Equal(2, fake.Runs);
    }

    [Fact]
    public async Task Suspended_leaseholder_hands_the_render_to_a_waiter()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command held = fake.HeldTemplate();
        using Process first = held.Start();
        await fake.RunsReachAsync(1);
        // As Ctrl-Z does, in a terminal that is then forgotten.
        using (Signals.Hang(first.Id))
        {
            AssertOutput(await fake.Template().RunAsync());
            Assert.Equal(2, fake.Runs);
            fake.LetGo();
        }
        AssertOutput(await held.CompleteAsync(first));
    }

    [Fact]
    public async Task E2_stopped_helm_of_a_leaseholder_hands_the_render_to_a_waiter()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Task<CommandResult> first = fake.HeldTemplate().RunAsync();
        await fake.RunsReachAsync(1);
        Task<CommandResult> second = fake.Template().RunAsync();
        await fake.WaitersReachAsync(1);
        using (Signals.Hang(fake.RunIds.Single()))
        {
            AssertOutput(await second);
            Assert.Equal(2, fake.Runs);
            fake.LetGo();
        }
        AssertOutput(await first);
        Stats stats = await fake.Home.StatsAsync();
        Assert.True(stats is { HelmRuns: 2, Bypasses: 0, Entries: 1 }, stats.ToString());
        Assert.Equal(1, stats.RefuseReasons["interrupted"]);
    }

    [Fact]
    public async Task Killed_waiter_harms_nobody()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Task<CommandResult> first = fake.HeldTemplate().RunAsync();
        await fake.RunsReachAsync(1);
        using Process second = fake.HeldTemplate().Start();
        Task<CommandResult> third = fake.HeldTemplate().RunAsync();
        await fake.WaitersReachAsync(2);

        second.Kill();
        await second.WaitForExitAsync();
        fake.LetGo();
        AssertOutput(await first);
        AssertOutput(await third);
        Assert.Equal(1, fake.Runs);
        Assert.Equal(0, (await fake.Home.StatsAsync()).Errors);
    }

    [Fact]
    public async Task Waiters_of_a_failed_render_get_the_failure_of_a_run_of_helm()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command failing = fake.HeldTemplate()
            .With("FAKEHELM_STDOUT", null)
            .With("FAKEHELM_EXIT", "1")
            .With("FAKEHELM_STDERR", "Error: no\n");
        Task<CommandResult>[] calls = [.. Enumerable.Range(0, 5).Select(_ => failing.RunAsync())];
        await fake.RunsReachAsync(1);
        await fake.WaitersReachAsync(4);
        fake.LetGo();
        Assert.All(
            await Task.WhenAll(calls),
            result => Assert.Equal((1, "", "Error: no\n"), (result.ExitCode, result.StdoutText, result.StderrText))
        );
        Assert.Equal(0, (await fake.Home.StatsAsync()).Entries);
    }

    [Fact]
    public async Task Caller_that_reads_slowly_does_not_hold_up_the_others()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command large = fake.HeldTemplate().With("FAKEHELM_STDOUT", null).With("FAKEHELM_FLOOD", "4000000");
        using Process first = large.Start();
        await fake.RunsReachAsync(1);
        Task<CommandResult> second = large.RunAsync();
        await fake.WaitersReachAsync(1);
        fake.LetGo();
        // Nobody reads from the first; its pipe holds 64 KiB of its 4 MB.
        Assert.Equal(4_000_000, (await second).Stdout.Length);
        Assert.False(first.HasExited);
        using var rest = new MemoryStream();
        await first.StandardOutput.BaseStream.CopyToAsync(rest);
        Assert.Equal(4_000_000, rest.Length);
        Assert.Equal(1, fake.Runs);
    }

    private static void AssertOutput(CommandResult result) =>
        Assert.Equal((0, FakeHelmHome.Output, ""), (result.ExitCode, result.StdoutText, result.StderrText));
}
