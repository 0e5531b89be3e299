using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.RemoteCharts;

/// <summary>A user with a daemon, a helm and the repository <c>r</c>, whose chart <c>web</c> has been published as 1.0.0.</summary>
internal sealed class RemoteStage : IAsyncDisposable
{
    private RemoteStage(int major, string configuration)
    {
        Helm = RealHelms.Of(major);
        Home = new DaemonHome(Helm, configuration);
        Work = Directory.CreateDirectory(Home.At("work")).FullName;
    }

    public string Helm { get; }

    public DaemonHome Home { get; }

    public ChartRepositoryServer Server { get; } = new();

    /// <summary>Where the calls are made.</summary>
    public string Work { get; }

    public string Repositories => Path.Combine(Home.UserHome, ".config/helm/repositories.yaml");

    public string Index => Path.Combine(Home.UserHome, ".cache/helm/repository/r-index.yaml");

    public string ContentCache => Path.Combine(Home.UserHome, ".cache/helm/content");

    /// <summary>The archives in helm's content cache.</summary>
    public IReadOnlyList<string> Archives => [.. Directory.EnumerateFiles(ContentCache, "*.chart", SearchOption.AllDirectories)];

    public static async Task<RemoteStage> StartAsync(int major, string configuration = "{}\n")
    {
        var stage = new RemoteStage(major, configuration);
        if (configuration.Contains("remote", StringComparison.Ordinal))
            await ArmingWork.RunAsync(Armory.ForNetworkBelow(ArmedHelms.Directory), stage.Helm, network: true);
        await stage.PublishAsync("1.0.0", "first");
        await stage.RealAsync("repo", "add", "r", stage.Server.Url);
        await stage.Home.StartAsync();
        return stage;
    }

    /// <summary>Publishes <c>web</c> in a version, with a word that a render shows.</summary>
    public Task PublishAsync(string version, string word, bool keepsIndex = false) =>
        Server.PublishAsync(Helm, ChartBuilder.Chart("web").WithVersion(version).WithConfigMap("c", "word: " + word), keepsIndex);

    /// <summary>A call that real helm makes by itself, and must not fail.</summary>
    public async Task<CommandResult> RealAsync(params string[] arguments)
    {
        CommandResult result = await Home.Real(Work, arguments).RunAsync();
        Assert.True(result.ExitCode == 0, $"helm {string.Join(' ', arguments)}: {result}");
        return result;
    }

    /// <summary>A call through the shim.</summary>
    public Task<CommandResult> ShimAsync(params string[] arguments) => Home.Shim(Work, arguments).RunAsync();

    /// <summary>Makes a call until it is answered from the cache, and says what it was answered with.</summary>
    public async Task<CommandResult> WarmAsync(params string[] arguments)
    {
        CommandResult? last = null;
        for (int i = 0; i < 4; i++)
        {
            Stats before = await Home.StatsAsync();
            CommandResult result = await ShimAsync(arguments);
            Assert.True(last is null || result.DifferenceFrom(last) is null, $"{result}\n{last}");
            last = result;
            if ((await Home.StatsAsync()).Hits > before.Hits)
                return result;
        }
        Assert.Fail($"helm {string.Join(' ', arguments)} is not served: {await Home.StatsAsync()}");
        return last!;
    }

    /// <summary>
    /// That a call after a change is answered as real helm answers it, three times, and that the first was no hit. Requests are counted:
    /// what is served made none.
    /// </summary>
    public async Task AssertFreshAsync(params string[] arguments)
    {
        Stats before = await Home.StatsAsync();
        CommandResult first = await ShimAsync(arguments);
        Stats after = await Home.StatsAsync();
        Assert.True(after.Hits == before.Hits, $"it was served from the cache: {first}");
        await AssertSameAsHelmAsync(first, arguments);
        for (int i = 0; i < 2; i++)
            await AssertSameAsHelmAsync(await ShimAsync(arguments), arguments);
    }

    public async Task AssertSameAsHelmAsync(CommandResult ours, params string[] arguments)
    {
        CommandResult helms = await Home.Real(Work, arguments).RunAsync();
        Assert.True(ours.DifferenceFrom(helms) is null, ours.DifferenceFrom(helms));
    }

    public async ValueTask DisposeAsync()
    {
        await Home.DisposeAsync();
        await Server.DisposeAsync();
    }
}
