using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Cli;
using CacheDaemon.Tests.EndToEnd;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Cli;

/// <summary>Tables on terminals of usual sizes: nothing is broken that is read as one.</summary>
[Trait("Needs", "programs")]
public sealed partial class TerminalSizeTests
{
    [Theory]
    [InlineData(80, 24)]
    [InlineData(120, 40)]
    [InlineData(200, 50)]
    public async Task Row13_Tables_break_no_word_no_time_and_no_number(int columns, int rows)
    {
        await using var fake = await WithCallsAsync();
        foreach (
            string[] words in (string[][])
                [
                    ["explain", "--last"],
                    ["stats"],
                ]
        )
        {
            string plain = (await fake.Home.Admin(words).RunAsync()).StdoutText;
            string shown = Visible((await fake.Home.Admin(words).OnTerminal(columns, rows).RunAsync()).StdoutText);
            Assert.All(shown.Split('\n'), line => Assert.True(line.Length <= columns, $"{line.Length} columns: {line}"));
            HashSet<string> whole = [.. Words(shown)];
            Assert.All(Words(plain), word => Assert.True(whole.Contains(word), $"{word} is broken in:\n{shown}"));
        }
    }

    [Fact]
    public async Task Row13_Wide_terminal_has_the_calls_in_one_frame_and_a_narrow_one_has_the_reason_below()
    {
        await using var fake = await WithCallsAsync();
        string wide = Visible((await fake.Home.Admin("explain", "--last").OnTerminal(160, 40).RunAsync()).StdoutText);
        Assert.Contains("│ why", wide, StringComparison.Ordinal);
        string narrow = Visible((await fake.Home.Admin("explain", "--last").OnTerminal(80, 24).RunAsync()).StdoutText);
        Assert.DoesNotContain("│", narrow, StringComparison.Ordinal);
        Assert.Matches(@"\n\d\d:\d\d:\d\d\.\d\d\d +bypass .*\n    cluster-access validate\n", narrow);
    }

    [Theory]
    [InlineData(80, 24, false)]
    [InlineData(120, 30, false)]
    [InlineData(120, 60, true)]
    public async Task Row13_Watch_shows_the_top(int columns, int rows, bool bottomToo)
    {
        await using var fake = await WithCallsAsync();
        using Process watching = fake.Home.Admin("stats", "--watch").OnTerminal(columns, rows).Start();
        var shown = new StringBuilder();
        char[] buffer = new char[8192];
        // Two frames: the second is drawn over the first.
        while (Regex.Count(shown.ToString(), "7 days") < 2)
        {
            int count = await watching.StandardOutput.ReadAsync(buffer).AsTask().WaitAsync(Eventually.Patience);
            Assert.True(count > 0, Visible(shown.ToString()));
            shown.Append(buffer, 0, count);
        }
        // At the end all of it is printed, for whoever scrolls back.
        await watching.StandardInput.WriteAsync('\u0003');
        await watching.StandardInput.FlushAsync();
        string end = await watching.StandardOutput.ReadToEndAsync();
        await watching.WaitForExitAsync().WaitAsync(Eventually.Patience);
        string text = Visible(shown.ToString());
        string frame = text[..text.LastIndexOf("│ calls", StringComparison.Ordinal)];
        Assert.StartsWith("│ calls", frame[frame.IndexOf('│', StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Equal(bottomToo, frame.Contains("limit │", StringComparison.Ordinal));
        Assert.Contains("limit │", Visible(end + text), StringComparison.Ordinal);
    }

    [Fact]
    public void Row13_Long_names_are_cut_short_before_anything_is_broken()
    {
        using var output = new StringWriter { NewLine = "\n" };
        string name = new('x', 60);
        TextTable.Stack(
            output,
            40,
            ["time", "chart", "ms", "why"],
            [
                ["14:03:22.123", name, "31.0", "values changed " + name],
            ],
            2
        );
        string[] lines = output.ToString().Split('\n');
        Assert.Equal("14:03:22.123  xxxxxxxxxxxxxxxxx...  31.0", lines[2]);
        Assert.Equal(["    values changed", "    " + name], lines[3..5]);
    }

    /// <summary>Charts, callers, a bypass, a failure: all tables have rows.</summary>
    private static async Task<FakeHelmHome> WithCallsAsync()
    {
        var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Chart("usual-chart-name").WithConfigMap("c", "a: b").WriteTo(fake.Work);
        await fake.Template().RunAsync();
        await fake.Home.EntriesReachAsync(1);
        await fake.Template().RunAsync();
        await fake.Template("--set", "x=2", "-n", "prod", "--include-crds", "--no-hooks").RunAsync();
        await fake.Template("--validate").RunAsync();
        await fake.Template("--set", "x=3").With("FAKEHELM_EXIT", "1").RunAsync();
        await fake.Home.Shim(fake.Work, "template", "r", "usual-chart-name").With("FAKEHELM_STDOUT", "x\n").RunAsync();
        await fake.Home.EntriesReachAsync(3);
        return fake;
    }

    /// <summary>What a terminal's user sees, roughly: without control sequences.</summary>
    private static string Visible(string text) => Sequence().Replace(text, "").Replace("\r", "", StringComparison.Ordinal);

    private static string[] Words(string text) =>
        text.Split([' ', '\n', '│', '─', '╭', '╮', '╰', '╯', '├', '┤', '┬', '┴', '┼'], StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex("\u001b(?:[=>]|\\[[0-9;?]*[a-zA-Z]|\\][^\a]*\a)")]
    private static partial Regex Sequence();
}
