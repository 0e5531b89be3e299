using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>Where a manifest with a Secret may live, looked for in the bytes of the home: <c>store.secrets</c>.</summary>
[Collection(FaultsCollection.Name)]
[Trait("Needs", "programs")]
public sealed class SecretsPolicyTests
{
    private const string Planted = "planted-in-a-secret",
        Open = "in-a-config-map";

    [Theory]
    [InlineData("disk", "helmcached: hit memory", "helmcached: hit disk")]
    [InlineData("memory", "helmcached: hit memory", "helmcached: miss")]
    [InlineData("never", "helmcached: miss", "helmcached: miss")]
    public async Task Policy_says_where_a_secret_may_live(string policy, string again, string afterRestart)
    {
        await using var home = new DaemonHome(RealHelms.Helm3, $"store: {{secrets: {policy}}}\n");
        string work = Write(home);
        await home.StartAsync();
        await AssertAsync(home, work, "secret", "helmcached: miss");
        await AssertAsync(home, work, "open", "helmcached: miss");
        await AssertAsync(home, work, "secret", again);
        await AssertAsync(home, work, "open", "helmcached: hit memory");
        await home.EntriesReachAsync(policy == "disk" ? 2 : 1);
        Assert.Equal(policy == "disk", RawFiles(home).Contains(Planted, StringComparison.Ordinal));
        Assert.Contains(Open, RawFiles(home), StringComparison.Ordinal);

        await home.StopAsync();
        await home.StartAsync();
        await AssertAsync(home, work, "secret", afterRestart);
        await AssertAsync(home, work, "open", "helmcached: hit disk");
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("never")]
    public async Task Stricter_policy_takes_earlier_secrets_off_the_disk(string policy)
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        string work = Write(home);
        await home.StartAsync();
        await AssertAsync(home, work, "secret", "helmcached: miss");
        await AssertAsync(home, work, "open", "helmcached: miss");
        await home.EntriesReachAsync(2);
        await home.StopAsync();
        Assert.Contains(Planted, RawFiles(home), StringComparison.Ordinal);

        File.WriteAllText(home.Environment["HELMCACHED_CONFIG"]!, $"store: {{secrets: {policy}}}\n");
        await home.StartAsync();
        await home.EntriesReachAsync(1);
        await home.StopAsync();
        Assert.DoesNotContain(Planted, RawFiles(home), StringComparison.Ordinal);
        Assert.Contains(Open, RawFiles(home), StringComparison.Ordinal);
    }

    private static string Write(DaemonHome home)
    {
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("secret")
            .WithTemplate("s.yaml", $"apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  a: {Planted}\n")
            .WriteTo(work);
        Chart("open").WithTemplate("c.yaml", $"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: {Open}\n").WriteTo(work);
        return work;
    }

    private static async Task AssertAsync(DaemonHome home, string work, string chart, string outcome)
    {
        CommandResult result = await home.Shim(work, "template", "r", chart).With("HELMCACHED_TRACE", "1").RunAsync();
        Assert.Contains(chart == "secret" ? Planted : Open, result.StdoutText, StringComparison.Ordinal);
        Assert.StartsWith(outcome, result.StderrText, StringComparison.Ordinal);
    }

    /// <summary>Every byte of store and log, as text.</summary>
    private static string RawFiles(DaemonHome home) =>
        string.Concat(
            Directory
                .GetFiles(home.State)
                .Where(file => Path.GetExtension(file) is not (".sock" or ".lock"))
                .Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file)))
        );
}
