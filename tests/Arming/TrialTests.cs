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

/// <summary>Hostile and popular charts, each rendered by the armed copy itself.</summary>
public sealed class TrialTests
{
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
        await EachAsync(HostileCharts.All, async (chart, work) =>
        {
            CommandResult result = await Direct(armed.Copy, chart, work).RunAsync();
            if (result.ExitCode < ArmingPlan.FirstExitCode || result.ExitCode >= ArmingPlan.FirstExitCode + armed.Traps.Count || result.StdoutText.Length + result.StderrText.Length > 0)
                wrong.Add($"{chart.Name}: {result}{result.StdoutText}");
        });
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Every_popular_shape_is_rendered_as_real_helm_does(int major)
    {
        ArmingRecord armed = await ArmedHelms.OfAsync(RealHelms.Of(major));
        var wrong = new ConcurrentBag<string>();
        await EachAsync(PopularCharts.All, async (chart, work) =>
        {
            CommandResult real = await Direct(RealHelms.Of(major), chart, work).RunAsync(), ours = await Direct(armed.Copy, chart, work).RunAsync();
            if (real.ExitCode != 0 || ours.DifferenceFrom(real) is not null)
                wrong.Add($"{chart.Name}: {ours}; real helm: {real}");
        });
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));
    }

    private static async Task EachAsync(IEnumerable<TrialChart> charts, Func<TrialChart, string, Task> check)
    {
        using var directory = new TemporaryDirectory();
        await Parallel.ForEachAsync(charts.Select((chart, index) => (chart, index)), new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (item, _) =>
        {
            string work = Directory.CreateDirectory(directory.At($"c{item.index}")).FullName;
            item.chart.Chart.WriteTo(work);
            await check(item.chart, work);
        });
    }

    private static Command Direct(string helm, TrialChart chart, string work) =>
        Prepare(new Command(helm, Arguments(chart)) { Directory = work, Environment = new Dictionary<string, string?> { ["HOME"] = work } }, chart);

    private static Command Prepare(Command command, TrialChart chart) =>
        chart.Variable.Split('=') is [var name, var value] ? command.With(name, value) : command;

    private static string[] Arguments(TrialChart chart) =>
        chart.Release.Length == 0 || chart.Arguments.Contains("--name-template") ? ["template", "web", .. chart.Arguments] : ["template", chart.Release, "web", .. chart.Arguments];
}
