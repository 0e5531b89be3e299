using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>A daemon that cannot accept: for a while, and for good. Its callers get what helm prints.</summary>
[Collection(FaultsCollection.Name)]
[Trait("Needs", "programs")]
public sealed class AcceptTests
{
    [Fact]
    public async Task Descriptors_that_are_used_up_for_a_while()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        int daemon = await fake.Home.DaemonIdAsync();
        await AssertServedAsync(fake);
        SetLimit(daemon, "0");
        // Each thread that accepts has its next descriptor already: so many are let in before the first is not.
        await Eventually.IsTrueAsync(
            "an accept has failed",
            async () =>
            {
                await AssertServedAsync(fake);
                return AcceptLines(fake).Length > 0;
            }
        );
        // Nobody pays for it any more, and it is not said again.
        for (int i = 0; i < 5; i++)
            await AssertServedAsync(fake);
        Assert.Contains("EMFILE", Assert.Single(AcceptLines(fake)), StringComparison.Ordinal);
        SetLimit(daemon, "1024");
        await Eventually.IsTrueAsync("it accepts again", () => AcceptLines(fake).Length == 2);
        Assert.Contains("works again after ", AcceptLines(fake)[1], StringComparison.Ordinal);
        Assert.Equal(0, (await fake.Home.Admin("status").RunAsync()).ExitCode);
        Assert.Equal([daemon], fake.Home.DaemonIds());
        await AssertServedAsync(fake);
    }

    [Fact]
    public async Task Socket_that_is_of_no_use_any_more()
    {
        await using var fake = new FakeHelmHome();
        Command serve = fake.Home.Admin("serve", "--detached");
        using Process daemon = serve.Start();
        await Eventually.IsTrueAsync("the daemon answers", async () => (await fake.Home.Admin("status").RunAsync()).ExitCode == 0);
        await AssertServedAsync(fake);
        ListeningSocket.ShutDown(daemon.Id, fake.Home.State);
        await AssertServedAsync(fake);
        await daemon.WaitForExitAsync().WaitAsync(Eventually.Patience);
        Assert.Equal(6, daemon.ExitCode);
        Assert.Contains(
            "state: serving -> draining: accept failed for good: the socket does not listen any more (EINVAL)",
            File.ReadAllText(LogOf(fake)),
            StringComparison.Ordinal
        );
        // The next call starts another.
        await Eventually.IsTrueAsync(
            "another daemon answers",
            async () =>
            {
                await AssertServedAsync(fake);
                return (await fake.Home.Admin("status").RunAsync()).ExitCode == 0;
            }
        );
        Assert.NotEqual(daemon.Id, await fake.Home.DaemonIdAsync());
    }

    private static string LogOf(FakeHelmHome fake) => Path.Combine(fake.Home.State, "daemon.log");

    private static string[] AcceptLines(FakeHelmHome fake) =>
        [.. File.ReadLines(LogOf(fake)).Where(line => line.Contains(" accept: ", StringComparison.Ordinal))];

    private static async Task AssertServedAsync(FakeHelmHome fake)
    {
        CommandResult result = await fake.Template().RunAsync();
        Assert.Equal((0, FakeHelmHome.Output, ""), (result.ExitCode, result.StdoutText, result.StderrText));
    }

    /// <summary>The soft limit of a running process.</summary>
    private static void SetLimit(int process, string files)
    {
        using Process change = Process.Start("prlimit", [$"--pid={process}", $"--nofile={files}:"]);
        change.WaitForExit();
        Assert.Equal(0, change.ExitCode);
    }
}
