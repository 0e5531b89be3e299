using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.RemoteCharts;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Callers;

/// <summary>
/// Tools whose charts come from a repository: what the third run of each asks of the server. With helm 3 within a window, with helm 4
/// without the setting, but for what has no other way.
/// </summary>
[Trait("Needs", "programs")]
public sealed class RemoteToolTests
{
    private const string Window = "remote:\n  fresh_for: 1h\n";

    /// <summary>
    /// Replayed: the repositories added and refreshed, then a render of each release; without the refresh where it is told to skip that.
    /// </summary>
    [Theory]
    [InlineData(3, false)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    [InlineData(42, true)]
    public async Task Helmfile_asks_for_the_index_alone_and_with_skip_refresh_for_nothing(int major, bool skipsRefresh)
    {
        await using var stage = await StartAsync(major);
        int run = 0;
        (int requests, Stats stats) = await ThirdRunAsync(stage, RunAsync);
        // Of helm 3's two, which follow each other, the second is within the window.
        Assert.Equal(
            skipsRefresh ? 0
                : major == 3 ? 1
                : 2,
            requests
        );
        Assert.True(stats is { Hits: 3, HelmRuns: 0, Bypasses: 0 }, stats.ToString());

        async Task RunAsync()
        {
            run++;
            if (!skipsRefresh)
            {
                await ShimAsync(stage, "repo", "add", "r", stage.Server.Url, "--force-update");
                await ShimAsync(stage, "repo", "update");
            }
            foreach (string release in (string[])["shop", "bank", "mill"])
            {
                string values = CallerStage.Write(
                    stage.Home.At("tmp", $"helmfile{run * 7919}", $"{release}-values"),
                    $"image: {{tag: {release}}}\n"
                );
                await ShimAsync(stage, "template", release, "r/web", "--version", "1.0.0", "--namespace", "ns", "--values", values);
            }
        }
    }

    /// <summary>Run: it calls with <c>--repo</c>, for which every helm makes its requests each time.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(42)]
    public async Task Cdk8s_asks_for_nothing_within_the_window(int major)
    {
        await using var stage = await RemoteStage.StartAsync(major, Window);
        string modules = Directory.CreateDirectory(stage.Home.At("node_modules")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(modules, "cdk8s"), NodePackages.Cdk8s);
        Directory.CreateSymbolicLink(Path.Combine(modules, "constructs"), NodePackages.Constructs);
        string app = CallerStage.Write(
            Path.Combine(stage.Work, "app.js"),
            """
            const { App, Chart, Helm } = require('cdk8s');
            const app = new App();
            const chart = new Chart(app, 'shop');
            const [helmExecutable, repo] = process.argv.slice(2);
            new Helm(chart, 'one', { chart: 'web', repo, version: '1.0.0', helmExecutable, releaseName: 'one', values: { a: 1 } });
            process.stdout.write(app.synthYaml());

            """
        );
        (int requests, Stats stats) = await ThirdRunAsync(
            stage,
            async () =>
            {
                Command synth = (
                    stage.Home.Shim(stage.Work, "node", app, stage.Home.ShimPath, stage.Server.Url) with
                    {
                        File = "/usr/bin/env",
                    }
                )
                    .With("PATH", Environment.GetEnvironmentVariable("PATH"))
                    .With("NODE_PATH", modules);
                CommandResult result = await synth.RunAsync();
                Assert.True(result.ExitCode == 0 && result.StdoutText.Contains("word: first", StringComparison.Ordinal), result.ToString());
            }
        );
        Assert.Equal(0, requests);
        Assert.True(stats is { Hits: 1, HelmRuns: 0, Bypasses: 0 }, stats.ToString());
    }

    private static async Task<RemoteStage> StartAsync(int major)
    {
        RemoteStage stage = await RemoteStage.StartAsync(major, major == 3 ? Window : "{}\n");
        stage.Server.MarksIndexes = false;
        return stage;
    }

    private static async Task ShimAsync(RemoteStage stage, params string[] arguments)
    {
        CommandResult result = await stage.ShimAsync(arguments);
        Assert.True(result.ExitCode == 0, $"helm {string.Join(' ', arguments)}: {result}");
    }

    /// <summary>Requests and counters of the third of three runs: the first downloads, the second is kept.</summary>
    private static async Task<(int Requests, Stats Stats)> ThirdRunAsync(RemoteStage stage, Func<Task> run)
    {
        await run();
        await run();
        long tick = stage.Server.Tick();
        Stats before = await stage.Home.StatsAsync();
        await run();
        IEnumerable<RepositoryRequest> requests = stage.Server.Requests.Where(request => request.Number > tick);
        return (requests.Count(), (await stage.Home.StatsAsync()).Since(before));
    }
}
