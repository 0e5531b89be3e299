using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>
/// A home with a real helm that knows one chart repository, <c>r</c>, which has <c>web</c> and <c>db</c>, and a running daemon.
/// </summary>
internal sealed class RepositoryHome : IAsyncDisposable
{
    private RepositoryHome(string helm, string configuration)
    {
        Home = new DaemonHome(helm, configuration);
        Work = Directory.CreateDirectory(Home.At("work")).FullName;
    }

    public DaemonHome Home { get; }

    public ChartRepositoryServer Server { get; } = new();

    /// <summary>An empty directory.</summary>
    public string Work { get; }

    /// <summary>What lies in the repository cache of <c>r</c>.</summary>
    public string IndexFile => Path.Combine(Home.UserHome, ".cache/helm/repository/r-index.yaml");

    /// <summary>Requests for the index so far.</summary>
    public int Updates => Server.Count(ChartRepositoryServer.Index);

    public static async Task<RepositoryHome> StartAsync(string helm, string configuration = "{}\n")
    {
        var made = new RepositoryHome(helm, configuration);
        foreach (string name in (string[])["web", "db"])
            await made.Server.PublishAsync(helm, Chart(name).WithConfigMap("c", "a: " + name));
        CommandResult added = await made.Home.Real("/", "repo", "add", "r", made.Server.Url).RunAsync();
        Assert.True(added.ExitCode == 0, added.ToString());
        await made.Home.StartAsync();
        return made;
    }

    /// <summary>The shim in <see cref="Work"/>.</summary>
    public Command Shim(params IEnumerable<string> arguments) => Home.Shim(Work, arguments);

    /// <summary>The same, a line for people.</summary>
    public Command Shim(string line) => Home.Shim(Work, line.Split(' '));

    /// <summary>Waits until so many requests are held by the server.</summary>
    public Task HeldReachAsync(int count) => Eventually.IsTrueAsync($"{count} requests are held", () => Server.Held >= count);

    /// <summary>Waits until so many callers wait for their turn.</summary>
    public Task WaitingReachAsync(int count) => Home.WaitingReachAsync(count);

    /// <summary>The member <c>coordination</c> of <c>stats --json</c>.</summary>
    public async Task<(long Runs, long Joined, long Waited)> CoordinationAsync()
    {
        using var stats = JsonDocument.Parse((await Home.Admin("stats", "--json").RunAsync()).StdoutText);
        JsonElement coordination = stats.RootElement.GetProperty("coordination");
        return (
            coordination.GetProperty("runs").GetInt64(),
            coordination.GetProperty("joined").GetInt64(),
            coordination.GetProperty("waited").GetInt64()
        );
    }

    /// <summary>Writes charts that depend on <c>web</c> and <c>db</c> of the repository, and returns their paths.</summary>
    public IReadOnlyList<string> Dependants(int count) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(i =>
                    Chart($"app{i}")
                        .WithMetadata(
                            $"dependencies:\n  - {{name: web, version: \"1.0.0\", repository: \"{Server.Url}\"}}\n"
                                + $"  - {{name: db, version: \">=0.1.0\", repository: \"@r\"}}"
                        )
                        .WriteTo(Work)
                ),
        ];

    public static CommandResult AssertWell(CommandResult result)
    {
        Assert.True(result.ExitCode == 0, result + result.StdoutText);
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Home.DisposeAsync();
    }
}
