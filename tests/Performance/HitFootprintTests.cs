using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.EndToEnd.Faults;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Performance;

/// <summary>
/// What a warm hit on an unchanged tree asks of the system, counted from outside by strace: times depend on the machine, counts
/// do not.
/// </summary>
[Trait("Needs", "programs")]
public sealed class HitFootprintTests
{
    private const string Trace = "strace";

    /// <summary>What takes or gives bytes on a socket, by any of its names.</summary>
    private static readonly string[] s_sends = ["sendto", "sendmsg", "write", "writev"],
        s_receives = ["read", "readv", "recvfrom", "recvmsg"];

    [TraceFact]
    public async Task Shim_makes_one_connection_and_exchanges_one_frame_each_way()
    {
        await using DaemonHome home = await WarmAsync();
        string[] calls = await TraceShimAsync(home);

        Assert.Single(calls, c => Is(c, "connect"));
        Assert.Single(calls, c => IsOnSocket(c, s_sends));
        Assert.Single(calls, c => IsOnSocket(c, s_receives) && !c.Contains("EAGAIN", StringComparison.Ordinal));
        Assert.Single(calls, c => Is(c, "write") && c.Contains("# Source: web/templates/a.yaml", StringComparison.Ordinal));
    }

    [TraceFact]
    public async Task Shim_starts_no_thread_and_no_program_and_looks_at_no_file_of_the_chart()
    {
        await using DaemonHome home = await WarmAsync();
        string[] calls = await TraceShimAsync(home);

        // The runtime's finalizer thread is there before Main: a program that does nothing has it too.
        Assert.Equal(1, calls.Count(c => Is(c, "clone") || Is(c, "clone3") || Is(c, "fork") || Is(c, "vfork")));
        Assert.Equal(1, calls.Count(c => Is(c, "execve")));
        Assert.DoesNotContain(calls, c => c.Contains(home.At("work", "web"), StringComparison.Ordinal));
    }

    [TraceFact]
    public async Task Shim_claims_no_more_memory_than_it_may_use_and_reads_no_file_about_the_processor_caches()
    {
        await using DaemonHome home = await WarmAsync();
        string[] calls = await TraceShimAsync(home);

        // Ten times the limit of its heap would be 20 GB; a runtime without a limit claims 256.
        long most = calls.Where(c => Is(c, "mmap")).Max(c => long.Parse(c.Split(',')[1], CultureInfo.InvariantCulture));
        Assert.InRange(most, 1, 20L << 30);
        Assert.DoesNotContain(calls, c => c.Contains("/cache/index", StringComparison.Ordinal));
    }

    [TraceFact]
    public async Task B7_Shim_loads_no_library()
    {
        await using DaemonHome home = await WarmAsync();
        string[] calls = await TraceShimAsync(home);

        Assert.DoesNotContain(
            calls,
            c => Is(c, "openat") && (c.Contains(".so", StringComparison.Ordinal) || c.Contains("nsswitch", StringComparison.Ordinal))
        );
    }

    [TraceFact]
    public async Task Daemon_opens_no_file_for_a_warm_hit()
    {
        await using DaemonHome home = await WarmAsync();
        int daemon = Assert.Single(home.DaemonIds());
        using Process strace = Process.Start(
            new ProcessStartInfo("strace", ["-ff", "-e", "trace=openat,open,openat2,statx", "-o", home.At(Trace), "-p", $"{daemon}"])
            {
                RedirectStandardError = true,
            }
        )!;
        Assert.Contains("attached", await strace.StandardError.ReadLineAsync(), StringComparison.Ordinal);

        CommandResult hit = await home.Shim(home.At("work"), "template", "r", "web").RunAsync();
        long hits = (await home.StatsAsync()).Hits;
        await home.StopAsync(); // It ends strace too, which then has written all.
        await strace.WaitForExitAsync();

        Assert.Equal(0, hit.ExitCode);
        Assert.True(hits > 1);
        string[] calls = await CallsAsync(home);
        Assert.Contains(calls, c => Is(c, "statx") && c.Contains("\"templates/a.yaml\"", StringComparison.Ordinal));
        // The places where the chart and the call are, to look from there; no content is opened.
        string[] places =
        [
            .. calls.Where(c => c.Contains("open", StringComparison.Ordinal) && c.Contains(home.At("work"), StringComparison.Ordinal)),
        ];
        Assert.NotEmpty(places);
        Assert.All(places, place => Assert.Contains("O_PATH", place, StringComparison.Ordinal));
    }

    /// <summary>A home whose daemon knows the call by its bytes: it has served it from memory after the stamps had aged.</summary>
    private static async Task<DaemonHome> WarmAsync()
    {
        var home = new DaemonHome(RealHelms.Helm3);
        string chart = Directory.CreateDirectory(home.At("work", "web", "templates")).Parent!.FullName,
            template = Path.Combine(chart, "templates", "a.yaml");
        await File.WriteAllTextAsync(Path.Combine(chart, "Chart.yaml"), "apiVersion: v2\nname: web\nversion: 1.0.0\n");
        await File.WriteAllTextAsync(template, "a: {{ .Release.Name }}\n");
        await home.StartAsync();
        await Eventually.StampsAgeAsync(File.GetLastWriteTimeUtc(template));
        for (int i = 0; i < 3; i++)
            await home.Shim(home.At("work"), "template", "r", "web").RunAsync();
        Assert.Equal(2, (await home.StatsAsync()).Hits);
        return home;
    }

    private static async Task<string[]> TraceShimAsync(DaemonHome home)
    {
        Command shim = home.Shim(home.At("work"), "template", "r", "web");
        CommandResult result = await (
            shim with
            {
                File = "/usr/bin/strace",
                Arguments = ["-ff", "-y", "-s", "200", "-o", home.At(Trace), shim.File, .. shim.Arguments],
            }
        ).RunAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(3, (await home.StatsAsync()).Hits);
        return await CallsAsync(home);
    }

    /// <summary>One file per thread, so that no line is broken by another's: <c>call(arguments) = result</c>.</summary>
    private static async Task<string[]> CallsAsync(DaemonHome home)
    {
        var calls = new List<string>();
        foreach (string file in Directory.EnumerateFiles(home.At(), Trace + ".*"))
            calls.AddRange(await File.ReadAllLinesAsync(file));
        return [.. calls];
    }

    private static bool Is(string line, string call) => line.StartsWith(call + '(', StringComparison.Ordinal);

    /// <summary>With -y a descriptor is followed by what it is.</summary>
    private static bool IsOnSocket(string line, string[] calls) =>
        calls.Any(call => Is(line, call)) && line[..Math.Min(line.Length, 60)].Contains("<socket:", StringComparison.Ordinal);
}
