using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Cli;

/// <summary>What <c>helmcached list</c> and <c>helmcached show</c> tell of entries, with and without a daemon.</summary>
[Trait("Needs", "programs")]
public sealed class ListAndShowTests
{
    public static TheoryData<int, bool> HelmsWithAndWithoutDaemon =>
        new()
        {
            { 3, true },
            { 3, false },
            { 4, true },
            { 4, false },
            { 42, true },
            { 42, false },
        };

    [Theory, MemberData(nameof(HelmsWithAndWithoutDaemon))]
    public async Task Entries_are_listed_by_chart_with_their_uses(int major, bool daemonRuns)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = await RenderAsync(home, ("zoo", "late", 1), ("app", "shop", 3));
        if (!daemonRuns)
            await home.StopAsync();
        using JsonDocument list = await JsonAsync(home, "list", "--json");
        JsonElement[] entries = [.. list.RootElement.EnumerateArray()];
        Assert.Equal(["app", "zoo"], entries.Select(entry => entry.GetProperty("chart").GetString()));
        Assert.Equal([2, 0], entries.Select(entry => entry.GetProperty("uses").GetInt64()));
        Assert.Equal(daemonRuns ? ["shop", "late"] : [null, null], entries.Select(entry => entry.GetProperty("release").GetString()));
        Assert.All(
            entries,
            entry =>
                Assert.Equal(
                    ("1.0.0", "disk", false),
                    (
                        entry.GetProperty("version").GetString(),
                        entry.GetProperty("tier").GetString(),
                        entry.GetProperty("secret").GetBoolean()
                    )
                )
        );
        byte[] output = (await home.Real(work, "template", "shop", "app").RunAsync()).Stdout.ToArray();
        Assert.Equal(output.Length, entries[0].GetProperty("bytes").GetInt64());

