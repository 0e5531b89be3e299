using System;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.EndToEnd;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Cli;

/// <summary>What <c>helmcached stats</c> counts and how it shows that.</summary>
[Trait("Needs", "programs")]
public sealed class StatsCommandTests
{
    private const char Escape = '\u001b';

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Calls_are_counted_by_chart_by_caller_and_by_day_and_survive_a_restart(bool restart)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        // A tool of a name of its own: what its process is called, and nothing that it was called with.
        string tool = fake.Home.At("mytool");
        File.Copy("/bin/bash", tool);
        for (int i = 0; i < 3; i++)
        {
            Command call = fake.Template();
            Assert.Equal(
                0,
                (
                    await (call with { File = tool, Arguments = ["-c", "\"$0\" \"$@\"; exit $?", call.File, .. call.Arguments] }).RunAsync()
                ).ExitCode
            );
        }
        await fake.Template("--validate").RunAsync();
        if (restart)
        {
            await fake.Home.StopAsync();
            await fake.StartDaemonAsync();
        }
        CommandResult result = await fake.Home.Admin("stats", "--json").RunAsync();
        using JsonDocument stats = JsonDocument.Parse(result.StdoutText);
        JsonElement root = stats.RootElement;
        Assert.Equal((2, 1, 0), Counts(root.GetProperty("charts").GetProperty("web")));
        Assert.Equal((2, 1, 0), Counts(root.GetProperty("callers").GetProperty("mytool")));
        Assert.Equal((2, 1, 1), Counts(root.GetProperty("today")));
        Assert.Equal((2, 1, 1), Counts(root.GetProperty("last_7_days")));
        Assert.Equal((2, 1, 1), Counts(root));
        Assert.Equal(0.6667, root.GetProperty("hit_rate").GetDouble());
        Assert.DoesNotContain(fake.Work, result.StdoutText, StringComparison.Ordinal);

