using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>
/// The wall clock jumps under the daemon and its callers: every file is from the future then, and every deadline goes on.
/// </summary>
[Collection(FaultsCollection.Name)]
[Trait("Needs", "programs")]
public sealed class ClockTests(ITestOutputHelper output)
{
    private const int Callers = 8;

    [ClockFact]
    public async Task Clock_set_back_and_forth_while_callers_render()
    {
        using var clock = new OtherClock();
        await using var fake = new FakeHelmHome();
        using Process served = await ServeAsync(fake, clock);
        int daemon = fake.Home.DaemonIds().Single();
        var crowd = new Crowd(fake, output) { Through = clock.Use };
        await crowd.EndureAsync(
            "clock set back",
            "by an hour, a day, ten years, and ahead by as much, while callers render",
            async () =>
            {
                await crowd.CallsAsync(24);
                foreach (double days in (double[])[-1 / 24.0, -1, -3650, 1, 3650, -1, 0])
                {
                    clock.Set(TimeSpan.FromDays(days));
                    await crowd.CallsAsync(24);
                }
            }
        );
        Assert.Equal(daemon, await fake.Home.DaemonIdAsync());
        await crowd.AssertServedAsync();
        Assert.Contains("helmcached 0", (await fake.Home.Admin("status").RunAsync()).StdoutText, StringComparison.Ordinal);
    }

    /// <summary>The time of an edit says nothing when the clock is behind it, so no edit may be missed because of one.</summary>
    [ClockFact]
    public async Task Edits_under_a_clock_that_was_set_back_are_seen()
    {
        using var clock = new OtherClock();
        await using var fake = new FakeHelmHome();
        clock.Set(TimeSpan.FromDays(-1));
        using Process served = await ServeAsync(fake, clock);
        // The first word of the log is the time as the daemon sees it.
        string logged = File.ReadLines(Path.Combine(fake.Home.State, "daemon.log")).First().Split(' ')[0];
        Assert.InRange(
            DateTimeOffset.UtcNow - DateTimeOffset.Parse(logged, CultureInfo.InvariantCulture),
            TimeSpan.FromHours(23),
            TimeSpan.FromHours(25)
        );
        string values = Path.Combine(fake.ChartPath, "values.yaml"),
            trace = fake.Home.At("trace");
        for (int i = 0; i < 20; i++)
        {
            // Of one length, one after the other as fast as it goes: stamp and size alone would not tell them apart.
            string content = $"a: {i % 10}\n";
            File.WriteAllText(values, content);
            Command call = clock.Use(fake.Template().With("FAKEHELM_STDOUT", $"rendered {content}").With("HELMCACHED_TRACE", trace));
            CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => call.RunAsync()));
            Assert.All(
                results,
                result => Assert.Equal((0, $"rendered {content}", ""), (result.ExitCode, result.StdoutText, result.StderrText))
            );
        }
        // Each content was rendered once and was then known: the cache works, it only reads more than usual.
        Assert.True(
            fake.Runs == 10,
            $"{fake.Runs} runs: "
                + string.Join('\n', File.ReadLines(trace).Where(line => !line.Contains(": hit", StringComparison.Ordinal)))
        );
    }

    /// <summary>A static program takes no library before its own, so the mark is put ahead instead of the shim's clock behind.</summary>
    [Fact]
    public async Task Daemon_that_hung_is_asked_again_although_the_clock_was_set_back()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        string mark = Path.Combine(fake.Home.State, "avoid");
        using (Signals.Hang(fake.Home.DaemonIds().Single()))
        {
            CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => fake.Template().RunAsync()));
            Assert.All(results, r => Assert.Equal((0, FakeHelmHome.Output, ""), (r.ExitCode, r.StdoutText, r.StderrText)));
        }
        Assert.True(File.Exists(mark));
        File.SetLastWriteTimeUtc(mark, DateTime.UtcNow.AddDays(1));
        CommandResult result = await fake.Template().With("HELMCACHED_TRACE", "1").RunAsync();
        Assert.StartsWith("helmcached: hit", result.StderrText, StringComparison.Ordinal);
        Assert.False(File.Exists(mark));
    }

    /// <summary>Not by <c>start</c>, which gives the daemon an environment without our library.</summary>
    private static async Task<Process> ServeAsync(FakeHelmHome fake, OtherClock clock)
    {
        Process daemon = clock.Use(fake.Home.Admin("serve", "--detached")).Start();
        await Eventually.IsTrueAsync("the daemon answers", async () => (await fake.Home.Admin("status").RunAsync()).ExitCode == 0);
        return daemon;
    }
}