        string[] lines = (await home.Admin("list").RunAsync()).StdoutText.TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Matches($@"^app +1\.0\.0 +{(daemonRuns ? "shop" : "-")} +[0-9a-f]{{16}} .* 2 +[\d.]+ B$", lines[1]);
        Assert.Equal(daemonRuns ? 1 : 0, home.DaemonIds().Count);
    }

    [Theory, MemberData(nameof(HelmsWithAndWithoutDaemon))]
    public async Task An_entry_is_shown_by_the_key_that_a_trace_prints(int major, bool daemonRuns)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = await RenderAsync(home, ("app", "shop", 1));
        string trace = (await home.Shim(work, "template", "shop", "app").With("HELMCACHED_TRACE", "1").RunAsync()).StderrText;
        string key = trace[(trace.IndexOf("key=", StringComparison.Ordinal) + 4)..].Trim();
        if (!daemonRuns)
            await home.StopAsync();
        using JsonDocument shown = await JsonAsync(home, "show", key, "--json");
        Assert.StartsWith(key, shown.RootElement.GetProperty("key").GetString(), StringComparison.Ordinal);
        string?[] inputs =
        [
            .. shown.RootElement.GetProperty("inputs").EnumerateArray().Select(input => input.GetProperty("label").GetString()),
        ];
        Assert.Contains("release", inputs);
        Assert.Contains("chart templates/c.yaml", inputs);

        string text = (await home.Admin("show", key[..6]).RunAsync()).StdoutText;
        Assert.Contains("\nchart: app 1.0.0\n", "\n" + text, StringComparison.Ordinal);
        Assert.Matches(@"\n  [0-9a-f]{16}  release\n", text);
        Assert.Contains("stderr: empty\n", text, StringComparison.Ordinal);

        byte[] real = (await home.Real(work, "template", "shop", "app").RunAsync()).Stdout.ToArray();
        Assert.Equal(real, (await home.Admin("show", key, "--stdout", "--raw").RunAsync()).Stdout.ToArray());
        Assert.Equal(
            (0, ""),
            ((await home.Admin("show", key, "--stderr").RunAsync()) is var errors ? errors.ExitCode : -1, errors.StdoutText)
        );
        Assert.Equal(daemonRuns ? 1 : 0, home.DaemonIds().Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_unknown_key_and_an_ambiguous_one_are_named(bool daemonRuns)
    {
        await using var home = new DaemonHome(RealHelms.Helm4);
        await RenderAsync(home, [.. Enumerable.Range(0, 17).Select(i => ("app", $"r{i}", 1))]);
        if (!daemonRuns)
            await home.StopAsync();
        using JsonDocument list = await JsonAsync(home, "list", "--json");
        string[] keys = [.. list.RootElement.EnumerateArray().Select(entry => entry.GetProperty("key").GetString()!)];
        // Seventeen keys have sixteen first digits.
        IGrouping<char, string> alike = keys.GroupBy(key => key[0]).First(group => group.Count() > 1);
        await AssertFailsAsync(home, alike.Key.ToString(), $"{alike.Count()} entries have a key that begins with {alike.Key}: ");
        string unknown = Enumerable
            .Range(0, 4096)
            .Select(i => i.ToString("x3", System.Globalization.CultureInfo.InvariantCulture))
            .First(digits => !keys.Any(key => key.StartsWith(digits, StringComparison.Ordinal)));
        await AssertFailsAsync(home, unknown, $"no entry has a key that begins with {unknown}");
        await AssertFailsAsync(home, "xyz", "'xyz' is not a key");
    }

    [Fact]
    public async Task Without_a_store_nothing_is_listed_shown_or_started()
    {
        await using var home = new DaemonHome("/nonexistent");
        Assert.Equal("no entries\n", (await home.Admin("list").RunAsync()).StdoutText);
        Assert.Equal("[]\n", (await home.Admin("list", "--json").RunAsync()).StdoutText);
        await AssertFailsAsync(home, "ab", "the store is empty");
        Assert.Empty(home.DaemonIds());
    }

    [Theory, MemberData(nameof(HelmsWithAndWithoutDaemon))]
    public async Task Files_of_an_output_directory_are_shown_one_after_the_other(int major, bool daemonRuns)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web")
            .WithConfigMap("a", "x: y")
            .WithTemplate("s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  p: hunter2-planted\n")
            .WriteTo(work);
        await home.StartAsync();
        await home.Shim(work, "template", "shop", "web", "--output-dir", "out").RunAsync();
        await home.EntriesReachAsync(1);
        string key = JsonDocument
            .Parse((await home.Admin("list", "--json").RunAsync()).StdoutText)
            .RootElement[0]
            .GetProperty("key")
            .GetString()!;
        if (!daemonRuns)
            await home.StopAsync();
        string raw = (await home.Admin("show", key, "--stdout", "--raw").RunAsync()).StdoutText;
        string masked = (await home.Admin("show", key, "--stdout").RunAsync()).StdoutText;
        foreach (string file in (string[])["a.yaml", "s.yaml"])
            Assert.Contains(await File.ReadAllTextAsync(Path.Combine(work, "out/web/templates", file)), raw, StringComparison.Ordinal);
        Assert.StartsWith("---\n# Source: web/templates/", raw, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2-planted", masked, StringComparison.Ordinal);
        Assert.Contains("# Source: web/templates/a.yaml\n", masked, StringComparison.Ordinal);
        Assert.Contains("writes files: yes", (await home.Admin("show", key).RunAsync()).StdoutText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("show")]
    [InlineData("show ab --stdout --json")]
    [InlineData("show ab --raw")]
    [InlineData("list more")]
    public async Task Wrong_words_are_refused(string line)
    {
        await using var home = new DaemonHome("/nonexistent");
        CommandResult result = await home.Admin(line.Split(' ')).RunAsync();
        Assert.Equal((2, ""), (result.ExitCode, result.StdoutText));
    }

    [Fact]
    public async Task What_only_memory_may_keep_is_listed_while_the_daemon_runs()
    {
        await using var home = new DaemonHome(RealHelms.Helm4, "store:\n  secrets: memory\n");
        string work = home.At("work");
        Chart("app").WithTemplate("s.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n").WriteTo(work);
        await home.StartAsync();
        await home.Shim(work, "template", "shop", "app").RunAsync();
        using (JsonDocument list = await JsonAsync(home, "list", "--json"))
        {
            JsonElement entry = Assert.Single(list.RootElement.EnumerateArray());
            Assert.Equal(
                ("memory", true, JsonValueKind.Null),
                (entry.GetProperty("tier").GetString(), entry.GetProperty("secret").GetBoolean(), entry.GetProperty("uses").ValueKind)
            );
        }
        await home.StopAsync();
        Assert.Equal("no entries\n", (await home.Admin("list").RunAsync()).StdoutText);
    }

    /// <summary>Renders each chart and release so often, and waits until all is on disk; answers the working directory.</summary>
    private static async Task<string> RenderAsync(DaemonHome home, params (string Chart, string Release, int Times)[] calls)
    {
        string work = home.At("work");
        await home.StartAsync();
        foreach ((string chart, string release, int times) in calls)
        {
            if (!Directory.Exists(Path.Combine(work, chart)))
                Chart(chart).WithConfigMap("c", "a: {{ .Release.Name }}").WriteTo(work);
            for (int i = 0; i < times; i++)
                Assert.Equal(0, (await home.Shim(work, "template", release, chart).RunAsync()).ExitCode);
        }
        await home.EntriesReachAsync(calls.Length);
        return work;
    }

    private static async Task<JsonDocument> JsonAsync(DaemonHome home, params string[] arguments)
    {
        CommandResult result = await home.Admin(arguments).RunAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonDocument.Parse(result.StdoutText);
    }

    private static async Task AssertFailsAsync(DaemonHome home, string key, string says)
    {
        CommandResult result = await home.Admin("show", key).RunAsync();
        Assert.Equal((1, ""), (result.ExitCode, result.StdoutText));
        Assert.Contains(says, result.StderrText, StringComparison.Ordinal);
        Assert.Single(result.StderrText.TrimEnd('\n').Split('\n'));
    }
}
