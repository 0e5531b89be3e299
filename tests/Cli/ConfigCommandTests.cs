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
[Trait("Needs", "programs")]
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
        Assert.Contains("the running daemon uses 90m", text.StdoutText, StringComparison.Ordinal);
        Assert.Contains("helmcached stop", text.StdoutText, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse((await home.Admin("config", "--json").RunAsync()).StdoutText);
        JsonElement[] different =
        [
            .. json.RootElement.GetProperty("settings").EnumerateArray().Where(s => s.TryGetProperty("running", out _)),
        ];
        Assert.Equal(
            ("idle_exit", "2h", "90m"),
            (Text(different.Single(), "key"), Text(different.Single(), "value"), Text(different.Single(), "running"))
        );
    }

    [Fact]
    public async Task Bad_file_is_told_by_every_command_and_stops_no_helm()
    {
        await using var home = new DaemonHome(Repository.FakeHelm, "idle_exit: 1h\nreadonly: sometimes\n");
        string place = home.Environment["HELMCACHED_CONFIG"]! + ":2:11: readonly: invalid value \"sometimes\"; expected true or false";
        CommandResult config = await home.Admin("config").RunAsync();
        Assert.Equal(2, config.ExitCode);
        Assert.Contains(place, config.StderrText, StringComparison.Ordinal);
        CommandResult start = await home.Admin("start").RunAsync();
        Assert.Equal(0, start.ExitCode);
        Assert.Contains(place, start.StderrText, StringComparison.Ordinal);
        Assert.Contains(place, (await home.Admin("stats", "--json").RunAsync()).StderrText, StringComparison.Ordinal);
        Assert.Contains(place, (await home.Admin("status").RunAsync()).StdoutText, StringComparison.Ordinal);

        foreach (
            string[] asked in (string[][])
                [
                    ["--help"],
                    ["stats", "--help"],
                    ["--version"],
                    ["[suggest:2]", "st"],
                ]
        )
            Assert.Equal("", (await home.Admin(asked).RunAsync()).StderrText);

        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithConfigMap("c", "a: b").WriteTo(work);
        CommandResult helm = await home.Shim(work, "template", "r", "web").With("FAKEHELM_STDOUT", "x\n").RunAsync();
        Assert.Equal((0, "x\n", ""), (helm.ExitCode, helm.StdoutText, helm.StderrText));
        Assert.Equal(1, (await home.StatsAsync()).Stored);
    }

    [Fact]
    public async Task Row16_Get_prints_the_value_alone()
    {
        await using var home = new DaemonHome(Repository.FakeHelm, "store: {max_size: 1GiB}\n");
        Assert.Equal("1GiB\n", (await home.Admin("config", "get", "store.max_size").RunAsync()).StdoutText);
        Assert.Equal("5m\n", (await home.Admin("config", "get", "idle_exit").With("HELMCACHED_IDLE_EXIT", "5m").RunAsync()).StdoutText);
        CommandResult wrong = await home.Admin("config", "get", "idle_exits").RunAsync();
        Assert.Equal(
            (2, "", "helmcached: unknown setting idle_exits; did you mean idle_exit?\n"),
            (wrong.ExitCode, wrong.StdoutText, wrong.StderrText)
        );
    }

    [Fact]
    public async Task Row16_Set_changes_one_line_and_says_what_the_running_daemon_has()
    {
        await using var home = new DaemonHome(Repository.FakeHelm, "# mine\nidle_exit: 90m # long\n");
        string file = home.Environment["HELMCACHED_CONFIG"]!;
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        await home.StartAsync();
        CommandResult set = await home.Admin("config", "set", "idle_exit", "2h").RunAsync();
        Assert.Equal((0, ""), (set.ExitCode, set.StderrText));
        Assert.Equal(
            $"Set idle_exit to 2h in {file}\nThe running daemon still uses 90m. Run `helmcached stop`; the next render starts it "
                + "with the new value\n",
            set.StdoutText
        );
        Assert.Equal("# mine\nidle_exit: 2h # long\n", File.ReadAllText(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(file));
        CommandResult hidden = await home.Admin("config", "set", "memory.max_size", "32MiB")
            .With("HELMCACHED_MEMORY_MAX_SIZE", "64MiB")
            .RunAsync();
        Assert.Contains(
            "HELMCACHED_MEMORY_MAX_SIZE is set to 64MiB here and takes precedence",
            hidden.StderrText,
            StringComparison.Ordinal
        );
        Assert.Equal("32MiB\n", (await home.Admin("config", "get", "memory.max_size").RunAsync()).StdoutText);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(file)!, "*.helmcached-*"));
    }

    [Fact]
    public async Task Row16_Set_makes_the_file_and_its_directory_and_the_shim_reads_its_helm()
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        string file = home.At("new", "config.yaml");
        Command Config(params string[] words) =>
            home.Admin(["config", .. words]).With("HELMCACHED_CONFIG", file).With("HELMCACHED_HELM", null);
        Assert.Equal(0, (await Config("set", "helm", Repository.FakeHelm).RunAsync()).ExitCode);
        Assert.Equal(0, (await Config("set", "bypass", "web", "scratch-*").RunAsync()).ExitCode);
        Assert.Equal($"helm: {Repository.FakeHelm}\nbypass: [web, 'scratch-*']\n", File.ReadAllText(file));
        Assert.Equal($"{Repository.FakeHelm}\n", (await Config("get", "helm").RunAsync()).StdoutText);
        CommandResult helm = await home.Shim("/", "version").With("HELMCACHED_CONFIG", file).With("HELMCACHED_HELM", null).RunAsync();
        Assert.Equal(0, helm.ExitCode);
    }

    [Theory]
    [InlineData("idle_exit soon", "helmcached: idle_exit: invalid value \"soon\"; expected a time such as 90s, 3h or 7d; 0 for never\n")]
    [InlineData("idle_exit 1h 2h", "helmcached: idle_exit takes one value\n")]
    [InlineData("idel_exit 1h", "helmcached: unknown setting idel_exit; did you mean idle_exit?\n")]
    [InlineData("helm /nonexistent/helm", "helmcached: helm: /nonexistent/helm does not exist or cannot be reached\n")]
    public async Task Row16_Set_refuses_what_the_file_could_not_hold_and_leaves_it_alone(string words, string error)
    {
        await using var home = new DaemonHome(Repository.FakeHelm, "idle_exit: 90m\n");
        CommandResult result = await home.Admin(["config", "set", .. words.Split(' ')]).RunAsync();
        Assert.Equal((2, "", error), (result.ExitCode, result.StdoutText, result.StderrText));
        Assert.Equal("idle_exit: 90m\n", File.ReadAllText(home.Environment["HELMCACHED_CONFIG"]!));
    }

    [Fact]
    public async Task Row16_Directory_in_the_place_of_the_file_is_told()
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        string directory = Directory.CreateDirectory(home.At("config.d")).FullName;
        CommandResult shown = await home.Admin("config").With("HELMCACHED_CONFIG", directory).RunAsync();
        Assert.Equal(
            (2, $"helmcached: configuration: {directory} is a directory; name a file in it\n"),
            (shown.ExitCode, shown.StderrText)
        );
        Assert.StartsWith($"file: {directory}\n", shown.StdoutText, StringComparison.Ordinal);
        CommandResult set = await home.Admin("config", "set", "idle_exit", "1h").With("HELMCACHED_CONFIG", directory).RunAsync();
        Assert.Equal((1, $"helmcached: {directory} is a directory; name a file in it\n"), (set.ExitCode, set.StderrText));
    }

    [Fact]
    public async Task Row16_Doctor_names_variables_that_nothing_reads()
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        CommandResult result = await home.Admin("doctor")
            .With("HELMCACHED_STORE_MAXSIZE", "1GiB")
            .With("HELMCACHED_STORE_MAX_AGE", "9d")
            .RunAsync();
        Assert.Contains(
            "HELMCACHED_STORE_MAXSIZE is set, but helmcached has no such variable",
            result.StdoutText,
            StringComparison.Ordinal
        );
        Assert.Contains("did you mean HELMCACHED_STORE_MAX_SIZE?", result.StdoutText, StringComparison.Ordinal);
        Assert.Single(result.StdoutText.Split('\n'), line => line.Contains("no such variable", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Helm_that_cannot_be_is_told()
    {
        await using var home = new DaemonHome(Repository.FakeHelm, "helm: /nonexistent/helm\n");
        CommandResult result = await home.Admin("config").With("HELMCACHED_HELM", null).RunAsync();
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(":1: helm: /nonexistent/helm does not exist", result.StderrText, StringComparison.Ordinal);
        Assert.Contains(
            "is this shim",
            (await home.Admin("config").With("HELMCACHED_HELM", home.ShimPath).RunAsync()).StderrText,
            StringComparison.Ordinal
        );
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
        Assert.Equal(started, File.Exists(log) && File.ReadAllText(log).Contains("state: starting -> serving", StringComparison.Ordinal));
    }

    private static string Line(string[] lines, string start) => lines.Single(line => line.StartsWith(start, StringComparison.Ordinal));

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
