using System.Collections.Generic;
using System.IO;
using static CacheDaemon.Tests.Conformance.ConformanceCase;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Conformance;

/// <summary>The commands besides <c>template</c>: what each prints, what it reads, and what it does not.</summary>
internal static class CommandCases
{
    public static IEnumerable<ConformanceCase> All() => [.. Version(), .. Show()];

    private static IEnumerable<ConformanceCase> Version() =>
        [
            Case("version").Run("version").Says("version.BuildInfo{").EditsRun("version --short"),
            Case("version, short").Run("version --short").NeverSays("BuildInfo").StillHitsRunning("version --short=T"),
            Case("version as kustomize asks for it").Run("version -c --short").OnlyHelm(3).EditsRun("version --template {{.GoVersion}}"),
            Case("version as kustomize asks helm 4 for it")
                .Run("version -c --short")
                .OnlyHelm(4)
                .Fails("unknown shorthand flag: 'c' in -c"),
            Case("version, client, in full").Run("version --client").OnlyHelm(3).Says("version.BuildInfo{"),
            Case("version by a template")
                .Run("version --template {{.Version}}|{{.GitCommit}}|{{.GitTreeState}}|{{.GoVersion}}")
                .Says("|clean|")
                .EditsRun("version --template {{.Version}}"),
            Case("version by a template with a range")
                .RunArguments("version", "--template", "{{range $k, $v := .}}{{$k}}{{end}}")
                .Fails("range can't iterate over"),
            Case("version by an empty template").RunArguments("version", "--template", "").Says("version.BuildInfo{"),
            Case("version by a template and short").Run("version --short --template {{.Version}}"),
            Case("version by a template of text").RunArguments("version", "--template", "a\nb {{ \"c\" | printf \"%s\" }}").Says("b c"),
            Case("version by a template with a function that helm charts have")
                .RunArguments("version", "--template", "{{ now }}")
                .Fails("function \"now\" not defined"),
            Case("version by a broken template").Run("version --template {{").Fails("unclosed action"),
            Case("version by a template without its field").Run("version --template {{.Nothing}}").Fails("can't evaluate field Nothing"),
            Case("version with an argument").Run("version now").Fails("accepts no arguments"),
            Case("version with an unknown flag").Run("version --output json").Fails("unknown flag: --output"),
            Case("version with a shorthand of template").Run("version -f x").Fails("unknown shorthand flag: 'f' in -f"),
            Case("version with a bad boolean").Run("version --short=maybe").Fails("invalid argument \"maybe\" for \"--short\""),
            Case("version without the value of its template").Run("version --template").Fails("flag needs an argument: --template"),
            Case("version after a root flag").Run("-n team version --short").StillHitsRunning("version --namespace other --short"),
            Case("version after a flag of its own").Run("--short version").Fails("unknown flag: --short"),
            Case("version, debugging").Run("version --debug").OnlyHelm(4),
            Case("version, not debugging").Run("version --debug=false"),
            Case("version, its help").Run("version --help").Bypasses("help-requested"),
            Case("version with a kubeconfig that is none")
                .WithFile("kube", "\t{")
                .WithVariable("KUBECONFIG", "{dir}/kube")
                .Run("version --short"),
            Case("version in a namespace of the environment")
                .WithVariable("HELM_NAMESPACE", "team")
                .Run("version --short")
                .StillHitsWith("HELM_NAMESPACE", "other"),
            Case("version in a time zone").WithVariable("TZ", "Asia/Tokyo").Run("version").StillHitsWith("TZ", "UTC"),
            Case("version with a broken plugin")
                .WithFile("plugins/p/plugin.yaml", "name: p\nbogus: 1\n")
                .WithVariable("HELM_PLUGINS", "{dir}/plugins")
                .Run("version --short")
                .Is(Expected.Any),
            Case("version with repositories that are none")
                .WithFile("r.yaml", "a: [\n")
                .WithVariable("HELM_REPOSITORY_CONFIG", "{dir}/r.yaml")
                .Run("version --short"),
            Case("version with a registry configuration that is none")
                .WithFile("r.json", "{")
                .WithVariable("HELM_REGISTRY_CONFIG", "{dir}/r.json")
                .Run("version --short")
                .Fails("unexpected EOF"),
            Case("version with an unheard-of variable")
                .WithVariable("HELM_UNHEARD_OF", "1")
                .Run("version --short")
                .StillHitsWith("HELM_UNHEARD_OF", "2"),
        ];

