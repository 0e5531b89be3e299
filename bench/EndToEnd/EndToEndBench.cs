using System;
using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Bench.Charts;
using Spectre.Console;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>
/// <c>bench -- e2e</c>: every row of the table of budgets, by whole processes, beside real helm and beside
/// the floor. Builds nothing but the floor program; measures what <c>build.sh</c> left in <c>artifacts/bin</c>.
/// </summary>
internal static class EndToEndBench
{
    /// <summary>What <c>--only</c> can name, in the order in which it is measured.</summary>
    public static IReadOnlyList<string> Rows { get; } =
    [
        "driver",
        "trivial",
        "medium",
        "heavy",
        "crd",
        "slow",
        "helm4",
        "commands",
        "sequences",
        "varying",
        "pass",
        "miss",
        "disk",
        "first",
        "crowd",
        "fleet",
        "team",
        "resources",
        "library",
        "remote",
        "throughput",
        "memory",
        "binaries",
        "store",
        "growth",
        "curves",
    ];

    /// <summary>Runs and returns an exit code: 0 also when a budget is missed, since a loaded machine proves nothing.</summary>
    /// <param name="quick">Fewer rounds.</param>
    /// <param name="only">The rows to measure; none: all, and the results are written.</param>
    /// <param name="load">How many processes of our own keep the processors busy meanwhile.</param>
    public static int Run(bool quick, string[] only, int load)
    {
        int rounds = quick ? 60 : 300;
        double before = Report.Load();
        var report = new Report(quick, load);
        using var home = new BenchHome(Repository.Helm(3));
        string trivial = BenchCharts.Trivial(home.Charts),
            medium = BenchCharts.Medium(home.Charts),
            heavy = BenchCharts.Heavy(home.Charts);
        string twenty = BenchCharts.TwentyKilobytes(home.Charts),
            definitions = BenchCharts.Definitions(home.Charts),
            slow = BenchCharts.Slow(home.Charts);
        string varying = BenchCharts.Varying(home.Charts),
            fleet = BenchCharts.Fleet(home.Charts),
            objects = BenchCharts.Objects(home.Charts);
        home.Start();
        BenchHome.LetStampsAge();
        using var busy = new OtherLoad(home, load);

        var hits = new HitRows(home, rounds);
        var overhead = new OverheadRows(home, rounds);
        var crowd = new CrowdRows(home);
        var daemon = new DaemonRows(home);
        var sequences = new SequenceRows(home);
        (string Name, Func<IEnumerable<Row>> Measure)[] all =
        [
            ("driver", () => [DriverRow.Measure(home, rounds)]),
            ("trivial", () => [hits.Warm("warm hit, trivial chart", trivial, 0.3, 1.25, 14, peers: true)]),
            ("medium", () => [hits.Warm("warm hit, medium chart", medium, 0.3, null, null)]),
            ("heavy", () => [hits.Warm("warm hit, large chart", heavy, 0.1, 1.5, 45, peers: true)]),
            ("crd", () => [hits.Warm("warm hit, CRD-only chart", definitions, 0.1, 1.3, null)]),
            ("slow", () => [hits.Warm("warm hit, slow chart", slow, 0.04, null, 350)]),
            ("helm4", () => [Helm4(rounds)]),
            (
                "commands",
                () =>
                    [
                        hits.Warm("warm hit, helm version", trivial, 0.3, 1.25, 14, call: ["version", "--short"], templateLimit: 1.25),
                        hits.Warm("warm hit, helm show chart", trivial, 0.3, 1.25, 14, call: ["show", "chart", trivial]),
                        hits.Warm("warm hit, helm lint, 60 files", medium, 0.3, null, 14, call: ["lint", medium]),
                        hits.Warm(
                            "warm hit, template --output-dir of 60 files",
                            medium,
                            0.3,
                            null,
                            null,
                            call: ["template", "rel", medium, "--output-dir", "out"]
                        ),
                    ]
            ),
            (
                "sequences",
                () => sequences.Kustomize([trivial, medium, twenty], quick ? 5 : 20).Append(sequences.Chartify(trivial, quick ? 2 : 5))
            ),
            ("varying", () => [overhead.Varying(varying)]),
            ("pass", () => [overhead.PassThrough()]),
            (
                "miss",
                () =>
                    [
                        overhead.Miss(trivial),
                        new OverheadRows(home, rounds / 4).Miss(heavy),
                        new OverheadRows(home, rounds / 6).Miss(definitions),
                    ]
            ),
            ("disk", () => [hits.FromDisk(trivial, quick ? 40 : 200)]),
            ("first", () => [hits.FirstRequest(trivial, quick ? 10 : 40)]),
            ("crowd", () => [crowd.Concurrent(slow, quick ? 2 : 5)]),
            ("fleet", () => crowd.FleetOf(fleet, 1, quick ? 3 : 7, 4).Concat(crowd.FleetOf(fleet, 8, quick ? 3 : 7, 16))),
            ("team", () => new TeamRows(home).Fresh("nginx", quick ? 2 : 5).Concat(new TeamRows(home).Fresh("redis", quick ? 2 : 5))),
            ("resources", () => [new ManifestRows(home, rounds / 3).Resources(objects)]),
            ("library", () => [new ManifestRows(home, rounds).Library(fleet, quick ? 4 : 11)]),
            ("remote", () => new RemoteRows(quick).Measure()),
            (
                "throughput",
                () =>
                    [
                        daemon.Throughput(twenty, TimeSpan.FromSeconds(quick ? 2 : 5), 8, budget: true),
                        daemon.Throughput(trivial, TimeSpan.FromSeconds(quick ? 2 : 5), 8, budget: false),
                        daemon.Throughput(medium, TimeSpan.FromSeconds(quick ? 2 : 5), 8, budget: false),
                    ]
            ),
            ("memory", () => [daemon.Memory(trivial)]),
            ("binaries", () => [DaemonRows.Binaries()]),
            ("store", () => [new StoreRow(quick ? 5_000 : 20_000, quick ? 2 : 5).Measure()]),
        ];
        bool Wanted(string name) => only.Length == 0 || only.Contains(name);
        foreach ((string name, Func<IEnumerable<Row>> measure) in all)
        {
            foreach (Row row in Wanted(name) ? measure() : [])
                report.Add(row);
        }
        if (Wanted("growth"))
            Growth(report, quick ? 40 : 200, quick ? [100, 1_000, 20_000] : [100, 1_000, 10_000, 100_000]);
        if (Wanted("curves"))
        {
            var curves = new Curves(home, quick ? 20 : 60);
            report.Add(curves.TreeSize());
            report.Add(curves.OutputSize());
            report.Add(curves.Concurrency(trivial));
        }
        if (only.Length == 0)
            AnsiConsole.WriteLine(report.Finish(before));
        return 0;
    }

    private static Row Helm4(int rounds)
    {
        using var home = new BenchHome(Repository.Helm(4));
        string chart = BenchCharts.Trivial(home.Charts);
        home.Start();
        BenchHome.LetStampsAge();
        return new HitRows(home, rounds).Warm("warm hit, trivial chart, helm 4", chart, 0.3, null, 14);
    }

    private static void Growth(Report report, int rounds, int[] sizes)
    {
        using BenchHome small = new(Repository.Helm(3)),
            home = new(Repository.Helm(3));
        string chart = BenchCharts.Trivial(home.Charts);
        BenchHome.LetStampsAge();
        (Row row, Curve curve) = new GrowthRow(home, small, rounds, sizes).Measure(chart);
        report.Add(row);
        report.Add(curve);
    }
}
