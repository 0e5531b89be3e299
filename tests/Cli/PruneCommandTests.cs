using System.Threading.Tasks;
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
    [InlineData("prune --max-size huge", "2GiB")]
    [InlineData("prune --max-size -1", "2GiB")]
    public async Task Wrong_words_are_answered_with_right_ones(string line, string hint)
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        CommandResult result = await home.Admin(line.Split(' ')).RunAsync();
        Assert.Equal((2, ""), (result.ExitCode, result.StdoutText));
        Assert.Contains(hint, result.StderrText, System.StringComparison.Ordinal);
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

    private static async Task AssertLeavesAsync(FakeHelmHome fake, long entries, params string[] arguments)
    {
        CommandResult result = await fake.Home.Admin(["prune", .. arguments]).RunAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(entries, (await fake.Home.StatsAsync()).Entries);
    }
}