    private static IEnumerable<ConformanceCase> Show() =>
        [
            Case("show chart", Shown()).Run("show chart web").Says("name: web").Edits("web/Chart.yaml", "version: 1.0.0", "version: 1.0.1"),
            Case("show values", Shown()).Run("show values web").Says("# a comment").Edits("web/values.yaml", "a: 1", "a: 2"),
            Case("show readme", Shown()).Run("show readme web").Says("# Read me").Edits("web/README.md", "Read me", "Read it"),
            Case("show crds", Shown())
                .Run("show crds web")
                .Says("kind: CustomResourceDefinition")
                .Edits("web/crds/c.yaml", "name: c.example.com", "name: d.example.com"),
            Case("show all", Shown()).Run("show all web").Says("kind: CustomResourceDefinition").Edits("web/values.yaml", "a: 1", "a: 2"),
            Case("inspect is show", Shown()).Run("inspect chart web").StillHitsRunning("show chart web"),
            Case("inspect values is show values", Shown()).Run("inspect values ./web").StillHitsRunning("show values {dir}/web"),
            Case("show chart by other names", Shown()).Run("show chart web/").StillHitsRunning("show chart ./web"),
            Case("show chart after root flags", Shown())
                .Run("-n x show --kubeconfig nowhere chart web")
                .StillHitsRunning("show chart web --namespace y"),
            Case("show chart with its flags before its word", Shown())
                .Run("show --version 1 chart web")
                .Bypasses("flag-before-command")
                .Is(Expected.Any),
            Case("show chart of a packed chart").WithPacked(Shown()).Run("show chart web-1.0.0.tgz").Says("name: web"),
            Case("show all of a packed chart").WithPacked(Shown()).Run("show all web-1.0.0.tgz").Says("# Read me"),
            Case("show values of a chart without any", Chart("web"))
                .Run("show values web")
                .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "web", "values.yaml"), "b: 1\n")),
            Case("show readme of a chart without one", Chart("web"))
                .Run("show readme web")
                .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "web", "readme.md"), "small\n")),
            Case("show crds of a chart without any", Chart("web"))
                .Run("show crds web")
                .EditsBy(directory =>
                {
                    Directory.CreateDirectory(Path.Combine(directory, "web", "crds"));
                    File.WriteAllText(Path.Combine(directory, "web", "crds", "x.yaml"), "kind: X\n");
                }),
            Case("show all of a bare chart", Chart("web")).Run("show all web"),
            Case("show readme that is ignored", Shown().WithFile(".helmignore", "README.md\n")).Run("show readme web").NeverSays("Read me"),
            Case("show values that are ignored", Shown().WithFile(".helmignore", "values.yaml\n")).Run("show values web").NeverSays("a: 1"),
            Case("show readme in another case", Chart("web").WithFile("ReadMe.txt", "in another case\n"))
                .Run("show readme web")
                .Is(Expected.Any),
            Case("show readme of two", Chart("web").WithFile("README", "one\n").WithFile("README.md", "two\n")).Run("show readme web"),
            Case("show values with Windows line ends", Chart("web").WithFile("values.yaml", "a: 1\r\n# b\r\n"))
                .Run("show values web")
                .Edits("web/values.yaml", "a: 1", "a: 3"),
            Case("show values with a byte order mark", Chart("web").WithFile("values.yaml", "\ufeffa: 1\n")).Run("show values web"),
            Case("show values without a last line end", Chart("web").WithFile("values.yaml", "a: 1")).Run("show values web"),
            Case(
                    "show crds of subcharts",
                    Shown()
                        .WithDependency("db")
                        .WithSubchart(Chart("db").WithFile("crds/db.yaml", "kind: CustomResourceDefinition\nmetadata: {name: db}\n"))
                )
                .Run("show crds web")
                .Says("name: db"),
            Case("show crds with several documents", Shown().WithFile("crds/a.yaml", "---\na: 1\n---\nb: 2\n"))
                .Run("show crds web")
                .Says("b: 2"),
            Case("show chart with dependencies", Shown().WithDependency("db")).Run("show chart web").Says("dependencies:"),
            Case("show chart in a namespace", Shown()).Run("show chart web -n a").StillHitsRunning("show chart web -n b"),
            Case("show values by a path", Shown())
                .RunArguments("show", "values", "web", "--jsonpath", "{.b.c}")
                .Says("deep")
                .Edits("web/values.yaml", "deep", "deeper"),
            Case("show values by a path of a list", Shown()).RunArguments("show", "values", "web", "--jsonpath={.list[1]}").Says("two"),
            Case("show values by a path of a map", Shown())
                .RunArguments("show", "values", "web", "--jsonpath", "{.b}")
                .EditsRun("show values web --jsonpath {.list}"),
            Case("show values by a path without braces", Shown())
                .RunArguments("show", "values", "web", "--jsonpath", ".b.c")
                .Is(Expected.Any),
            Case("show values by a path to nothing", Shown())
                .RunArguments("show", "values", "web", "--jsonpath", "{.nothing}")
                .Is(Expected.Any),
            Case("show values by a broken path", Shown())
                .RunArguments("show", "values", "web", "--jsonpath", "{.b")
                .Fails("error parsing jsonpath"),
            Case("show values by a wildcard", Shown())
                .RunArguments("show", "values", "web", "--jsonpath", "{.list[*]}")
                .Bypasses("bad-flag-value"),
            Case("show values by descent", Shown()).RunArguments("show", "values", "web", "--jsonpath", "{.list..}").Is(Expected.Any),
            Case("show values by a range", Shown())
                .RunArguments("show", "values", "web", "--jsonpath", "{range .list[0:2]}{@}{end}")
                .Bypasses("bad-flag-value"),
            Case("show chart by a path", Shown())
                .RunArguments("show", "chart", "web", "--jsonpath", "{.name}")
                .Fails("unknown flag: --jsonpath"),
            Case("show chart of a version", Shown()).Run("show chart web --version 9.9.9"),
            Case("show chart of a devel version", Shown()).Run("show chart web --devel"),
            Case("show chart with a keyring", Shown())
                .Run("show chart web --keyring /nowhere")
                .StillHitsRunning("show chart web --keyring /elsewhere"),
            Case("show chart, verified", Shown()).Run("show chart web --verify").Fails("Error"),
            Case("show chart of a repository's address", Shown())
                .Run("show chart web --repo http://127.0.0.1:1")
                .OnlyHelm(3)
                .Bypasses("remote-chart"),
            Case("show chart of a repository's address, helm 4", Shown())
                .Run("show chart web --repo http://127.0.0.1:1")
                .OnlyHelm(4)
                .Fails("cannot be reached"),
            Case("show chart with a user", Shown()).Run("show chart web --username u").Bypasses("credentials"),
            Case("show chart by plain http", Shown()).Run("show chart web --plain-http"),
            Case("show chart of nothing").Run("show chart nowhere").Fails("Error"),
            Case("show chart of a path that is not there").Run("show chart ./nowhere").Fails("not found"),
            Case("show chart of a directory that is no chart")
                .WithFile("web/a.txt", "a")
                .Run("show chart web")
                .Fails("Chart.yaml file is missing"),
            Case("show chart of a broken one").WithFile("web/Chart.yaml", "a: [\n").Run("show chart web").Fails("Error"),
            Case("show values that are broken", Chart("web").WithFile("values.yaml", "a: [\n")).Run("show values web").Fails("Error"),
            Case("show chart of a broken template", Shown().WithFile("templates/broken.yaml", "{{ nope")).Run("show chart web"),
            Case("show chart without a chart").Run("show chart").Fails("requires 1 argument"),
            Case("show chart of two charts", Shown()).WithChart(Chart("two")).Run("show chart web two").Fails("requires 1 argument"),
            Case("show of nothing").Run("show").Is(Expected.Any),
            Case("show of something unknown", Shown()).Run("show templates web").Is(Expected.Any),
            Case("show chart with a flag of template", Shown()).Run("show chart web --set a=1").Fails("unknown flag: --set"),
            Case("show chart, its help").Run("show chart --help").Bypasses("help-requested"),
            Case("show chart, debugging", Shown()).Run("show chart web --debug").OnlyHelm(4).Says("level=DEBUG").EditsRun("show chart web"),
            Case("show values through a link", Shown()).WithLink("web/files/l.txt", "../README.md").Run("show values web").Says("a: 1"),
            Case("show chart of a linked chart", Shown()).WithLink("alias", "web").Run("show chart alias"),
            Case("show chart after two hyphens", Shown()).Run("show chart -- web"),
            Case(
                    "show chart with a schema that refuses its values",
                    Shown().WithFile("values.schema.json", "{\"required\": [\"nothing\"]}")
                )
                .Run("show chart web"),
            Case("show values of an ignored link's chart", Shown().WithFile(".helmignore", "files/\n"))
                .WithLink("web/files/l.txt", "../README.md")
                .Run("show values web"),
            Case("show chart with an invalid pattern", Shown().WithFile(".helmignore", "[\n"))
                .Run("show chart web")
                .Fails("syntax error in pattern"),
            Case(
                    "show chart of a library",
                    Chart("web").WithFile("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\ntype: library\n")
                )
                .Run("show chart web")
                .Says("type: library"),
            Case(
                    "show chart of the old kind",
                    Chart("web")
                        .WithFile("Chart.yaml", "apiVersion: v1\nname: web\nversion: 1.0.0\n")
                        .WithFile("requirements.yaml", "dependencies: []\n")
                )
                .Run("show chart web"),
            Case(
                    "show chart with unknown fields",
                    Chart("web").WithFile("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\nbogus: 1\n")
                )
                .Run("show chart web")
                .NeverSays("bogus"),
        ];

    private static Support.ChartBuilder Shown() =>
        Chart("web")
            .WithValues("# a comment\na: 1\nb: {c: deep}\nlist: [one, two]\n")
            .WithFile("README.md", "# Read me\n")
            .WithFile("crds/c.yaml", "kind: CustomResourceDefinition\nmetadata:\n  name: c.example.com\n")
            .WithConfigMap("c", "a: {{ .Values.a }}");
}
