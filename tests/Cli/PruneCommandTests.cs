using System;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Cli;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.EndToEnd;
using CacheDaemon.Tests.Storage;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Cli;

/// <summary>What <c>helmcached prune</c> takes, with and without a daemon.</summary>
[Trait("Needs", "programs")]
public sealed class PruneCommandTests
{
    [Theory]
    [InlineData("prune", "--all")]
    [InlineData("prune --all --older-than 30d", "--all cannot be combined with")]
    [InlineData("prune --all --chart web --dry-run", "--all cannot be combined with")]
    [InlineData("prune --older-than yesterday", "30d")]
    [InlineData("prune --older-than 30", "30d")]
    [InlineData("prune --older-than 0", "--all")]
    [InlineData("prune --older-than 0s", "--all")]
    [InlineData("prune --max-size huge", "2GiB")]
    [InlineData("prune --max-size -1", "2GiB")]
    public async Task Wrong_words_are_answered_with_right_ones(string line, string hint)
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        CommandResult result = await home.Admin(line.Split(' ')).RunAsync();
        Assert.Equal((2, ""), (result.ExitCode, result.StdoutText));
        Assert.Contains(hint, result.StderrText, StringComparison.Ordinal);
        Assert.Empty(home.DaemonIds());
    }

    [Fact]
    public async Task Nothing_is_pruned_where_nothing_is()
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        CommandResult result = await home.Admin("prune", "--all").RunAsync();
        Assert.Equal((0, "Nothing to delete: the cache is empty\n"), (result.ExitCode, result.StdoutText));
        Assert.Empty(home.DaemonIds());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Only_what_is_asked_for_goes(bool daemonRuns)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        await fake.Template("--set", "x=1").RunAsync();
        if (!daemonRuns)
            await fake.Home.StopAsync();
        Assert.Matches(
            @"^Would delete 2 entries and free [\d.]+ KiB, out of 2 entries \([\d.]+ KiB\)$",
            await AssertLeavesAsync(fake, 2, "--all", "--dry-run")
        );
        await AssertLeavesAsync(fake, 2, "--older-than", "1h");
        Assert.Matches(@"^No entries match \(2 entries, [\d.]+ KiB in the cache\)$", await AssertLeavesAsync(fake, 2, "--chart", "other"));
        await AssertLeavesAsync(fake, 2, "--max-size", "1GiB");
        Assert.Matches(
            @"^Deleted 2 entries and freed [\d.]+ KiB; 0 entries \(0 B\) left$",
            await AssertLeavesAsync(fake, 0, "--chart", "web")
        );
        Assert.Equal(daemonRuns ? 1 : 0, fake.Home.DaemonIds().Count);
    }

    /// <summary>Rounded down, half a second would mean every entry there is.</summary>
    [Theory]
    [InlineData("500ms", 1)]
    [InlineData("1s", 1)]
    [InlineData("1001ms", 2)]
    [InlineData("2d", 172_800)]
    public void Age_is_never_shorter_than_asked_for(string text, long seconds)
    {
        Assert.True(ConfigurationFile.TryParseTime(text, out TimeSpan age));
        Assert.Equal(seconds, PruneCommand.WholeSeconds(age));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Long_work_on_a_terminal_shows_how_far_it_is(bool daemonRuns)
    {
        const int Entries = 3_000;
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        await fake.Home.StopAsync();
        using (var store = new LiteDbTier(LiteDbTierOptions.In(fake.Home.State), TimeProvider.System, static _ => { }))
        {
            for (int i = 0; i < Entries; i++)
                Assert.True(store.Put(StoreFixture.Key(i), StoreFixture.Render("a" + i)));
        }
        if (daemonRuns)
            await fake.StartDaemonAsync();
        CommandResult result = await OnTerminal(fake.Home.Admin("prune", "--all")).RunAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("deleting", result.StdoutText, StringComparison.Ordinal);
        Assert.Contains($"Deleted {Entries + 1} entries and freed", result.StdoutText, StringComparison.Ordinal);
        Assert.Equal(0, (await fake.Home.StatsAsync()).Entries);
    }

    /// <summary>The command on a terminal of its own.</summary>
    private static Command OnTerminal(Command command) =>
        (
            command with
            {
                File = "/usr/bin/script",
                Arguments = ["-qec", $"exec {command.File} {string.Join(' ', command.Arguments)}", "/dev/null"],
            }
        )
            .With("TERM", "xterm-256color")
            .With("LANG", "C.UTF-8");

    private static async Task<string> AssertLeavesAsync(FakeHelmHome fake, long entries, params string[] arguments)
    {
        CommandResult result = await fake.Home.Admin(["prune", .. arguments]).RunAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(entries, (await fake.Home.StatsAsync()).Entries);
        return result.StdoutText.TrimEnd('\n');
    }
}
