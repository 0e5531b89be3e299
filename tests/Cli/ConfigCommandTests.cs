using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Tests.EndToEnd;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Cli;

/// <summary>What <c>helmcached config</c> shows, and what the settings do to calls of helm.</summary>
public sealed class ConfigCommandTests
{
    [Fact]
    public async Task Each_value_comes_with_its_source()
    {
        await using var home = new DaemonHome(Repository.FakeHelm, "# mine\nidle_exit: 90m\nstore:\n  max_size: 1GiB\n");
        Command config = home.Admin("config").With("HELMCACHED_MEMORY_MAX_SIZE", "64MiB");
        CommandResult result = await config.RunAsync();
        Assert.Equal((0, ""), (result.ExitCode, result.StderrText));
        string file = home.Environment["HELMCACHED_CONFIG"]!;
        string[] lines = result.StdoutText.Split('\n');
        Assert.Equal($"file: {file}", lines[0]);
        Assert.Contains($"{file}:2", Line(lines, "idle_exit"), StringComparison.Ordinal);
        Assert.Contains($"1GiB", Line(lines, "store.max_size"), StringComparison.Ordinal);
        Assert.Contains($"{file}:4", Line(lines, "store.max_size"), StringComparison.Ordinal);
        Assert.Matches(@"64MiB +HELMCACHED_MEMORY_MAX_SIZE$", Line(lines, "memory.max_size"));
        Assert.EndsWith("default", Line(lines, "log.level"), StringComparison.Ordinal);
        Assert.EndsWith("HELMCACHED_HELM", Line(lines, "helm "), StringComparison.Ordinal);
        Assert.Empty(home.DaemonIds());
    }