        await fake.Home.Admin("stats", "--reset", "--yes").RunAsync();
        using JsonDocument after = JsonDocument.Parse((await fake.Home.Admin("stats", "--json").RunAsync()).StdoutText);
        Assert.Equal((0, 0, 0), Counts(after.RootElement.GetProperty("today")));
        Assert.Empty(after.RootElement.GetProperty("charts").EnumerateObject());
        Assert.Empty(after.RootElement.GetProperty("callers").EnumerateObject());
    }

    [Fact]
    public async Task Pipe_gets_plain_lines_with_reasons_and_what_to_do_about_them()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        await fake.Template().RunAsync();
        await fake.Template("--validate").RunAsync();
        await fake.Home.EntriesReachAsync(1);
        string text = (await fake.Home.Admin("stats").RunAsync()).StdoutText;
        Assert.DoesNotContain(Escape, text);
        Assert.All(text, c => Assert.True(c is '\n' || (c >= ' ' && c < 127), $"U+{(int)c:X4}"));
        Assert.Matches("(?m)^hits +1 +1 +1$", text);
        Assert.Matches("(?m)^hit rate +50 % +50 % +50 %$", text);
        Assert.Matches("(?m)^web +1 +1 +50 % +0 ", text);
        Assert.Matches("(?m)^cluster-access +1  drop --validate", text);
        Assert.Matches("(?m)^disk +1 +.*2 GiB$", text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Row19_Calls_of_some_hours_and_of_one_chart(bool running)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        await fake.Template().RunAsync();
        await fake.Template("--validate").RunAsync();
        if (!running)
            await fake.Home.StopAsync();
        string since = (await fake.Home.Admin("stats", "--since", "24h").RunAsync()).StdoutText;
        Assert.Matches("^calls +since [A-Z][a-z][a-z] [0-9]+ [0-9][0-9]:00\nhits +1\n", since);
        Assert.Matches("(?m)^passed to helm +1$", since);
        string web = (await fake.Home.Admin("stats", "--chart", "web").RunAsync()).StdoutText;
        Assert.Matches("^calls +web\nhits +1\n", web);
        Assert.Matches("(?m)^passed to helm +0$", web);
        using JsonDocument json = JsonDocument.Parse((await fake.Home.Admin("stats", "--chart", "web", "--json").RunAsync()).StdoutText);
        Assert.Equal((1, 1, 0), Counts(json.RootElement));
        using JsonDocument hours = JsonDocument.Parse((await fake.Home.Admin("stats", "--since", "1h", "--json").RunAsync()).StdoutText);
        Assert.Equal((1, 1, 1), Counts(hours.RootElement));
        CommandResult unknown = await fake.Home.Admin("stats", "--chart", "webb").RunAsync();
        Assert.Equal(
            (1, "helmcached: no call of a chart named webb was counted; did you mean web?\n"),
            (unknown.ExitCode, unknown.StderrText)
        );
    }

    [Fact]
    public async Task Nothing_is_shown_as_nothing_and_starts_no_daemon()
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        CommandResult result = await home.Admin("stats").RunAsync();
        Assert.Equal((0, ""), (result.ExitCode, result.StderrText));
        Assert.Matches("(?m)^hit rate +- +- +-$", result.StdoutText);
        Assert.Empty(home.DaemonIds());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("1")]
    public async Task Terminal_gets_tables_that_need_no_colour(string? noColor)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template("--validate").RunAsync();
        string shown = (await fake.Home.Admin("stats").OnTerminal(120, 60).With("NO_COLOR", noColor).RunAsync()).StdoutText;
        Assert.Contains("│", shown, StringComparison.Ordinal);
        Assert.Contains("cluster-access", shown, StringComparison.Ordinal);
        Assert.DoesNotMatch("\u001b\\[[0-9;]*m", shown);
    }

    [Fact]
    public async Task Watch_shows_what_happens_meanwhile_and_ends_by_Ctrl_C()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command watch = fake.Home.Admin("stats", "--watch").OnTerminal(120, 60);
        using System.Diagnostics.Process watching = watch.Start();
        await Eventually.IsTrueAsync("stats are watched", () => fake.Home.ProcessIds("--watch").Count > 0);
        await fake.Template("--validate").RunAsync();
        var shown = new System.Text.StringBuilder();
        char[] buffer = new char[4096];
        while (!shown.ToString().Contains("cluster-access", StringComparison.Ordinal))
        {
            int count = await watching.StandardOutput.ReadAsync(buffer).AsTask().WaitAsync(Eventually.Patience);
            Assert.NotEqual(0, count);
            shown.Append(buffer, 0, count);
        }
        await watching.StandardInput.WriteAsync('\u0003');
        await watching.StandardInput.FlushAsync();
        Task<string> rest = watching.StandardOutput.ReadToEndAsync();
        await watching.WaitForExitAsync().WaitAsync(Eventually.Patience);
        Assert.DoesNotContain("Unhandled", await rest, StringComparison.Ordinal);
        Assert.Empty(fake.Home.ProcessIds("--watch"));
    }

    [Theory]
    [InlineData("--watch", "a terminal")]
    [InlineData("--json --prometheus", "one of")]
    [InlineData("--watch --reset", "cannot be combined")]
    [InlineData("--since soon", "--since: invalid value \"soon\"; expected a time such as")]
    [InlineData("--since 8d", "at most 7d")]
    [InlineData("--since 0", "at most 7d")]
    [InlineData("--since 1h --chart web", "use either --since or --chart")]
    [InlineData("--since 1h --prometheus", "can only be combined with --json")]
    public async Task Wrong_words_are_answered(string words, string answer)
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        CommandResult result = await home.Admin(["stats", .. words.Split(' ')]).RunAsync();
        Assert.Equal((2, ""), (result.ExitCode, result.StdoutText));
        Assert.Contains(answer, result.StderrText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_entry_is_counted_when_it_is_met()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        await fake.Home.StopAsync();
        Assert.Equal(
            1,
            StoppedStore.ChangeEach(
                Path.Combine(fake.Home.State, LiteDbTierOptions.FileName),
                LiteDbSchema.Blobs,
                static row => row["data"] = new byte[row["data"].AsBinary.Length]
            )
        );
        await fake.StartDaemonAsync();
        Assert.Equal(FakeHelmHome.Output, (await fake.Template().RunAsync()).StdoutText);
        using JsonDocument stats = JsonDocument.Parse((await fake.Home.Admin("stats", "--json").RunAsync()).StdoutText);
        Assert.Equal(1, stats.RootElement.GetProperty("damaged").GetInt64());
        Assert.Contains("damaged and deleted", (await fake.Home.Admin("stats").RunAsync()).StdoutText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prometheus_reads_the_same_numbers()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        await fake.Template().RunAsync();
        string[] lines = (await fake.Home.Admin("stats", "--prometheus").RunAsync()).StdoutText.Split('\n');
        Assert.Contains("helmcached_hits_total 1", lines);
        Assert.Contains("helmcached_chart_misses_total{chart=\"web\"} 1", lines);
    }

    private static (long Hits, long Misses, long Bypasses) Counts(JsonElement element) =>
        (element.GetProperty("hits").GetInt64(), element.GetProperty("misses").GetInt64(), element.GetProperty("bypasses").GetInt64());
}
