using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>What a run found: on the screen, as JSON for machines and plots, as Markdown for people.</summary>
/// <param name="quick">Whether there were fewer rounds.</param>
/// <param name="load">How many processes of the bench's own kept the processors busy.</param>
internal sealed class Report(bool quick, int load)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly List<Row> _rows = [];
    private readonly List<Curve> _curves = [];

    /// <summary>Adds a row and shows it.</summary>
    public void Add(Row row)
    {
        _rows.Add(row);
        string verdict =
            row.Checks.Count == 0 ? ""
            : row.Checks.All(c => c.Met) ? "[green]met[/]"
            : "[red]missed[/]";
        AnsiConsole.MarkupLine(
            $"{Markup.Escape(row.What)}: {Markup.Escape(string.Join("; ", row.Checks.Select(c => c.Measured)))} {verdict}"
        );
        if (row.Note.Length > 0)
            AnsiConsole.MarkupLine($"  [grey]{Markup.Escape(row.Note)}[/]");
        foreach ((string name, Samples s) in row.Times)
            AnsiConsole.MarkupLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  [grey]{Markup.Escape(name)}: median {s.Median:0.00} ms, p95 {s.P95:0.00}, p99 {s.P99:0.00} ({s.Runs})[/]"
                )
            );
    }

    /// <summary>Adds a curve and shows its medians.</summary>
    public void Add(Curve curve)
    {
        _curves.Add(curve);
        AnsiConsole.MarkupLine(Markup.Escape(curve.Title));
        foreach (IGrouping<string, CurvePoint> line in curve.Points.GroupBy(p => p.Who))
        {
            string points = string.Join(
                ", ",
                line.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.At:#,0} {p.Times.Median:0.00} ms"))
            );
            AnsiConsole.MarkupLine($"  [grey]{Markup.Escape(line.Key)}: {points}[/]");
        }
    }

    /// <summary>Prints the table and writes both files; returns the Markdown's path.</summary>
    public string Finish(double loadBefore)
    {
        var table = new Table().AddColumns("what", "budget", "measured", "");
        foreach (Row row in _rows)
        {
            foreach (Check check in row.Checks)
                table.AddRow(Markup.Escape(row.What), check.Budget, check.Measured, check.Met ? "[green]met[/]" : "[red]missed[/]");
        }
        AnsiConsole.Write(table);

        var about = new Dictionary<string, string>
        {
            ["date"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC",
            ["commit"] = Repository.Commit(),
            ["mode"] = quick ? "quick" : "full",
            ["processor"] = Processor(),
            ["processors"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
            ["system"] = RuntimeInformation.OSDescription,
            ["busy processes of the bench"] = load.ToString(CultureInfo.InvariantCulture),
            ["load before and after"] = string.Create(CultureInfo.InvariantCulture, $"{loadBefore:0.00}, {Load():0.00}"),
        };
        string name = Path.Combine(
            Repository.Root,
            "bench",
            "results",
            $"{DateTimeOffset.UtcNow:yyyy-MM-dd}-{about["commit"]}{(quick ? "-quick" : "")}{(load > 0 ? $"-load{load}" : "")}"
        );
        Directory.CreateDirectory(Path.GetDirectoryName(name)!);
        File.WriteAllText(
            name + ".json",
            JsonSerializer.Serialize(
                new
                {
                    about,
                    rows = _rows,
                    curves = _curves,
                },
                Json
            ) + "\n"
        );
        File.WriteAllText(name + ".md", Markdown(about));
        return name + ".md";
    }

    /// <summary>The load average of the last minute: how quiet the machine was.</summary>
    public static double Load() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    private string Markdown(Dictionary<string, string> about)
    {
        var text = new StringBuilder("# End-to-end figures\n\n");
        foreach ((string name, string value) in about)
            text.Append(CultureInfo.InvariantCulture, $"- {name}: {value}\n");
        text.Append("\n| what | budget | measured | met | note |\n|---|---|---|---|---|\n");
        foreach (Row row in _rows)
        {
            if (row.Checks.Count == 0 && row.Note.Length > 0)
                text.Append(CultureInfo.InvariantCulture, $"| {row.What} | none | | | {row.Note} |\n");
            foreach (Check check in row.Checks)
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| {row.What} | {check.Budget} | {check.Measured} | {(check.Met ? "yes" : "**no**")} | "
                        + $"{(check == row.Checks[0] ? row.Note : "")} |\n"
                );
        }
        text.Append(
            "\nMilliseconds from before the start of a process until it is reaped, its output read from a pipe.\n\n"
                + "| what | who | runs | median | p95 | p99 | fastest |\n|---|---|---:|---:|---:|---:|---:|\n"
        );
        foreach (Row row in _rows)
        {
            foreach ((string name, Samples s) in row.Times)
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| {row.What} | {name} | {s.Runs} | {s.Median:0.00} | {s.P95:0.00} | {s.P99:0.00} | {s.Fastest:0.00} |\n"
                );
        }
        return text.ToString();
    }

    private static string Processor()
    {
        foreach (string line in File.ReadLines("/proc/cpuinfo"))
        {
            if (line.StartsWith("model name", StringComparison.Ordinal))
                return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }
        return RuntimeInformation.ProcessArchitecture.ToString();
    }
}
