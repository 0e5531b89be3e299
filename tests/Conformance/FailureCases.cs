using System.Collections.Generic;
using System.IO;
using static CacheDaemon.Tests.Conformance.ConformanceCase;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Conformance;

/// <summary>Charts that helm refuses. Its words and its exit code pass through, and nothing is remembered.</summary>
internal static class FailureCases
{
    private static ConformanceCase Line(string name, string dataLine) =>
        Case(name, Chart("web").WithValues("a: text\n").WithConfigMap("c", dataLine)).Run("template r web");

    public static IEnumerable<ConformanceCase> All() =>
        [
            Line("fail", "a: {{ fail \"no good\" }}").Fails("no good").Edits("web/templates/c.yaml", "no good", "no god"),
            Line("required", "a: {{ required \"port is needed\" .Values.port }}")
                .Fails("port is needed")
                .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "web/values.yaml"), "port: 5\n")),
            Line("fail in a branch that is taken", "a: {{ if eq .Values.a \"text\" }}{{ fail \"taken\" }}{{ end }}")
                .Fails("taken")
                .Edits("web/values.yaml", "text", "other"),
            Line("Template that does not parse", "a: {{ if }}").Fails("c.yaml"),
            Line("Template that does not end", "a: {{ if true }}b").Fails("c.yaml"),
            Line("Unknown function", "a: {{ nosuch 1 }}").Fails("nosuch"),
            Line("Nil pointer", "a: {{ .Values.x.y.z }}").Fails("nil pointer"),
            Line("Wrong type", "a: {{ add .Values.a.b 1 }}").Fails("c.yaml"),
            Line("Include of what is not defined", "a: {{ include \"none\" . }}").Fails("none"),
            Line("Output that is no YAML", "a: [").Fails("YAML parse error"),
            Line("Output with a tab", "a:\n\t- b").Fails("YAML parse error"),
            Line("Endless recursion", "a: {{ define \"r\" }}{{ include \"r\" . }}{{ end }}{{ include \"r\" . }}").Fails("c.yaml"),
            Line("tpl that does not parse", "a: {{ tpl \"{{ bad\" . }}").Fails("c.yaml"),
            Case("Dependency that is missing", Chart("web").WithDependency("kid").WithConfigMap("c", "a: b"))
                .Run("template r web")
                .Fails("found in Chart.yaml, but missing in charts/ directory: kid"),
            Case("Dependency of another version", Chart("web").WithDependency("kid", "2.0.0").WithSubchart(Chart("kid")))
                .Run("template r web")
                .Is(Expected.Any),
            Case("Chart that does not exist").Run("template r ./nowhere").Fails("nowhere"),
            Case("Chart that is no reference").Run("template r nowhere").Fails("nowhere"),
            Case("Directory without Chart.yaml").WithFile("web/values.yaml", "a: b\n").Run("template r web").Fails("Error"),
            Case("Chart.yaml that is no YAML", Chart("web").WithChartYaml("name: [\n")).Run("template r web").Fails("Error"),
            Case("Chart.yaml without a version", Chart("web").WithChartYaml("apiVersion: v2\nname: web\n"))
                .Run("template r web")
                .Fails("version"),
            Case("Chart of a version that helm 3 lets pass", Chart("web").WithApiVersion("v3").WithConfigMap("c", "a: b"))
                .Run("template r web")
                .Says("a: b")
                .OnlyHelm(3),
            Case("Chart of a version that helm 4 refuses", Chart("web").WithApiVersion("v3").WithConfigMap("c", "a: b"))
                .Run("template r web")
                .Fails("invalid chart apiVersion")
                .OnlyHelm(4),
            Case("Kubernetes version that does not fit", Chart("web").WithMetadata("kubeVersion: \">=1.99.0\""))
                .Run("template r web")
                .Fails("kubeVersion"),
            Case("Kubernetes version that fits by flag", Chart("web").WithMetadata("kubeVersion: \">=1.99.0\"").WithConfigMap("c", "a: b"))
                .Run("template r web --kube-version 1.99.1")
                .Says("a: b")
                .Edits("web/Chart.yaml", "1.99.0", "1.99.2"),
            Case("Library chart cannot be installed", Chart("web").WithType("library"))
                .Run("template r web")
                .Fails("library charts are not installable"),
            Case("Archive that is damaged").WithFile("web.tgz", Damaged()).Run("template r web.tgz").Fails("Error"),
            Case("Archive that is none").WithFile("web.tgz", "hello").Run("template r web.tgz").Fails("Error"),
            Case("Subchart file that is none", Chart("web").WithFile("charts/README.md", "x").WithConfigMap("c", "a: b"))
                .Run("template r web")
                .Fails("Error"),
            Case("values.yaml that is no YAML", Chart("web").WithValues("a: [\n")).Run("template r web").Fails("values.yaml"),
            Case("Release name that is not allowed", Chart("web").WithConfigMap("c", "a: b"))
                .Run("template NOT_ALLOWED web")
                .Fails("NOT_ALLOWED"),
            Case("Release name that is too long", Chart("web").WithConfigMap("c", "a: b"))
                .Run($"template {new string('x', 60)} web")
                .Fails("Error"),
            Case("Chart.lock that is no YAML", Chart("web").WithFile("Chart.lock", "a: [\n").WithConfigMap("c", "a: b"))
                .Run("template r web")
                .Fails("Chart.lock"),
        ];

    private static byte[] Damaged()
    {
        byte[] bytes = Chart("web").WithConfigMap("c", "a: b").Packed();
        return bytes[..(bytes.Length / 2)];
    }
}
