using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Arming;

/// <summary>Hostile and popular charts, each rendered by the armed copy itself, and by callers of the shim.</summary>
[Trait("Needs", "programs")]
public sealed class TrialTests
{
    private const string Trace = "helmcached: ";

    [Fact]
    public void Lists_are_long_enough_and_names_are_unique()
    {
        Assert.True(TrialChart.ByName(HostileCharts.All).Count >= 60);
        Assert.True(TrialChart.ByName(PopularCharts.All).Count >= 40);
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Every_hostile_chart_ends_in_a_trap(int major)
    {
        ArmingRecord armed = await ArmedHelms.OfAsync(RealHelms.Of(major));
        var wrong = new ConcurrentBag<string>();
        await EachAsync(
            HostileCharts.All,
            async (chart, work) =>
            {
                CommandResult result = await Direct(armed.Copy, chart, work).RunAsync();
                if (
                    result.ExitCode < ArmingPlan.FirstExitCode
                    || result.ExitCode >= ArmingPlan.FirstExitCode + armed.Traps.Count
                    || result.StdoutText.Length + result.StderrText.Length > 0
                )
                    wrong.Add($"{chart.Name}: {result}{result.StdoutText}");
            }
        );
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Every_popular_shape_is_rendered_as_real_helm_does(int major)
    {
        ArmingRecord armed = await ArmedHelms.OfAsync(RealHelms.Of(major));
        var wrong = new ConcurrentBag<string>();
        await EachAsync(
            PopularCharts.All,
            async (chart, work) =>
            {
                CommandResult real = await Direct(RealHelms.Of(major), chart, work).RunAsync(),
                    ours = await Direct(armed.Copy, chart, work).RunAsync();
                if (real.ExitCode != 0 || ours.DifferenceFrom(real) is not null)
                    wrong.Add($"{chart.Name}: {ours}; real helm: {real}");
            }
        );
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Nothing_that_varies_is_ever_kept(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        await home.StartAsync();
        var wrong = new ConcurrentBag<string>();
        await EachAsync(
            HostileCharts.All,
            async (chart, work) =>
            {
                CommandResult[] calls = [await Shim(home, chart, work), await Shim(home, chart, work), await Shim(home, chart, work)];
                if (calls.Any(call => call.ExitCode != 0))
                    wrong.Add($"{chart.Name}: helm fails: {calls[0]}");
                else if (calls.Any(call => Outcome(call).StartsWith(Trace + "hit", StringComparison.Ordinal)))
                    wrong.Add($"{chart.Name}: {string.Join("; ", calls.Select(Outcome))}");
            }
        );
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));
        Stats stats = await home.StatsAsync();
        Assert.True(stats is { Hits: 0, Stored: 0, Entries: 0, Errors: 0 }, stats.ToString());
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Popular_shapes_hit_with_real_helm_s_bytes(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        await home.StartAsync();
        var wrong = new ConcurrentBag<string>();
        await EachAsync(
            PopularCharts.All,
            async (chart, work) =>
            {
                CommandResult real = await Prepare(home.Real(work, Arguments(chart)), chart).RunAsync(),
                    again = await Prepare(home.Real(work, Arguments(chart)), chart).RunAsync();
                if (real.ExitCode != 0 || again.DifferenceFrom(real) is not null)
                    wrong.Add($"{chart.Name}: not fixed on real helm: {real}{real.StdoutText}");
                CommandResult first = await Shim(home, chart, work),
                    second = await Shim(home, chart, work);
                if (
                    first.StdoutText != real.StdoutText
                    || second.StdoutText != real.StdoutText
                    || !Outcome(second).StartsWith(Trace + "hit", StringComparison.Ordinal)
                )
                    wrong.Add($"{chart.Name}: {Outcome(first)}; {Outcome(second)}: {second}");
            }
        );
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));
    }

    private static Task<CommandResult> Shim(DaemonHome home, TrialChart chart, string work) =>
        Prepare(home.Shim(work, Arguments(chart)), chart).With("HELMCACHED_TRACE", "1").RunAsync();

    /// <summary>What the trace says about a call.</summary>
    private static string Outcome(CommandResult call) =>
        call.StderrText.Split('\n').LastOrDefault(line => line.StartsWith(Trace, StringComparison.Ordinal)) ?? "no trace";

    private static async Task EachAsync(IEnumerable<TrialChart> charts, Func<TrialChart, string, Task> check)
    {
        using var directory = new TemporaryDirectory();
        await Parallel.ForEachAsync(
            charts.Select((chart, index) => (chart, index)),
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            async (item, _) =>
            {
                string work = Directory.CreateDirectory(directory.At($"c{item.index}")).FullName;
                item.chart.Chart.WriteTo(work);
                await check(item.chart, work);
            }
        );
    }

    private static Command Direct(string helm, TrialChart chart, string work) =>
        Prepare(
            new Command(helm, Arguments(chart))
            {
                Directory = work,
                Environment = new Dictionary<string, string?> { ["HOME"] = work },
            },
            chart
        );

    private static Command Prepare(Command command, TrialChart chart) =>
        chart.Variable.Split('=') is [var name, var value] ? command.With(name, value) : command;

    private static string[] Arguments(TrialChart chart) =>
        chart.Release.Length == 0 || chart.Arguments.Contains("--name-template")
            ? ["template", "web", .. chart.Arguments]
            : ["template", chart.Release, "web", .. chart.Arguments];
}
