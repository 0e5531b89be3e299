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

/// <summary><c>helmcached explain --last</c>: the calls as they happened.</summary>
[Trait("Needs", "programs")]
public sealed class LastCallsTests
{
    [Fact]
    public async Task Each_call_is_told_with_its_reason_and_none_with_its_values()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template("--set", "x=secret1").RunAsync();
        // A miss is compared with what is on disk, and only once.
        await fake.Home.EntriesReachAsync(1);
        await fake.Template("--set", "x=secret1").RunAsync();
        await fake.Template("--set", "x=secret2").RunAsync();
        await fake.Template("--validate").RunAsync();
        string text = (await fake.Home.Admin("explain", "--last", "--json").RunAsync()).StdoutText;
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        Assert.DoesNotContain(fake.Work, text, StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse(text);
        JsonElement[] calls = [.. document.RootElement.EnumerateArray()];
        Assert.Equal(
            ["bypass cluster-access validate", "miss  ", "hit  ", "miss  "],
            calls.Select(c => $"{Text(c, "outcome")} {Text(c, "reason")} {Text(c, "detail")}")
        );
        Assert.StartsWith("--set ", Assert.Single(calls[1].GetProperty("changed").EnumerateArray()).GetString(), StringComparison.Ordinal);
        Assert.Empty(calls[3].GetProperty("changed").EnumerateArray());
        Assert.All(calls, c => Assert.NotEqual("", Text(c, "caller")));
        Assert.Equal(FakeHelmHome.Output.Length, calls[1].GetProperty("bytes").GetInt64());
        Assert.False(calls[1].GetProperty("under_way").GetBoolean());

        string[] lines = (await fake.Home.Admin("explain", "--last", "2").RunAsync()).StdoutText.TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Contains("cluster-access validate", lines[2], StringComparison.Ordinal);
    }

    /// <summary>What was stored later is nearer, and must not be compared with.</summary>
    [Fact]
    public async Task Miss_is_explained_by_what_was_there_at_the_time()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        await fake.Home.EntriesReachAsync(1);
        await fake.Template("-n", "prod").RunAsync();
        await fake.Home.EntriesReachAsync(2);
        await fake.Template("-n", "prod", "--set", "x=1").RunAsync();
        using JsonDocument document = JsonDocument.Parse((await fake.Home.Admin("explain", "--last", "--json").RunAsync()).StdoutText);
        string[][] changed =
        [
            .. document
                .RootElement.EnumerateArray()
                .Select(c => c.GetProperty("changed").EnumerateArray().Select(i => i.GetString()!).ToArray()),
        ];
        Assert.Equal(["namespace changed"], changed[1]);
        Assert.Empty(changed[2]);
        Assert.Contains("--set was added", Assert.Single(changed[0]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Render_that_helm_refuses_is_told_as_not_kept()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().With("FAKEHELM_EXIT", "1").RunAsync();
        Assert.Contains(
            "not kept: helm-failed",
            (await fake.Home.Admin("explain", "--last").RunAsync()).StdoutText,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("explain", 2, "explain takes a call")]
    [InlineData("explain --last 3 -- template r web", 2, "explain takes a call")]
    [InlineData("explain --last 0", 2, "1 or more")]
    [InlineData("explain --last", 3, "the daemon is not running")]
    public async Task Wrong_words_are_answered(string line, int code, string answer)
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        CommandResult result = await home.Admin(line.Split(' ')).RunAsync();
        Assert.Equal((code, ""), (result.ExitCode, result.StdoutText));
        Assert.Contains(answer, result.StderrText, StringComparison.Ordinal);
        Assert.Empty(home.DaemonIds());
    }

    [Fact]
    public async Task Chart_with_thousands_of_files_is_warned_about_with_the_folder_that_holds_them()
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        string chart = Chart("web").WithConfigMap("c", "a: b").WriteTo(work);
        string cache = Directory.CreateDirectory(Path.Combine(chart, "files", "cache")).FullName;
        for (int i = 0; i < 1_200; i++)
            File.WriteAllText(Path.Combine(cache, $"{i}.txt"), "x");
        await home.StartAsync();
        CommandResult result = await (home.Admin("explain", "--", "template", "r", "web") with { Directory = work }).RunAsync();
        Assert.Contains("warning: 1200 files are below files/cache/", result.StdoutText, StringComparison.Ordinal);
        Assert.Contains(".helmignore", result.StdoutText, StringComparison.Ordinal);
        Assert.Matches("chart: web .*, 120[0-9] files", result.StdoutText);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
