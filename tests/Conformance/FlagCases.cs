using System.Collections.Generic;
using System.IO;
using CacheDaemon.Tests.Support;
using static CacheDaemon.Tests.Conformance.ConformanceCase;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Conformance;

/// <summary>Each flag of <c>helm template</c>, in the spellings that callers use.</summary>
internal static class FlagCases
{
    /// <summary>
    /// Has one of everything that a flag can switch: a CRD, a hook, a test, notes, and a view of release and capabilities.
    /// </summary>
    private static ChartBuilder Full() =>
        Chart("web")
            .WithValues("a: 1\n")
            .WithFile("crds/crd.yaml", "kind: CustomResourceDefinition\nmetadata: {name: crd}\n")
            .WithTemplate("release.yaml", "release: {{ .Release | toJson }}\n")
            .WithTemplate(
                "kube.yaml",
                "kube: {{ .Capabilities.KubeVersion }} {{ .Capabilities.APIVersions.Has \"example.com/v1\" }} {{ "
                    + ".Capabilities.HelmVersion.Version }}\n"
            )
            .WithTemplate("hook.yaml", "kind: Job\nmetadata: {name: hook, annotations: {\"helm.sh/hook\": pre-install}}\n")
            .WithTemplate("tests/t.yaml", "kind: Pod\nmetadata: {name: test, annotations: {\"helm.sh/hook\": test}}\n")
            .WithTemplate("NOTES.txt", "Thank you for {{ .Chart.Name }}.\n");

    private static ConformanceCase Flag(string name, string commandLine) => Case(name, Full()).Run(commandLine);

