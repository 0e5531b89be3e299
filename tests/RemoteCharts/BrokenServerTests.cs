using System;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.RemoteCharts;

/// <summary>A server that breaks off in the middle of an answer: the caller hears what helm says, and nothing of it is kept.</summary>
[Trait("Needs", "programs")]
public sealed class BrokenServerTests
{
    private const string Archive = "/web-1.0.0.tgz";

    private static readonly string[] s_template = ["template", "x", "r/web"];

    [Theory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Half_an_answer_is_helms_own_error_and_leaves_nothing_behind(int major)
    {
        await using var stage = await RemoteStage.StartAsync(major, "remote:\n  fresh_for: 1h\n");
        stage.Server.BreakOff(Archive, 100);
        await stage.AssertFreshAsync(s_template);
        Assert.Equal(1, (await stage.ShimAsync(s_template)).ExitCode);
        stage.Server.BreakOff(Archive, int.MaxValue);
        await stage.AssertFreshAsync(s_template);
        Assert.Contains("word: first", (await stage.WarmAsync(s_template)).StdoutText, StringComparison.Ordinal);

        await stage.PublishAsync("1.1.0", "second");
        stage.Server.BreakOff(ChartRepositoryServer.Index, 200);
        await stage.AssertSameAsHelmAsync(await stage.ShimAsync("repo", "update"), "repo", "update");
        // Whatever helm has left of its index.
        await stage.AssertSameAsHelmAsync(await stage.ShimAsync(s_template), s_template);
        stage.Server.BreakOff(ChartRepositoryServer.Index, int.MaxValue);
        // The failed update has opened no window.
        Assert.Equal(0, (await stage.ShimAsync("repo", "update")).ExitCode);
        await stage.AssertFreshAsync(s_template);
        Assert.Contains("word: second", (await stage.WarmAsync(s_template)).StdoutText, StringComparison.Ordinal);
        Assert.Equal(0, (await stage.Home.StatsAsync()).Errors);
    }
}
