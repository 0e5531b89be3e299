using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>A proof run that is ended from outside leaves no copy of anyone's chart behind, and says nothing about the chart.</summary>
public sealed class ProofRunTests
{
    [Fact]
    public async Task Helm_killed_in_a_proof_proves_nothing()
    {
        await using FakeHelmHome fake = await HoldProofAsync();
        DaemonHome.Kill([fake.RunIds[1]]);
        await Eventually.IsTrueAsync("the copy has gone", () => !Copies(fake).Any());
        Stats stats = await fake.Home.StatsAsync();
        Assert.Equal((0L, 0L), (stats.ProofRuns, stats.Entries));
        Assert.Equal(0, (await Call(fake).RunAsync()).ExitCode);
        // Not known to vary: the daemon waits a while for the verdict, and then the next caller starts another proof.
        Assert.Equal(["proof-pending"], (await fake.Home.StatsAsync()).BypassReasons.Keys);
    }

    [Fact]
    public async Task Copy_of_a_killed_prover_goes_when_the_daemon_leaves()
    {
        await using FakeHelmHome fake = await HoldProofAsync();
        DaemonHome.Kill(fake.Home.ProcessIds("prove"));
        Assert.Single(Copies(fake));
        await fake.Home.StopAsync();
        Assert.Empty(Copies(fake));
    }

    [Fact]
    public async Task Copy_goes_with_the_prover_when_the_daemon_was_killed()
    {
        await using FakeHelmHome fake = await HoldProofAsync();
        DaemonHome.Kill(fake.Home.DaemonIds());
        Assert.Single(Copies(fake));
        fake.LetGo();
        await Eventually.IsTrueAsync("the copy has gone", () => !Copies(fake).Any());
    }

    [Fact]
    public async Task Copies_of_a_killed_daemon_and_its_killed_prover_go_with_the_next_start()
    {
        await using FakeHelmHome fake = await HoldProofAsync();
        DaemonHome.Kill([.. fake.Home.DaemonIds(), .. fake.Home.ProcessIds("prove")]);
        Assert.Single(Copies(fake));
        await fake.StartDaemonAsync();
        Assert.Empty(Copies(fake));
    }

    /// <summary>Only the copy is rendered with <c>--</c> before its positional arguments: that run waits.</summary>
    private static Command Call(FakeHelmHome fake) => fake.HeldTemplate().With("FAKEHELM_ONLY_FOR", "--");

    private static IEnumerable<string> Copies(FakeHelmHome fake) =>
        Directory.Exists(fake.Home.State + "/proofs") ? Directory.EnumerateDirectories(fake.Home.State + "/proofs") : [];

    /// <summary>A call has its answer, and helm renders the copy: the second of the runs.</summary>
    private static async Task<FakeHelmHome> HoldProofAsync()
    {
        var fake = new FakeHelmHome();
        Chart("web").WithConfigMap("c", "a: 1\n{{ if .Values.never }}{{ randAlpha 5 }}{{ end }}").WriteTo(fake.Work);
        await fake.StartDaemonAsync();
        Assert.Equal(0, (await Call(fake).RunAsync()).ExitCode);
        await fake.RunsReachAsync(2);
        return fake;
    }
}
