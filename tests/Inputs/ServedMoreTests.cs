using System;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Inputs;

/// <summary>What the table of cases cannot say: shells around the call, exits that differ from run to run, other commands.</summary>
[Trait("Needs", "programs")]
public sealed class ServedMoreTests
{
    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task P4_output_redirected_into_the_chart_is_kept_and_served(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string chart = Chart("web")
            .WithConfigMap("a", "a: {{ .Release.Name }}")
            .WriteTo(Directory.CreateDirectory(home.At("work")).FullName);
        await home.StartAsync();
        string expected = (await home.Real(chart, "template", "r", ".").RunAsync()).StdoutText;
        Command plain = home.Shim(chart);
        Command call = plain with { File = "/bin/bash", Arguments = ["-c", "exec \"$0\" template r . > all.yaml 2> err.txt", plain.File] };
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(0, (await call.RunAsync()).ExitCode);
            Assert.Equal(expected, File.ReadAllText(Path.Combine(chart, "all.yaml")));
        }
        Stats stats = await home.StatsAsync();
        Assert.True(stats is { Misses: 1, Hits: 3, HelmRuns: 1, Refused: 0 }, stats.ToString());

        // What the redirection leaves behind is an input like any other.
        File.WriteAllText(Path.Combine(chart, "templates/b.yaml"), "b: {{ .Files.Get \"all.yaml\" | len }}\n");
        Assert.Contains(
            "b: 0",
            (await call.RunAsync()) is { ExitCode: 0 } ? File.ReadAllText(Path.Combine(chart, "all.yaml")) : "",
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("b: 0", (await home.Shim(chart, "template", "r", ".").RunAsync()).StdoutText, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task A6_memory_limit_that_Go_cannot_read_ends_the_call_as_it_ends_helm(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithConfigMap("a", "a: b").WriteTo(work);
        await home.StartAsync();
        Command call = home.Shim(work, "template", "r", "web");
        Assert.Equal(0, (await call.RunAsync()).ExitCode);
        foreach (string limit in (string[])["garbage", "-1", "1KB", "9999999TiB", "99999999999999999999"])
        {
            CommandResult result = await call.With("GOMEMLIMIT", limit).RunAsync();
            Assert.Equal((2, ""), (result.ExitCode, result.StdoutText));
            Assert.Contains("malformed GOMEMLIMIT", result.StderrText, StringComparison.Ordinal);
        }
        Assert.Equal(0, (await call.With("GOMEMLIMIT", "1GiB").RunAsync()).ExitCode);
        Stats stats = await home.StatsAsync();
        Assert.True(stats is { Misses: 1, Hits: 1, Bypasses: 5 } && stats.BypassReasons.ContainsKey("go-variable"), stats.ToString());
    }

    [Fact]
    public async Task P4_explain_tells_of_a_clone_that_is_a_part_of_the_chart()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        string chart = Chart("web")
            .WithConfigMap("a", "a: b")
            .WithFile(".git/HEAD", "x")
            .WithFile(".git/refs/heads/main", "x")
            .WriteTo(work);
        await home.StartAsync();
        Command explain = home.Admin("explain", "--", "template", "r", "web") with { Directory = work };
        CommandResult told = await explain.RunAsync();
        Assert.Contains("2 files of .git are part of the chart", told.StdoutText, StringComparison.Ordinal);
        Assert.Contains("Add .git/ to the chart's .helmignore", told.StdoutText, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(chart, ".helmignore"), ".git/\n");
        CommandResult silent = await (home.Admin("explain", "--json", "--", "template", "r", "web") with { Directory = work }).RunAsync();
        Assert.Equal(0, JsonDocument.Parse(silent.StdoutText).RootElement.GetProperty("git_files").GetInt32());
    }
}
