using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>What is a change misses and shows the new bytes; what is none hits. Real helm renders.</summary>
[Trait("Needs", "programs")]
public sealed class FreshnessTests
{
    private static ChartBuilder Shower() =>
        Chart("web")
            .WithValues("a: 1\n")
            .WithFile("f.txt", "file")
            .WithTemplate("all.yaml", "values: {{ .Values | toJson }}\nfile: {{ .Files.Get \"f.txt\" }}\n");

    private static readonly string[] Arguments = ["template", "r", "web", "-f", "v.yaml", "--set-file", "s=s.txt"];

    [Theory]
    [InlineData("web/values.yaml", "a: 1\n", "a: 2\n")]
    [InlineData("web/f.txt", "file", "fill")]
    [InlineData("web/templates/all.yaml", "file:", "fila:")]
    [InlineData("v.yaml", "b: 1\n", "b: 2\n")]
    [InlineData("s.txt", "set", "sat")]
    public async Task Edit_of_one_byte_misses_even_when_size_and_mtime_stay(string file, string from, string to)
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        await home.StartAsync();
        string work = Arrange(home);
        string path = Path.Combine(work, file);
        string before = await HitAsync(home, work, Arguments);

        DateTime modified = File.GetLastWriteTimeUtc(path);
        string text = File.ReadAllText(path);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(path, modified);
        string after = await RenderAsync(home, work, Arguments);
        Assert.NotEqual(before, after);
        Assert.Equal(2, (await home.StatsAsync()).HelmRuns);

