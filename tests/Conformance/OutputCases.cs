using System.Collections.Generic;
using System.IO;
using System.Linq;
using CacheDaemon.Tests.Support;
using static CacheDaemon.Tests.Conformance.ConformanceCase;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Conformance;

/// <summary>Outputs of every shape: none, huge, noted on stderr, sorted by kind, with odd line ends.</summary>
internal static class OutputCases
{
    private static string Kind(string kind, string name) => $"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n";

    public static IEnumerable<ConformanceCase> All() =>
        [
            Case("Chart without templates", Chart("web"))
                .Run("template r web")
                .EditsBy(directory =>
                {
                    Directory.CreateDirectory(Path.Combine(directory, "web/templates"));
                    File.WriteAllText(Path.Combine(directory, "web/templates/a.yaml"), "a: 1\n");
                }),
            Case(
                    "Templates that give nothing",
                    Chart("web").WithTemplate("a.yaml", "{{ if .Values.enabled }}a: 1\n{{ end }}").WithTemplate("b.yaml", "\n\n")
                )
                .Run("template r web")
                .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "web/values.yaml"), "enabled: true\n")),
            Case("Template of comments only", Chart("web").WithTemplate("a.yaml", "# just a word\n"))
                .Run("template r web")
                .Edits("web/templates/a.yaml", "word", "ward")
                .Is(Expected.Hit),
            Case(
                    "Five megabytes",
                    Chart("web")
                        .WithValues("times: 20000\n")
                        .WithTemplate(
                            "big.yaml",
                            "data:\n{{- range $i := until (int .Values.times) }}\n"
                                + "  key{{ $i }}: {{ printf \"%0250d\" $i | quote }}\n{{- end }}\n"
                        )
                )
                .Run("template r web")
                .Says("key19999")
                .Edits("web/values.yaml", "20000", "20001"),
            Case(
                    "Thousand documents",
                    Chart("web")
                        .WithTemplate("many.yaml", "{{ range until 1000 }}---\nkind: ConfigMap\nmetadata: {name: c{{ . }}}\n{{ end }}")
                )
                .Run("template r web")
                .Says("c999")
                .Edits("web/templates/many.yaml", "1000", "1001"),
            Case(
                    "Two hundred templates",
                    Enumerable.Range(0, 200).Aggregate(Chart("web"), (chart, i) => chart.WithConfigMap($"c{i}", $"i: \"{i}\""))
                )
                .Run("template r web")
                .Says("i: \"199\"")
                .Edits("web/templates/c77.yaml", "\"77\"", "\"777\""),
            Case(
                    "Documents are sorted by kind",
                    Chart("web")
                        .WithTemplate("a.yaml", Kind("Service", "s") + "---\n" + Kind("Namespace", "n") + "---\n" + Kind("Unheard", "u"))
                        .WithTemplate("b.yaml", Kind("ServiceAccount", "sa") + "---\n" + Kind("Secret", "x"))
                )
                .Run("template r web")
                .Says("kind: Unheard"),
            Case(
                    "Hooks come last, by weight",
                    Chart("web")
                        .WithTemplate(
                            "h.yaml",
                            string.Join(
                                "---\n",
                                ((string[])["5", "-1", "0"]).Select(w =>
                                    $"kind: Job\nmetadata:\n  name: j{w}\n  annotations: {{\"helm.sh/hook\": "
                                    + $"\"pre-install,post-upgrade\", \"helm.sh/hook-weight\": \"{w}\"}}\n"
                                )
                            )
                        )
                        .WithConfigMap("c", "a: b")
                )
                .Run("template r web")
                .Says("name: j-1")
                .Edits("web/templates/h.yaml", "\"5\"", "\"-5\""),
            Case(
                    "Hook of an unknown kind",
                    Chart("web").WithTemplate("h.yaml", "kind: Job\nmetadata: {name: j, annotations: {\"helm.sh/hook\": never}}\n")
                )
                .Run("template r web")
                .Is(Expected.Any),
            Case("Deprecated chart is warned about", Chart("web").WithMetadata("deprecated: true").WithConfigMap("c", "a: b"))
                .Run("template r web")
                .Says("deprecated")
                .Edits("web/Chart.yaml", "deprecated: true", "deprecated: false"),
            Case(
                    "Old chart of apiVersion v1",
                    Chart("web")
                        .WithApiVersion("v1")
                        .WithFile("crds/c.yaml", "kind: CustomResourceDefinition\nmetadata: {name: crd}\n")
                        .WithConfigMap("c", "a: b")
                )
                .Run("template r web --include-crds")
                .Says("a: b")
                .Edits("web/templates/c.yaml", "a: b", "a: c"),
            Case(
                    "Lines that end in blanks and no last line end",
                    Chart("web").WithTemplate("a.yaml", "a: 1   \nb: |\n  text  \n\n\n  more")
                )
                .Run("template r web")
                .Says("text  ")
                .Edits("web/templates/a.yaml", "more", "mare"),
            Case(
                    "Document marks inside of text",
                    Chart("web").WithTemplate("a.yaml", "a: |\n  one\n  --- not a mark\n---\nb: \"---\"\n---\n")
                )
                .Run("template r web")
                .Says("not a mark"),
            Case("Long lines", Chart("web").WithTemplate("a.yaml", $"a: {new string('x', 200_000)}\n")).Run("template r web").Says("xxx"),
            Case(
                    "Null character and quotes",
                    Chart("web").WithTemplate("a.yaml", "a: {{ \"tab\\there \\\"quoted\\\" \\u0001\" | toJson }}\n")
                )
                .Run("template r web")
                .Says("quoted"),
            Case("Notes that fail", Chart("web").WithTemplate("NOTES.txt", "{{ fail \"note\" }}").WithConfigMap("c", "a: b"))
                .Run("template r web")
                .Fails("note"),
            Case(
                    "CRDs of one subchart",
                    Chart("web")
                        .WithSubchart(
                            Chart("kid")
                                .WithFile(
                                    "crds/a.yaml",
                                    "kind: CustomResourceDefinition\nmetadata: {name: one}\n---\nkind: CustomResourceDefinition\n"
                                        + "metadata: {name: two}\n"
                                )
                        )
                )
                .Run("template r web --include-crds")
                .Says("name: two")
                .Edits("web/charts/kid/crds/a.yaml", "two", "three"),
            Case(
                    "List of a kind",
                    Chart("web").WithTemplate("l.yaml", "apiVersion: v1\nkind: List\nitems:\n- kind: ConfigMap\n  metadata: {name: a}\n")
                )
                .Run("template r web")
                .Says("kind: List"),
            Case(
                    "Secrets",
                    Chart("web")
                        .WithValues("pw: hunter2\n")
                        .WithTemplate(
                            "s.yaml",
                            "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {pw: {{ .Values.pw }}}\n"
                                + "data: {pw: {{ .Values.pw | b64enc }}}\n"
                        )
                )
                .Run("template r web")
                .Says("hunter2")
                .Edits("web/values.yaml", "hunter2", "hunter3"),
            Case("The sample chart")
                .With(directory => CopyTree(Path.Combine(Repository.Root, "samples", "bookshop"), Path.Combine(directory, "bookshop")))
                .Run("template shop bookshop --include-crds -n shop")
                .Says("kind: CronJob")
                .Edits("bookshop/values.yaml", "books.example.com", "shop.example.com"),
        ];

    private static void CopyTree(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