    [Fact]
    public async Task Daemon_that_runs_with_another_value_is_shown()
    {
        await using var home = new DaemonHome(Repository.FakeHelm, "idle_exit: 90m\n");
        await home.StartAsync();
        File.WriteAllText(home.Environment["HELMCACHED_CONFIG"]!, "idle_exit: 2h\n");
        CommandResult text = await home.Admin("config").RunAsync();
        Assert.Contains("the running daemon has 90m", text.StdoutText, StringComparison.Ordinal);
        Assert.Contains("helmcached stop", text.StdoutText, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse((await home.Admin("config", "--json").RunAsync()).StdoutText);
        JsonElement[] different = [.. json.RootElement.GetProperty("settings").EnumerateArray().Where(s => s.TryGetProperty("running", out _))];
        Assert.Equal(("idle_exit", "2h", "90m"), (Text(different.Single(), "key"), Text(different.Single(), "value"), Text(different.Single(), "running")));
    }

    [Fact]
    public async Task Bad_file_is_told_by_every_command_and_stops_no_helm()
    {
        await using var home = new DaemonHome(Repository.FakeHelm, "idle_exit: 1h\nreadonly: sometimes\n");
        string place = home.Environment["HELMCACHED_CONFIG"]! + ":2:11: readonly: this value is not understood; allowed: true or false";
        CommandResult config = await home.Admin("config").RunAsync();
        Assert.Equal(2, config.ExitCode);
        Assert.Contains(place, config.StderrText, StringComparison.Ordinal);
        CommandResult start = await home.Admin("start").RunAsync();
        Assert.Equal(0, start.ExitCode);
        Assert.Contains(place, start.StderrText, StringComparison.Ordinal);
        Assert.Contains(place, (await home.Admin("stats", "--json").RunAsync()).StderrText, StringComparison.Ordinal);
        Assert.Contains(place, (await home.Admin("status").RunAsync()).StdoutText, StringComparison.Ordinal);

        foreach (string[] asked in (string[][])[["--help"], ["stats", "--help"], ["--version"], ["[suggest:2]", "st"]])
            Assert.Equal("", (await home.Admin(asked).RunAsync()).StderrText);

        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithConfigMap("c", "a: b").WriteTo(work);
        CommandResult helm = await home.Shim(work, "template", "r", "web").With("FAKEHELM_STDOUT", "x\n").RunAsync();
        Assert.Equal((0, "x\n", ""), (helm.ExitCode, helm.StdoutText, helm.StderrText));
        Assert.Equal(1, (await home.StatsAsync()).Stored);
    }

    [Fact]
    public async Task Helm_that_cannot_be_is_told()
    {
        await using var home = new DaemonHome(Repository.FakeHelm, "helm: /nonexistent/helm\n");
        CommandResult result = await home.Admin("config").With("HELMCACHED_HELM", null).RunAsync();
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(":1: helm: /nonexistent/helm does not exist", result.StderrText, StringComparison.Ordinal);
        Assert.Contains("is this shim", (await home.Admin("config").With("HELMCACHED_HELM", home.ShimPath).RunAsync()).StderrText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Example_is_a_file_to_start_from()
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        CommandResult example = await home.Admin("config", "--example").RunAsync();
        File.WriteAllText(home.Environment["HELMCACHED_CONFIG"]!, example.StdoutText);
        Assert.Equal(0, (await home.Admin("config").RunAsync()).ExitCode);
    }

    [Fact]
    public async Task Charts_under_bypass_are_helm_s_alone()
    {
        await using var home = new DaemonHome(Repository.FakeHelm, "bypass: [scratch-*]\n");
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("scratch-1").WithConfigMap("c", "a: b").WriteTo(work);
        Chart("web").WithConfigMap("c", "a: b").WriteTo(work);
        await home.StartAsync();
        for (int i = 0; i < 2; i++)
        {
            CommandResult traced = await home.Shim(work, "template", "r", "scratch-1").With("HELMCACHED_TRACE", "1").RunAsync();
            Assert.Contains("bypass configured-bypass scratch-*", traced.StderrText, StringComparison.Ordinal);
            await home.Shim(work, "template", "r", "web").RunAsync();
        }
        CommandResult explained = await (home.Admin("explain", "--", "template", "r", "scratch-1") with { Directory = work }).RunAsync();
        Assert.Contains("bypass: configured-bypass scratch-*", explained.StdoutText, StringComparison.Ordinal);
        Stats stats = await home.StatsAsync();
        Assert.Equal((2L, 1L, 1L), (stats.BypassReasons["configured-bypass"], stats.Hits, stats.Misses));
    }

    [Fact]
    public async Task Chart_stored_before_it_was_excluded_is_not_served()
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithConfigMap("c", "a: b").WriteTo(work);
        await home.StartAsync();
        await home.Shim(work, "template", "r", "web").RunAsync();
        Assert.Equal(1, (await home.StatsAsync()).Stored);
        await home.StopAsync();
        File.WriteAllText(home.Environment["HELMCACHED_CONFIG"]!, $"bypass: {work}\n");
        await home.StartAsync();
        await home.Shim(work, "template", "r", "web").RunAsync();
        Assert.Equal((0L, 1L), ((await home.StatsAsync()).Hits, (await home.StatsAsync()).BypassReasons["configured-bypass"]));
    }

    [Fact]
    public async Task Readonly_daemon_serves_what_it_has_and_stores_nothing()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        await fake.Home.StopAsync();
        File.WriteAllText(fake.Home.Environment["HELMCACHED_CONFIG"]!, "readonly: true\n");
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        await fake.Template("--set", "x=1").RunAsync();
        await fake.Template("--set", "x=1").RunAsync();
        Stats stats = await fake.Home.StatsAsync();
        Assert.Equal((1L, 1L, 2L), (stats.Hits, stats.Entries, stats.RefuseReasons["read-only"]));
    }

    /// <summary>The caller who happens to start the daemon must not decide for the others.</summary>
    [Fact]
    public async Task Readonly_variable_of_the_call_that_starts_the_daemon_does_not_bind_the_daemon()
    {
        await using var fake = new FakeHelmHome();
        Assert.Equal(0, (await fake.Home.Admin("start").With("HELMCACHED_READONLY", "1").RunAsync()).ExitCode);
        await fake.Template().RunAsync();
        Assert.Equal(1, (await fake.Home.StatsAsync()).Stored);
    }

    [Theory]
    [InlineData("off", false)]
    [InlineData("error", false)]
    [InlineData("info", true)]
    public async Task Log_level_decides_what_is_logged(string level, bool started)
    {
        await using var home = new DaemonHome(Repository.FakeHelm, $"log:\n  level: {level}\n");
        await home.StartAsync();
        await home.StopAsync();
        string log = home.At("state", "daemon.log");
        Assert.Equal(started, File.Exists(log) && File.ReadAllText(log).Contains("started", StringComparison.Ordinal));
    }

    private static string Line(string[] lines, string start) => lines.Single(line => line.StartsWith(start, StringComparison.Ordinal));

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
