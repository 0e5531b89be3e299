using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using CacheDaemon.Bench.EndToEnd;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace CacheDaemon.Bench;

/// <summary>
/// <c>bench -- plot [RESULTS.json]</c>: draws a result as SVG into <c>docs/plots</c>, each picture for GitHub's light theme and
/// (<c>-dark</c>) for its dark one: the curves on two logarithmic axes, and the fleet of 60 renders as bars.
/// </summary>
internal static class Plot
{
    /// <summary>What holds the bars, and under what names.</summary>
    private const string Fleet = "fleet of 60, 1 at a time",
        SmallHit = "warm hit, trivial chart",
        Helm = "helm",
        Floor = "floor";

    /// <summary>Room for the names of lines, as a part of that of the lines.</summary>
    private const double NameShare = 0.2;

    private const double Width = 720,
        Height = 400,
        BarsHeight = 200;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNameCaseInsensitive = true };

    private static readonly (string Who, string Label)[] s_bars =
    [
        (Helm, "helm"),
        ("helmcached, cold", "helmcached, cold"),
        ("helmcached, warm", "helmcached, warm"),
    ];

    /// <summary>Runs and returns an exit code.</summary>
    /// <param name="given">A result's JSON; null: the newest.</param>
    public static int Run(string? given)
    {
        string results = Path.Combine(Repository.Root, "bench", "results"),
            plots = Path.Combine(Repository.Root, "docs", "plots");
        string? file = given ?? Directory.EnumerateFiles(results, "*.json").MaxBy(File.GetLastWriteTimeUtc);
        if (file is null)
        {
            Console.Error.WriteLine($"{results} holds no result; run bench -- e2e first");
            return 1;
        }
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(file));
        if (!json.RootElement.TryGetProperty("curves", out JsonElement curves) || curves.GetArrayLength() == 0)
        {
            Console.Error.WriteLine($"{file} holds no curves");
            return 1;
        }
        string source = Path.GetFileNameWithoutExtension(file);
        Dictionary<string, Dictionary<string, Samples>> times = json
            .RootElement.GetProperty("rows")
            .EnumerateArray()
            .GroupBy(
                row => row.GetProperty("What").GetString()!,
                row => row.GetProperty("Times").Deserialize<Dictionary<string, Samples>>(s_json)!
            )
            .ToDictionary(group => group.Key, group => group.First());
        Directory.CreateDirectory(plots);
        foreach (PlotTheme theme in PlotTheme.All)
        {
            foreach (Curve curve in curves.Deserialize<List<Curve>>(s_json)!)
                Write(curve.Name, theme, Draw(curve, times, source, theme), Height);
            if (times.TryGetValue(Fleet, out Dictionary<string, Samples>? fleet))
                Write("fleet", theme, Bars(fleet, source, theme), BarsHeight);
        }
        return 0;

        void Write(string name, PlotTheme theme, PlotModel plot, double height)
        {
            string target = Path.Combine(plots, name + theme.Suffix + ".svg");
            File.WriteAllText(target, SvgExporter.ExportToString(plot, Width, height, isDocument: true) + "\n");
            Console.WriteLine(target);
        }
    }

    private static PlotModel Draw(Curve curve, Dictionary<string, Dictionary<string, Samples>> times, string source, PlotTheme theme)
    {
        bool floor = curve.Points.Any(static point => point.Who == Floor);
        PlotModel plot = theme.Plot(
            curve.Title,
            $"median, and dashed the 95th percentile (p95), of whole processes; both axes logarithmic; {source}"
                + (floor ? "\nfloor: a native program that asks over a socket and writes as many bytes, and does nothing else" : "")
        );
        LogarithmicAxis across = Axis(AxisPosition.Bottom, curve.X, theme);
        // The names stand at the ends of their lines.
        double first = curve.Points.Min(static p => p.At),
            end = curve.Points.Max(static p => p.At);
        across.Maximum = end * Math.Pow(end / first, NameShare);
        plot.Axes.Add(across);
        plot.Axes.Add(Axis(AxisPosition.Left, "milliseconds", theme));
        foreach (IGrouping<string, CurvePoint> line in curve.Points.GroupBy(static point => point.Who))
        {
            OxyColor colour = theme.Of(line.Key);
            plot.Series.Add(
                Line(
                    line,
                    p => p.Times.Median,
                    new LineSeries
                    {
                        Color = colour,
                        MarkerType = MarkerType.Circle,
                        MarkerSize = 3,
                        MarkerFill = colour,
                    }
                )
            );
            plot.Series.Add(
                Line(
                    line,
                    p => p.Times.P95,
                    new LineSeries
                    {
                        Color = colour,
                        StrokeThickness = 1,
                        LineStyle = LineStyle.Dash,
                    }
                )
            );
            CurvePoint last = line.MaxBy(static point => point.At)!;
            plot.Annotations.Add(Label(line.Key, last.At, last.Times.Median, colour));
        }
        // Where real helm took no part, as its time does not depend on what grows, its one time is shown for comparison.
        if (
            curve.Points.All(static point => point.Who != Helm)
            && times.TryGetValue(SmallHit, out Dictionary<string, Samples>? small)
            && small.TryGetValue(Helm, out Samples? helm)
        )
        {
            CurvePoint[] ends = [new(Helm, first, helm), new(Helm, end, helm)];
            plot.Series.Add(Line(ends, p => p.Times.Median, new LineSeries { Color = theme.Of(Helm) }));
            plot.Annotations.Add(Label("helm, one call", end, helm.Median, theme.Of(Helm)));
        }
        return plot;
    }

    private static PlotModel Bars(Dictionary<string, Samples> fleet, string source, PlotTheme theme)
    {
        PlotModel plot = theme.Plot(
            "60 renders of a large chart, one after the other",
            $"seconds, less is better; cold: an empty cache, so one of the 60 runs helm; warm: none does; {source}"
        );
        var names = new CategoryAxis
        {
            Position = AxisPosition.Left,
            TextColor = theme.Text,
            TicklineColor = theme.Grid,
            AxislineColor = theme.Grid,
            StartPosition = 1,
            EndPosition = 0,
            GapWidth = 0.4,
        };
        var bars = new BarSeries { LabelPlacement = LabelPlacement.Outside, TextColor = theme.Text };
        plot.PlotMargins = new OxyThickness(140, double.NaN, double.NaN, double.NaN);
        double helm = fleet[Helm].Median;
        foreach ((string who, string label) in s_bars)
        {
            names.Labels.Add(label);
            double median = fleet[who].Median;
            bars.Items.Add(new BarItem(median / 1000) { Color = theme.Of(who == Helm ? Helm : "helmcached") });
            string text =
                string.Create(CultureInfo.InvariantCulture, $"{median / 1000:0.00} s")
                + (who == Helm ? "" : string.Create(CultureInfo.InvariantCulture, $", {helm / median:0} times faster"));
            plot.Annotations.Add(Label(text, median / 1000, names.Labels.Count - 1, theme.Text));
        }
        plot.Axes.Add(names);
        plot.Axes.Add(
            new LinearAxis
            {
                Position = AxisPosition.Bottom,
                Minimum = 0,
                Maximum = 1.12 * helm / 1000,
                TextColor = theme.Text,
                TicklineColor = theme.Grid,
                AxislineColor = theme.Grid,
                MajorGridlineStyle = LineStyle.Solid,
                MajorGridlineColor = theme.Grid,
                MinorTickSize = 0,
            }
        );
        plot.Series.Add(bars);
        return plot;
    }

    /// <summary>A text to the right of a point.</summary>
    private static TextAnnotation Label(string text, double x, double y, OxyColor colour) =>
        new()
        {
            Text = text,
            TextPosition = new DataPoint(x, y),
            TextHorizontalAlignment = HorizontalAlignment.Left,
            TextVerticalAlignment = VerticalAlignment.Middle,
            Offset = new ScreenVector(8, 0),
            TextColor = colour,
            StrokeThickness = 0,
        };

    private static LogarithmicAxis Axis(AxisPosition position, string title, PlotTheme theme) =>
        new()
        {
            Position = position,
            Title = title,
            TextColor = theme.Text,
            TitleColor = theme.Text,
            AxisTitleDistance = 10,
            MaximumPadding = 0.1,
            MinimumPadding = 0.1,
            TicklineColor = theme.Grid,
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = theme.Grid,
            LabelFormatter = value => value.ToString("#,0.##", CultureInfo.InvariantCulture),
        };

    private static LineSeries Line(IEnumerable<CurvePoint> points, Func<CurvePoint, double> value, LineSeries series)
    {
        series.Points.AddRange(points.Select(p => new DataPoint(p.At, value(p))));
        return series;
    }
}
