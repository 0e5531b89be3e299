using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
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

    /// <summary>From a trace to the lines of the daemon, and back.</summary>
    [Fact]
    public async Task Trace_and_log_name_a_request_alike()
    {
        await using var home = new DaemonHome(Repository.FakeHelm, "log:\n  level: debug\n");
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        ChartBuilder.Chart("web").WithConfigMap("c", "a: 1").WriteTo(work);
        await home.StartAsync();
        (string Call, string Outcome)[] cases =
        [
            ("template r web", "miss"),
            ("template r web", "hit"),
            ("template r web --validate", "bypass"),
            ("template r nowhere", "bypass"),
            ("version", "miss"),
        ];
        var ids = new List<string>();
        foreach ((string call, string outcome) in cases)
        {
            CommandResult result = await home.Shim(work, call.Split(' ')).With("HELMCACHED_TRACE", "1").RunAsync();
            Assert.StartsWith($"helmcached: {outcome} ", result.StderrText, StringComparison.Ordinal);
            Match match = Regex.Match(result.StderrText, @" id=(\d+\.1)( key=[0-9a-f]{16})?$", RegexOptions.Multiline);
            Assert.True(match.Success, result.StderrText);
            ids.Add(match.Groups[1].Value);
        }
        string[] log = File.ReadAllLines(Path.Combine(home.State, "daemon.log"));
        using var last = JsonDocument.Parse((await home.Admin("explain", "--last", "--json").RunAsync()).StdoutText);
        Dictionary<string, string> remembered = last
            .RootElement.EnumerateArray()
            .ToDictionary(call => call.GetProperty("id").GetString()!, call => call.GetProperty("outcome").GetString()!);
        foreach (((_, string outcome), string id) in cases.Zip(ids))
        {
            Assert.Contains(
                $" id={id} call: {outcome} ",
                Assert.Single(log, line => line.Contains($" id={id} ")),
                StringComparison.Ordinal
            );
            Assert.Equal(outcome, remembered[id]);
        }
    }

    [Fact]
    public async Task Trace_of_a_call_that_no_daemon_was_asked_about_names_no_request()
    {
        await using var fake = new FakeHelmHome();
        CommandResult result = await fake.Template().With("HELMCACHED_TRACE", "1").With("HELMCACHED_HOME", "/dev/null/nowhere").RunAsync();
        Assert.StartsWith("helmcached: bypass ", result.StderrText, StringComparison.Ordinal);
        Assert.DoesNotContain(" id=", result.StderrText, StringComparison.Ordinal);
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
