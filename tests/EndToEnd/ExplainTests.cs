using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

[Trait("Needs", "programs")]
public sealed class ExplainTests
{
    [Fact]
    public async Task Says_hit_then_names_the_inputs_that_changed()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        string directory = home.At("work");
        Chart("web").WithValues("a: 1\n").WithConfigMap("c", "a: {{ .Values.a }}").WriteTo(directory);
        Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
        Assert.Equal("miss", Outcome(await ExplainAsync(home, directory, "template", "r", "web")));
        await home.Shim(directory, "template", "r", "web").RunAsync();
        Assert.Equal("hit", Outcome(await ExplainAsync(home, directory, "template", "r", "web")));
        // What is on disk is compared with.
        await home.EntriesReachAsync(1);

        File.WriteAllText(Path.Combine(directory, "web", "values.yaml"), "a: 2\n");
        JsonElement missed = await ExplainAsync(home, directory, "template", "r", "web", "-n", "prod");
        Assert.Equal("miss", Outcome(missed));
        Assert.Equal(
            ["namespace changed", "chart values.yaml changed"],
            missed.GetProperty("changed").EnumerateArray().Select(i => i.GetString())
        );
        File.WriteAllText(Path.Combine(directory, "prod.yaml"), "a: 3\n");
        CommandResult shown = await (
            home.Admin("explain", "--", "helm", "template", "r", "web", "-f", "prod.yaml", "--set", "b=1") with
            {
                Directory = directory,
            }
        ).RunAsync();
        Assert.Contains(
            "  --set was added\n  values file 1 was added: prod.yaml\n  chart values.yaml changed\n",
            shown.StdoutText,
            System.StringComparison.Ordinal
        );
        // Looking changes nothing: no lease, no count.
        Assert.Equal((1L, 0L, 1L), ((await home.StatsAsync()).Misses, (await home.StatsAsync()).Hits, (await home.StatsAsync()).HelmRuns));
    }

    [Fact]
    public async Task Names_the_flag_of_a_bypass_and_the_function_that_varies()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        string directory = home.At("work");
        Chart("web")
            .WithTemplate("c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ randAlpha 4 | lower }}\n")
            .WriteTo(directory);
        Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
        JsonElement bypass = await ExplainAsync(home, directory, "template", "r", "web", "--validate");
        Assert.Equal(
            ("bypass", "cluster-access", "validate"),
            (Outcome(bypass), bypass.GetProperty("reason").GetString(), bypass.GetProperty("detail").GetString())
        );
        // Nobody can know before it was rendered.
        JsonElement before = await ExplainAsync(home, directory, "template", "r", "web");
        Assert.Equal(("miss", "armed"), (Outcome(before), before.GetProperty("helm").GetString()));
        await home.Shim(directory, "template", "r", "web").RunAsync();
        JsonElement after = await ExplainAsync(home, directory, "template", "r", "web");
        Assert.Equal(
            ("bypass", "known-to-vary", "randAlpha was called"),
            (Outcome(after), after.GetProperty("reason").GetString(), after.GetProperty("detail").GetString())
        );
    }

    [Fact]
    public async Task For_people_a_hit_has_its_tier_age_and_size_and_a_bypass_what_to_do()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        string directory = home.At("work");
        Chart("web").WithConfigMap("c", "a: b").WriteTo(directory);
        await home.StartAsync();
        await home.Shim(directory, "template", "r", "web").RunAsync();
        async Task<string> TextAsync(params string[] call) =>
            (await (home.Admin(["explain", "--", .. call]) with { Directory = directory }).RunAsync()).StdoutText;
        Assert.Matches(
            @"^hit: in memory, stored (just now|[\d.]+ s ago), \d+ B, saves \d+ ms\nchart: web [\d.]+, \d+ files, \d+ B\n",
            await TextAsync("template", "r", "web")
        );
        Assert.Contains(
            "what to do: drop --validate",
            await TextAsync("template", "r", "web", "--validate"),
            System.StringComparison.Ordinal
        );
        Assert.Equal(
            "bypass: cluster-access validate\nwhy: `--validate`, or `--dry-run` other than `client`: helm contacts a cluster\n"
                + "what to do: drop --validate and --dry-run=server\n",
            await TextAsync("template", "r", "web", "--validate")
        );
    }

    [Fact]
    public async Task Row12_Reasons_are_explained_from_the_page_without_a_daemon()
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        CommandResult one = await home.Admin("explain", "--reasons", "known-to-vary").RunAsync();
        Assert.Equal((0, ""), (one.ExitCode, one.StderrText));
        Assert.StartsWith(
            "Bypasses\n  known-to-vary\n      an earlier run of this same call used something that varies;",
            one.StdoutText,
            System.StringComparison.Ordinal
        );
        Assert.Contains("      What to do: pass the value with --set", one.StdoutText, System.StringComparison.Ordinal);
        Assert.DoesNotContain("explain names", one.StdoutText, System.StringComparison.Ordinal);
        string both = (await home.Admin("explain", "--reasons", "output-too-large").RunAsync()).StdoutText;
        Assert.Contains("\nResults that are not stored\n  output-too-large\n", both, System.StringComparison.Ordinal);
        string all = (await home.Admin("explain", "--reasons").RunAsync()).StdoutText;
        Assert.Contains("\n  daemon-avoided\n", all, System.StringComparison.Ordinal);
        Assert.DoesNotContain("](", all, System.StringComparison.Ordinal);
        CommandResult unknown = await home.Admin("explain", "--reasons", "known-to-vari").RunAsync();
        Assert.Equal(
            (2, "helmcached: unknown reason known-to-vari; did you mean known-to-vary?\n"),
            (unknown.ExitCode, unknown.StderrText)
        );
        Assert.Equal(2, (await home.Admin("explain", "--reasons", "--last").RunAsync()).ExitCode);
        Assert.Empty(home.DaemonIds());
    }

    /// <summary>What is known lies in the store, which the daemon owns.</summary>
    [Fact]
    public async Task Without_a_daemon_it_starts_one_and_a_call_may_begin_with_helm()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        string directory = home.At("work");
        Chart("web").WithConfigMap("c", "a: b").WriteTo(directory);
        await home.StartAsync();
        await home.Shim(directory, "template", "r", "web").RunAsync();
        await home.EntriesReachAsync(1);
        await home.StopAsync();
        Assert.Empty(home.DaemonIds());
        foreach (string helm in (string[])["helm", "/usr/bin/helm"])
        {
            JsonElement report = await ExplainAsync(home, directory, helm, "template", "r", "web");
            Assert.Equal("hit", Outcome(report));
        }
        Assert.Single(home.DaemonIds());
    }

    [Fact]
    public async Task Trace_names_what_changed()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        string directory = home.At("work");
        Chart("web").WithConfigMap("c", "a: b").WriteTo(directory);
        Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
        Command traced = home.Shim(directory, "template", "r", "web").With("HELMCACHED_TRACE", "1");
        Assert.Contains("(new; stored)", (await traced.RunAsync()).StderrText, System.StringComparison.Ordinal);
        await home.StopAsync();
        Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
        Command other = home.Shim(directory, "template", "other", "web").With("HELMCACHED_TRACE", "1");
        Assert.Contains("(release changed; stored)", (await other.RunAsync()).StderrText, System.StringComparison.Ordinal);
    }

    private static string? Outcome(JsonElement report) => report.GetProperty("outcome").GetString();

    private static async Task<JsonElement> ExplainAsync(DaemonHome home, string directory, params string[] call)
    {
        CommandResult result = await (home.Admin(["explain", "--json", "--", .. call]) with { Directory = directory }).RunAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonDocument.Parse(result.StdoutText).RootElement;
    }
}
