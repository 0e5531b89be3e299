using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>What the bench itself adds to each time it reports: starting, reading and reaping a program that does nothing.</summary>
internal static class DriverRow
{
    /// <summary>Runs <c>/bin/true</c> as every contender is run, one at a time and as a fleet.</summary>
    public static Row Measure(BenchHome home, int rounds)
    {
        using Contender nothing = home.Other("/bin/true", "/bin/true");
        TimeSpan before = Environment.CpuUsage.TotalTime;
        Dictionary<string, Samples> times = Samples.Alternate(rounds, (nothing, 1));
        double own = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / rounds;
        Contender[] fleet = [.. Enumerable.Repeat(nothing, Charts.BenchCharts.FleetSize)];
        foreach (int width in (ReadOnlySpan<int>)[1, 8])
            times[string.Create(CultureInfo.InvariantCulture, $"{fleet.Length} times /bin/true, {width} at a time")] = Samples.Of([
                .. Enumerable.Range(0, 10).Select(_ => CrowdRows.All(fleet, width)),
            ]);
        return new Row(
            "the bench's own share",
            [],
            times,
            string.Create(
                CultureInfo.InvariantCulture,
                $"every time holds one start, pipe and wait: {times[nothing.Name].Median:0.00} ms for /bin/true, {own:0.00} ms of "
                    + $"it the bench's own processor time"
            )
        );
    }
}
