using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Sdk;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Callers;

/// <summary>
/// What a tool that calls helm finds: a chart that shows everything that a call can change, a temporary directory, and a helm.
/// <see cref="PlayAsync"/> lets the tool work three times: with real helm, through the shim for the first time, and again.
/// </summary>
internal sealed class CallerStage : IAsyncDisposable
{
    private int _fresh;

    /// <param name="major">Of the real helm.</param>
    /// <param name="mentions">Whether the chart mentions an impure function, in a branch that is not taken.</param>
    public CallerStage(int major, bool mentions = false)
    {
        Major = major;
        Mentions = mentions;
        Home = new DaemonHome(RealHelms.Of(major));
        Work = Directory.CreateDirectory(Home.At("work")).FullName;
        Temp = Directory.CreateDirectory(Home.At("tmp")).FullName;
        ChartPath = WriteChart(Work);
    }

    public int Major { get; }

    public bool Mentions { get; }

    public DaemonHome Home { get; }

    /// <summary>Holds the chart <c>web</c>; where calls run.</summary>
    public string Work { get; }

    /// <summary>The tool's <c>TMPDIR</c>.</summary>
    public string Temp { get; }

    public string ChartPath { get; }

    /// <summary>A name under <see cref="Temp"/> that no earlier call had, as the tools' own random digits.</summary>
    public string FreshPath(string prefix) => Path.Combine(Temp, $"{prefix}{++_fresh * 7_919_113}");

    /// <summary>The same, made as a directory.</summary>
    public string FreshDirectory(string prefix) => Directory.CreateDirectory(FreshPath(prefix)).FullName;

    /// <summary>Writes a file, with its directories, and returns its path.</summary>
    public static string Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Writes the chart <c>web</c> into a directory, as a download would.</summary>
    public string WriteChart(string directory) => Web(Mentions).WriteTo(directory);

    /// <summary>A copy of the chart, as tools unpack or copy it for each call.</summary>
    public string FreshChart(string prefix) => WriteChart(FreshDirectory(prefix));

    /// <summary>One call of a helm by its path, with <c>TMPDIR</c> set.</summary>
    public Command Call(string helm, string directory, params IEnumerable<string> arguments) =>
        (Home.Shim(directory, arguments) with { File = helm }).With("TMPDIR", Temp);

    /// <summary>
    /// Plays a tool's calls three times. All bytes and exit codes must be real helm's; the second time through the shim each of the
    /// <paramref name="calls"/> calls must be answered from the cache. When the chart <see cref="Mentions"/> an impure function, all that
    /// lies in <see cref="Temp"/> is deleted as soon as a call has ended, as the tools do.
    /// </summary>
    /// <param name="calls">How many calls of commands that are served one play makes: renders, <c>version</c>, <c>lint</c> …</param>
    /// <param name="play">Makes the calls of the tool with the helm whose path it gets, one after the other.</param>
    public async Task PlayAsync(int calls, Func<string, IEnumerable<Command>> play)
    {
        Assert.Equal(0, (await Home.Admin("start").RunAsync()).ExitCode);
        List<CommandResult> real = await RunAsync(play(Home.RealHelm));
        Assert.NotEmpty(real);
        AssertSame("first time", real, await RunAsync(play(Home.ShimPath)));
        Stats first = await Home.StatsAsync();
        AssertSame("second time", real, await RunAsync(play(Home.ShimPath)));
        Stats second = await Home.StatsAsync();
        Assert.True(
            first.Errors == 0 && first.Hits + first.Misses == calls && first.Bypasses == 0,
            $"the first time shall be {calls} calls: {first}"
        );
        Assert.True(
            second.Hits - first.Hits == calls
                && second.HelmRuns == first.HelmRuns
                && second.Bypasses == first.Bypasses
                && second.Errors == 0,
            $"the second time shall be {calls} hits; after the first: {first}; after the second: {second}"
        );
    }

    /// <summary>Plays once with real helm and twice through the shim, where every render is declined for this reason.</summary>
    public async Task PlayBypassedAsync(string reason, Func<string, Command> call)
    {
        Assert.Equal(0, (await Home.Admin("start").RunAsync()).ExitCode);
        CommandResult real = await call(Home.RealHelm).RunAsync();
        for (int i = 0; i < 2; i++)
            AssertSame("bypassed", [real], [await call(Home.ShimPath).RunAsync()]);
        Stats stats = await Home.StatsAsync();
        Assert.True(stats is { Hits: 0, Entries: 0, Bypasses: 2 } && stats.BypassReasons.ContainsKey(reason), stats.ToString());
    }

    public ValueTask DisposeAsync() => Home.DisposeAsync();

    /// <summary>One after the other: each call is made when the one before has ended.</summary>
    private async Task<List<CommandResult>> RunAsync(IEnumerable<Command> calls)
    {
        var results = new List<CommandResult>();
        foreach (Command call in calls)
        {
            results.Add(await call.RunAsync());
            // Some ask for helm's version between making their files and using them.
            if (!Mentions || call.Arguments.Contains("version"))
                continue;
            Directory.Delete(Temp, recursive: true);
            Directory.CreateDirectory(Temp);
        }
        return results;
    }

    private static void AssertSame(string when, List<CommandResult> real, List<CommandResult> ours)
    {
        Assert.Equal(real.Count, ours.Count);
        for (int i = 0; i < real.Count; i++)
        {
            Assert.True(real[i].ExitCode == 0, $"real helm fails in call {i + 1}: {real[i]}");
            if (ours[i].DifferenceFrom(real[i]) is { } difference)
                throw new XunitException($"{when}, call {i + 1}: {difference}");
        }
    }

    private static ChartBuilder Web(bool mentions) =>
        Chart("web")
            .WithValues("image: {tag: one}\nreplicas: 1\n")
            .WithFile(
                "crds/crd.yaml",
                "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: things.example.com\n"
            )
            .WithFile("files/a.conf", "a=1\n")
            .WithConfigMap(
                "all",
                "values: {{ .Values | toJson | quote }}\n  release: {{ .Release | toJson | quote }}\n"
                    + "  api: {{ .Capabilities.APIVersions.Has \"example.com/v7\" | quote }}\n"
                    + "  kube: {{ .Capabilities.KubeVersion.Version | quote }}\n"
                    + "  file: {{ .Files.Get \"files/a.conf\" | quote }}"
                    + (mentions ? "\n  {{- if not .Values.image }}\n  random: {{ randAlphaNum 8 }}\n  {{- end }}" : "")
            )
            .WithTemplate("tests/t.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: test\n  annotations: {\"helm.sh/hook\": test}\n")
            .WithPackedSubchart(Chart("kid").WithValues("on: true\n").WithConfigMap("kid", "on: {{ .Values.on | quote }}"));
}
