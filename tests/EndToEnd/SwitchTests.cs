using System;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>The variables of design 2 do what they say.</summary>
[Trait("Needs", "programs")]
public sealed class SwitchTests
{
    [Fact]
    public async Task Disable_is_plain_helm_and_starts_no_daemon()
    {
        await using var fake = new FakeHelmHome();
        for (int i = 1; i <= 2; i++)
        {
            CommandResult result = await fake.Template().With("HELMCACHED_DISABLE", "1").RunAsync();
            Assert.Equal((0, FakeHelmHome.Output, ""), (result.ExitCode, result.StdoutText, result.StderrText));
            Assert.Equal(i, fake.Runs);
        }
        Assert.Empty(fake.Home.DaemonIds());
        Assert.False(Directory.Exists(fake.Home.State));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("")]
    public async Task Disable_of_nought_or_nothing_is_not_switched_on(string value)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        for (int i = 0; i < 2; i++)
            await fake.Template().With("HELMCACHED_DISABLE", value).RunAsync();
        Assert.Equal(1, fake.Runs);
    }

    [Fact]
    public async Task Recache_runs_helm_and_replaces_the_entry()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        CommandResult renewed = await fake.Template().With("FAKEHELM_STDOUT", "new: 1\n").With("HELMCACHED_RECACHE", "1").RunAsync();
        Assert.Equal("new: 1\n", renewed.StdoutText);
        Assert.Equal("new: 1\n", (await fake.Template().RunAsync()).StdoutText);
        Assert.Equal(2, fake.Runs);
        await fake.Home.EntriesReachAsync(1);
    }

    [Fact]
    public async Task Readonly_serves_and_stores_nothing()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        for (int i = 1; i <= 2; i++)
        {
            await fake.Template().With("HELMCACHED_READONLY", "1").RunAsync();
            Assert.Equal(i, fake.Runs);
        }
        Assert.Equal(0, (await fake.Home.StatsAsync()).Entries);
        await fake.Template().RunAsync();
        Assert.Equal(3, fake.Runs);
        await fake.Template().With("HELMCACHED_READONLY", "1").RunAsync();
        Assert.Equal(3, fake.Runs);
    }

    [Fact]
    public async Task Trace_says_on_stderr_what_happened()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command traced = fake.Template().With("HELMCACHED_TRACE", "1");
        CommandResult miss = await traced.RunAsync();
        CommandResult hit = await traced.RunAsync();
        CommandResult bypass = await fake.Template("--debug").With("HELMCACHED_TRACE", "1").RunAsync();
        Assert.StartsWith("helmcached: miss ", miss.StderrText, StringComparison.Ordinal);
        Assert.StartsWith("helmcached: hit memory ", hit.StderrText, StringComparison.Ordinal);
        Assert.Contains(" key=", hit.StderrText, StringComparison.Ordinal);
        Assert.StartsWith("helmcached: bypass debug-output", bypass.StderrText, StringComparison.Ordinal);
        Assert.Equal(FakeHelmHome.Output, hit.StdoutText);
    }

    [Fact]
    public async Task Trace_into_a_file_leaves_stderr_alone()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        string file = fake.Home.At("trace");
        for (int i = 0; i < 2; i++)
        {
            CommandResult result = await fake.Template().With("HELMCACHED_TRACE", file).RunAsync();
            Assert.Equal((0, FakeHelmHome.Output, ""), (result.ExitCode, result.StdoutText, result.StderrText));
        }
        string[] lines = File.ReadAllLines(file);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("helmcached: miss ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("helmcached: hit ", lines[1], StringComparison.Ordinal);
    }

    /// <summary>A file of that name in the chart at hand would be an input from then on.</summary>
    [Theory]
    [InlineData("true")]
    [InlineData("stderr")]
    [InlineData("yes please")]
    public async Task Trace_without_a_slash_is_a_switch_and_no_file(string value)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        CommandResult result = await (fake.Template() with { Directory = fake.ChartPath }).With("HELMCACHED_TRACE", value).RunAsync();
        Assert.StartsWith("helmcached: ", result.StderrText, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(fake.ChartPath, value)));
    }
}
