using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>
/// Whatever is done to a chart between two calls, every served command answers as real helm does then. The edits are of the kinds in which
/// commands differ: what <c>.helmignore</c> hides is read by <c>lint</c> and <c>dependency list</c> all the same.
/// </summary>
[Trait("Needs", "programs")]
public sealed class RandomEditTests
{
    private const int Rounds = 12;

    private static readonly string[][] Calls =
    [
        ["template", "r", "web", "--include-crds"],
        ["show", "all", "web"],
        ["lint", "web", "--with-subcharts"],
        ["dependency", "list", "web"],
    ];

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Every_command_answers_as_helm_does_after_every_edit(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        await home.StartAsync();
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        ChartBuilder sound = Chart("web")
            .WithValues("a: 1\n")
            .WithConfigMap("c", "a: {{ .Values.a | quote }}")
            .WithFile("README.md", "# web\n")
            .WithFile("crds/c.yaml", "kind: A\n")
            .WithFile("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n")
            .WithFile("charts/sub/templates/s.yaml", "a: 1\n");
        string chart = sound.WriteTo(work);
        var random = new Random(major);
        var edits = new List<string>();
        for (int round = 0; round < Rounds; round++)
        {
            edits.Add(Edit(chart, random));
            bool isBroken = false;
            // What was written just now is read again anyway; what is older is believed by its stamp.
            if (round % 2 == 0)
                await Eventually.StampsAgeAsync(DateTime.UtcNow);
            foreach (string[] call in Calls)
            {
                CommandResult expected = await (home.Shim(work, call) with { File = home.RealHelm }).RunAsync();
                isBroken |= expected.ExitCode != 0;
                for (int i = 0; i < 2; i++)
                    Assert.True(
                        (await home.Shim(work, call).RunAsync()).DifferenceFrom(expected) is not { } difference,
                        $"{string.Join(' ', call)} after {string.Join("; ", edits)}"
                    );
            }
            // What helm refuses is never kept: a chart that stays broken would show little.
            if (!isBroken)
                continue;
            Directory.Delete(chart, recursive: true);
            sound.WriteTo(work);
            edits.Add("begin anew");
        }
        Stats stats = await home.StatsAsync();
        Assert.True(stats is { Errors: 0, Hits: > Rounds }, stats.ToString());
    }

    /// <summary>Does something to the chart, and says what.</summary>
    private static string Edit(string chart, Random random)
    {
        string[] files =
        [
            "values.yaml",
            "Chart.yaml",
            ".helmignore",
            "README.md",
            "values.schema.json",
            "templates/c.yaml",
            "templates/extra.yaml",
            "templates/NOTES.txt",
            "crds/c.yaml",
            "crds/d.txt",
            "charts/sub/Chart.yaml",
            "charts/sub/values.yaml",
            "charts/sub/templates/s.yaml",
            "notes/free.txt",
        ];
        string[] texts =
        [
            "a: 1\n",
            "a: 2\n",
            "a: {b: 1}\n",
            "",
            "{}",
            "# nothing\n",
            "a: [\n",
            "kind: ConfigMap\nmetadata: {name: x}\n",
            "x: {{ .Values.a | toJson }}\n",
        ];
        string file = files[random.Next(files.Length)],
            path = Path.Combine(chart, file);
        string text = file switch
        {
            "Chart.yaml" => "apiVersion: v2\nname: web\nversion: 1.0.0\n"
                + (string)
                    new[]
                    {
                        "",
                        "icon: https://example.com/i.png\n",
                        "dependencies: [{name: sub, version: \">=1.0.0\", repository: \"\"}]\n",
                        "dependencies: [{name: sub, version: \">=1.0.0\", repository: \"\", condition: sub.enabled}, {name: gone, "
                            + "version: 2.x.x, repository: \"\"}]\n",
                    }.GetValue(random.Next(4))!,
            "charts/sub/Chart.yaml" => $"apiVersion: v2\nname: sub\nversion: 1.{random.Next(3)}.0\n",
            ".helmignore" => (string)
                new[] { "README.md\n", "values.yaml\n", "charts/\n", "*.txt\n", "templates/extra.yaml\n", "" }.GetValue(random.Next(6))!,
            "values.schema.json" => (string)
                new[] { "{}", "{\"type\": \"object\"}", "{\"properties\": {\"a\": {\"type\": \"string\"}}}" }.GetValue(random.Next(3))!,
            _ => texts[random.Next(texts.Length)],
        };
        switch (random.Next(6))
        {
            case 0 when file is not "Chart.yaml" && File.Exists(path):
                File.Delete(path);
                return "delete " + file;
            case 1 when file is not "Chart.yaml" && File.Exists(path):
                File.Move(path, path + ".moved", overwrite: true);
                return "rename " + file;
            case 2 when File.Exists(path):
                DateTime modified = File.GetLastWriteTimeUtc(path);
                File.WriteAllText(path, text);
                File.SetLastWriteTimeUtc(path, modified);
                return $"write {file} with its old time";
            default:
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, text);
                return $"write {file}: {text.ReplaceLineEndings(" ")}";
        }
    }
}
