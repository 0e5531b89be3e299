using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>What <c>docs/ci.md</c> promises: one file, carried from a job to the next, is all that it takes.</summary>
[Trait("Needs", "programs")]
public sealed class CarriedStoreTests
{
    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task A_store_that_was_carried_to_another_home_hits(int major)
    {
        await using var first = new DaemonHome(RealHelms.Of(major));
        CommandResult rendered = await RenderAsync(first, "checkout-1", "miss");
        await first.StopAsync();
        Assert.Equal(["store.litedb"], Directory.GetFiles(first.State, "store*.litedb*").Select(Path.GetFileName));

        // Unpacked as an archive is: readable by all. Another checkout, another home.
        await using var second = new DaemonHome(RealHelms.Of(major));
        string store = Carry(first, second);
        CommandResult again = await RenderAsync(second, "checkout-2", "hit disk");
        Assert.True(again.Stdout.Span.SequenceEqual(rendered.Stdout.Span));
        Assert.Equal((UnixFileMode)0x180, File.GetUnixFileMode(store));
        Assert.Equal((UnixFileMode)0x1c0, File.GetUnixFileMode(second.State));
    }

    [Fact]
    public async Task A_read_only_job_hits_and_adds_nothing()
    {
        await using var first = new DaemonHome(RealHelms.Helm3);
        await RenderAsync(first, "checkout-1", "miss");
        await first.StopAsync();
        await using var second = new DaemonHome(RealHelms.Helm3);
        Carry(first, second);
        await RenderAsync(second, "checkout-2", "hit disk", readOnly: true);
        await RenderAsync(second, "checkout-2", "miss", readOnly: true, "--set", "a=new");
        await second.StopAsync();
        Assert.Equal(1, (await second.StatsAsync()).Entries);
    }

    [Fact]
    public async Task A_store_that_arrives_damaged_costs_only_its_entries()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        Directory.CreateDirectory(home.State);
        File.WriteAllText(Path.Combine(home.State, "store.litedb"), "half an archive");
        await RenderAsync(home, "checkout", "miss");
        await RenderAsync(home, "checkout", "hit");
    }

    private static string Carry(DaemonHome from, DaemonHome to)
    {
        Directory.CreateDirectory(to.State, (UnixFileMode)0x1ed);
        string store = Path.Combine(to.State, "store.litedb");
        File.Copy(Path.Combine(from.State, "store.litedb"), store);
        File.SetUnixFileMode(store, (UnixFileMode)0x1a4);
        return store;
    }

    private static async Task<CommandResult> RenderAsync(
        DaemonHome home,
        string checkout,
        string outcome,
        bool readOnly = false,
        params IEnumerable<string> more
    )
    {
        string work = home.At(checkout);
        Chart("web").WithValues("a: 1\n").WithConfigMap("c", "a: {{ .Values.a | quote }}").WriteTo(work);
        await home.StartAsync();
        CommandResult result = await home.Shim(work, ["template", "r", "web", .. more])
            .With("HELMCACHED_TRACE", "1")
            .With("HELMCACHED_READONLY", readOnly ? "1" : null)
            .RunAsync();
        Assert.StartsWith("helmcached: " + outcome, result.StderrText, StringComparison.Ordinal);
        return result;
    }
}
