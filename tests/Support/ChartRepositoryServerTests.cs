using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Support;

/// <summary>The server that the tests of remote charts rest on is one that real helm takes for a repository.</summary>
[Trait("Needs", "programs")]
public sealed class ChartRepositoryServerTests
{
    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Helm_updates_and_renders_from_it_and_sees_its_faults(int major)
    {
        string helm = RealHelms.Of(major);
        await using var server = new ChartRepositoryServer { Login = ("ada", "secret") };
        using var home = new TemporaryDirectory();
        await server.PublishAsync(helm, Chart("web").WithConfigMap("c", "a: first"));
        string cache = home.At(".cache/helm/repository/r-index.yaml");

        AssertExit(1, await RunAsync("repo", "add", "r", server.Url));
        AssertExit(0, await RunAsync("repo", "add", "r", server.Url, "--username", "ada", "--password", "secret"));
        long before = server.Tick();
        AssertExit(0, await RunAsync("repo", "update"));
        long number = ChartRepositoryServer.NumberIn(await File.ReadAllTextAsync(cache));
        Assert.InRange(number, before + 1, server.Tick());
        Assert.Contains(server.Requests, request => request == new RepositoryRequest(number, ChartRepositoryServer.Index, "ada:secret"));
        Assert.Contains("a: first", AssertExit(0, await RunAsync("template", "r/web")).StdoutText);

        server.Answer(ChartRepositoryServer.Index, 404);
        await AssertNoUpdateAsync();
        server.Answer(ChartRepositoryServer.Index, 200);
        server.BreakOff(ChartRepositoryServer.Index, 100);
        await AssertNoUpdateAsync();
        server.BreakOff(ChartRepositoryServer.Index, int.MaxValue);
        server.Down();
        await AssertNoUpdateAsync();
        server.Up();

        Task<CommandResult> slow;
        using (server.Hold(ChartRepositoryServer.Index))
        {
            slow = RunAsync("repo", "update");
            await Eventually.IsTrueAsync("the request is held", () => server.Held == 1);
            Assert.False(slow.IsCompleted);
        }
        AssertExit(0, await slow);

        // helm 3 ends with 0 all the same.
        async Task AssertNoUpdateAsync() =>
            Assert.Contains(
                "Unable to get an update from the \"r\" chart repository",
                AssertExit(major == 3 ? 0 : 1, await RunAsync("repo", "update")).StdoutText
            );

        Task<CommandResult> RunAsync(params string[] arguments) =>
            new Command(helm, arguments) { Environment = new Dictionary<string, string?> { ["HOME"] = home.Location } }.RunAsync();
    }

    private static CommandResult AssertExit(int code, CommandResult result)
    {
        Assert.True(result.ExitCode == code, result + result.StdoutText);
        return result;
    }
}