        // And back: the first answer is still there, and right again.
        File.WriteAllText(path, text);
        Assert.Equal(before, await RenderAsync(home, work, Arguments));
        Assert.Equal(2, (await home.StatsAsync()).HelmRuns);
    }

    [Fact]
    public async Task Edit_of_standard_input_misses()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        await home.StartAsync();
        string work = Arrange(home);
        Command command = home.Shim(work, "template", "r", "web", "-f", "-");
        foreach (string input in (string[])["b: 1\n", "b: 2\n", "b: 1\n"])
        {
            CommandResult result = await (command with { Stdin = Encoding.UTF8.GetBytes(input) }).RunAsync();
            Assert.Contains("\"b\":" + input[3], result.StdoutText, StringComparison.Ordinal);
        }
        Stats stats = await home.StatsAsync();
        Assert.True(stats is { HelmRuns: 2, Hits: 1 }, stats.ToString());
    }

    [Fact]
    public async Task Large_standard_input_reaches_helm_whole()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        await home.StartAsync();
        string work = Arrange(home);
        byte[] input = Encoding.UTF8.GetBytes($"b: \"{new string('x', 900_000)}end\"\n");
        for (int i = 0; i < 2; i++)
        {
            CommandResult result = await (home.Shim(work, "template", "r", "web", "-f", "-") with { Stdin = input }).RunAsync();
            Assert.Contains("xend", result.StdoutText, StringComparison.Ordinal);
        }
        Assert.Equal(1, (await home.StatsAsync()).Hits);
    }

    [Fact]
    public async Task Copy_of_the_chart_elsewhere_with_values_in_another_file_hits()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        await home.StartAsync();
        string work = Arrange(home);
        string before = await HitAsync(home, work, Arguments);

        string elsewhere = Directory.CreateDirectory(home.At("checkouts", "two")).FullName;
        string chart = Shower().WriteTo(elsewhere);
        string values = Path.Combine(elsewhere, "tmp8173.yaml");
        File.WriteAllText(values, "b: 1\n");
        File.WriteAllText(Path.Combine(elsewhere, "other.txt"), "set");
        string after = await RenderAsync(home, "/", "template", "r", chart, "--values=" + values, "--set-file", $"s={elsewhere}/other.txt");
        Assert.Equal(before, after);
        Stats stats = await home.StatsAsync();
        Assert.True(stats is { HelmRuns: 1, Hits: 2 }, stats.ToString());
    }

    [Fact]
    public async Task Fresh_empty_homes_of_helm_hit()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        await home.StartAsync();
        string work = Arrange(home);
        await HitAsync(home, work, Arguments);
        Command command = home.Shim(work, Arguments);
        foreach (string variable in (string[])["HOME", "HELM_CONFIG_HOME", "HELM_CACHE_HOME", "HELM_DATA_HOME", "XDG_CONFIG_HOME"])
            command = command.With(variable, Directory.CreateDirectory(home.At("fresh", variable)).FullName);
        Assert.Equal(0, (await command.RunAsync()).ExitCode);
        Stats stats = await home.StatsAsync();
        Assert.True(stats is { HelmRuns: 1, Hits: 2 }, stats.ToString());
    }

    [Fact]
    public async Task Symbolic_link_note_names_the_copy_that_was_asked_for()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        await home.StartAsync();
        foreach (string copy in (string[])["one", "two"])
        {
            string directory = home.At(copy);
            Shower().WithFile("real.txt", "x").WithLink("link.txt", "real.txt").WriteTo(directory);
            for (int i = 0; i < 2; i++)
            {
                CommandResult real = await home.Real(directory, "template", "r", "web").RunAsync();
                CommandResult ours = await home.Shim(directory, "template", "r", "web").RunAsync();
                Assert.Null(ours.DifferenceFrom(real));
                Assert.Contains($"/{copy}/web/link.txt", ours.StderrText, StringComparison.Ordinal);
            }
        }
        Stats stats = await home.StatsAsync();
        Assert.True(stats is { HelmRuns: 2, Hits: 2 }, stats.ToString());
    }

    [Fact]
    public async Task Two_helms_never_share_an_answer()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        await home.StartAsync();
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web")
            .WithTemplate("v.yaml", "helm: {{ .Capabilities.HelmVersion.Version }} {{ .Capabilities.KubeVersion }}\n")
            .WriteTo(work);
        for (int round = 0; round < 2; round++)
        {
            foreach (string helm in (string[])[RealHelms.Helm3, RealHelms.Helm4, RealHelms.Helm42])
            {
                CommandResult ours = await home.Shim(work, "template", "r", "web").With("HELMCACHED_HELM", helm).RunAsync();
                CommandResult real = await (home.Real(work, "template", "r", "web") with { File = helm }).RunAsync();
                Assert.Null(ours.DifferenceFrom(real));
            }
        }
        Assert.Equal(3, (await home.StatsAsync()).Hits);
    }

    [Fact]
    public async Task Upgrade_of_helm_in_place_misses()
    {
        using var directory = new TemporaryDirectory();
        string helm = directory.At("helm");
        File.Copy(RealHelms.Helm3, helm);
        await using var home = new DaemonHome(helm);
        await home.StartAsync();
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithTemplate("v.yaml", "helm: {{ .Capabilities.HelmVersion.Version }}\n").WriteTo(work);
        Assert.Contains("v3.", await HitAsync(home, work, "template", "r", "web"), StringComparison.Ordinal);
        File.Delete(helm);
        File.Copy(RealHelms.Helm4, helm);
        Assert.Contains("v4.1.", await RenderAsync(home, work, "template", "r", "web"), StringComparison.Ordinal);
        File.Delete(helm);
        File.Copy(RealHelms.Helm42, helm);
        Assert.Contains("v4.2.", await RenderAsync(home, work, "template", "r", "web"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("web/values.yaml")]
    [InlineData("web/new-file.txt")]
    [InlineData("web/templates/c.yaml")]
    public async Task Chart_edited_while_helm_renders_is_not_stored(string file)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Task<CommandResult> call = fake.HeldTemplate().RunAsync();
        await fake.RunsReachAsync(1);
        File.AppendAllText(Path.Combine(fake.Work, file), "# edited\n");
        fake.LetGo();
        Assert.Equal(FakeHelmHome.Output, (await call).StdoutText);
        Stats stats = await fake.Home.StatsAsync();
        Assert.True(stats is { Stored: 0, Refused: 1, Entries: 0 }, stats.ToString());
        Assert.True(stats.RefuseReasons.ContainsKey("inputs-changed"), stats.ToString());
        await fake.Template().RunAsync();
        Assert.Equal(2, fake.Runs);
    }

    [Fact]
    public async Task Waiters_of_a_render_whose_inputs_changed_render_for_themselves()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Task<CommandResult> first = fake.HeldTemplate().RunAsync();
        await fake.RunsReachAsync(1);
        Task<CommandResult> second = fake.HeldTemplate().With("FAKEHELM_STDOUT", "new: 1\n").RunAsync();
        await fake.WaitersReachAsync(1);
        File.AppendAllText(Path.Combine(fake.ChartPath, "values.yaml"), "b: 2\n");
        fake.LetGo();
        Assert.Equal(FakeHelmHome.Output, (await first).StdoutText);
        Assert.Equal("new: 1\n", (await second).StdoutText);
    }

    private static string Arrange(DaemonHome home)
    {
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Shower().WriteTo(work);
        File.WriteAllText(Path.Combine(work, "v.yaml"), "b: 1\n");
        File.WriteAllText(Path.Combine(work, "s.txt"), "set");
        return work;
    }

    /// <summary>Renders twice, and once more by real helm: all equal, and the second a hit.</summary>
    private static async Task<string> HitAsync(DaemonHome home, string work, params string[] arguments)
    {
        Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
        string first = await RenderAsync(home, work, arguments);
        Assert.Equal(first, await RenderAsync(home, work, arguments));
        Stats stats = await home.StatsAsync();
        Assert.True(stats is { HelmRuns: 1, Hits: 1 }, stats.ToString());
        return first;
    }

    /// <summary>Through the shim; must equal real helm at this moment.</summary>
    private static async Task<string> RenderAsync(DaemonHome home, string work, params IEnumerable<string> arguments)
    {
        CommandResult ours = await home.Shim(work, arguments).RunAsync();
        CommandResult real = await home.Real(work, arguments).RunAsync();
        Assert.Null(ours.DifferenceFrom(real));
        return ours.StdoutText;
    }
}
