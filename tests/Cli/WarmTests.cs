using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Cli.Warming;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Cli;

/// <summary>How a file of calls is read.</summary>
public sealed class CallLinesTests
{
    [Theory]
    [InlineData("template web ./chart", "template|web|./chart")]
    [InlineData("  helm template\tweb  ./chart # why", "template|web|./chart")]
    [InlineData("/usr/bin/helm template a b", "template|a|b")]
    [InlineData("template a b --set 'x=1 2' --set \"y=\\\"q\\\" $HOME \\n\"", "template|a|b|--set|x=1 2|--set|y=\"q\" $HOME \\n")]
    [InlineData("template a b --set x=a\\ b\\#c#d", "template|a|b|--set|x=a b#c#d")]
    [InlineData("template a b --set x= ''", "template|a|b|--set|x=|")]
    [InlineData("template a b '--set=x='\"y\"", "template|a|b|--set=x=y")]
    public void A_line_is_split_as_a_shell_splits_it(string line, string expected) =>
        Assert.Equal(expected, string.Join('|', Assert.Single(CallLines.Read(new StringReader(line))).Call));

    [Fact]
    public void Blank_lines_and_comments_are_passed_over_and_counted() =>
        Assert.Equal(
            [(3, "template"), (5, "lint")],
            CallLines.Read(new StringReader("\n# a\ntemplate a b\n   \nlint c\nhelm\n")).Select(static call => (call.Line, call.Call[0]))
        );

    [Theory]
    [InlineData("a\ntemplate 'x", "line 2: a single quote is not closed")]
    [InlineData("template \"x\\\"", "line 1: a double quote is not closed")]
    public void A_quote_that_is_not_closed_is_named(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<FormatException>(() => CallLines.Read(new StringReader(text))).Message);
}

