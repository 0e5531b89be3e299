using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Inputs;

/// <summary>
/// Inputs (sections 1, 4.4, 6.1 and 6.4 of docs/key.md, "Inputs by number") that a single chart and command line cannot show.
/// </summary>
[Trait("Needs", "programs")]
public sealed class SurroundingsTests
{
    public static IEnumerable<object[]> Majors => RealHelms.Majors;

    /// <summary>Files of another mount namespace may be other files, so a daemon outside of it must not speak of them.</summary>
    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Caller_in_another_mount_namespace_is_helms_alone(int major)
    {
        await using DaemonHome home = Arrange(major, out string work);
        Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
        Assert.Equal(0, (await home.Shim(work, "template", "r", "web").RunAsync()).ExitCode);
        // The chart is another one inside: an empty file system with another chart lies over it.
        const string Script =
            "mount -t tmpfs none web && mkdir web/templates && printf 'apiVersion: v2\\nname: web\\nversion: 9.9.9\\n' "
            + ">web/Chart.yaml && printf 'inside: 1\\n' >web/templates/x.yaml && exec \"$0\" template r web";
        Command inside = home.Shim(work) with
        {
            File = "/usr/bin/unshare",
            Arguments = [.. Unshare(), "/bin/bash", "-c", Script, home.RealHelm],
        };
        CommandResult real = await inside.RunAsync();
        Assert.Contains("inside: 1", real.StdoutText, StringComparison.Ordinal);
        for (int i = 0; i < 2; i++)
            Assert.Null(
                (await (inside with { Arguments = [.. inside.Arguments.SkipLast(1), home.ShimPath] }).RunAsync()).DifferenceFrom(real)
            );
        Stats stats = await home.StatsAsync();
        Assert.Equal(2, stats.BypassReasons.GetValueOrDefault("other-mount-namespace"));

        // Root needs no user namespace, and where users may not make one, root may.
        static string[] Unshare() => Environment.IsPrivilegedProcess ? ["--mount"] : ["--map-root-user", "--mount"];
    }

    /// <summary>The same relative path elsewhere is another chart.</summary>
    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Working_directory_decides_what_a_relative_path_means(int major)
    {
        await using DaemonHome home = Arrange(major, out string work);
        Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
        string other = Directory.CreateDirectory(home.At("other")).FullName;
        Chart("web").WithConfigMap("c", "other: here").WriteTo(other);
        for (int i = 0; i < 2; i++)
        {
            foreach (string directory in (string[])[work, other])
            {
                CommandResult real = await home.Real(directory, "template", "r", "web").RunAsync();
                Assert.Null((await home.Shim(directory, "template", "r", "web").RunAsync()).DifferenceFrom(real));
            }
        }
        Assert.Equal(2, (await home.StatsAsync()).Hits);
    }

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Name_by_which_helm_is_called_hits(int major)
    {
        await using DaemonHome home = Arrange(major, out string work);
        Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
        foreach (string name in (string[])["helm", "./weird", "/opt/helm3/bin/helm"])
            Assert.Equal(0, (await home.Shim(work, "template", "r", "web").CalledAs(name).RunAsync()).ExitCode);
        Stats stats = await home.StatsAsync();
        Assert.True(stats is { HelmRuns: 1, Hits: 2 }, stats.ToString());
    }

    /// <summary>helm orders the CRDs of several subcharts at random: we give one of its answers, and always the same.</summary>
    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Order_that_helm_leaves_open_is_one_of_helms_answers(int major)
    {
        await using DaemonHome home = Arrange(major, out string work);
        ChartBuilder umbrella = Chart("umbrella");
        for (int i = 0; i < 3; i++)
            umbrella.WithSubchart(
                Chart($"kid{i}").WithFile("crds/c.yaml", $"kind: CustomResourceDefinition\nmetadata: {{name: crd{i}}}\n")
            );
        umbrella.WriteTo(work);
        Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
        string[] arguments = ["template", "r", "umbrella", "--include-crds"];
        CommandResult first = await home.Shim(work, arguments).RunAsync();
        for (int i = 0; i < 5; i++)
            Assert.Null((await home.Shim(work, arguments).RunAsync()).DifferenceFrom(first));
        Assert.Equal(5, (await home.StatsAsync()).Hits);
        Assert.Equal(Documents(await home.Real(work, arguments).RunAsync()), Documents(first));

        static IEnumerable<string> Documents(CommandResult result) =>
            result.StdoutText.Split("---\n", StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal);
    }

    /// <summary>Two subcharts of one name: helm renders one of them, chosen at random, and so do we, but never a mixture.</summary>
    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Subcharts_of_one_name_give_one_of_helms_answers(int major)
    {
        await using DaemonHome home = Arrange(major, out string work);
        string charts = Directory.CreateDirectory(Path.Combine(Chart("umbrella").WriteTo(work), "charts")).FullName;
        foreach (string text in (string[])["one", "two"])
            Directory.Move(Chart("twin").WithConfigMap("c", $"text: {text}").WriteTo(work), Path.Combine(charts, "twin-" + text));
        var answers = new HashSet<string>();
        for (int i = 0; i < 40; i++)
            answers.Add((await home.Real(work, "template", "r", "umbrella").RunAsync()).StdoutText);
        Assert.Equal(2, answers.Count);
        for (int i = 0; i < 3; i++)
            Assert.Contains((await home.Shim(work, "template", "r", "umbrella").RunAsync()).StdoutText, answers);
    }

    private static DaemonHome Arrange(int major, out string work)
    {
        var home = new DaemonHome(RealHelms.Of(major));
        work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithConfigMap("c", "a: b").WriteTo(work);
        return home;
    }
}
