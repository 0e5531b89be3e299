using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>What tools do with helm: whole runs of them, by real helm and by the shim once it has seen them.</summary>
internal sealed class SequenceRows(BenchHome home)
{
    private const string Kubectl = "/usr/bin/kubectl";

    private const int Releases = 20;

    /// <summary>
    /// <c>kubectl kustomize --enable-helm</c> over three charts: the version and a render of each. No row where kubectl is not installed.
    /// </summary>
    /// <param name="charts">Three charts.</param>
    /// <param name="rounds">How many runs of each.</param>
    public IEnumerable<Row> Kustomize(string[] charts, int rounds)
    {
        if (!File.Exists(Kubectl))
            yield break;
        string root = Directory.CreateDirectory(home.At("kustomization")).FullName;
        File.WriteAllText(
            Path.Combine(root, "kustomization.yaml"),
            "helmGlobals: {chartHome: charts}\nhelmCharts:\n"
                + string.Concat(charts.Select(static chart => $"- {{name: {chart}, releaseName: {chart}}}\n"))
        );
        foreach (string chart in charts)
            Copy(Path.Combine(home.Charts, chart), Path.Combine(root, "charts", chart));
        BenchHome.LetStampsAge();
        using Contender shim = Build("helmcached", Repository.Shim),
            helm = Build("helm", home.RealHelm),
            alone = home.Other("kubectl without charts", Kubectl, "kustomize", Empty());
        if (!shim.Capture().AsSpan().SequenceEqual(helm.Capture()))
            throw new InvalidOperationException("kustomize prints something else with the shim");
        home.ResetStats();
        Dictionary<string, Samples> times = Samples.Alternate(rounds, (shim, 1), (helm, 1), (alone, 1));
        yield return new Row(
            $"kubectl kustomize, {charts.Length} charts",
            [new Check("helm runs", home.Stat("helm_runs"), 0)],
            times,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{times["helm"].Median / times["helmcached"].Median:0.0} times faster; kubectl alone is the rest"
            )
        );

        Contender Build(string name, string program) =>
            home.Other(name, Kubectl, "kustomize", "--enable-helm", "--helm-command", program, root);
        string Empty()
        {
            string empty = Directory.CreateDirectory(home.At("kustomization-empty")).FullName;
            File.WriteAllText(Path.Combine(empty, "kustomization.yaml"), "configMapGenerator: [{name: web, literals: [a=b]}]\n");
            return empty;
        }
    }

    /// <summary>
    /// What helmfile does with chartify for each of 20 releases: helm's version, the chart copied to a directory with a random name, its
    /// files by <c>--output-dir</c>, and a render of the copy. The copies are made before the clock starts.
    /// </summary>
    /// <param name="chart">The chart.</param>
    /// <param name="rounds">How many runs of each.</param>
    public Row Chartify(string chart, int rounds)
    {
        List<double> ours = [],
            theirs = [],
            first = [];
        first.Add(Sequence(home.Shim));
        home.ResetStats();
        for (int i = 0; i < rounds; i++)
        {
            ours.Add(Sequence(home.Shim));
            theirs.Add(Sequence(home.Real));
        }
        var times = new Dictionary<string, Samples>
        {
            ["helmcached"] = Samples.Of(ours),
            ["helm"] = Samples.Of(theirs),
            ["helmcached, cold"] = Samples.Of(first),
        };
        return new Row(
            $"chartify, {Releases} releases",
            [new Check("helm runs", home.Stat("helm_runs"), 0)],
            times,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{times["helm"].Median / times["helmcached"].Median:0.0} times faster; {3 * Releases} calls"
            )
        );

        double Sequence(Func<IEnumerable<string>, Contender> program)
        {
            Contender[] calls =
            [
                .. Enumerable
                    .Range(0, Releases)
                    .SelectMany(i =>
                    {
                        string copy = home.At($"chartify-{Guid.NewGuid():N}/{chart}"),
                            release = string.Create(CultureInfo.InvariantCulture, $"release{i}");
                        Copy(Path.Combine(home.Charts, chart), copy);
                        return (Contender[])
                            [
                                program(["version", "--template={{.Version}}+g{{.GitCommit}}"]),
                                program(["template", "--debug=false", $"--output-dir={copy}/helmx.1.rendered", release, copy]),
                                program(["template", release, copy, "--namespace", "web"]),
                            ];
                    }),
            ];
            BenchHome.LetStampsAge();
            double elapsed = CrowdRows.All(calls, 1);
            foreach (Contender call in calls)
                call.Dispose();
            return elapsed;
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
