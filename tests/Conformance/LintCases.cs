using System.Collections.Generic;
using System.IO;
using CacheDaemon.Tests.Support;
using static CacheDaemon.Tests.Conformance.ConformanceCase;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Conformance;

/// <summary><c>helm lint</c>: what it reads past <c>.helmignore</c>, the charts below <c>charts/</c>, several paths, its flags.</summary>
internal static class LintCases
{
    private const string Icon = "icon: https://example.com/i.png";

    public static IEnumerable<ConformanceCase> All() =>
        [.. OneChart(), .. PastIgnoreRules(), .. Paths(), .. Subcharts(), .. Values(), .. Flags(), .. Failures()];

    private static IEnumerable<ConformanceCase> OneChart() =>
        [
            Case("lint", Linted())
                .Run("lint web")
                .Says("icon is recommended")
                .Edits("web/Chart.yaml", "version: 1.0.0", "version: 1.0.0\n" + Icon),
            Case("lint in the chart's directory")
                .With(Here)
                .Run("lint .")
                .Says("Linting .")
                .Edits("Chart.yaml", "version: 1.0.0", "version: 1.0.0\n" + Icon),
            Case("lint without a path").With(Here).Run("lint").OnlyHelm(3).Says("Linting .").StillHitsRunning("lint ."),
            Case("lint without a path is helm 4's to refuse", Linted()).Run("lint").OnlyHelm(4).Fails("requires at least 1 argument"),
            Case(
                    "lint a template with a wrong name",
                    Linted()
                        .WithTemplate(
                            "n.yaml",
                            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.name | default \"UPPER\" }}\n"
                        )
                )
                .Run("lint web")
                .Says("does not conform")
                .Edits("web/templates/n.yaml", "UPPER", "lower"),
            Case(
                    "lint what a template prints",
                    Linted()
                        .WithTemplate("n.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.name }}\n")
                        .WithValues("name: BAD_ONE\n")
                )
                .Run("lint web")
                .Says("BAD_ONE")
                .Edits("web/values.yaml", "BAD_ONE", "BAD_TWO"),
            Case("lint a required value", Linted().WithTemplate("r.yaml", "# {{ required \"give x\" .Values.x }}\n"))
                .Run("lint web")
                .Says("give x")
                .Edits("web/templates/r.yaml", "give x", "give y"),
            Case("lint a template that fails", Linted().WithTemplate("r.yaml", "# {{ fail \"not so\" }}\n"))
                .Run("lint web")
                .Says("not so")
                .Edits("web/templates/r.yaml", "not so", "so not"),
            Case(
                    "lint an API that is gone",
                    Linted().WithTemplate("d.yaml", "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata:\n  name: x\n")
                )
                .Run("lint web --kube-version 1.20.0")
                .Says("deprecated")
                .EditsRun("lint web --kube-version 1.13.0"),
            Case(
                    "lint a list of annotations",
                    Linted()
                        .WithTemplate(
                            "l.yaml",
                            "apiVersion: v1\nkind: List\nitems:\n- metadata:\n    annotations:\n      helm.sh/resource-policy: keep\n"
                        )
                )
                .Run("lint web")
                .Fails("List"),
            Case("lint a chart with random names", Linted().WithConfigMap("r", "a: {{ randAlphaNum 8 }}"))
                .Run("lint web")
                .Is(Expected.NeverServed),
            Case("lint a chart with the time", Linted().WithConfigMap("r", "a: {{ now }}")).Run("lint web").Is(Expected.NeverServed),
            Case(
                    "lint dates in another zone",
                    Linted()
                        .WithTemplate(
                            "z.yaml",
                            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"{{ date \"X15\" (toDate \"2006\" \"2020\") }}\"\n"
                        )
                )
                .WithVariable("TZ", "Asia/Tokyo")
                .Run("lint web")
                .Is(Expected.Any),
            Case("lint with a note", Linted().WithTemplate("NOTES.txt", "{{ required \"note\" .Values.nothing }}"))
                .Run("lint web")
                .Says("note"),
            Case("lint a chart without values", Chart("web").WithConfigMap("c", "a: b"))
                .Run("lint web")
                .Says("values.yaml: file does not exist")
                .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "web", "values.yaml"), "")),
            Case("lint a chart without templates", Chart("web").WithValues("a: 1\n")).Run("lint web").Is(Expected.Any),
            Case("lint a chart with a link", Linted().WithFile("files/a.txt", "a"))
                .WithLink("web/files/l.txt", "a.txt")
                .Run("lint web")
                .Says("ymbolic link"),
            Case("lint a linked chart", Linted()).WithLink("alias", "web").Run("lint alias").Says("Linting alias"),
            Case("lint by a path with dots", Linted()).Run("lint web/../web").Is(Expected.Any),
            Case("lint by an absolute path", Linted()).Run("lint {dir}/web").Says("icon is recommended").EditsRun("lint web"),
            Case("lint a path with a slash", Linted()).Run("lint web/").Says("Linting web/").EditsRun("lint web"),
            Case("lint a library", Chart("web").WithType("library").WithTemplate("_a.tpl", "{{ define \"a\" }}{{ end }}"))
                .Run("lint web")
                .Is(Expected.Any),
            Case("lint a chart of the old kind", Linted().WithApiVersion("v1")).Run("lint web").Is(Expected.Any),
            Case("lint a missing dependency", Linted().WithDependency("db"))
                .Run("lint web")
                .Is(Expected.Any)
                .EditsBy(directory => Chart("db").WriteTo(Path.Combine(directory, "web", "charts"))),
            Case(
                    "lint a chart with a packed dependency",
                    Linted().WithDependency("db").WithPackedSubchart(Chart("db").WithConfigMap("d", "b: 1"))
                )
                .Run("lint web")
                .Says("1 chart(s) linted"),
            Case("lint after the repository was asked for", Linted()).Run("-n team lint web").StillHitsRunning("lint web --namespace team"),
        ];

    private static IEnumerable<ConformanceCase> PastIgnoreRules() =>
        [
            Case("lint values that are ignored", Linted().WithFile(".helmignore", "values.yaml\n"))
                .Run("lint web")
                .EditsBy(directory => File.Delete(Path.Combine(directory, "web", "values.yaml"))),
            Case("lint ignored values that turn bad", Linted().WithFile(".helmignore", "values.yaml\n"))
                .Run("lint web")
                .Edits("web/values.yaml", "a: 1", "a: ["),
            Case(
                    "lint an ignored schema that turns strict",
                    Linted()
                        .WithFile(".helmignore", "values.schema.json\n")
                        .WithSchema("{\"properties\": {\"a\": {\"type\": \"integer\"}}}")
                )
                .Run("lint web")
                .Edits("web/values.schema.json", "integer", "string"),
            Case("lint a schema that comes and is ignored", Linted().WithFile(".helmignore", "values.schema.json\n"))
                .Run("lint web")
                .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "web", "values.schema.json"), "{\"required\": [\"zz\"]}")),
            Case("lint ignored templates that go", Linted().WithFile(".helmignore", "templates\n"))
                .Run("lint web")
                .OnlyHelm(4)
                .EditsBy(directory => Directory.Delete(Path.Combine(directory, "web", "templates"), recursive: true)),
            Case("lint an empty directory of templates that goes", Chart("web").WithValues("a: 1\n"))
                .With(directory => Directory.CreateDirectory(Path.Combine(directory, "web", "templates")))
                .Run("lint web")
                .OnlyHelm(4)
                .EditsBy(directory => Directory.Delete(Path.Combine(directory, "web", "templates"))),
            Case("lint templates that become a file", Linted().WithFile(".helmignore", "templates\n"))
                .Run("lint web")
                .EditsBy(directory =>
                {
                    Directory.Delete(Path.Combine(directory, "web", "templates"), recursive: true);
                    File.WriteAllText(Path.Combine(directory, "web", "templates"), "");
                }),
            Case("lint ignored crds that become a file", Linted().WithFile(".helmignore", "crds\n"))
                .With(directory => Directory.CreateDirectory(Path.Combine(directory, "web", "crds")))
                .Run("lint web")
                .OnlyHelm(4)
                .EditsBy(directory =>
                {
                    Directory.Delete(Path.Combine(directory, "web", "crds"));
                    File.WriteAllText(Path.Combine(directory, "web", "crds"), "");
                }),
            Case("lint an ignored file of another name", Linted().WithFile(".helmignore", "*.bak\n").WithFile("a.bak", "1"))
                .Run("lint web")
                .StillHitsAfter(directory => File.WriteAllText(Path.Combine(directory, "web", "a.bak"), "2"))
                .Edits("web/.helmignore", "*.bak", "Chart.yaml"),
            Case("lint values through a link", Linted().WithFile(".helmignore", "values.yaml\n"))
                .With(directory =>
                {
                    File.Move(Path.Combine(directory, "web", "values.yaml"), Path.Combine(directory, "v.yaml"));
                    File.CreateSymbolicLink(Path.Combine(directory, "web", "values.yaml"), "../v.yaml");
                })
                .Run("lint web")
                .Edits("v.yaml", "a: 1", "a: ["),
            Case("lint templates through a link", Chart("web").WithValues("a: 1\n").WithFile(".helmignore", "templates\n"))
                .With(directory => Directory.CreateDirectory(Path.Combine(directory, "t")))
                .WithLink("web/templates", "../t")
                .Run("lint web")
                .EditsBy(directory => Directory.Delete(Path.Combine(directory, "t"))),
            Case("lint a schema elsewhere that is ignored", Linted().WithFile(".helmignore", "values.schema.json\n"))
                .WithFile("x.json", "{}")
                .With(directory =>
                    File.WriteAllText(
                        Path.Combine(directory, "web", "values.schema.json"),
                        $"{{\"properties\": {{\"a\": {{\"$ref\": \"file://{directory}/x.json\"}}}}}}"
                    )
                )
                .Run("lint web")
                .Is(Expected.NeverServed)
                .Edits("x.json", "{}", "{\"type\": \"string\"}"),
            Case("lint a schema elsewhere for a helm that skips it or not", Linted())
                .WithFile("x.json", "{}")
                .With(directory =>
                    File.WriteAllText(
                        Path.Combine(directory, "web", "values.schema.json"),
                        $"{{\"properties\": {{\"a\": {{\"$ref\": \"file://{directory}/x.json\"}}}}}}"
                    )
                )
                .Run("lint web --skip-schema-validation")
                .OnlyHelm(3)
                .Is(Expected.NeverServed)
                .Edits("x.json", "{}", "{\"type\": \"string\"}"),
        ];

    private static IEnumerable<ConformanceCase> Paths() =>
        [
            Case("lint two charts", Linted())
                .WithChart(Chart("two").WithValues("b: 1\n").WithConfigMap("d", "b: 1"))
                .Run("lint web two")
                .Says("2 chart(s) linted")
                .Edits("two/Chart.yaml", "version: 1.0.0", "version: 1.0.0\n" + Icon),
            Case("lint two charts in another order", Linted())
                .WithChart(Chart("two").WithConfigMap("d", "b: 1"))
                .Run("lint web two")
                .EditsRun("lint two web"),
            Case("lint a chart twice", Linted()).Run("lint web web").Says("2 chart(s) linted").EditsRun("lint web"),
            Case("lint a chart under two names", Linted()).Run("lint web ./web").Says("Linting ./web"),
            Case("lint two charts of which one goes", Linted())
                .WithChart(Chart("two").WithConfigMap("d", "b: 1"))
                .Run("lint web two")
                .EditsBy(directory => Directory.Delete(Path.Combine(directory, "two"), recursive: true)),
            Case("lint an archive", Linted())
                .WithPacked(Chart("two").WithConfigMap("d", "b: 1"))
                .Run("lint two-1.0.0.tgz")
                .Bypasses("archive-unpacked"),
            Case("lint a chart and an archive", Linted())
                .WithPacked(Chart("two").WithConfigMap("d", "b: 1"))
                .Run("lint web two-1.0.0.tgz")
                .Bypasses("archive-unpacked"),
            Case("lint a directory that is called like an archive", Linted())
                .With(directory => Directory.Move(Path.Combine(directory, "web"), Path.Combine(directory, "web.tgz")))
                .Run("lint web.tgz")
                .Is(Expected.Any)
                .Fails("Linting web.tgz"),
        ];

    private static IEnumerable<ConformanceCase> Subcharts() =>
        [
            Case("lint with subcharts", Parent())
                .Run("lint web --with-subcharts")
                .Says("Linting web/charts/db")
                .Edits("web/charts/db/Chart.yaml", "version: 1.0.0", "version: 1.0.0\n" + Icon),
            Case("lint without subcharts does not show them", Parent()).Run("lint web").NeverSays("Linting web/charts/db"),
            Case("lint with subcharts that are ignored", Parent().WithFile(".helmignore", "charts/\n"))
                .Run("lint web --with-subcharts")
                .Says("Linting web/charts/db")
                .Edits("web/charts/db/Chart.yaml", "version: 1.0.0", "version: 1.0.0\n" + Icon),
            Case("lint with subcharts, one of which comes and is ignored", Parent().WithFile(".helmignore", "charts/*\n"))
                .Run("lint web --with-subcharts")
                .EditsBy(directory => Chart("more").WithConfigMap("m", "b: 1").WriteTo(Path.Combine(directory, "web", "charts"))),
            Case("lint with subcharts, a Chart.yaml somewhere below", Parent().WithFile(".helmignore", "charts/db/files\n"))
                .Run("lint web --with-subcharts")
                .EditsBy(directory =>
                    Chart("deep").WithConfigMap("m", "b: 1").WriteTo(Path.Combine(directory, "web", "charts", "db", "files", "x"))
                ),
            Case(
                    "lint with subcharts of subcharts",
                    Linted().WithDependency("db").WithSubchart(Chart("db").WithDependency("kid").WithConfigMap("d", "b: 1"))
                )
                .With(directory =>
                    Chart("kid").WithConfigMap("k", "a: 1").WriteTo(Path.Combine(directory, "web", "charts", "db", "charts"))
                )
                .Run("lint web --with-subcharts")
                .Says("Linting web/charts/db/charts/kid")
                .Edits("web/charts/db/charts/kid/Chart.yaml", "version: 1.0.0", "version: 1.0.0\n" + Icon),
            Case("lint with subcharts that have rules of their own", Parent())
                .WithFile("web/charts/db/.helmignore", "templates/u.yaml\n")
                .WithFile("web/charts/db/templates/u.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: lower\n")
                .Run("lint web --with-subcharts")
                .Edits("web/charts/db/.helmignore", "templates/u.yaml", "nothing-at-all\nvalues.yaml\nChart.yaml"),
            Case("lint with a subchart whose own values are ignored", Parent().WithFile(".helmignore", "charts/db/values.yaml\n"))
                .Run("lint web --with-subcharts")
                .EditsBy(directory => File.Delete(Path.Combine(directory, "web", "charts", "db", "values.yaml"))),
            Case("lint with subcharts of two charts", Parent())
                .WithChart(
                    Chart("two").WithDependency("kid").WithConfigMap("d", "b: 1").WithSubchart(Chart("kid").WithConfigMap("k", "a: 1"))
                )
                .Run("lint web two --with-subcharts")
                .Says("4 chart(s) linted"),
            Case("lint with subcharts in hidden directories", Parent())
                .With(directory =>
                    Chart(".hidden")
                        .WithChartYaml("apiVersion: v2\nname: hidden\nversion: 1.0.0\n")
                        .WriteTo(Path.Combine(directory, "web", "charts"))
                )
                .Run("lint web --with-subcharts")
                .Says("Linting web/charts/.hidden")
                .Is(Expected.Any),
            Case("lint with packed subcharts", Linted().WithDependency("db").WithPackedSubchart(Chart("db").WithConfigMap("d", "b: 1")))
                .Run("lint web --with-subcharts")
                .Bypasses("archive-unpacked"),
            Case("lint with subcharts behind a link", Linted().WithDependency("db"))
                .WithChart(Chart("db").WithConfigMap("d", "b: 1"))
                .With(directory =>
                {
                    Directory.CreateDirectory(Path.Combine(directory, "web", "charts"));
                    File.CreateSymbolicLink(Path.Combine(directory, "web", "charts", "db"), "../../db");
                })
                .Run("lint web --with-subcharts")
                .NeverSays("Linting web/charts/db"),
            Case("lint with subcharts where there are none", Linted())
                .Run("lint web --with-subcharts")
                .EditsBy(directory => Chart("db").WithConfigMap("d", "b: 1").WriteTo(Path.Combine(directory, "web", "charts"))),
        ];

    private static IEnumerable<ConformanceCase> Values() =>
        [
            Case("lint with values", Named())
                .WithFile("v.yaml", "name: BAD_ONE\n")
                .Run("lint web -f v.yaml")
                .Says("BAD_ONE")
                .Edits("v.yaml", "BAD_ONE", "BAD_TWO"),
            Case("lint with values of standard input", Named())
                .WithStdin("name: BAD_ONE\n")
                .Run("lint web -f -")
                .Says("BAD_ONE")
                .EditsStdin("BAD_ONE", "BAD_TWO"),
            Case("lint two charts with values of standard input", Named())
                .WithStdin("name: BAD_ONE\n")
                .Run("lint web web --strict=false --quiet -f -")
                .Says("BAD_ONE")
                .EditsStdin("BAD_ONE", "BAD_TWO"),
            Case("lint with set values", Named())
                .Run("lint web --set name=BAD_ONE")
                .Says("BAD_ONE")
                .EditsRun("lint web --set name=BAD_TWO"),
            Case("lint with a set file", Named())
                .WithFile("n", "BAD_ONE")
                .Run("lint web --set-file name=n")
                .Says("BAD_ONE")
                .Edits("n", "BAD_ONE", "BAD_TWO"),
            Case("lint with values of JSON", Named())
                .RunArguments("lint", "web", "--set-json", "name=\"BAD_ONE\"")
                .Says("BAD_ONE")
                .EditsRun("lint web --set-string name=BAD_TWO"),
            Case("lint with a literal value", Named()).Run("lint web --set-literal name=BAD_ONE").Says("BAD_ONE"),
            Case(
                    "lint in a namespace",
                    Linted().WithTemplate("n.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"X_{{ .Release.Namespace }}\"\n")
                )
                .Run("lint web -n one")
                .Says("X_one")
                .EditsRun("lint web -n two"),
            Case(
                    "lint in a namespace of the environment",
                    Linted().WithTemplate("n.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"X_{{ .Release.Namespace }}\"\n")
                )
                .WithVariable("HELM_NAMESPACE", "one")
                .Run("lint web")
                .Says("X_one")
                .EditsVariable("HELM_NAMESPACE", "two"),
        ];

    private static IEnumerable<ConformanceCase> Flags() =>
        [
            Case("lint quietly", Named())
                .Run("lint web --quiet --set name=BAD_ONE")
                .NeverSays("icon")
                .EditsRun("lint web --set name=BAD_ONE"),
            Case("lint quietly what is fine", Linted()).Run("lint web --quiet").EditsRun("lint web"),
            Case("lint strictly what is fine", Linted()).Run("lint web --strict").Says("0 chart(s) failed"),
            Case("lint strictly what is not", Named()).Run("lint web --strict --set name=BAD_ONE").Fails("1 chart(s) failed"),
            Case(
                    "lint for a version of Kubernetes",
                    Linted()
                        .WithTemplate(
                            "k.yaml",
                            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"X_{{ .Capabilities.KubeVersion.Minor }}\"\n"
                        )
                )
                .Run("lint web --kube-version 1.30.0")
                .Says("X_30")
                .EditsRun("lint web --kube-version 1.31.0"),
            Case("lint for no version of Kubernetes", Linted()).Run("lint web --kube-version x").Fails("invalid kube version"),
            Case("lint without a schema", Linted().WithSchema("{\"required\": [\"zz\"]}"))
                .Run("lint web --skip-schema-validation")
                .OnlyHelm(4)
                .EditsRun("lint web"),
            Case("lint without a schema is not for helm 3", Linted().WithSchema("{\"required\": [\"zz\"]}"))
                .Run("lint web --skip-schema-validation")
                .OnlyHelm(3)
                .Fails("zz"),
            Case("lint, debugging", Linted()).Run("lint web --debug").Is(Expected.Any),
            Case("lint, its help").Run("lint --help").Bypasses("help-requested"),
            Case("lint with a flag of template", Linted()).Run("lint web --include-crds").Fails("unknown flag: --include-crds"),
        ];

    private static IEnumerable<ConformanceCase> Failures() =>
        [
            Case("lint nothing").Run("lint nowhere").Fails("unable to check Chart.yaml"),
            Case("lint a directory that is no chart").WithFile("web/a.txt", "a").Run("lint web").Fails("unable to check Chart.yaml"),
            Case("lint a file").WithFile("web", "a").Run("lint web").Fails("not a directory"),
            Case("lint a broken Chart.yaml").WithFile("web/Chart.yaml", "a: [\n").Run("lint web").Fails("unable to parse YAML"),
            Case("lint a broken template", Linted().WithTemplate("b.yaml", "{{ nope")).Run("lint web").Fails("b.yaml"),
            Case("lint values that a schema refuses", Linted().WithSchema("{\"required\": [\"zz\"]}")).Run("lint web").Fails("zz"),
            Case("lint with values that are not there", Linted()).Run("lint web -f nowhere.yaml").Fails("no such file"),
            Case("lint an empty path", Linted()).RunArguments("lint", "").Fails("unable to check Chart.yaml"),
            Case("lint a Chart.yaml that is a directory", Linted())
                .With(directory =>
                {
                    File.Delete(Path.Combine(directory, "web", "Chart.yaml"));
                    Directory.CreateDirectory(Path.Combine(directory, "web", "Chart.yaml"));
                })
                .Run("lint web")
                .Fails("should be a file, not a directory"),
        ];

    private static void Here(string directory)
    {
        Linted().WriteTo(directory);
        foreach (string entry in Directory.GetFileSystemEntries(Path.Combine(directory, "web")))
            Directory.Move(entry, Path.Combine(directory, Path.GetFileName(entry)));
        Directory.Delete(Path.Combine(directory, "web"));
    }

    private static ChartBuilder Linted() => Chart("web").WithValues("a: 1\n").WithConfigMap("c", "a: \"{{ .Values.a }}\"");

    private static ChartBuilder Named() =>
        Linted().WithTemplate("n.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.name | default \"fine\" }}\n");

    private static ChartBuilder Parent() =>
        Linted().WithDependency("db").WithSubchart(Chart("db").WithValues("b: 1\n").WithConfigMap("d", "b: \"{{ .Values.b }}\""));
}