    public static IEnumerable<ConformanceCase> All() =>
        [
            Flag("No flags", "template r web")
                .Says("\"Namespace\":\"default\"")
                .Says("name: hook")
                .Says("name: test")
                .NeverSays("name: crd")
                .NeverSays("Thank you"),
            Flag("Namespace", "template r web --namespace shop").Says("\"Namespace\":\"shop\""),
            Flag("Namespace, short and joined", "template r web -nshop").Says("\"Namespace\":\"shop\""),
            Flag("Namespace before the command", "-n shop template r web").Says("\"Namespace\":\"shop\""),
            Flag("Namespace twice, the last wins", "template r web -n one -n=two").Says("\"Namespace\":\"two\""),
            Case("Namespace that is empty", Full())
                .RunArguments("template", "r", "web", "--namespace", "")
                .Says("\"Namespace\":\"default\""),
            Flag("Kube version", "template r web --kube-version 1.29").Says("1.29"),
            Flag("Kube version with a v and a patch", "template r web --kube-version=v1.28.3").Says("1.28.3"),
            Flag("Kube version that is none", "template r web --kube-version bogus").Fails("bogus"),
            Flag("API versions", "template r web -a example.com/v1 --api-versions=a/v1,b/v2").Says("true"),
            Flag("Include CRDs", "template r web --include-crds").Says("name: crd").Edits("web/crds/crd.yaml", "name: crd", "name: drc"),
            Flag("Skip CRDs", "template r web --skip-crds").NeverSays("name: crd"),
            Flag("Skip tests", "template r web --skip-tests").NeverSays("name: test"),
            Flag("No hooks", "template r web --no-hooks").NeverSays("name: hook"),
            Flag("Is upgrade", "template r web --is-upgrade").Says("\"IsUpgrade\":true"),
            Flag("Boolean switched off", "template r web --is-upgrade=false --include-crds=true")
                .Says("\"IsUpgrade\":false")
                .Says("name: crd"),
            Flag("Boolean that is none", "template r web --is-upgrade=maybe").Fails("maybe"),
            Flag("Chart only", "template web").Says("release-name"),
            Flag("Generated name is a constant", "template -g web").Says("release-name"),
            Flag("Generated name and a name", "template -g r web").Fails("Error"),
            Flag("Name by constant template", "template --name-template shop web").Says("\"Name\":\"shop\""),
            Case("Name by template", Full())
                .RunArguments("template", "--name-template", "{{ upper \"x\" | lower }}-y", "web")
                .Says("x-y")
                .Bypasses("name-template"),
            Flag("Release name flag", "template r web --release-name").Says("web/templates"),
            Flag("Flags between positionals", "template --include-crds r --skip-tests web -n x").Says("name: crd").NeverSays("name: test"),
            Flag("Double dash ends the flags", "template -n x -- r web").Says("\"Namespace\":\"x\""),
            Flag("Grouped short flags", "template -gnx web").Says("\"Namespace\":\"x\""),
            Flag("Show only one template", "template r web -s templates/kube.yaml").Says("kube.yaml").NeverSays("release.yaml"),
            Flag("Show only two templates, order kept", "template r web --show-only templates/release.yaml -s templates/kube.yaml")
                .Says("kube.yaml")
                .Says("release.yaml"),
            Flag("Show only by pattern", "template r web -s templates/*.yaml --set a=2").Says("kube.yaml"),
            Flag("Show only a hook and a test", "template r web -s templates/hook.yaml -s templates/tests/t.yaml").Says("name: test"),
            Flag("Show only what is not there", "template r web -s templates/none.yaml")
                .Fails("could not find template templates/none.yaml"),
            Case("Show only a template of a subchart", Full().WithSubchart(Chart("kid").WithConfigMap("k", "a: b")))
                .Run("template r web -s charts/kid/templates/k.yaml")
                .Says("a: b")
                .NeverSays("hook")
                .Edits("web/charts/kid/templates/k.yaml", "a: b", "a: c"),
            Flag("Dry run on the client", "template r web --dry-run=client").Says("release.yaml"),
            Flag("Bare dry run", "template r web --dry-run").Says("release.yaml"),
            Flag("Dry run on the server, helm 3", "template r web --dry-run=server")
                .Says("release.yaml")
                .Bypasses("cluster-access")
                .OnlyHelm(3),
            Flag("Dry run on the server, helm 4", "template r web --dry-run=server").Fails("Error").Bypasses("cluster-access").OnlyHelm(4),
            Flag(
                    "Inert flags",
                    "template r web --timeout 1m --create-namespace --wait-for-jobs --description d -l k=v --hide-notes "
                        + "--disable-openapi-validation"
                )
                .Says("release.yaml"),
            Flag("Wait", "template r web --wait").Says("release.yaml"),
            Flag("Atomic and force, deprecated in helm 4", "template r web --atomic --force").Says("release.yaml"),
            Flag("Timeout that is none", "template r web --timeout soon").Fails("soon"),
            Flag("Skip schema validation", "template r web --skip-schema-validation").Says("release.yaml"),
            Flag("Notes of subcharts", "template r web --render-subchart-notes").Says("release.yaml"),
            Flag("Version and devel of a local chart", "template r web --version 9.9.9 --devel").Says("release.yaml").Is(Expected.Any),
            Flag(
                    "Kube settings that a client render ignores",
                    "template r web --kube-apiserver https://127.0.0.1:1 --kube-token t --burst-limit 7 --qps 3"
                )
                .Says("release.yaml")
                .Is(Expected.Any),
            Flag("Debug before the command is switched off", "--debug=false template r web").Says("release.yaml"),
            Flag("Unknown flag", "template r web --no-such-flag").Fails("unknown flag: --no-such-flag"),
            Flag("Abbreviated flag", "template r web --namespac x").Fails("unknown flag"),
            Flag("Flag without its value", "template r web --set").Fails("flag needs an argument"),
            Flag("No arguments", "template").Fails("Error"),
            Flag("Too many arguments", "template r web more").Fails("at most two arguments"),
            Flag("Boolean of template before the command swallows a word", "--include-crds template r web").Fails("Error").OnlyHelm(3),
            Flag("Help", "template --help").Says("Usage:").Bypasses(),
            Flag("Help in the middle", "template r web -h --no-hooks").Says("Usage:").Bypasses(),
            Flag("Debug", "template r web --debug").Says("level=DEBUG").OnlyHelm(4),
            Flag("Logging level", "template r web -v 1").Says("release.yaml").Bypasses("logging-flag"),
            Flag("Validation asks a cluster", "template r web --validate --kube-apiserver http://127.0.0.1:1")
                .Fails("127.0.0.1:1")
                .Bypasses("cluster-access"),
            Flag("Name resolution", "template r web --enable-dns").Says("release.yaml").Bypasses("dns-enabled"),
            Flag("Post renderer", "template r web --post-renderer /bin/cat").Says("release.yaml").Bypasses("post-renderer").OnlyHelm(3),
            Flag("Verify", "template r web --verify").Fails("Error").Bypasses("verify-requested"),
            Flag("Dependency update", "template r web --dependency-update").Says("release.yaml").Bypasses("dependency-update"),
            Flag("Files of a certificate", "template r web --ca-file gone.pem").Fails("gone.pem").Bypasses("tls-files"),
            Flag("Remote chart", "template r http://127.0.0.1:1/web.tgz").Fails("127.0.0.1:1").Bypasses("remote-chart"),
            Flag("Remote values", "template r web -f http://127.0.0.1:1/v.yaml").Fails("127.0.0.1:1").Bypasses("remote-values"),
            Case("Output directory", Full())
                .Run("template r web --no-hooks --output-dir {dir}/out")
                .Says("wrote ")
                .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "web/templates/more.yaml"), "more: 1\n")),
        ];
}
