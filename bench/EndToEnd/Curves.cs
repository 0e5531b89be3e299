using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using CacheDaemon.Bench.Charts;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>Hit time against the size of the tree, the size of the output and the number of callers at once.</summary>
internal sealed class Curves(BenchHome home, int rounds)
{
    /// <summary>
    /// Real helm takes part in this share of the rounds: its times are long, and only their order of magnitude matters here.
    /// </summary>
    private const double HelmShare = 0.1;

    private static readonly int[] s_files = [10, 100, 1_000, 5_000];
    private static readonly int[] s_outputs = [1_000, 10_000, 100_000, 1_000_000, 4_000_000];
    private static readonly int[] s_callers = [1, 2, 4, 8, 16, 32, 64];

    /// <summary>The same few lines of output from charts with ever more files.</summary>
    public Curve TreeSize()
    {
        var points = new List<CurvePoint>();
        foreach (int files in s_files)
        {
            string chart = BenchCharts.WithFiles(home.Charts, files);
            BenchHome.LetStampsAge();
            points.AddRange(Points(files, chart));
        }
        return new Curve("tree-size", "Warm hit against the size of the chart", "files in the chart", points);
    }

    /// <summary>Ever more output from one file, beside the floor that moves as many bytes.</summary>
    public Curve OutputSize()
    {
        var points = new List<CurvePoint>();
        foreach (int bytes in s_outputs)
        {
            string chart = BenchCharts.WithOutput(home.Charts, bytes);
            BenchHome.LetStampsAge();
            using var floor = new FloorServer(home, bytes);
            points.AddRange(Points(bytes / 1000.0, chart, (floor.Contender, 1)));
        }
        return new Curve("output-size", "Warm hit against the size of the output", "kB of output", points);
    }

    /// <summary>The wall time of so many calls at the same moment, for each of them.</summary>
    public Curve Concurrency(string chart)
    {
        using Contender call = home.Shim("template", "rel", chart);
        call.Run();
        call.Run();
        var points = new List<CurvePoint>();
        foreach (int callers in s_callers)
        {
            Contender[] calls = [.. Enumerable.Repeat(call, callers)];
            points.Add(
                new CurvePoint(
                    "helmcached",
                    callers,
                    Samples.Of([.. Enumerable.Range(0, Math.Max(5, rounds / callers)).Select(_ => CrowdRows.All(calls, callers) / callers)])
                )
            );
        }
        return new Curve("concurrency", "Warm hits at the same moment: wall time for each of them", "callers at once", points);
    }

    private IEnumerable<CurvePoint> Points(double at, string chart, params (Contender, double)[] others)
    {
        using Contender shim = home.Shim("template", "rel", chart),
            helm = home.Real("template", "rel", chart);
        foreach ((string who, Samples times) in Samples.Alternate(rounds, [(shim, 1), (helm, HelmShare), .. others]))
            yield return new CurvePoint(who, at, times);
        Directory.Delete(Path.Combine(home.Charts, chart), recursive: true);
    }
}
