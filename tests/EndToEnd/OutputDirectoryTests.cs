using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>
/// <c>helm template --output-dir</c>: what is written and printed is real helm's, whatever is there before. Each call is made by real helm
/// in one directory and through the shim in another that began the same.
/// </summary>
[Trait("Needs", "programs")]
public sealed class OutputDirectoryTests
{
    private const string Hook = "  annotations: {\"helm.sh/hook\": pre-install}\n";

    public static IEnumerable<object[]> Majors => RealHelms.Majors;

    [Theory, MemberData(nameof(Majors))]
    public async Task Files_lines_and_modes_are_helms_when_nothing_is_cached_and_when_it_is(int major)
    {
        await using var stage = await Stage.StartAsync(major);
        string[][] calls =
        [
            ["template", "r", "{chart}", "--output-dir", "out"],
            ["template", "r", "{chart}", "--output-dir=out", "--include-crds"],
            ["template", "{chart}", "--output-dir", "a/b/c", "--include-crds", "--release-name"],
            ["template", "r", "{chart}", "--output-dir", "./out/"],
            ["template", "r", "{chart}", "--output-dir", "x", "--output-dir", "y", "--no-hooks"],
            ["template", "r", "{chart}", "--output-dir", "{here}/deep/down", "--set", "a=2"],
        ];
        foreach (string[] call in calls)
            for (int i = 0; i < 2; i++)
                await stage.AssertSameAsync(_ => { }, call);
        // The fourth says what the first said, but for the place.
        Stats stats = await stage.Home.StatsAsync();
        Assert.True(stats is { HelmRuns: 5, Stored: 5, Hits: 7, Bypasses: 0, Errors: 0 }, stats.ToString());
    }

    [Theory, MemberData(nameof(Majors))]
    public async Task Files_under_another_umask_have_helms_modes(int major)
    {
        await using var stage = await Stage.StartAsync(major);
        foreach (string umask in (string[])["077", "002", "000"])
            await stage.AssertSameAsync(_ => { }, umask, ["template", "r", "{chart}", "--output-dir", "out"]);
    }

    [Fact]
    public async Task One_render_serves_every_directory()
    {
        await using var stage = await Stage.StartAsync(4);
        foreach (string directory in (string[])["one", "two/", "{here}/three", "."])
            await stage.AssertSameAsync(_ => { }, "template", "r", "{chart}", "--output-dir", directory);
        Stats stats = await stage.Home.StatsAsync();
        Assert.True(stats is { HelmRuns: 1, Hits: 3, Bypasses: 0 }, stats.ToString());
    }

    [Fact]
    public async Task What_is_written_and_what_is_printed_have_keys_of_their_own()
    {
        await using var stage = await Stage.StartAsync(3);
        await stage.AssertSameAsync(_ => { }, "template", "r", "{chart}", "--output-dir", "out");
        await stage.AssertSameAsync(_ => { }, "template", "r", "{chart}");
        await stage.AssertSameAsync(_ => { }, "template", "r", "{chart}", "--output-dir", "");
        await stage.AssertSameAsync(_ => { }, "template", "r", "{chart}", "--output-dir", "out");
        Stats stats = await stage.Home.StatsAsync();
        Assert.True(stats is { HelmRuns: 2, Hits: 2 }, stats.ToString());
    }

    [Theory, MemberData(nameof(Majors))]
    public async Task A_directory_in_the_chart_is_no_input_of_the_first_call_and_one_of_the_second(int major)
    {
        await using var stage = await Stage.StartAsync(major);
        string[] call = ["template", "r", "web", "--output-dir", "web/rendered", "--set", "glob=rendered/**"];
        void Chart(string directory) => Stage.Chart().WriteTo(directory);
        await stage.AssertSameAsync(Chart, call);
        await stage.AssertSameAsync(Chart, call);
        Stats stats = await stage.Home.StatsAsync();
        Assert.True(stats is { HelmRuns: 1, Hits: 1, Stored: 1 }, stats.ToString());
        await stage.AssertSameAsync(
            directory =>
            {
                Chart(directory);
                Stage.Write(directory, "web/rendered/web/templates/a.yaml", "old: 1\n");
            },
            call
        );
    }

