using System.Collections.Generic;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.RemoteCharts;

/// <summary>
/// A render of a remote chart that is made for the cache, beside calls that write the index: helm 3 empties the file that it reads, so one
/// waits for the other; helm 4 renames, and nobody waits.
/// </summary>
[Trait("Needs", "programs")]
public sealed class LeasedReaderTests
{
    private const string Configuration = "remote:\n  fresh_for: 1h\n";

    private static readonly string[] s_render = ["template", "x", "r/web"];

    [Theory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task It_waits_for_who_writes_the_index(int major)
    {
        await using var stage = await RemoteStage.StartAsync(major, Configuration);
        // With helm 4 the archive is in its content cache from then on.
        await stage.RealAsync(s_render);
        Task<CommandResult> update,
            render;
        using (stage.Server.Hold(ChartRepositoryServer.Index))
        {
            update = stage.ShimAsync("repo", "update");
            await Eventually.IsTrueAsync("the update asks the server", () => stage.Server.Held == 1);
            render = stage.ShimAsync(s_render);
            if (major == 3)
                await stage.Home.WaitingReachAsync(1);
            else
                Assert.Equal(0, (await render).ExitCode);
        }
        Assert.Equal((0, 0), ((await update).ExitCode, (await render).ExitCode));
        Stats stats = await stage.Home.StatsAsync();
        Assert.True(stats is { Misses: 1, HelmRuns: 1, Errors: 0 }, stats.ToString());
    }

    [Theory]
    [InlineData("repo", "update")]
    [InlineData("dependency", "update")]
    public async Task Who_writes_the_index_waits_for_it(params string[] write)
    {
        await using var stage = await RemoteStage.StartAsync(3, Configuration);
        // Known by its bytes and stored no more: it takes another way through the daemon than one that is new.
        await stage.WarmAsync(s_render);
        Assert.Equal(0, (await stage.Home.Admin("prune", "--all").RunAsync()).ExitCode);
        ChartBuilder
            .Chart("app")
            .WithMetadata($"dependencies:\n  - {{name: web, version: \"1.0.0\", repository: \"{stage.Server.Url}\"}}")
            .WriteTo(stage.Work);
        IEnumerable<string> arguments = write[0] == "repo" ? write : [.. write, "./app"];
        Stats before = await stage.Home.StatsAsync();
        Task<CommandResult> render,
            writer;
        int indexes;
        using (stage.Server.Hold("/web-1.0.0.tgz"))
        {
            render = stage.ShimAsync(s_render);
            await Eventually.IsTrueAsync("the render asks the server", () => stage.Server.Held == 1);
            indexes = stage.Server.Count(ChartRepositoryServer.Index);
            writer = stage.ShimAsync([.. arguments]);
            await stage.Home.WaitingReachAsync(1);
            Assert.Equal(indexes, stage.Server.Count(ChartRepositoryServer.Index));
        }
        Assert.Equal((0, 0), ((await render).ExitCode, (await writer).ExitCode));
        Assert.True(stage.Server.Count(ChartRepositoryServer.Index) > indexes);
        Stats stats = (await stage.Home.StatsAsync()).Since(before);
        // The index was the same for all of the run, so what came of it is kept.
        Assert.True(stats is { Misses: 1, HelmRuns: 1, Stored: 1, Errors: 0 }, stats.ToString());
    }
}
