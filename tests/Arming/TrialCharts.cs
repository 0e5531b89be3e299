using System.Collections.Generic;
using CacheDaemon.Tests.Support;

namespace CacheDaemon.Tests.Arming;

/// <summary>A chart called <c>web</c> and how it is rendered.</summary>
/// <param name="Name">What it is about; unique.</param>
/// <param name="Chart">Its files.</param>
/// <param name="Arguments">Besides <c>template r web</c>.</param>
/// <param name="Variable">A variable of the call, as <c>NAME=value</c>; empty for none.</param>
/// <param name="Release">The release name.</param>
internal sealed record TrialChart(string Name, ChartBuilder Chart, string[] Arguments, string Variable = "", string Release = "r")
{
    /// <summary>A chart of one template and one values file.</summary>
    public static TrialChart Of(string name, string template, string values = "a: 1\n", params string[] arguments) =>
        new(name, Web(template, values), arguments);

    public static ChartBuilder Web(string template, string values = "a: 1\n") =>
        ChartBuilder.Chart("web").WithValues(values).WithTemplate("a.yaml", template + "\n");

    /// <summary>All of a list, by name.</summary>
    public static Dictionary<string, TrialChart> ByName(IEnumerable<TrialChart> charts)
    {
        var all = new Dictionary<string, TrialChart>();
        foreach (TrialChart chart in charts)
            all.Add(chart.Name, chart);
        return all;
    }
}
