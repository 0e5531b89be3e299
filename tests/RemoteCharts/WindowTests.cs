using System;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.RemoteCharts;

/// <summary>
/// <c>remote.fresh_for</c> with real helms and a real server: within the window no request is made, and what ends it ends it at once. That
/// it ends in time is shown by <c>RemoteWindowTests</c>, whose clock moves when told.
/// </summary>
[Trait("Needs", "programs")]
public sealed class WindowTests
{
    private const string Configuration = "remote:\n  fresh_for: 1h\n";

    [Theory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Within_the_window_no_request_is_made(int major)
    {
        await using var stage = await RemoteStage.StartAsync(major, Configuration);
        string archive = stage.Server.Url + "/web-1.0.0.tgz";
        string[][] calls =
        [
            ["template", "x", "r/web"],
            ["template", "x", archive, "--set", "a=1"],
            ["template", "x", "web", "--repo", stage.Server.Url],
            ["template", "x", "web", "--repo", stage.Server.Url, "--version", "^1"],
            ["show", "chart", archive],
            ["show", "values", "web", "--repo", stage.Server.Url],
        ];
        foreach (string[] call in calls)
            await stage.AssertSameAsHelmAsync(await stage.WarmAsync(call), call);
        long tick = stage.Server.Tick();
        Stats before = await stage.Home.StatsAsync();
        foreach (string[] call in calls)
            Assert.Equal(0, (await stage.ShimAsync(call)).ExitCode);
        Assert.DoesNotContain(stage.Server.Requests, request => request.Number > tick);
        Stats stats = (await stage.Home.StatsAsync()).Since(before);
        Assert.True(stats.Hits == calls.Length && stats is { HelmRuns: 0, Bypasses: 0, Errors: 0 }, stats.ToString());
        // helm 4 has repo/name in its content cache.
        Assert.Equal((major == 3 ? 0 : 1, 0, major == 3 ? calls.Length : calls.Length - 1), stats.Remote);
    }

    [Fact]
    public async Task A_new_index_another_login_and_a_restart_end_the_window()
    {
        await using var stage = await RemoteStage.StartAsync(3, Configuration);
        string[] call = ["template", "x", "r/web"];
        await stage.WarmAsync(call);
        // What the window is for: the archive was published again, and nobody has asked.
        await stage.PublishAsync("1.0.0", "again");
        Assert.Contains("word: first", (await stage.ShimAsync(call)).StdoutText, StringComparison.Ordinal);
        await stage.RealAsync("repo", "update");
        await stage.AssertFreshAsync(call);
        Assert.Contains("word: again", (await stage.WarmAsync(call)).StdoutText, StringComparison.Ordinal);
        File.WriteAllText(
            stage.Repositories,
            File.ReadAllText(stage.Repositories).Replace("username: \"\"", "username: ada", StringComparison.Ordinal)
        );
        await stage.AssertFreshAsync(call);
        await stage.Home.StopAsync();
        await stage.Home.StartAsync();
        await stage.AssertFreshAsync(call);
        // A local path wins.
        ChartBuilder.Chart("web").WithConfigMap("c", "word: local").WriteTo(Path.Combine(stage.Work, "r"));
        await stage.AssertFreshAsync(call);
    }

    [Fact]
    public async Task A_downloaded_chart_whose_output_varies_is_never_served()
    {
        await using var stage = await RemoteStage.StartAsync(3, Configuration);
        string[] call = ["template", "x", stage.Server.Url + "/dice-1.0.0.tgz"];
        foreach (
            string action in (string[])
                ["randAlphaNum 8", "genPrivateKey \"ed25519\" | quote", "now", "uuidv4", "(genCA \"a\" 1).Cert | quote"]
        )
        {
            await stage.Server.PublishAsync(stage.Helm, ChartBuilder.Chart("dice").WithConfigMap("c", $"roll: {{{{ {action} }}}}"));
            Stats before = await stage.Home.StatsAsync();
            for (int i = 0; i < 2; i++)
                Assert.Equal(
                    0,
                    (await stage.ShimAsync([.. call, "--set", "action=" + action.GetHashCode(StringComparison.Ordinal)])).ExitCode
                );
            Stats stats = (await stage.Home.StatsAsync()).Since(before);
            Assert.True(stats.Hits == 0 && stats.BypassReasons.ContainsKey("known-to-vary"), $"{action}: {stats}");
        }
    }
}
