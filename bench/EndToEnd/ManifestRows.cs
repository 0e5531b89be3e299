using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using CacheDaemon.Bench.Charts;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>Manifests as data: resources that were read before, and a fleet through the library.</summary>
internal sealed class ManifestRows(BenchHome home, int rounds)
{
    /// <summary>The second <c>resources --json</c>, which reads no YAML, beside helm whose output is read by the same parser.</summary>
    public Row Resources(string chart)
    {
        string[] call = ["resources", "--json", "--", "template", "rel", chart];
        using Contender kept = home.Other("helmcached resources", Repository.Daemon, call);
        using var read = new Contender(
            "helm and a parser",
            Repository.Daemon,
            call,
            new Dictionary<string, string>(home.Environment) { ["HELMCACHED_DISABLE"] = "1" }
        );
        byte[] expected = read.Capture();
        for (int i = 0; i < 3; i++)
        {
            if (!kept.Capture().AsSpan().SequenceEqual(expected))
                throw new InvalidOperationException($"{chart}: what was kept is not what was read");
        }
        Dictionary<string, Samples> times = Samples.Alternate(rounds, (kept, 1), (read, 0.1));
        return new Row(
            "resources --json of 500 objects, read before",
            [new Check("× faster than render and parse", times[read.Name].Median / times[kept.Name].Median, 20, AtLeast: true)],
            times,
            string.Create(CultureInfo.InvariantCulture, $"{expected.Length:#,0} bytes of JSON")
        );
    }

    /// <summary>
    /// All environments of the fleet through the library, in one process, as many at a time as there are processors; beside helm, as many
    /// at a time.
    /// </summary>
    public Row Library(string chart, int passes)
    {
        var environment = new Dictionary<string, string>(home.Environment)
        {
            ["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")),
        };
        string program = Environment.ProcessPath!;
        string[] self = Path.GetFileName(program) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        using var library = new Contender(
            "library",
            program,
            [.. self, LibraryPasses.Command, chart, passes.ToString(CultureInfo.InvariantCulture)],
            environment
        );
        (double Milliseconds, int Hits)[] told =
        [
            .. Encoding
                .UTF8.GetString(library.Capture())
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(static line => line.Split(' '))
                .Select(static words =>
                    (double.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[1], CultureInfo.InvariantCulture))
                ),
        ];
        Contender[] helms =
        [
            .. Enumerable.Range(0, BenchCharts.FleetSize).Select(i => home.Real("template", "rel", chart, "-f", LibraryPasses.ValuesOf(i))),
        ];
        var times = new Dictionary<string, Samples>
        {
            ["library, first pass"] = Samples.Of([told[0].Milliseconds]),
            ["library, later passes"] = Samples.Of(told[1..].Select(static pass => pass.Milliseconds)),
            ["helm"] = Samples.Of([CrowdRows.All(helms, Environment.ProcessorCount)]),
        };
        foreach (Contender helm in helms)
            helm.Dispose();
        return new Row(
            $"{BenchCharts.FleetSize} environments through the library",
            [new Check("× faster than helm", times["helm"].Median / times["library, later passes"].Median, 20, AtLeast: true)],
            times,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{told[1..].Min(static pass => pass.Hits)} of {BenchCharts.FleetSize} answered without a program; "
                    + $"{Environment.ProcessorCount} at a time"
            )
        );
    }
}
