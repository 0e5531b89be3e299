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
/// <c>dependency build|update</c> and <c>pull</c> beside each other, and beside those that only read: what fails with helm alone does not.
/// </summary>
[Trait("Needs", "programs")]
public sealed class CoordinatedWriteTests
{
    private const string Archive = "/web-1.0.0.tgz";

    [Fact]
    public async Task Twelve_charts_are_updated_at_once_under_helm_3_without_a_failure()
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Helm3);
        IReadOnlyList<string> charts = home.Dependants(12);
        for (int round = 0; round < 4; round++)
        {
            IEnumerable<Task<CommandResult>> updates = charts.Select(
                (chart, i) => home.Shim(i % 3 == 0 ? "dep" : "dependency", i % 2 == 0 ? "up" : "update", chart).RunAsync()
            );
            IEnumerable<Task<CommandResult>> reads = Enumerable.Range(0, 4).Select(_ => home.Shim("template r/web").RunAsync());
            Assert.All(await Task.WhenAll(updates.Concat(reads)), result => AssertWell(result));
        }
        Assert.All(charts, chart => Assert.Equal(2, Directory.GetFiles(Path.Combine(chart, "charts"), "*.tgz").Length));
        Assert.Equal(48, (await home.CoordinationAsync()).Runs);
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task One_chart_is_built_by_six_at_once_without_a_failure(int major)
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Of(major));
        string chart = home.Dependants(1).Single();
        AssertWell(await home.Shim("dependency", "update", chart).RunAsync());
        // By its path, as the working directory, and through a link.
        File.CreateSymbolicLink(home.Home.At("link"), chart);
        IEnumerable<Command> builds =
        [
            home.Shim("dependency", "build", chart),
            home.Shim("dep", "build") with
            {
                Directory = chart,
            },
            home.Shim("dependencies", "build", home.Home.At("link")),
        ];
        Assert.All(await Task.WhenAll(builds.Concat(builds).Select(build => build.RunAsync())), result => AssertWell(result));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(chart, "charts")).Length);
    }

    [Fact]
    public async Task One_thing_is_pulled_into_one_place_by_one_at_a_time()
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Helm3);
        int before = home.Server.Count(Archive);
        Task<CommandResult>[] calls;
        using (home.Server.Hold(Archive))
        {
            Task<CommandResult> first = home.Shim("pull r/web --untar").RunAsync();
            await home.HeldReachAsync(1);
            Task<CommandResult> second = home.Shim("fetch r/web --untar --destination .").RunAsync();
            await home.WaitingReachAsync(1);
            Assert.Equal(before + 1, home.Server.Count(Archive));
            // Another thing, and another place.
            AssertWell(await home.Shim("pull r/db --untar").RunAsync());
            Task<CommandResult> elsewhere = home.Shim("pull", "r/web", "-d", home.Home.UserHome).RunAsync();
            await home.HeldReachAsync(2);
            calls = [first, second, elsewhere];
        }
        CommandResult[] results = await Task.WhenAll(calls);
        AssertWell(results[0]);
        AssertWell(results[2]);
        // What helm says to one that comes second.
        Assert.Equal(1, results[1].ExitCode);
        Assert.Contains("already exists", results[1].StderrText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public async Task A_reader_waits_where_helm_empties_the_index_before_it_writes(int major, bool waits)
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Of(major));
        Task<CommandResult> update,
            read;
        using (home.Server.Hold(ChartRepositoryServer.Index))
        {
            update = home.Shim("repo update").RunAsync();
            await home.HeldReachAsync(1);
            // Not of the repository, whatever its name looks like.
            ChartBuilder
                .Chart("web")
                .WithConfigMap("c", "a: local")
                .WriteTo(Directory.CreateDirectory(Path.Combine(home.Work, "r")).FullName);
            Assert.Contains("local", AssertWell(await home.Shim("template r/web").RunAsync()).StdoutText, StringComparison.Ordinal);
            Directory.Delete(Path.Combine(home.Work, "r"), recursive: true);

            read = home.Shim("template r/web").RunAsync();
            if (waits)
            {
                await home.WaitingReachAsync(1);
                Assert.False(read.IsCompleted);
                AssertWell(await home.Shim("template r/db").With("HELMCACHED_COORDINATE", "0").RunAsync());
            }
            else
            {
                AssertWell(await read);
            }
        }
        AssertWell(await update);
        AssertWell(await read);
    }

    /// <summary>As a downloader does that packs charts from elsewhere.</summary>
    [Theory]
    [InlineData("dependency update .")]
    [InlineData("repo update")]
    public async Task A_helm_that_helm_itself_has_called_does_not_wait_for_its_turn(string line)
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Helm4);
        string script = await ScriptAsync(
            home,
            $"[ -n \"$INNER\" ] && echo inner && exit; INNER=1 sh -c '{home.Home.ShimPath} {line}'; echo outer"
        );
        CommandResult result = await home.Shim(line).With("HELMCACHED_HELM", script).RunAsync();
        Assert.Equal("inner\nouter\n", AssertWell(result).StdoutText);
        Assert.Equal(1, (await home.Home.StatsAsync()).BypassReasons["inside-turn"]);
        Assert.Equal((1, 0, 0), await home.CoordinationAsync());
    }

    [Fact]
    public async Task One_that_was_stopped_in_its_turn_keeps_nobody()
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Helm4);
        using IDisposable hold = home.Server.Hold(ChartRepositoryServer.Index);
        Command command = home.Shim("repo update");
        using Process first = command.Start();
        await home.HeldReachAsync(1);
        Task<CommandResult> second;
        using (Signals.Hang(first.Id))
        {
            second = home.Shim("repo update").RunAsync();
            await home.HeldReachAsync(2);
            hold.Dispose();
            AssertWell(await second);
        }
        AssertWell(await command.CompleteAsync(first));
    }

    /// <summary>What helm started lives on, and has no part in the turn.</summary>
    [Fact]
    public async Task A_turn_ends_with_helm_and_not_with_what_it_has_left_behind()
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Helm4);
        string gate = home.Home.At("gate");
        string script = await ScriptAsync(home, $"(while [ ! -e {gate} ]; do sleep 0.1; done) >/dev/null 2>&1 & echo done");
        for (int i = 0; i < 3; i++)
            Assert.Equal("done\n", AssertWell(await home.Shim("repo update").With("HELMCACHED_HELM", script).RunAsync()).StdoutText);
        await File.WriteAllTextAsync(gate, "");
        (long runs, long joined, _) = await home.CoordinationAsync();
        Assert.Equal((3, 0), (runs, joined));
    }

    /// <summary>A script in the place of helm says what it finds.</summary>
    [Fact]
    public async Task Helm_in_its_turn_finds_the_descriptors_and_the_process_that_the_caller_gave()
    {
        await using RepositoryHome home = await StartAsync(RealHelms.Helm4);
        string script = await ScriptAsync(home, "ls /proc/$$/fd; cat; echo $0 \"$@\" $PPID; exit 7");
        Command shim = home.Shim("dependency update .").With("HELMCACHED_HELM", script) with { Stdin = "input\n"u8.ToArray() };
        Command real = shim with { File = script };
        Assert.Null((await shim.CalledAs("helm").RunAsync()).DifferenceFrom(await real.RunAsync()));
        Assert.Equal(1, (await home.CoordinationAsync()).Runs);
    }

    private static async Task<string> ScriptAsync(RepositoryHome home, string text)
    {
        string script = home.Home.At("helm-script");
        await File.WriteAllTextAsync(script, "#!/bin/sh\n" + text + "\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return script;
    }
}
