using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using CacheDaemon.Bench.EndToEnd;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace CacheDaemon.Bench;

/// <summary>
/// <c>bench -- plot [RESULTS.json]</c>: draws each curve of a result as SVG into <c>docs/plots</c>, on two logarithmic axes.
/// </summary>
internal static class Plot
{
    private const double Width = 720, Height = 400;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNameCaseInsensitive = true };

    /// <summary>Dark enough on white, and told apart by people who do not see red and green alike.</summary>
    private static readonly OxyColor[] s_colours = [OxyColor.Parse("#0072b2"), OxyColor.Parse("#d55e00"), OxyColor.Parse("#009e73"), OxyColor.Parse("#cc79a7")];

    /// <summary>Runs and returns an exit code.</summary>
    /// <param name="given">A result's JSON; null: the newest.</param>
    public static int Run(string? given)
    {
        string results = Path.Combine(Repository.Root, "bench", "results"), plots = Path.Combine(Repository.Root, "docs", "plots");
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
        Directory.CreateDirectory(plots);
        foreach (Curve curve in curves.Deserialize<List<Curve>>(s_json)!)
        {
            string target = Path.Combine(plots, curve.Name + ".svg");
            File.WriteAllText(target, Draw(curve, Path.GetFileNameWithoutExtension(file)));
            Console.WriteLine(target);
        }
        return 0;
    }

    private static string Draw(Curve curve, string source)
    {
        var plot = new PlotModel
        {
            Title = curve.Title,
            Subtitle = "median, dashed: 95 of 100 are faster; " + source,
            TitleFontSize = 15,
            SubtitleFontSize = 10,
            Background = OxyColors.White,
            PlotAreaBorderThickness = new OxyThickness(1, 0, 0, 1),
        };
        plot.Axes.Add(Axis(AxisPosition.Bottom, curve.X));
        plot.Axes.Add(Axis(AxisPosition.Left, "ms"));
        plot.Legends.Add(new Legend { LegendPosition = LegendPosition.RightTop, LegendPlacement = LegendPlacement.Outside });
        int index = 0;
        foreach (IGrouping<string, CurvePoint> line in curve.Points.GroupBy(p => p.Who))
        {
            OxyColor colour = s_colours[index++ % s_colours.Length];
            plot.Series.Add(Line(line, p => p.Times.Median, new LineSeries { Title = line.Key, Color = colour, MarkerType = MarkerType.Circle, MarkerSize = 3, MarkerFill = colour }));
            plot.Series.Add(Line(line, p => p.Times.P95, new LineSeries { Color = colour, StrokeThickness = 1, LineStyle = LineStyle.Dash, RenderInLegend = false }));
        }
        return SvgExporter.ExportToString(plot, Width, Height, isDocument: true);
    }

    private static LogarithmicAxis Axis(AxisPosition position, string title) => new()
    {
        Position = position,
        Title = title,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = OxyColor.FromRgb(221, 221, 221),
        LabelFormatter = value => value.ToString("#,0.##", CultureInfo.InvariantCulture),
    };

    private static LineSeries Line(IEnumerable<CurvePoint> points, Func<CurvePoint, double> value, LineSeries series)
    {
        series.Points.AddRange(points.Select(p => new DataPoint(p.At, value(p))));
        return series;
    }
}