/// <summary><c>helmcached warm</c>.</summary>
[Trait("Needs", "programs")]
public sealed class WarmTests
{
    [Theory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task What_was_asked_and_is_a_miss_now_is_rendered_again(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithConfigMap("c", "a: {{ .Values.a | default 1 }}").WriteTo(work);
        Chart("other").WithConfigMap("c", "a: b").WriteTo(work);
        await home.StartAsync();
        string[][] calls =
        [
            ["template", "one", "web", "--set", "a=hunter2-planted"],
            ["template", "two", "web"],
            ["template", "three", "other"],
        ];
        foreach (string[] call in calls)
            await home.Shim(work, call).RunAsync();
        await home.Shim(work, "template", "four", "web", "--output-dir", "out").RunAsync();
        Chart("web").WithConfigMap("c", "a: {{ .Values.a | default 2 }}").WriteTo(work);
        Directory.Delete(Path.Combine(work, "out"), recursive: true);

        CommandResult result = await home.Admin("warm", "--jobs", "2").RunAsync();
        Assert.Equal((0, ""), (result.ExitCode, result.StderrText));
        Assert.Matches(@"^(web [0-9a-f]{16}: \d+ ms\n){3}Warmed 3 of 4: 1 cached already, 0 failed\. Skipped 0\.\n$", result.StdoutText);
        // The one that writes files wrote none of the caller's, and left none of its own.
        Assert.False(Directory.Exists(Path.Combine(work, "out")));
        Assert.Empty(Directory.GetFiles(home.State, "c.yaml", SearchOption.AllDirectories));
        long hits = (await home.StatsAsync()).Hits;
        foreach (string[] call in calls)
            Assert.Equal(
                (await home.Real(work, call).RunAsync()).Stdout.ToArray(),
                (await home.Shim(work, call).RunAsync()).Stdout.ToArray()
            );
        Assert.Equal(
            "wrote out/web/templates/c.yaml\n\n",
            (await home.Shim(work, "template", "four", "web", "--output-dir", "out").RunAsync()).StdoutText
        );
        Assert.Contains("a: 2", await File.ReadAllTextAsync(Path.Combine(work, "out/web/templates/c.yaml")), StringComparison.Ordinal);
        Assert.Equal(hits + 4, (await home.StatsAsync()).Hits);
        result = await home.Admin("warm").RunAsync();
        Assert.StartsWith("Warmed 0 of 4: 4 cached already, 0 failed.", result.StdoutText, StringComparison.Ordinal);
        string lines = home.At("calls");
        await File.WriteAllTextAsync(lines, "template four web --output-dir elsewhere\n");
        result = await (home.Admin("warm", "-f", lines) with { Directory = work }).RunAsync();
        Assert.StartsWith("Warmed 0 of 1: 1 cached already, 0 failed.", result.StdoutText, StringComparison.Ordinal);

        // What prune took is rendered again, too, the last calls first; one that fails is named, without its words.
        await home.Admin("prune", "--all").RunAsync();
        Assert.StartsWith(
            "Warmed 1 of 1: ",
            (await home.Admin("warm", "--recent", "1").RunAsync()).StdoutText.Split('\n')[^2],
            StringComparison.Ordinal
        );
        Chart("web").WithTemplate("c.yaml", "{{ fail \"not so\" }}").WriteTo(work);
        result = await home.Admin("warm").RunAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Matches(@"^helmcached: \S*.*: helm ended with exit code 1\n", result.StderrText);
        Assert.DoesNotContain("planted", result.StdoutText + result.StderrText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_file_of_calls_is_rendered_from_here(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithConfigMap("c", "a: {{ .Values.a | default 1 }}").WriteTo(work);
        await File.WriteAllTextAsync(
            Path.Combine(work, "calls"),
            "# three environments\nhelm template a web --set 'a=x y'\ntemplate b web\n\ntemplate b web\nupgrade --install b web\n"
                + "template c web -f -\ntemplate d nowhere\n"
        );
        CommandResult result = await (home.Admin("warm", "--file", "calls", "-j", "1") with { Directory = work }).RunAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("helmcached: calls:7: reads standard input, which a call from a file does not have\n", result.StderrText);
        Assert.Matches(
            @"^calls:2: \d+ ms\ncalls:3: \d+ ms\nWarmed 2 of 6: 1 cached already, 1 failed\. Skipped 2: .*not served \([a-z-]+\).*\.\n$",
            result.StdoutText
        );
        string[] call = ["template", "a", "web", "--set", "a=x y"];
        Assert.Equal((await home.Real(work, call).RunAsync()).Stdout.ToArray(), (await home.Shim(work, call).RunAsync()).Stdout.ToArray());
        Assert.Equal(1, (await home.StatsAsync()).Hits);
        Command piped = home.Admin("warm", "-f", "-") with { Directory = work, Stdin = Encoding.ASCII.GetBytes("template b web\n") };
        Assert.Equal("Warmed 0 of 1: 1 cached already, 0 failed. Skipped 0.\n", (await piped.RunAsync()).StdoutText);
    }

    [Fact]
    public async Task Progress_is_drawn_on_a_terminal()
    {
        await using var home = new DaemonHome(RealHelms.Helm4);
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithConfigMap("c", "a: b").WriteTo(work);
        await File.WriteAllTextAsync(Path.Combine(work, "calls"), "template a web\n");
        CommandResult result = await (home.Admin("warm", "-f", "calls") with { Directory = work }).OnTerminal(100, 20).RunAsync();
        Assert.Contains("100%", result.StdoutText, StringComparison.Ordinal);
        Assert.Contains("Warmed 1 of 1: 0 cached already, 0 failed. Skipped 0.", result.StdoutText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, "warm")]
    [InlineData(2, "warm --recent 0")]
    [InlineData(2, "warm --recent x")]
    [InlineData(2, "warm --jobs 65")]
    [InlineData(2, "warm --recent 1 -f calls")]
    [InlineData(1, "warm -f /nonexistent/calls")]
    public async Task What_cannot_be_done_is_told_by_the_exit_code(int code, string line)
    {
        await using var home = new DaemonHome("/nonexistent");
        CommandResult result = await home.Admin(line.Split(' ')).RunAsync();
        Assert.Equal((code, ""), (result.ExitCode, result.StdoutText));
        Assert.StartsWith("helmcached", result.StderrText, StringComparison.Ordinal);
    }
}
