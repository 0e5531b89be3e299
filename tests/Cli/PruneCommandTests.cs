using System;
using System.Threading.Tasks;
using CacheDaemon.Daemon;
using CacheDaemon.Daemon.Cli;
using CacheDaemon.Tests.EndToEnd;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Cli;

/// <summary>What <c>helmcached prune</c> takes, with and without a daemon.</summary>
public sealed class PruneCommandTests
{
    [Theory]
    [InlineData("prune", "--all")]
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
        Assert.Equal((0, "deleted 0 entries, 0 B\n"), (result.ExitCode, result.StdoutText));
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
        await AssertLeavesAsync(fake, 2, "--all", "--dry-run");
        await AssertLeavesAsync(fake, 2, "--older-than", "1h");
        await AssertLeavesAsync(fake, 2, "--chart", "other");
        await AssertLeavesAsync(fake, 2, "--max-size", "1GiB");
        await AssertLeavesAsync(fake, 0, "--chart", "web");
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

    private static async Task AssertLeavesAsync(FakeHelmHome fake, long entries, params string[] arguments)
    {
        CommandResult result = await fake.Home.Admin(["prune", .. arguments]).RunAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(entries, (await fake.Home.StatsAsync()).Entries);
    }
}
