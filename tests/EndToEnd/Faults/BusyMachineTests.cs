using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>A daemon that has to wait for a processor is late, and not hung.</summary>
[Collection(FaultsCollection.Name)]
[Trait("Needs", "programs")]
public sealed class BusyMachineTests(ITestOutputHelper output)
{
    private const int Spinners = 60,
        Callers = 64;

    [Fact]
    public async Task L_sixty_four_equal_cold_calls_at_load_sixty_run_helm_once()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        using (new Load(Spinners))
        {
            Task<CommandResult>[] calls =
            [
                .. Enumerable.Range(0, Callers).Select(_ => fake.HeldTemplate().With("HELMCACHED_TRACE", "1").RunAsync()),
            ];
            await fake.RunsReachAsync(1);
            await fake.WaitersReachAsync(Callers - 1);
            fake.LetGo();
            CommandResult[] results = await Task.WhenAll(calls);
            foreach (
                IGrouping<string, CommandResult> outcome in results.GroupBy(result =>
                    string.Join(' ', result.StderrText.Split(' ').Skip(1).Take(2))
                )
            )
                output.WriteLine($"{outcome.Count()} {outcome.Key}");
            Assert.All(results, result => Assert.Equal((0, FakeHelmHome.Output), (result.ExitCode, result.StdoutText)));
        }
        Stats stats = await fake.Home.StatsAsync();
        output.WriteLine(stats.ToString());
        Assert.Equal((1, 1, Callers - 1, 0), (fake.Runs, stats.HelmRuns, stats.Coalesced, stats.Bypasses));
        Assert.False(File.Exists(Path.Combine(fake.Home.State, "avoid")));
    }

    /// <summary>The look that tells late from hung must not be taken in by a stopped daemon on a busy machine.</summary>
    [Fact]
    public async Task L_stopped_daemon_is_found_out_at_load_sixty()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        using (Signals.Hang(fake.Home.DaemonIds().Single()))
        using (new Load(Spinners))
        {
            CommandResult first = await fake.Template().With("HELMCACHED_TRACE", "1").RunAsync();
            Assert.Equal((0, FakeHelmHome.Output), (first.ExitCode, first.StdoutText));
            Assert.Contains("daemon-silent", first.StderrText, StringComparison.Ordinal);
            CommandResult second = await fake.Template().With("HELMCACHED_TRACE", "1").RunAsync();
            Assert.True(
                second.StderrText.Contains("daemon-avoided", StringComparison.Ordinal)
                    || second.StderrText.Contains("daemon-silent", StringComparison.Ordinal),
                second.StderrText
            );
        }
    }

    /// <summary>Processes that do nothing but take processor time. They end by themselves, should nobody end them.</summary>
    private sealed class Load : IDisposable
    {
        private const int MostSeconds = 150;

        private readonly List<Process> _processes = [];

        public Load(int count)
        {
            for (int i = 0; i < count; i++)
                _processes.Add(Process.Start("/bin/bash", ["-c", $"while ((SECONDS < {MostSeconds})); do :; done"]));
        }

        public void Dispose()
        {
            foreach (Process process in _processes)
            {
                process.Kill();
                process.WaitForExit();
                process.Dispose();
            }
        }
    }
}
