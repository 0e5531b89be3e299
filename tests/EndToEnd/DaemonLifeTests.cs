using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>The daemon comes when it is needed, goes when it is told, keeps what it knew, and lets nobody else look.</summary>
[Trait("Needs", "programs")]
public sealed class DaemonLifeTests
{
    [Fact]
    public async Task First_render_starts_it_and_stop_ends_it()
    {
        await using var fake = new FakeHelmHome();
        await fake.Template().RunAsync();
        await fake.Home.DaemonIdAsync();
        // On a slow machine the first render does not wait for it.
        await Eventually.IsTrueAsync("the daemon listens", () => File.Exists(Path.Combine(fake.Home.State, "daemon.sock")));
        Assert.Equal(0, (await fake.Home.Admin("stop").RunAsync()).ExitCode);
        Assert.Empty(fake.Home.DaemonIds());
    }

    /// <summary>A daemon that was told to stop finishes the render that it has a part in, and says so meanwhile.</summary>
    [Fact]
    public async Task Status_shows_each_state()
    {
        await using var fake = new FakeHelmHome();
        Assert.Equal((3, "stopped", ""), await StateAsync(fake));
        await fake.StartDaemonAsync();
        Assert.Equal((0, "serving", ""), await StateAsync(fake));
        Assert.Contains("\nserving, up ", (await fake.Home.Admin("status").RunAsync()).StdoutText, StringComparison.Ordinal);
        Task<CommandResult> render = fake.HeldTemplate().RunAsync();
        await fake.RunsReachAsync(1);
        Task<CommandResult> stop = fake.Home.Admin("stop").RunAsync();
        await Eventually.IsTrueAsync("the daemon drains", async () => await StateAsync(fake) == (3, "draining", ""));
        CommandResult text = await fake.Home.Admin("status").RunAsync();
        Assert.StartsWith("helmcached is draining for ", text.StdoutText, StringComparison.Ordinal);
        fake.LetGo();
        Assert.Equal((0, FakeHelmHome.Output), ((await render).ExitCode, (await render).StdoutText));
        Assert.Equal(0, (await stop).ExitCode);
        Assert.Equal((3, "stopped", ""), await StateAsync(fake));
        string[] states =
        [
            .. File.ReadLines(Path.Combine(fake.Home.State, "daemon.log"))
                .Where(line => line.Contains(" state: ", StringComparison.Ordinal))
                .Select(line => line[(line.IndexOf("state: ", StringComparison.Ordinal) + 7)..]),
        ];
        Assert.StartsWith("starting -> serving: pid ", states[0], StringComparison.Ordinal);
        Assert.Equal(["serving -> draining: stop command", "draining -> stopped: all callers were answered"], states[1..]);
    }

    [Theory]
    [InlineData(Signals.Terminate, "SIGTERM")]
    [InlineData(Signals.Interrupt, "SIGINT")]
    public async Task Signal_that_ends_the_daemon_is_named_in_its_log(int signal, string name)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        int daemon = await fake.Home.DaemonIdAsync();
        Signals.Send([daemon], signal);
        await Eventually.IsTrueAsync("it has left", () => Signals.IsGone(daemon));
        Assert.Contains(
            $" state: serving -> draining: signal {name}\n",
            File.ReadAllText(Path.Combine(fake.Home.State, "daemon.log")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Home_is_made_with_its_parents_and_each_is_private()
    {
        await using var fake = new FakeHelmHome();
        string home = fake.Home.At("one", "two", "three");
        await fake.Template().With("HELMCACHED_HOME", home).RunAsync();
        try
        {
            foreach (string directory in (string[])[fake.Home.At("one"), fake.Home.At("one", "two"), home])
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
            await Eventually.IsTrueAsync("the daemon listens", () => File.Exists(Path.Combine(home, "daemon.sock")));
        }
        finally
        {
            Assert.Equal(0, (await fake.Home.Admin("stop").With("HELMCACHED_HOME", home).RunAsync()).ExitCode);
        }
    }

    [Theory]
    [InlineData("stats")]
    [InlineData("stats --json")]
    [InlineData("status")]
    [InlineData("doctor")]
    [InlineData("stop")]
    public async Task Looking_starts_no_daemon(string command)
    {
        await using var fake = new FakeHelmHome();
        await fake.Home.Admin(command.Split(' ')).RunAsync();
        Assert.Empty(fake.Home.DaemonIds());
    }

    [Fact]
    public async Task Starting_twice_makes_one()
    {
        await using var fake = new FakeHelmHome();
        CommandResult[] results = await Task.WhenAll(
            fake.Home.Admin("start").RunAsync(),
            fake.Home.Admin("start").RunAsync(),
            fake.Home.Admin("start").RunAsync()
        );
        Assert.All(results, result => Assert.Equal(0, result.ExitCode));
        await fake.Home.DaemonIdAsync();
        Assert.NotEqual(0, (await fake.Home.Admin("serve").RunAsync()).ExitCode);
        await fake.Home.DaemonIdAsync();
    }

    [Fact]
    public async Task Entries_and_counters_survive_a_restart()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        await fake.Home.StopAsync();
        Assert.Equal(1, (await fake.Home.StatsAsync()).Misses);
        await fake.StartDaemonAsync();
        CommandResult result = await fake.Template().RunAsync();
        Assert.Equal((0, FakeHelmHome.Output, ""), (result.ExitCode, result.StdoutText, result.StderrText));
        Stats stats = await fake.Home.StatsAsync();
        Assert.Equal(1, fake.Runs);
        Assert.True(stats is { Misses: 1, Hits: 1, Entries: 1, HelmRuns: 1 }, stats.ToString());
    }

    [Fact]
    public async Task Entry_survives_a_kill_of_the_daemon()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        string store = Path.Combine(fake.Home.State, "store.litedb");
        await Eventually.IsTrueAsync("the store exists", () => File.Exists(store));
        DaemonHome.Kill(fake.Home.DaemonIds());
        await fake.StartDaemonAsync();
        // The background write may or may not have been done; the answer must be right in any case.
        CommandResult result = await fake.Template().RunAsync();
        Assert.Equal((0, FakeHelmHome.Output, ""), (result.ExitCode, result.StdoutText, result.StderrText));
    }

    [Fact]
    public async Task Home_and_what_is_in_it_is_private()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        const UnixFileMode Others =
            UnixFileMode.GroupRead
            | UnixFileMode.GroupWrite
            | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead
            | UnixFileMode.OtherWrite
            | UnixFileMode.OtherExecute;
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(fake.Home.State) & Others);
        foreach (string path in Directory.EnumerateFileSystemEntries(fake.Home.State, "*", SearchOption.AllDirectories))
            Assert.True((File.GetUnixFileMode(path) & Others) == UnixFileMode.None, path);
    }

    [Fact]
    public async Task Prune_of_all_empties_the_store()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        await fake.Home.EntriesReachAsync(1);
        Assert.Equal(0, (await fake.Home.Admin("prune", "--all").RunAsync()).ExitCode);
        Assert.Equal(0, (await fake.Home.StatsAsync()).Entries);
        await fake.Template().RunAsync();
        Assert.Equal(2, fake.Runs);
    }

    private static async Task<(int ExitCode, string State, string Reason)> StateAsync(FakeHelmHome fake)
    {
        CommandResult status = await fake.Home.Admin("status", "--json").RunAsync();
        using var json = JsonDocument.Parse(status.StdoutText);
        return (
            status.ExitCode,
            json.RootElement.GetProperty("state").GetString()!,
            json.RootElement.TryGetProperty("state_reason", out JsonElement reason) ? reason.GetString()! : ""
        );
    }
}
