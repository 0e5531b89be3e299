using System.Collections.Generic;
using System.Globalization;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>What it costs to be in between when nothing can be served.</summary>
internal sealed class OverheadRows(BenchHome home, int rounds)
{
    /// <summary>A chart whose output is known to vary: real helm runs each time.</summary>
    public Row Varying(string chart)
    {
        using Contender shim = home.Shim("template", "rel", chart),
            helm = home.Real("template", "rel", chart);
        shim.Run();
        BenchHome.LetStampsAge();
        shim.Run();
        home.ResetStats();
        Dictionary<string, Samples> times = Samples.Alternate(rounds, (shim, 1), (helm, 1));
        return new Row(
            "a varying chart, once known to vary",
            [new Check("ms over helm", Over(times), 3)],
            times,
            $"{home.Stat("bypasses")} bypasses, {home.Stat("proof_runs")} proof runs"
        );
    }

    /// <summary>Commands that are none of ours.</summary>
    public Row PassThrough()
    {
        using Contender shim = home.Shim("env"),
            helm = home.Real("env");
        home.ResetStats();
        Dictionary<string, Samples> times = Samples.Alternate(rounds, (shim, 1), (helm, 1));
        return new Row(
            "pass-through (helm env)",
            [new Check("ms over helm", Over(times), 2.2)],
            times,
            $"{home.Stat("bypasses") + home.Stat("misses") + home.Stat("hits")} requests to the daemon"
        );
    }

    /// <summary>A new release name each time: rendered, published, stored.</summary>
    public Row Miss(string chart)
    {
        var shimTimes = new List<double>();
        var helmTimes = new List<double>();
        home.ResetStats();
        for (int i = 0; i < rounds; i++)
        {
            string[] arguments = ["template", string.Create(CultureInfo.InvariantCulture, $"miss{i}"), chart];
            using Contender shim = home.Shim(arguments),
                helm = home.Real(arguments);
            shimTimes.Add(shim.Run());
            helmTimes.Add(helm.Run());
        }
        var times = new Dictionary<string, Samples> { ["helmcached"] = Samples.Of(shimTimes), ["helm"] = Samples.Of(helmTimes) };
        double allowed = 3 + 0.04 * times["helm"].Median;
        return new Row(
            $"miss, {chart} chart",
            [new Check("ms over helm", Over(times), allowed)],
            times,
            $"{home.Stat("misses")} misses, {home.Stat("stored")} stored; the budget is 3 ms + 4 % of helm"
        );
    }

    private static double Over(Dictionary<string, Samples> times) => times["helmcached"].Median - times["helm"].Median;
}
