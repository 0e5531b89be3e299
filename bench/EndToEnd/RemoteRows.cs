using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using CacheDaemon.Bench.Charts;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>Charts by name out of repositories whose index has 2 MB, and many that update the same one.</summary>
/// <param name="quick">Fewer rounds.</param>
internal sealed class RemoteRows(bool quick)
{
    private const int IndexBytes = 2_000_000,
        Repositories = 3,
        Releases = 30,
        Callers = 64;

    /// <summary>Arming a helm takes seconds, and is done beside the first calls.</summary>
    private static readonly TimeSpan ArmingPatience = TimeSpan.FromMinutes(2);

    /// <summary>All of them: helm 4 from its content cache, helm 3 within a window.</summary>
    public IEnumerable<Row> Measure()
    {
        foreach (int major in (int[])[4, 3])
        {
            using var server = new ChartServer();
            using var home = new BenchHome(Repository.Helm(major));
            if (major == 3)
                File.WriteAllText(home.Environment["HELMCACHED_CONFIG"], "remote: {fresh_for: 1h}\n");
            byte[] archive = Packed(home);
            for (int i = 0; i < Repositories; i++)
                Run(home.Real("repo", "add", $"r{i}", server.Publish($"r{i}", "trivial", "1.2.3", archive, IndexBytes)));
            Run(home.Real("repo", "add", "small", server.Publish("small", "trivial", "1.2.3", archive, indexBytes: 0)));
            home.Start();
            yield return One(home, major);
            yield return Helmfile(home, server, major);
            yield return Updates(home, server, major);
            yield return Lone(home, major);
        }
    }

    private static string With(int major) => major == 3 ? "helm 3 in a window" : "helm 4";

    private static byte[] Packed(BenchHome home)
    {
        string chart = BenchCharts.Trivial(home.Charts),
            directory = Directory.CreateDirectory(home.At("packed")).FullName;
        Run(home.Real("package", chart, "--destination", directory));
        return File.ReadAllBytes(Path.Combine(directory, "trivial-1.2.3.tgz"));
    }

    private static void Run(Contender command)
    {
        command.Run();
        command.Dispose();
    }

    /// <summary>Makes a call until nothing but the daemon answers it.</summary>
    private static void Warm(BenchHome home, Contender call)
    {
        long started = Stopwatch.GetTimestamp();
        BenchHome.LetStampsAge();
        for (long hits = home.Stat("hits"); home.Stat("hits") == hits; call.Run())
        {
            if (Stopwatch.GetElapsedTime(started) > ArmingPatience)
                throw new InvalidOperationException("a remote chart is not served");
            Libc.Poll([], 50);
        }
    }

    private Row One(BenchHome home, int major)
    {
        using Contender shim = home.Shim("template", "rel", "r0/trivial"),
            helm = home.Real("template", "rel", "r0/trivial");
        byte[] expected = helm.Capture();
        Warm(home, shim);
        if (!shim.Capture().AsSpan().SequenceEqual(expected))
            throw new InvalidOperationException("the shim's output is not helm's");
        home.ResetStats();
        Dictionary<string, Samples> times = Samples.Alternate(quick ? 40 : 200, (shim, 1), (helm, 0.1));
        return new Row(
            $"repo/name, index of 2 MB, {With(major)}",
            [
                new Check("× faster than helm", times["helm"].Median / times["helmcached"].Median, 50, AtLeast: true),
                new Check("helm runs", home.Stat("helm_runs"), 0),
            ],
            times,
            string.Create(CultureInfo.InvariantCulture, $"{home.Stat("hits")} hits")
        );
    }

    /// <summary>
    /// What <c>helmfile template</c> calls helm for once its repositories are there: a render of each release, one after the other.
    /// </summary>
    private Row Helmfile(BenchHome home, ChartServer server, int major)
    {
        string[][] calls =
        [
            .. Enumerable
                .Range(0, Releases)
                .Select(static i =>
                    (string[])
                        [
                            "template",
                            string.Create(CultureInfo.InvariantCulture, $"release{i}"),
                            $"r{i % Repositories}/trivial",
                            "--version",
                            "1.2.3",
                            "--namespace",
                            "web",
                            "--set",
                            string.Create(CultureInfo.InvariantCulture, $"replicas={i}"),
                        ]
                ),
        ];
        Contender[] shims = [.. calls.Select(call => home.Shim(call))],
            helms = [.. calls.Select(call => home.Real(call))];
        CrowdRows.All(helms[..Repositories], 1);
        double cold = CrowdRows.All(shims, 1);
        CrowdRows.All(shims, 1);
        home.ResetStats();
        int requests = server.Requests;
        double[] warm = [.. Enumerable.Range(0, quick ? 3 : 9).Select(_ => CrowdRows.All(shims, 1))];
        requests = server.Requests - requests;
        long runs = home.Stat("helm_runs") + home.Stat("bypasses");
        double[] real = [.. Enumerable.Range(0, quick ? 1 : 3).Select(_ => CrowdRows.All(helms, 1))];
        foreach (Contender call in shims.Concat(helms))
            call.Dispose();
        var times = new Dictionary<string, Samples>
        {
            ["helmcached"] = Samples.Of(warm),
            ["helm"] = Samples.Of(real),
            ["helmcached, cold"] = Samples.Of([cold]),
        };
        return new Row(
            $"{Releases} releases over {Repositories} repositories of 2 MB, {With(major)}",
            [
                new Check("helm runs", runs, 0),
                new Check("requests", requests, 0),
                new Check("× faster than helm", times["helm"].Median / times["helmcached"].Median, 50, AtLeast: true),
            ],
            times,
            "the second run and later ones"
        );
    }

    /// <summary>As many helmfiles do that start together: each wants an index that is newer than its call.</summary>
    private Row Updates(BenchHome home, ChartServer server, int major)
    {
        int rounds = quick ? 1 : 3,
            requests = 0;
        List<double> ours = [],
            theirs = [];
        using Contender shim = home.Shim("repo", "update", "r0"),
            helm = home.Real("repo", "update", "r0");
        for (int i = 0; i < rounds; i++)
        {
            int before = server.Count("/r0/index.yaml");
            ours.Add(CrowdRows.All([.. Enumerable.Repeat(shim, Callers)], Callers));
            requests = Math.Max(requests, server.Count("/r0/index.yaml") - before);
            theirs.Add(CrowdRows.All([.. Enumerable.Repeat(helm, Callers)], Callers));
        }
        var times = new Dictionary<string, Samples> { ["helmcached"] = Samples.Of(ours), ["helm"] = Samples.Of(theirs) };
        return new Row(
            $"{Callers} times repo update at once, index of 2 MB, helm {major}",
            [
                new Check("helm runs", requests, 2),
                new Check("× faster than helm", times["helm"].Median / times["helmcached"].Median, 8, AtLeast: true),
            ],
            times,
            "runs are counted by the server: the most of all rounds"
        );
    }

    private Row Lone(BenchHome home, int major)
    {
        using Contender shim = home.Shim("repo", "update", "small"),
            helm = home.Real("repo", "update", "small");
        Dictionary<string, Samples> times = Samples.Alternate(quick ? 40 : 150, (shim, 1), (helm, 1));
        return new Row(
            $"repo update alone, small index, helm {major}",
            [new Check("ms over helm", times["helmcached"].Median - times["helm"].Median, 3)],
            times
        );
    }
}
