using System;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Bench.Charts;
using CacheDaemon.Client;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>
/// What a program does that renders a fleet through the library; run as a process of its own, since the library takes the daemon and helm
/// from its environment.
/// </summary>
internal static class LibraryPasses
{
    /// <summary>The command of the bench that runs this.</summary>
    public const string Command = "library";

    /// <summary>The values of one environment.</summary>
    public static string ValuesOf(int environment) =>
        string.Create(CultureInfo.InvariantCulture, $"environments/env{environment}/values.yaml");

    /// <summary>
    /// Renders all of it so many times, and prints a line for each: milliseconds, and how many were answered without a program.
    /// </summary>
    public static async Task<int> RunAsync(string chart, int passes)
    {
        var cache = new HelmCache();
        for (int pass = 0; pass < passes; pass++)
        {
            int hits = 0;
            long started = Stopwatch.GetTimestamp();
            await Parallel
                .ForEachAsync(
                    Enumerable.Range(0, BenchCharts.FleetSize),
                    async (i, stop) =>
                    {
                        HelmRender render = await cache
                            .RenderAsync(new HelmCall("template", "rel", chart, "-f", ValuesOf(i)), stop)
                            .ConfigureAwait(false);
                        if (render.ExitCode != 0)
                            throw new InvalidOperationException($"environment {i}: exit code {render.ExitCode}");
                        if (render.IsHit)
                            Interlocked.Increment(ref hits);
                    }
                )
                .ConfigureAwait(false);
            Console.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(started).TotalMilliseconds:0.000} {hits}")
            );
        }
        return 0;
    }
}