    [Theory, MemberData(nameof(Majors))]
    public async Task What_helm_refuses_or_what_is_not_understood_is_helms(int major)
    {
        await using var stage = await Stage.StartAsync(major);
        string[][] calls =
        [
            ["template", "r", "{chart}", "--output-dir", "out", "-s", "templates/a.yaml"],
            ["template", "r", "{chart}", "--output-dir", "out", "--set", "fail=true"],
            ["template", "r", "{here}/nowhere", "--output-dir", "out"],
            ["template", "--output-dir", "out", "--", "r", "{chart}"],
            ["template", "r", "{chart}", "--output-dir", "out/", "--release-name"],
            ["template", "r", "{chart}", "--output-dir", ".", "--release-name"],
            ["template", "r", "{chart}", "--output-dir", "out/new/../other"],
            ["template", "r", "{chart}", "--output-dir", "./new/./../other"],
            ["template", "r", "{chart}", "--output-dir", "/../{here}/out"],
        ];
        foreach (string[] call in calls)
            for (int i = 0; i < 2; i++)
                await stage.AssertSameAsync(_ => { }, call);
        Stats stats = await stage.Home.StatsAsync();
        Assert.True(stats is { Hits: 0, Stored: 0, Errors: 0 }, stats.ToString());
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(stage.Home.State, "captures")));
    }

    [Theory, MemberData(nameof(Majors))]
    public async Task Whatever_is_there_before_the_outcome_is_helms(int major)
    {
        const int Rounds = 200;
        await using var stage = await Stage.StartAsync(major);
        string[] call = ["template", "r", "{chart}", "--output-dir", "out", "--include-crds"];
        await stage.AssertSameAsync(_ => { }, call);
        Stats before = await stage.Home.StatsAsync();
        for (int seed = 0; seed < Rounds; seed++)
        {
            int now = seed;
            await stage.AssertSameAsync(directory => Litter(directory, new Random(now)), call);
        }
        Stats stats = (await stage.Home.StatsAsync()).Since(before);
        Assert.True(stats is { Errors: 0, Misses: 0, Hits: > 0, Bypasses: > 0 } && stats.Hits + stats.Bypasses == Rounds, stats.ToString());
    }

    [Fact]
    public async Task A_hit_that_is_left_to_helm_counts_as_a_bypass()
    {
        await using var stage = await Stage.StartAsync(4);
        string[] call = ["template", "r", "{chart}", "--output-dir", "out"];
        await stage.AssertSameAsync(_ => { }, call);
        await stage.AssertSameAsync(_ => { }, call);
        Stats before = await stage.Home.StatsAsync();
        await stage.AssertSameAsync(
            directory =>
                File.CreateSymbolicLink(
                    Path.Combine(directory, "out"),
                    Directory.CreateDirectory(Path.Combine(directory, "elsewhere")).FullName
                ),
            call
        );
        await stage.AssertSameAsync(
            directory =>
            {
                Directory.CreateDirectory(Path.Combine(directory, "out", "web", "templates"));
                File.CreateSymbolicLink(Path.Combine(directory, "out", "web", "templates", "a.yaml"), "nowhere");
            },
            call
        );
        Stats stats = (await stage.Home.StatsAsync()).Since(before);
        Assert.True(stats is { Hits: 1, Bypasses: 1, Misses: 0, Errors: 0 }, stats.ToString());
        CommandResult last = await stage.Home.Admin("explain", "--last", "1", "--json").RunAsync();
        Assert.Contains("\"output-directory\"", last.StdoutText, StringComparison.Ordinal);
        CommandResult charts = await stage.Home.Admin("stats", "--json").RunAsync();
        using var json = System.Text.Json.JsonDocument.Parse(charts.StdoutText);
        System.Text.Json.JsonElement template = json.RootElement.GetProperty("commands").GetProperty("template");
        Assert.Equal((2, 1), (template.GetProperty("hits").GetInt64(), template.GetProperty("bypasses").GetInt64()));
    }

    /// <summary>Puts things where files and directories will be, or are looked for.</summary>
    private static void Litter(string directory, Random random)
    {
        string[] places =
        [
            "out",
            "out/web",
            "out/web/templates",
            "out/web/templates/a.yaml",
            "out/web/templates/hook.yaml",
            "out/web/templates/mix.yaml",
            "out/web/crds",
            "out/web/crds/c.yaml",
            "out/web/templates/deep/d.yaml",
            "out/web/templates/deep",
            "out/other.yaml",
        ];
        int things = random.Next(1, 4);
        for (int i = 0; i < things; i++)
        {
            string place = Path.Combine(directory, places[random.Next(places.Length)]),
                parent = Path.GetDirectoryName(place)!;
            try
            {
                Directory.CreateDirectory(parent);
                switch (random.Next(7))
                {
                    case 0:
                        Directory.CreateDirectory(place);
                        break;
                    case 1:
                        File.CreateSymbolicLink(
                            place,
                            random.Next(3) switch
                            {
                                0 => "nowhere",
                                1 => Path.Combine(directory, "elsewhere"),
                                _ => "a.yaml",
                            }
                        );
                        break;
                    case 2:
                        Directory.CreateDirectory(Path.Combine(directory, "elsewhere"));
                        File.CreateSymbolicLink(place, Path.Combine(directory, "elsewhere"));
                        break;
                    case 3:
                        Stage.Write(directory, "linked", "linked\n");
                        if (link(Path.Combine(directory, "linked"), place) != 0)
                            throw new IOException("something is there");
                        break;
                    case 4:
                        File.WriteAllText(place, "read only\n");
                        File.SetUnixFileMode(place, UnixFileMode.UserRead);
                        break;
                    default:
                        File.WriteAllText(place, string.Concat(Enumerable.Repeat("old: line\n", random.Next(400))));
                        break;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Something else is there already.
            }
        }
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int link([MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [Fact]
    public async Task Equal_calls_into_different_directories_run_helm_once()
    {
        await using var stage = await Stage.StartAsync(42);
        string[] places = [.. Enumerable.Range(0, 12).Select(i => Directory.CreateDirectory(stage.Home.At("many", $"{i}")).FullName)];
        CommandResult[] results = await Task.WhenAll(
            places.Select((place, i) => stage.Home.Shim(place, "template", "r", stage.ChartPath, "--output-dir", $"out{i}").RunAsync())
        );
        string[] trees = [.. places.Select((place, i) => Stage.Describe(Path.Combine(place, $"out{i}")))];
        Assert.All(results, (result, i) => Assert.StartsWith($"wrote out{i}/web/", result.StdoutText, StringComparison.Ordinal));
        Assert.Single(trees.Distinct());
        Stats stats = await stage.Home.StatsAsync();
        Assert.True(stats is { HelmRuns: 1, Bypasses: 0 }, stats.ToString());
    }

    [Fact]
    public async Task What_a_killed_shim_left_behind_is_removed_when_it_is_old()
    {
        await using var home = new DaemonHome(RealHelms.Helm4);
        string old = Path.Combine(home.State, "captures", "1-1"),
            young = Path.Combine(home.State, "captures", "2-2");
        Stage.Write(old, "web/templates/a.yaml", "a: 1\n");
        Stage.Write(young, "web/templates/a.yaml", "a: 1\n");
        Directory.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-2));
        await home.StartAsync();
        await Eventually.IsTrueAsync("the old one is gone", () => !Directory.Exists(old));
        Assert.True(Directory.Exists(young));
    }

    [Fact]
    public async Task Output_that_varies_is_written_by_real_helm_each_time()
    {
        await using var stage = await Stage.StartAsync(4);
        string place = Directory.CreateDirectory(stage.Home.At("varies")).FullName;
        string chart = Chart("web").WithConfigMap("c", "a: {{ randAlphaNum 20 }}").WriteTo(place);
        var seen = new HashSet<string>();
        for (int i = 0; i < 3; i++)
        {
            CommandResult result = await stage.Home.Shim(place, "template", "r", chart, "--output-dir", "out").RunAsync();
            Assert.Equal("wrote out/web/templates/c.yaml\n\n", result.StdoutText);
            Assert.True(seen.Add(File.ReadAllText(Path.Combine(place, "out/web/templates/c.yaml"))), "the same twice");
        }
    }

    /// <summary>One helm, one chart, one daemon.</summary>
    private sealed class Stage : IAsyncDisposable
    {
        private int _calls;

        private Stage(int major)
        {
            Home = new DaemonHome(RealHelms.Of(major));
            ChartPath = Chart().WriteTo(Directory.CreateDirectory(Home.At("charts")).FullName);
        }

        public DaemonHome Home { get; }

        public string ChartPath { get; }

        public static async Task<Stage> StartAsync(int major)
        {
            var stage = new Stage(major);
            await stage.Home.StartAsync();
            return stage;
        }

        public static ChartBuilder Chart() =>
            ChartBuilder
                .Chart("web")
                .WithValues("a: 1\n")
                .WithConfigMap("a", "a: {{ .Values.a | quote }}{{ if .Values.fail }}{{ fail \"no\" }}{{ end }}")
                .WithConfigMap("g", "g: {{ if .Values.glob }}{{ len (.Files.Glob .Values.glob) }}{{ else }}0{{ end }}")
                .WithTemplate("hook.yaml", "apiVersion: v1\nkind: Job\nmetadata:\n  name: h\n" + Hook)
                .WithTemplate(
                    "mix.yaml",
                    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\n---\napiVersion: v1\nkind: Job\nmetadata:\n  name: n\n" + Hook
                )
                .WithTemplate(
                    "deep/d.yaml",
                    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: d\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: e\n"
                )
                .WithFile("crds/c.yaml", "kind: CustomResourceDefinition\nmetadata: {name: c}\n");

        public static void Write(string directory, string path, string text)
        {
            string file = Path.Combine(directory, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }

        public Task AssertSameAsync(Action<string> arrange, params string[] call) => AssertSameAsync(arrange, "022", call);

        public async Task AssertSameAsync(Action<string> arrange, string umask, string[] call)
        {
            // One name for both, one after the other: paths are printed.
            string place = Home.At($"{_calls++}"),
                asReal = place + "-real";
            CommandResult real = await RunAsync(Home.RealHelm);
            Directory.Move(place, asReal);
            CommandResult shim = await RunAsync(Home.ShimPath);
            Assert.Null(shim.DifferenceFrom(real));
            Assert.Equal(Describe(asReal), Describe(place));

            Task<CommandResult> RunAsync(string helm)
            {
                arrange(Directory.CreateDirectory(place).FullName);
                string[] arguments =
                [
                    .. call.Select(a =>
                        a.Replace("{chart}", ChartPath, StringComparison.Ordinal).Replace("{here}", place, StringComparison.Ordinal)
                    ),
                ];
                Command command = Home.Shim(place, arguments);
                return (
                    command with
                    {
                        File = "/bin/sh",
                        Arguments = ["-c", $"umask {umask}; exec \"$0\" \"$@\"", helm, .. arguments],
                    }
                ).RunAsync();
            }
        }

        /// <summary>Everything below a directory: kind, mode, content.</summary>
        public static string Describe(string root)
        {
            var text = new StringBuilder();
            foreach (
                FileSystemInfo info in new DirectoryInfo(root)
                    .EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
                    .OrderBy(i => i.FullName, StringComparer.Ordinal)
            )
            {
                text.Append(Path.GetRelativePath(root, info.FullName)).Append(' ');
                if (info.LinkTarget is { } target)
                    text.Append("-> ").AppendLine(target.Contains("elsewhere", StringComparison.Ordinal) ? "elsewhere" : target);
                else if (info is FileInfo)
                    text.Append(info.UnixFileMode).Append('\n').AppendLine(File.ReadAllText(info.FullName));
                else
                    text.Append(info.UnixFileMode).AppendLine();
            }
            return text.ToString();
        }

        public ValueTask DisposeAsync() => Home.DisposeAsync();
    }
}
