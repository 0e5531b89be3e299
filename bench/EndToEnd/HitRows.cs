using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>What a hit costs: beside real helm, beside the floor, from disk, and first of all after a start.</summary>
internal sealed class HitRows(BenchHome home, int rounds)
{
    private const string TemplateHit = "template hit";

    /// <summary>A warm hit on one chart, side by side with real helm, the floor and the alternatives.</summary>
    /// <param name="what">Name of the row.</param>
    /// <param name="chart">The chart.</param>
    /// <param name="helmShare">Share of the rounds in which real helm takes part.</param>
    /// <param name="floorLimit">Budget against the floor; null: none.</param>
    /// <param name="helmLimit">Budget against real helm; null: none.</param>
    /// <param name="peers">Whether the alternatives take part.</param>
    /// <param name="call">The call; null: <c>template rel</c> and the chart.</param>
    /// <param name="templateLimit">Budget against a hit of <c>template rel</c> and the chart; null: none, and that takes no part.</param>
    public Row Warm(
        string what,
        string chart,
        double helmShare,
        double? floorLimit,
        double? helmLimit,
        bool peers = false,
        string[]? call = null,
        double? templateLimit = null
    )
    {
        string[] arguments = call ?? ["template", "rel", chart];
        using Contender shim = home.Shim(arguments),
            helm = home.Real(arguments);
        byte[] expected = helm.Capture();
        for (int i = 0; i < 3; i++)
        {
            if (!shim.Capture().AsSpan().SequenceEqual(expected))
                throw new InvalidOperationException($"{chart}: the shim's output is not helm's");
        }
        using var floor = new FloorServer(home, expected.Length);
        using Contender empty = home.Other("empty Main", Repository.Floor());
        var contenders = new List<(Contender, double)> { (shim, 1), (floor.Contender, 1), (empty, 1), (helm, helmShare) };
        if (peers)
        {
            contenders.Add((Peers.Script(home, chart, arguments), 0.5));
            if (Peers.Ccache(home) is { } ccache)
                contenders.Add((ccache, 0.5));
        }
        using Contender template = home.Other(TemplateHit, Repository.Shim, "template", "rel", chart);
        if (templateLimit is not null)
            contenders.Add((template, 1));
        home.ResetStats();
        Dictionary<string, Samples> times = Samples.Alternate(rounds, contenders);
        long hits = home.Stat("hits");
        var checks = new List<Check>();
        if (floorLimit is { } most)
            checks.Add(new Check("× floor", times["helmcached"].Median / times["floor"].Median, most));
        if (helmLimit is { } least)
            checks.Add(new Check("× faster than helm", times["helm"].Median / times["helmcached"].Median, least, AtLeast: true));
        if (templateLimit is { } mostOfTemplate)
            checks.Add(new Check("× template hit", times["helmcached"].Median / times[TemplateHit].Median, mostOfTemplate));
        string note = string.Create(
            CultureInfo.InvariantCulture,
            $"{expected.Length:#,0} bytes of output; {hits} hits in {times["helmcached"].Runs + 2} calls"
        );
        return new Row(what, checks, times, note);
    }

    /// <summary>The first hit on each of many entries after a restart, which finds the memory tier empty, beside the second.</summary>
    public Row FromDisk(string chart, int entries)
    {
        Contender[] calls = [.. Enumerable.Range(0, entries).Select(i => home.Shim("template", $"disk{i}", chart))];
        foreach (Contender call in calls)
            call.Run();
        home.Stop();
        home.Start();
        using (Contender first = home.Shim("template", "rel", chart))
            first.Run();
        home.ResetStats();
        var cold = new List<double>();
        var warm = new List<double>();
        foreach (Contender call in calls)
        {
            cold.Add(call.Run());
            warm.Add(call.Run());
            call.Dispose();
        }
        var times = new Dictionary<string, Samples> { ["from disk"] = Samples.Of(cold), ["from memory"] = Samples.Of(warm) };
        return new Row(
            "hit from disk, memory tier cold",
            [new Check("ms over memory", times["from disk"].Median - times["from memory"].Median, 1)],
            times,
            $"{home.Stat("hits")} hits on {entries} entries"
        );
    }

    /// <summary>The very first request of a new daemon: charts, helm and store are all unknown to it.</summary>
    public Row FirstRequest(string chart, int starts)
    {
        using Contender call = home.Shim("template", "rel", chart);
        var first = new List<double>();
        var later = new List<double>();
        for (int i = 0; i < starts; i++)
        {
            home.Stop();
            home.Start();
            first.Add(call.Run());
            call.Run();
            later.Add(call.Run());
        }
        var times = new Dictionary<string, Samples> { ["first"] = Samples.Of(first), ["third"] = Samples.Of(later) };
        return new Row(
            "hit right after the daemon started",
            [new Check("ms over a warm hit", times["first"].Median - times["third"].Median, 10)],
            times
        );
    }
}
