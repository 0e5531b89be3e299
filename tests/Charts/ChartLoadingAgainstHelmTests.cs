using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Charts;

/// <summary>
/// Random chart directories with random <c>.helmignore</c>s: what templates of real helm see (names and content digests),
/// which templates it renders, and where it says links lead must be what our loader counts. The seed is in the failure;
/// <c>HELMCACHED_TEST_TREES</c> asks for more trees per helm, <c>HELMCACHED_TEST_SEED</c> for another start.
/// </summary>
[Trait("Needs", "helm")]
[Trait("Needs", "programs")]
public sealed partial class ChartLoadingAgainstHelmTests
{
    private const int DefaultTrees = 40;

    private const string Probe = """
        chart: {{ .Template.Name | b64enc }}
        files:
        {{- range $name, $_ := .Files }}
        - {{ $name | b64enc }} {{ $.Files.Get $name | sha256sum }}
        {{- end }}
        {{- range $name, $_ := .Files.Glob "**" }}
        - {{ $name | b64enc }} {{ $.Files.Get $name | sha256sum }}
        {{- end }}

        """;

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public void Helm_sees_exactly_the_files_that_the_loader_counts(int major)
    {
        int trees = int.Parse(Environment.GetEnvironmentVariable("HELMCACHED_TEST_TREES") ?? DefaultTrees.ToString());
        int first = int.Parse(Environment.GetEnvironmentVariable("HELMCACHED_TEST_SEED") ?? "20261121");
        int compared = 0;
        for (int seed = first; seed < first + trees; seed++)
        {
            using var chart = new ChartDirectory(empty: true);
            new RandomChart(new Random(seed)).WriteTo(chart);
            string? difference = Compare(chart, major, ref compared);
            Assert.True(difference is null, $"seed {seed}: {difference}\n.helmignore:\n{TryRead(chart.At(".helmignore"))}");
        }
        // A generator that mostly made charts that helm refuses would prove nothing.
        Assert.InRange(compared, trees / 2, trees);
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public void Chart_lock_is_never_shown(int major)
    {
        foreach (string apiVersion in new[] { "v1", "v2" })
        {
            using var chart = new ChartDirectory(empty: true);
            foreach (string at in new[] { "", "charts/kid/", "charts/kid/charts/deep/" })
            {
                chart
                    .Write(at + "Chart.yaml", $"apiVersion: {apiVersion}\nname: c\nversion: 1.0.0\n")
                    .Write(at + "Chart.lock", "generated: \"2024-01-02T03:04:05Z\"\n")
                    .Write(at + "seen.txt", "x")
                    .Write(at + "templates/probe.yaml", Probe);
            }
            HelmRun run = chart.Helm(major);
            Assert.Equal(0, run.ExitCode);
            Assert.Equal(6, Regex.Count(run.Stdout, Base64("seen.txt")));
            Assert.DoesNotContain(Base64("Chart.lock"), run.Stdout, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public void Helm_refuses_what_the_loader_declines(int major)
    {
        AssertRefused(c => c.Link("gone", "nowhere"));
        AssertRefused(c => c.Link("gone", "nowhere").Write(".helmignore", "gone\n"));
        AssertRefused(c => c.Link("self", "self"));
        AssertRefused(c => c.Link("loop", "."));
        AssertRefused(c => c.CreateFifo("pipe"));
        AssertRefused(c => c.Write("big", new byte[ChartLimits.MaxFileBytes + 1]));
        AssertRefused(c => c.Write(".helmignore", "a/**\n"));
        AssertRefused(c => c.Write(".helmignore", "[\n"));
        AssertRefused(c => c.Write(".helmignore", new string('x', 65_536) + "\n"));
        AssertRefused(c => Directory.CreateDirectory(c.At(".helmignore")));

        void AssertRefused(Action<ChartDirectory> harm)
        {
            using var chart = new ChartDirectory();
            harm(chart);
            Assert.IsType<ChartLoad.Declined>(chart.Load());
            Assert.Equal(1, chart.Helm(major).ExitCode);
        }
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public void Helm_takes_what_the_loader_takes_at_the_limits(int major)
    {
        using var chart = new ChartDirectory();
        chart.Write("big", new byte[ChartLimits.MaxFileBytes]).Write(".helmignore", new string('x', 65_535) + "\npipe\n");
        chart.CreateFifo("pipe");
        Assert.Equal(
            ["/big", "/Chart.yaml", "/templates/x.yaml", "/values.yaml", "/.helmignore"],
            chart.Names().Select(n => "/" + n).OrderBy(n => n.Replace('.', '~'), StringComparer.OrdinalIgnoreCase)
        );
        Assert.Equal(0, chart.Helm(major).ExitCode);
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public void Helm_sees_every_entry_of_an_archive_that_we_list(int major)
    {
        const string Lengths = """
            {{- range $name, $_ := .Files }}
            - {{ $name | b64enc }} {{ $.Files.Get $name | len }}
            {{- end }}

            """;
        for (int seed = 1; seed <= 10; seed++)
        {
            using var chart = new ChartDirectory(empty: true);
            new RandomChart(new Random(seed)).WriteTo(chart);
            chart.Write("templates/probe.yaml", "chart: {{ .Template.Name | b64enc }}\nfiles:\n" + Lengths);
            string archive = Path.Combine(chart.Parent, "c.tgz");
            string format = seed % 2 == 0 ? "gnu" : "pax";
            using (Process tar = Process.Start("tar", ["-czf", archive, "--format", format, "-C", chart.Parent, "c"]))
                tar.WaitForExit();
            ChartTree tree = chart.Tree(archive);
            Assert.False(tree.Opaque);
            HelmRun run = chart.Helm(major, archive);
            Assert.True(run.ExitCode == 0, run.Stderr);
            string[] hidden = ["Chart.yaml", "values.yaml"];
            var ours =
                from facts in tree.Facts
                let name = Encoding.UTF8.GetString(facts.Name)["!c/".Length..]
                where !hidden.Contains(name) && !name.StartsWith("templates/", StringComparison.Ordinal)
                where !name.StartsWith("charts/", StringComparison.Ordinal) || name.EndsWith(".prov", StringComparison.Ordinal)
                // helm takes a byte order mark off every file.
                let length = name == ".helmignore" && File.ReadAllBytes(chart.At(name)).AsSpan().StartsWith("\uFEFF"u8)
                    ? facts.Obstacle!.Line - 3
                    : facts.Obstacle!.Line
                select $"{Base64(name)} {length}";
            string? difference = Difference("entries", ours.ToHashSet(), Seen(run.Stdout, "c/templates/probe.yaml"));
            Assert.True(difference is null, $"seed {seed}: {difference}");
        }
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public void What_helm_packs_is_listed_and_may_be_packed_again(int major)
    {
        using var chart = new ChartDirectory();
        chart
            .Write("charts/kid/Chart.yaml", "apiVersion: v2\nname: kid\nversion: 1.0.0\n")
            .Write("Chart.lock", "generated: \"2024-01-02T03:04:05Z\"\n");
        ChartTree first = Pack("one", "2001-02-03T04:05:06Z");
        ChartTree second = Pack("two", "2020-02-03T04:05:06Z");
        Assert.False(first.Opaque);
        Assert.Equal("c", first.Metadata.Name);
        Assert.Equal(first.Digest, second.Digest);

        ChartTree Pack(string directory, string time)
        {
            File.SetLastWriteTimeUtc(chart.At("values.yaml"), DateTime.Parse(time).ToUniversalTime());
            string destination = Path.Combine(chart.Parent, directory);
            HelmRun run = chart.Run(major, "package", chart.Root, "-d", destination);
            Assert.True(run.ExitCode == 0, run.Stderr);
            return chart.Tree(Path.Combine(destination, "c-1.0.0.tgz"));
        }
    }

    private static string? Compare(ChartDirectory chart, int major, ref int compared)
    {
        HelmRun run = chart.Helm(major);
        ChartLoad load = chart.Load();
        if (load is not ChartLoad.Loaded { Tree: var tree })
        {
            // helm notices a faulty pattern only when a name gets as far as the fault; we decline it always.
            bool faulty = load is ChartLoad.Declined { What: ".helmignore: syntax error in pattern" };
            return run.ExitCode != 0 || faulty ? null : $"helm rendered what we declined: {load}";
        }
        string[] names = tree.Files.Where(f => f.Form != ContentForm.None).Select(f => Encoding.UTF8.GetString(f.Name)).ToArray();
        bool complete =
            names.Contains("Chart.yaml")
            && (!names.Any(n => n.StartsWith("charts/kid/", StringComparison.Ordinal)) || names.Contains("charts/kid/Chart.yaml"));
        if (run.ExitCode != 0)
            return complete ? $"helm failed: {run.Stderr}" : null;
        if (!complete)
            return "helm rendered a chart without Chart.yaml";
        compared++;
        return Difference("files of the root", Listing(chart, tree, "").ToHashSet(), Seen(run.Stdout, "c/templates/probe.yaml"))
            ?? Difference(
                "files of the subchart",
                Listing(chart, tree, "charts/kid/").ToHashSet(),
                Seen(run.Stdout, "c/charts/kid/templates/probe.yaml")
            )
            ?? Difference(
                "templates",
                names.Where(IsRendered).Select(n => "c/" + n).ToHashSet(),
                Sources().Matches(run.Stdout).Select(m => m.Groups[1].Value).ToHashSet()
            )
            ?? LinkDifference(tree, run.Stderr, major);
    }

    private static IEnumerable<string> Listing(ChartDirectory chart, ChartTree tree, string at)
    {
        string[] own = ["Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json"];
        bool probed = tree.Files.Any(f => Encoding.UTF8.GetString(f.Name) == at + "templates/probe.yaml");
        return from file in tree.Files
            where probed && file.Form != ContentForm.None
            let name = Encoding.UTF8.GetString(file.Name)
            where name.StartsWith(at, StringComparison.Ordinal)
            let inside = name[at.Length..]
            where !own.Contains(inside) && !inside.StartsWith("templates/", StringComparison.Ordinal)
            // Anything called *.prov below charts/ belongs to the root.
            let provenance = inside.EndsWith(".prov", StringComparison.Ordinal)
            where inside.StartsWith("charts/", StringComparison.Ordinal) ? provenance : at.Length == 0 || !provenance
            select Base64(inside) + " " + AsShown(chart.At(name), file.Content);
    }

    /// <summary>helm takes a byte order mark off every file; our digest is of the bytes on disk.</summary>
    private static Digest AsShown(string path, Digest content)
    {
        ReadOnlySpan<byte> bytes = File.ReadAllBytes(path);
        return bytes.StartsWith("\uFEFF"u8) ? Digest.Of(bytes[3..]) : content;
    }

    private static HashSet<string> Seen(string stdout, string template) =>
        stdout
            .Split("---\n")
            .Where(d => d.Contains("chart: " + Base64(template) + "\n", StringComparison.Ordinal))
            .SelectMany(d => d.Split('\n'))
            .Where(l => l.StartsWith("- ", StringComparison.Ordinal))
            .Select(l => l[2..])
            .ToHashSet();

    private static bool IsRendered(string name)
    {
        string inside = name.StartsWith("charts/kid/", StringComparison.Ordinal) ? name["charts/kid/".Length..] : name;
        return inside.StartsWith("templates/", StringComparison.Ordinal);
    }

    /// <summary>helm prints a line per link; the digest of the targets must be that of ours.</summary>
    private static string? LinkDifference(ChartTree tree, string stderr, int major)
    {
        Regex line = major == 3 ? Links3() : Links4();
        byte[] targets = line.Matches(stderr).SelectMany(m => Encoding.UTF8.GetBytes(m.Groups[1].Value + "\0")).ToArray();
        bool same = targets.Length == 0 ? tree.LinkTargets == default && stderr.Length == 0 : tree.LinkTargets == Digest.Of(targets);
        return same ? null : $"links: {stderr}";
    }

    private static string? Difference(string what, HashSet<string> ours, HashSet<string> helms)
    {
        if (ours.SetEquals(helms))
            return null;
        return $"{what}: only we count [{Show(ours.Except(helms))}], only helm sees [{Show(helms.Except(ours))}]";

        static string Show(IEnumerable<string> names) =>
            string.Join(", ", names.Select(n => n.Contains(' ') ? Encoding.UTF8.GetString(Convert.FromBase64String(n.Split(' ')[0])) : n));
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string TryRead(string path) => File.Exists(path) ? File.ReadAllText(path) : "(none)";

    [GeneratedRegex(@"^# Source: (.*)$", RegexOptions.Multiline)]
    private static partial Regex Sources();

    [GeneratedRegex(@" resolves to (.*)\. Contents of linked file", RegexOptions.Multiline)]
    private static partial Regex Links3();

    [GeneratedRegex(@" resolved=""?([^""\n]*)""?$", RegexOptions.Multiline)]
    private static partial Regex Links4();

    /// <summary>A chart with a subchart, odd names, links and rules over the names it has.</summary>
    private sealed class RandomChart(Random random)
    {
        private static readonly string[] Pool =
        [
            "a",
            "b",
            "ab",
            "a.txt",
            "b.yaml",
            ".h",
            ".hh",
            "docs",
            "x y",
            "[z]",
            "é",
            "~",
            "a#",
            "!b",
            "README.md",
            "_p",
            "z.prov",
        ];

        private readonly List<string> _paths = [];
        private readonly List<string> _directories = [""];

        public void WriteTo(ChartDirectory chart)
        {
            foreach (string at in new[] { "", "charts/kid/" })
            {
                chart.Write(at + "Chart.yaml", "apiVersion: v2\nname: " + (at.Length == 0 ? "c" : "kid") + "\nversion: 1.0.0\n");
                chart.Write(at + "templates/probe.yaml", Probe);
                _paths.AddRange([at + "Chart.yaml", at + "templates/probe.yaml", at + "templates"]);
                AddTree(chart, at, depth: 0);
                AddTemplates(chart, at);
                if (Chance(3))
                    chart.Write(at + "crds/c.yaml", "x: 1\n");
                if (Chance(3))
                    chart.Write(at + "values.yaml", "v: 1\n");
            }
            if (Chance(3))
                chart.Write("charts/_skipped/x", "x").Write("charts/.skipped", "y").Write("charts/kid.prov", "z");
            AddLinks(chart);
            if (!Chance(8))
                AddRules(chart);
        }

        private void AddTree(ChartDirectory chart, string at, int depth)
        {
            for (int i = random.Next(depth == 0 ? 2 : 0, 5); i > 0; i--)
            {
                string path = at + Pick(Pool);
                if (_paths.Contains(path) || path.StartsWith("charts/kid/charts", StringComparison.Ordinal))
                    continue;
                _paths.Add(path);
                if (depth < 3 && Chance(3))
                {
                    Directory.CreateDirectory(chart.At(path));
                    _directories.Add(path + "/");
                    AddTree(chart, path + "/", depth + 1);
                    continue;
                }
                byte[] content = new byte[random.Next(0, 40)];
                random.NextBytes(content);
                chart.Write(path, content);
            }
        }

        private void AddTemplates(ChartDirectory chart, string at)
        {
            foreach (string name in new[] { "a.yaml", ".h.yaml", "sub/b.yaml", "sub/.h.yaml", ".d/c.yaml", "x.txt" })
            {
                if (!Chance(2))
                    continue;
                chart.Write($"{at}templates/{name}", "k: v\n");
                _paths.Add($"{at}templates/{name}");
            }
        }

        private void AddLinks(ChartDirectory chart)
        {
            File.WriteAllText(Path.Combine(chart.Parent, "outside.txt"), "outside");
            Directory.CreateDirectory(Path.Combine(chart.Parent, "out"));
            File.WriteAllText(Path.Combine(chart.Parent, "out", "a.txt"), "out a");
            File.CreateSymbolicLink(Path.Combine(chart.Parent, "hop"), "out");
            for (int i = Chance(2) ? 0 : random.Next(1, 4); i > 0; i--)
            {
                string at = Pick(_directories);
                string up = string.Concat(Enumerable.Repeat("../", at.Count(c => c == '/')));
                string[] targets =
                [
                    up + "Chart.yaml",
                    up + "templates",
                    up + "../outside.txt",
                    up + "../out",
                    up + "../hop",
                    up + "../hop/a.txt",
                    up + "../out/../hop/./a.txt",
                    Path.Combine(chart.Parent, "out"),
                    Path.Combine(chart.Parent, "hop", "a.txt"),
                ];
                string path = at + "l" + i;
                chart.Link(path, Pick(targets));
                _paths.Add(path);
            }
        }

        private void AddRules(ChartDirectory chart)
        {
            var rules = new StringBuilder();
            if (Chance(6))
                rules.Append('\uFEFF');
            for (int i = random.Next(0, 5); i > 0; i--)
                rules.Append(Rule()).Append(Chance(4) ? "\r\n" : "\n");
            chart.Write(".helmignore", rules.ToString());
        }

        private string Rule()
        {
            if (Chance(40))
                return Pick(["a/**", "[", "[]", "a\\", "[a-", "!Chart.yaml"]);
            string path = Pick(_paths);
            string rule = random.Next(9) switch
            {
                0 => path,
                1 => "/" + path,
                2 => Path.GetFileName(path),
                3 => Path.GetFileName(path) + "/",
                4 => path + "/",
                5 => Disguise(path),
                6 => Disguise(Path.GetFileName(path)),
                7 => Pick([
                    "*.txt",
                    ".*",
                    "?",
                    "*/a",
                    "docs/*",
                    "[ab]",
                    "[^c]",
                    "[a-b].*",
                    "*b",
                    "l*",
                    "l*/",
                    "./a",
                    "# a",
                    "",
                    "\\#",
                    "[[]*",
                    "*/*",
                    "l1/a*",
                    "a*/",
                    "/?",
                ]),
                _ => "  " + path + "\t",
            };
            return Chance(60) ? "!" + rule : rule;
        }

        /// <summary>The same path, partly as wildcards, classes and escapes.</summary>
        private string Disguise(string path) =>
            string.Concat(
                    path.Select(c =>
                        random.Next(8) switch
                        {
                            0 => "?",
                            1 => "*",
                            2 when char.IsAsciiLetter(c) => $"[{c}]",
                            3 when char.IsAsciiLetter(c) => $"[^{c}]",
                            4 when c != '/' => "\\" + c,
                            5 when char.IsAsciiLetter(c) => "[a-m]",
                            _ => c.ToString(),
                        }
                    )
                )
                .Replace("**", "*", StringComparison.Ordinal);

        private bool Chance(int oneIn) => random.Next(oneIn) == 0;

        private string Pick(IReadOnlyList<string> from) => from[random.Next(from.Count)];
    }
}
