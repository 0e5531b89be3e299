using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using CacheDaemon.Tests.Support;
using static CacheDaemon.Tests.Conformance.ConformanceCase;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Conformance;

/// <summary>Charts below charts: unpacked, packed, aliased, switched off, and the values that flow between them.</summary>
internal static class SubchartCases
{
    /// <summary>A subchart that shows its own value <c>size</c> and the global <c>zone</c>.</summary>
    private static ChartBuilder Kid(string name = "kid") =>
        Chart(name)
            .WithValues("size: small\nglobal:\n  zone: none\n")
            .WithTemplate(
                "cm.yaml",
                "kind: ConfigMap\nmetadata:\n  name: {{ .Chart.Name }}\ndata:\n  size: {{ .Values.size }}\n"
                    + "  zone: {{ .Values.global.zone }}\n"
            );

    private static ChartBuilder Parent() => Chart("web").WithConfigMap("parent", "own: {{ .Values.own }}").WithValues("own: x\n");

    public static IEnumerable<ConformanceCase> All() =>
        [
            Case("Unpacked subchart that nobody lists is rendered", Parent().WithSubchart(Kid()))
                .Run("template r web")
                .Says("size: small")
                .Edits("web/charts/kid/values.yaml", "small", "smell"),
            Case(
                    "Unpacked listed subchart takes its parent's values",
                    Parent().WithSubchart(Kid()).WithDependency("kid").WithValues("own: x\nkid: {size: big}\n")
                )
                .Run("template r web")
                .Says("size: big")
                .Edits("web/values.yaml", "big", "bag"),
            Case("Packed subchart is read", Parent().WithPackedSubchart(Kid()).WithDependency("kid"))
                .Run("template r web")
                .Says("web/charts/kid/templates/cm.yaml")
                .EditsBy(directory =>
                    File.WriteAllBytes(
                        Path.Combine(directory, "web/charts/kid-1.0.0.tgz"),
                        Kid().WithValues("size: other\nglobal: {zone: z}\n").Packed()
                    )
                ),
            Case(
                    "Packed subchart repacked with the same content is the same input",
                    Parent().WithPackedSubchart(Kid()).WithDependency("kid")
                )
                .Run("template r web")
                .Says("size: small")
                .StillHitsAfter(directory => Recompress(Path.Combine(directory, "web/charts/kid-1.0.0.tgz"))),
            Case(
                    "Packed subchart of a packed subchart is read",
                    Parent().WithPackedSubchart(Chart("mid").WithPackedSubchart(Kid("deep")).WithConfigMap("mid", "a: b"))
                )
                .Run("template r web")
                .Says("web/charts/mid/charts/deep/templates/cm.yaml")
                .EditsBy(directory =>
                    File.WriteAllBytes(
                        Path.Combine(directory, "web/charts/mid-1.0.0.tgz"),
                        Chart("mid")
                            .WithPackedSubchart(Kid("deep").WithValues("size: xxl\nglobal: {zone: y}\n"))
                            .WithConfigMap("mid", "a: b")
                            .Packed()
                    )
                ),
            Case(
                    "Three levels of unpacked charts",
                    Parent().WithSubchart(Chart("mid").WithSubchart(Kid("deep")).WithConfigMap("mid", "a: b"))
                )
                .Run("template r web --set mid.deep.size=7")
                .Says("size: 7")
                .Edits("web/charts/mid/charts/deep/templates/cm.yaml", "size:", "Size:"),
            Case(
                    "One subchart under two aliases",
                    Parent()
                        .WithSubchart(Kid())
                        .WithDependency("kid", more: "alias: left")
                        .WithDependency("kid", more: "alias: right")
                        .WithValues("own: x\nleft: {size: l}\nright: {size: r}\n")
                )
                .Run("template r web")
                .Says("size: l")
                .Says("size: r")
                .Edits("web/values.yaml", "size: r", "size: q"),
            Case(
                    "Condition in values switches a subchart off",
                    Parent()
                        .WithSubchart(Kid())
                        .WithDependency("kid", more: "condition: kid.enabled")
                        .WithValues("own: x\nkid: {enabled: false}\n")
                )
                .Run("template r web")
                .NeverSays("size:")
                .Edits("web/values.yaml", "false", "true"),
            Case(
                    "Condition by --set switches a subchart on",
                    Parent()
                        .WithSubchart(Kid())
                        .WithDependency("kid", more: "condition: kid.enabled")
                        .WithValues("own: x\nkid: {enabled: false}\n")
                )
                .Run("template r web --set kid.enabled=true")
                .Says("size: small"),
            Case(
                    "Tags switch subcharts",
                    Parent()
                        .WithSubchart(Kid("one"))
                        .WithSubchart(Kid("two"))
                        .WithDependency("one", more: "tags: [front]")
                        .WithDependency("two", more: "tags: [back]")
                        .WithValues("own: x\ntags: {front: true, back: false}\n")
                )
                .Run("template r web")
                .Says("name: one")
                .NeverSays("name: two")
                .Edits("web/values.yaml", "back: false", "back: true"),
            Case(
                    "Global values reach every subchart",
                    Parent().WithSubchart(Kid("one")).WithPackedSubchart(Kid("two")).WithValues("own: x\nglobal: {zone: eu}\n")
                )
                .Run("template r web")
                .Says("zone: eu")
                .Edits("web/values.yaml", "eu", "us"),
            Case(
                    "Values are imported from a subchart",
                    Chart("web")
                        .WithSubchart(Kid().WithValues("size: s\nglobal: {zone: z}\nexports: {data: {own: lent}}\n"))
                        .WithDependency("kid", more: "import-values: [data]")
                        .WithConfigMap("parent", "own: {{ .Values.own }}")
                )
                .Run("template r web")
                .Says("own: lent")
                .Edits("web/charts/kid/values.yaml", "lent", "sent"),
            Case(
                    "Named templates of a library chart",
                    Parent()
                        .WithDependency("lib")
                        .WithConfigMap("made", "text: {{ include \"lib.text\" . }}")
                        .WithSubchart(
                            Chart("lib")
                                .WithType("library")
                                .WithTemplate("_t.tpl", "{{ define \"lib.text\" }}by {{ .Chart.Name }}{{ end }}")
                        )
                )
                .Run("template r web")
                .Says("text: by web")
                .Edits("web/charts/lib/templates/_t.tpl", "by", "from"),
            Case(
                    "Parent takes over a named template of its subchart",
                    Parent()
                        .WithTemplate("_t.tpl", "{{ define \"kid.text\" }}parent{{ end }}")
                        .WithSubchart(
                            Kid()
                                .WithTemplate("_t.tpl", "{{ define \"kid.text\" }}kid{{ end }}")
                                .WithConfigMap("t", "text: {{ include \"kid.text\" . }}")
                        )
                )
                .Run("template r web")
                .Says("text: parent"),
            Case(
                    "Null from the parent deletes a subchart's default",
                    Parent()
                        .WithSubchart(Kid().WithTemplate("all.yaml", "all: {{ .Values | toJson }}"))
                        .WithValues("own: x\nkid: {size: null}\n")
                )
                .Run("template r web"),
            Case(
                    "Scalar replaced by a table is noted on stderr",
                    Parent()
                        .WithSubchart(Kid().WithValues("size: s\nglobal: {zone: z}\nnested: flat\n"))
                        .WithValues("own: x\nkid: {nested: {a: 1}}\n")
                )
                .Run("template r web")
                .Says("skipped value")
                .Says("nested")
                .Edits("web/values.yaml", "{a: 1}", "deep"),
            Case(
                    "Table replaced by a scalar",
                    Parent().WithSubchart(Kid().WithValues("size: {a: 1}\nglobal: {zone: z}\n")).WithValues("own: x\nkid: {size: flat}\n")
                )
                .Run("template r web")
                .Says("size: flat")
                .Edits("web/values.yaml", "flat", "plain"),
            Case(
                    "Directories starting with underscore or dot in charts are no charts",
                    Parent().WithSubchart(Kid()).WithFile("charts/_off/x.txt", "x").WithFile("charts/.off/x.txt", "x")
                )
                .Run("template r web")
                .Says("size: small"),
            Case(
                    "Subchart of v1 and requirements.yaml",
                    Chart("web")
                        .WithApiVersion("v1")
                        .WithSubchart(Kid().WithApiVersion("v1"))
                        .WithConfigMap("parent", "a: b")
                        .WithFile("requirements.yaml", "dependencies:\n  - {name: kid, version: 1.0.0, repository: '', alias: child}\n")
                )
                .Run("template r web")
                .Says("charts/child/")
                .Edits("web/requirements.yaml", "child", "young"),
            Case(
                    "requirements.yaml in a v2 chart is noted on stderr",
                    Parent()
                        .WithSubchart(Kid())
                        .WithFile("requirements.yaml", "dependencies:\n  - {name: kid, version: 1.0.0, repository: ''}\n")
                )
                .Run("template r web")
                .Says("Dependencies are handled in Chart.yaml"),
            Case("Packed chart is the chart itself")
                .WithPacked(Parent().WithSubchart(Kid()))
                .Run("template r web-1.0.0.tgz")
                .Says("size: small")
                .EditsBy(directory => Parent().WithSubchart(Kid()).WithValues("own: y\n").PackTo(directory)),
            Case("Archive of any extension").WithFile("chart.bin", Parent().Packed()).Run("template r chart.bin").Says("own: x"),
            Case("Packed chart renders a hidden template that a directory would not")
                .WithPacked(Parent().WithTemplate(".h.yaml", "hidden: true\n"))
                .Run("template r ./web-1.0.0.tgz")
                .Says("hidden: true"),
            Case("Directory chart does not render a hidden template", Parent().WithTemplate(".h.yaml", "hidden: true\n"))
                .Run("template r ./web")
                .NeverSays("hidden: true")
                .StillHitsAfter(directory => File.WriteAllText(Path.Combine(directory, "web/templates/.h.yaml"), "hidden: no\n")),
            Case(
                    "Chart.lock is parsed and not compared",
                    Parent()
                        .WithSubchart(Kid())
                        .WithDependency("kid")
                        .WithFile(
                            "Chart.lock",
                            "dependencies:\n- name: other\n  version: 9.9.9\n  repository: ''\ndigest: sha256:0\n"
                                + "generated: \"2024-01-01T00:00:00Z\"\n"
                        )
                )
                .Run("template r web")
                .Says("size: small"),
        ];

    /// <summary>Other bytes, same entries.</summary>
    private static void Recompress(string path)
    {
        using var plain = new MemoryStream();
        using (var unzip = new GZipStream(new MemoryStream(File.ReadAllBytes(path)), CompressionMode.Decompress))
            unzip.CopyTo(plain);
        using (var zip = new GZipStream(File.Create(path), CompressionLevel.SmallestSize))
            zip.Write(plain.ToArray());
    }
}
