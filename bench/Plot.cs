using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Xml.Linq;
using CacheDaemon.Bench.EndToEnd;

namespace CacheDaemon.Bench;

/// <summary>
/// <c>bench -- plot [RESULTS.json]</c>: draws each curve of a result as SVG into <c>docs/plots</c>. By hand, since none of the plotting
/// libraries that we know could be restored; a line on two logarithmic axes is not much.
/// </summary>
internal static class Plot
{
    private const double Width = 720, Height = 400, Left = 60, Right = 110, Top = 40, Bottom = 50, NameHeight = 14;

    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";
    private static readonly JsonSerializerOptions s_json = new() { PropertyNameCaseInsensitive = true };

    /// <summary>Dark enough on white, and told apart by people who do not see red and green alike.</summary>
    private static readonly string[] s_colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];

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
            File.WriteAllText(target, Draw(curve, Path.GetFileNameWithoutExtension(file)) + "\n");
            Console.WriteLine(target);
        }
        return 0;
    }

    private static XElement Draw(Curve curve, string source)
    {
        var x = Axis.Over(curve.Points.Select(p => p.At), Left, Width - Right);
        var y = Axis.Over(curve.Points.SelectMany(p => new[] { p.Times.Median, p.Times.P95 }), Height - Bottom, Top);
        var svg = new XElement(s_svg + "svg",
            new XAttribute("viewBox", $"0 0 {Number(Width)} {Number(Height)}"),
            new XAttribute("font-family", "sans-serif"), new XAttribute("font-size", 12),
            Shape("rect", ("width", Width), ("height", Height), ("fill", "white")),
            Text(Left, 20, curve.Title, ("font-size", 15)),
            Text(Width - 5, Height - 6, $"median, dashed: 95 of 100 are faster; {source}", ("text-anchor", "end"), ("fill", "#666"), ("font-size", 10)),
            Text((Left + Width - Right) / 2, Height - 18, curve.X, ("text-anchor", "middle")),
            Text(Left - 45, Top - 8, "ms", ("fill", "#333")));
        foreach (double tick in x.Ticks)
        {
            svg.Add(Line(x.Place(tick), Top, x.Place(tick), Height - Bottom), Text(x.Place(tick), Height - Bottom + 16, tick.ToString("#,0.##", CultureInfo.InvariantCulture), ("text-anchor", "middle")));
        }
        foreach (double tick in y.Ticks)
            svg.Add(Line(Left, y.Place(tick), Width - Right, y.Place(tick)), Text(Left - 6, y.Place(tick) + 4, tick.ToString("#,0.##", CultureInfo.InvariantCulture), ("text-anchor", "end")));
        int index = 0;
        var names = new List<(double X, double Y, string Name, string Colour)>();
        foreach (IGrouping<string, CurvePoint> line in curve.Points.GroupBy(p => p.Who))
        {
            string colour = s_colours[index++ % s_colours.Length];
            svg.Add(Polyline(line, p => p.Times.P95, ("stroke-width", 1), ("stroke-dasharray", "3 3")), Polyline(line, p => p.Times.Median, ("stroke-width", 2)));
            foreach (CurvePoint point in line)
                svg.Add(Shape("circle", ("cx", x.Place(point.At)), ("cy", y.Place(point.Times.Median)), ("r", 3), ("fill", colour)));
            CurvePoint last = line.Last();
            names.Add((x.Place(last.At) + 8, y.Place(last.Times.Median) + 4, line.Key, colour));

            XElement Polyline(IEnumerable<CurvePoint> points, Func<CurvePoint, double> value, params (string, object)[] style) =>
                Shape("polyline", [("points", string.Join(' ', points.Select(p => $"{Number(x.Place(p.At))},{Number(y.Place(value(p)))}"))), ("fill", "none"), ("stroke", colour), .. style]);
        }
        double above = 0;
        foreach ((double left, double wanted, string name, string colour) in names.OrderBy(n => n.Y))
        {
            above = Math.Max(wanted, above + NameHeight);
            svg.Add(Text(left, above, name, ("fill", colour)));
        }
        return svg;
    }

    private static XElement Line(double x1, double y1, double x2, double y2) => Shape("line", ("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2), ("stroke", "#ddd"));

    private static XElement Text(double x, double y, string text, params (string, object)[] style)
    {
        XElement element = Shape("text", [("x", x), ("y", y), .. style]);
        element.Add(text);
        return element;
    }

    private static XElement Shape(string name, params (string Name, object Value)[] attributes) =>
        new(s_svg + name, attributes.Select(a => new XAttribute(a.Name, a.Value is double number ? Number(number) : a.Value)));

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A logarithmic axis from below the least to above the greatest value.</summary>
    private sealed record Axis(double Least, double Greatest, double From, double To, IReadOnlyList<double> Ticks)
    {
        public static Axis Over(IEnumerable<double> values, double from, double to)
        {
            double[] all = [.. values];
            double[] ticks = [.. Enumerable.Range(-3, 10).SelectMany(power => new[] { 1.0, 2, 5 }.Select(digit => digit * Math.Pow(10, power)))];
            double least = ticks.Last(t => t <= all.Min()), greatest = ticks.First(t => t >= all.Max());
            double[] shown = [.. ticks.Where(t => t >= least && t <= greatest)];
            // Over more than three decades only powers of ten, so that the numbers do not touch.
            return new Axis(least, greatest, from, to, greatest / least > 1000 ? [.. shown.Where(t => Math.Abs(Math.Log10(t) - Math.Round(Math.Log10(t))) < 1e-9)] : shown);
        }

        public double Place(double value) => From + (Math.Log(value) - Math.Log(Least)) / (Math.Log(Greatest) - Math.Log(Least)) * (To - From);
    }
}
