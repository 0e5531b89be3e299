using System.Collections.Generic;
using System.IO;
using CacheDaemon.Tests.Conformance;
using CacheDaemon.Tests.Support;
using static CacheDaemon.Tests.Conformance.ConformanceCase;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Inputs;

/// <summary>
/// Inputs of the command line (sections 1, 2 and 5 of docs/key.md, "Inputs by number") that no other case covers; each name begins with its
/// section. What changes the output must miss, another spelling must hit, and what is not ours is declined with its reason.
/// </summary>
internal static class CommandLineRowCases
{
    /// <summary>Prints every part of the call that a template can see.</summary>
    internal static ChartBuilder Mirror() =>
        Chart("web")
            .WithValues("a: 1\n")
            .WithFile("crds/crd.yaml", "kind: CustomResourceDefinition\nmetadata: {name: crd}\n")
            .WithTemplate(
                "mirror.yaml",
                "release: {{ .Release | toJson }}\nvalues: {{ .Values | toJson }}\nkube: {{ .Capabilities.KubeVersion.Version }}\n"
                    + "apis: {{ .Capabilities.APIVersions | toJson }}\n"
            )
            .WithTemplate("other.yaml", "other: 1\n")
            .WithTemplate("hook.yaml", "kind: Job\nmetadata: {name: hook, annotations: {\"helm.sh/hook\": pre-install}}\n")
            .WithTemplate("tests/t.yaml", "kind: Pod\nmetadata: {name: test, annotations: {\"helm.sh/hook\": test}}\n");

    private static ConformanceCase Misses(string row, string commandLine, string other) =>
        Case(row + " misses", Mirror())
            .WithFile("v.yaml", "a: 5\n")
            .WithFile("w.yaml", "a: 6\n")
            .WithFile("t.txt", "text")
            .WithFile("u.txt", "other")
            .Run(commandLine)
            .EditsRun(other);

    private static ConformanceCase Hits(string row, string commandLine, string other) =>
        Case(row + " hits", Mirror())
            .WithFile("v.yaml", "a: 5\n")
            .WithFile("w.yaml", "a: 6\n")
            .WithFile("t.txt", "text")
            .Run(commandLine)
            .StillHitsRunning(other);

    private static ConformanceCase Inert(string flag) => Case($"2.2 inert {flag}", Mirror()).Run("template r web " + flag);

    private static ConformanceCase Logging(string flag) =>
        Case($"2.1 logging flag {flag}", Mirror()).Run("template r web " + flag).Bypasses("logging-flag");

    public static IEnumerable<ConformanceCase> All() =>
        [
            Hits("1 chart path with a dot", "template r web", "template r ./web"),
            Hits("1 chart path with a slash at the end", "template r web", "template r web/"),
            Hits("1 absolute chart path", "template r web", "template r {dir}/web"),
            Case("1 other name of the chart's directory hits", Mirror())
                .With(directory => Mirror().WriteTo(Path.Combine(directory, "copies")))
                .Run("template r web")
                .With(directory => Directory.Move(Path.Combine(directory, "copies/web"), Path.Combine(directory, "copies/renamed")))
                .StillHitsRunning("template r copies/renamed")
                .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "copies/renamed/values.yaml"), "a: 2\n")),
            Hits("2.1 value after an equals sign", "template r web -n x", "template r web --namespace=x"),
            Hits("2.1 value glued to its short flag", "template r web -n x", "template r web -nx"),
            Hits("2.1 flag before the command", "template r web -n x", "-n x template r web"),
            Hits("2.1 flag between the positionals", "template r web --include-crds", "template --include-crds r web"),
            Hits("2.1 boolean in other words", "template r web --include-crds", "template r web --include-crds=T"),
            Hits("2.1 scalar overruled by a later one", "template r web -n x", "template r web -n y -n x"),
            Hits("2.1 values files in one list", "template r web -f v.yaml -f w.yaml", "template r web -f v.yaml,w.yaml"),
            Hits(
                "2.1 order between kinds of sets",
                "template r web --set b=1 --set-string c=2",
                "template r web --set-string c=2 --set b=1"
            ),
            Hits("2.1 order of independent sets", "template r web --set b=1 --set c=2", "template r web --set c=2 --set b=1"),
            Hits("2.1 double dash", "template r web -n x", "template -n x -- r web"),
            Hits("2.1 constant name", "template web", "template release-name web"),
            Misses("2.1 order of values files", "template r web -f v.yaml -f w.yaml", "template r web -f w.yaml -f v.yaml"),
            Misses("2.1 order of sets of one path", "template r web --set a=1 --set a=2", "template r web --set a=2 --set a=1"),
            Misses("2.1 order of API versions", "template r web -a x/v1,y/v1", "template r web -a y/v1,x/v1"),
            Misses("2.1 release name", "template r web", "template q web"),
            Misses("2.1 kind of a set", "template r web --set b=1", "template r web --set-string b=1"),
            Logging("-v 1"),
            Logging("--v=2"),
            Logging("--vmodule x=1"),
            Logging("--stderrthreshold 2"),
            Logging("--logtostderr"),
            Logging("--alsologtostderr"),
            Logging("--add-dir-header"),
            Logging("--one-output"),
            Logging("--skip-headers"),
            Logging("--skip-log-headers"),
            Logging("--log-file-max-size 1"),
            Logging("--log-dir {dir}"),
            Logging("--log-file {dir}/log"),
            Case("2.1 template-only boolean before the command", Mirror()).Run("--include-crds template r web").Fails("Error").OnlyHelm(4),
            Case("2.1 template-only boolean with its value before the command", Mirror())
                .Run("--include-crds=true template r web")
                .Says("name: crd")
                .Is(Expected.Any),
            Case("2.1 space instead of an equals sign makes a positional", Mirror()).Run("template r web --dry-run client").Fails("Error"),
            Case("2.1 unknown short flag", Mirror()).Run("template r web -x").Fails("unknown shorthand flag: 'x' in -x"),
            Case("2.1 short flag without its value", Mirror()).Run("template r web -f").Fails("flag needs an argument: 'f' in -f"),
            Case("2.1 stray quote in a list", Mirror()).Run("template r web -f a\"b").Fails("Error"),
            Case("2.1 comma alone as a list", Mirror()).Run("template r web -f ,").Fails("Error"),
            Misses("2.2 values", "template r web -f v.yaml", "template r web -f w.yaml"),
            Misses("2.2 set", "template r web --set a=3", "template r web --set a=4"),
            Misses("2.2 set-string", "template r web --set-string a=3", "template r web --set-string a=4"),
            Misses("2.2 set-json", "template r web --set-json a=[3]", "template r web --set-json a=[4]"),
            Misses("2.2 set-literal", "template r web --set-literal a=b,c", "template r web --set-literal a=b,d"),
            Misses("2.2 set-file", "template r web --set-file a=t.txt", "template r web --set-file a=u.txt"),
            Misses("2.2 key of a set-file", "template r web --set-file a=t.txt", "template r web --set-file b=t.txt"),
            Misses("2.2 namespace", "template r web -n x", "template r web -n y"),
            Misses("2.2 show-only", "template r web -s templates/other.yaml", "template r web -s templates/mirror.yaml"),
            Misses(
                "2.2 order of show-only",
                "template r web -s templates/other.yaml -s templates/mirror.yaml",
                "template r web -s templates/mirror.yaml -s templates/other.yaml"
            ),
            Misses("2.2 api-versions", "template r web -a x/v1", "template r web -a x/v2"),
            Misses("2.2 kube-version", "template r web --kube-version 1.30", "template r web --kube-version 1.31"),
            Misses("2.2 include-crds", "template r web --include-crds", "template r web"),
            Misses("2.2 skip-tests", "template r web --skip-tests", "template r web"),
            Misses("2.2 no-hooks", "template r web --no-hooks", "template r web"),
            Misses("2.2 is-upgrade", "template r web --is-upgrade", "template r web"),
            Misses("2.2 name-template without actions", "template web --name-template x", "template web --name-template y"),
            Case("2.2 skip-schema-validation misses", Mirror().WithSchema("{\"required\": [\"none\"]}"))
                .Run("template r web --skip-schema-validation")
                .EditsRun("template r web"),
            Inert("--skip-crds"),
            Inert("--hide-notes"),
            Inert("--render-subchart-notes"),
            Inert("--take-ownership"),
            Inert("--create-namespace"),
            Inert("--replace"),
            Inert("--wait-for-jobs"),
            Inert("--disable-openapi-validation"),
            Inert("--force"),
            Inert("--atomic"),
            Inert("--release-name"),
            Inert("--description words"),
            Inert("--labels k=v"),
            Inert("--timeout 1m"),
            Inert("--wait"),
            Inert("--dry-run"),
            Inert("--dry-run=client"),
            Inert("--validate=false"),
            Inert("--debug=false"),
            Inert("--keyring {dir}/none"),
            Inert("--burst-limit 3 --qps 2"),
            Inert("--kube-context none"),
            Inert("--devel"),
            Inert("--version 9.9.9"),
            Inert("--wait=watcher").OnlyHelm(4),
            Inert("--wait=hookOnly").OnlyHelm(4),
            Inert("--wait=legacy").OnlyHelm(4),
            Inert("--wait=true").OnlyHelm(4),
            Inert("--force-replace").OnlyHelm(4),
            Inert("--force-conflicts").OnlyHelm(4),
            Inert("--rollback-on-failure").OnlyHelm(4),
            Inert("--server-side=false").OnlyHelm(4),
            Inert("--color never").OnlyHelm(4),
            Inert("--colour always").OnlyHelm(4),
            Inert("--content-cache {dir}/cc").OnlyHelm(4),
            Case("2.2 reserved label", Mirror()).Run("template r web --labels owner=x").Fails("owner"),
            Case("2.2 colour that is none", Mirror()).Run("template r web --color pink").Fails("pink").OnlyHelm(4),
            Case("2.2 flags of helm 4 are unknown to helm 3", Mirror())
                .Run("template r web --server-side")
                .Fails("unknown flag")
                .OnlyHelm(3),
            Case("2.2 each hidden note's line, helm 4.2", Mirror())
                .Run("template r web --hide-notes")
                .Says("--hide-notes has been deprecated")
                .EditsRun("template r web --hide-notes --hide-notes")
                .OnlyHelm(42),
            Case("2.2 order of deprecated flags, helm 4.2", Mirror())
                .Run("template r web --force --render-subchart-notes")
                .Says("--render-subchart-notes has been deprecated")
                .EditsRun("template r web --render-subchart-notes --force")
                .OnlyHelm(42),
            Case("2.2 flags that exclude each other", Mirror())
                .Run("template r web --force-replace --force-conflicts")
                .Fails("Error")
                .OnlyHelm(4),
            Case("2.2 hide-secret is not of template", Mirror()).Run("template r web --hide-secret").Fails("unknown flag"),
            Case("2.2 other token of the cluster hits", Mirror())
                .Run("template r web -n x --kube-token one")
                .StillHitsRunning("template r web -n x --kube-token two"),
            Case("2.2 repo beside a local chart, helm 3", Mirror())
                .Run("template r web --repo http://127.0.0.1:1")
                .Says("release:")
                .Bypasses("remote-chart")
                .OnlyHelm(3),
            Case("2.2 repo beside a local chart, helm 4", Mirror())
                .Run("template r web --repo http://127.0.0.1:1")
                .Fails("127.0.0.1:1")
                .Bypasses("remote-chart")
                .OnlyHelm(4),
            Case("2.2 certificate alone is not read", Mirror())
                .Run("template r web --cert-file gone.pem")
                .Says("release:")
                .Bypasses("tls-files"),
            Case("2.2 certificate and key are read", Mirror())
                .Run("template r web --cert-file gone.pem --key-file gone.key")
                .Fails("gone")
                .Bypasses("tls-files"),
            Case("2.2 credentials", Mirror()).Run("template r web --username u --password p").Says("release:").Bypasses("credentials"),
            Case("2.2 dry-run none, helm 3", Mirror())
                .Run("template r web --dry-run=none")
                .Says("release:")
                .Bypasses("cluster-access")
                .OnlyHelm(3),
            Case("2.2 dry-run none, helm 4", Mirror())
                .Run("template r web --dry-run=none")
                .Fails("Error")
                .Bypasses("cluster-access")
                .OnlyHelm(4),
            Case("2.2 post-renderer that is no plugin", Mirror())
                .Run("template r web --post-renderer /bin/cat")
                .Fails("Error")
                .Bypasses("post-renderer")
                .OnlyHelm(4),
            Case("2.2 registry configuration by flag", Mirror())
                .WithFile("c.json", "{}")
                .Run("template r web --registry-config c.json")
                .Says("release:")
                .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "c.json"), "{"))
                .OnlyHelm(4),
            Hits("2.2 repository cache", "template r web", "template r web --repository-cache {dir}/rc"),
            Case("2.3 reference becomes a local chart")
                .Run("template r loc/web")
                .Fails("loc")
                .EditsBy(directory => Mirror().WriteTo(Path.Combine(directory, "loc"))),
            Case("2.3 empty directory hides a reference")
                .With(directory => Directory.CreateDirectory(Path.Combine(directory, "loc/web")))
                .Run("template r loc/web")
                .Fails("Error"),
            Case("2.3 file scheme is none", Mirror()).Run("template r file://{dir}/web").Fails("Error").Bypasses("remote-chart"),
            Case("2.3 registry reference", Mirror())
                .Run("template r oci://127.0.0.1:1/web --version 1.0.0")
                .Fails("127.0.0.1:1")
                .Bypasses("remote-chart"),
            Case("2.3 blanks around the chart's name", Mirror()).RunArguments("template", "r", " web ").Says("release:").Is(Expected.Any),
            Case("2.3 absolute path that is not there").Run("template r {dir}/gone").Fails("gone"),
            Case("5 unknown scheme is a file's name", Mirror()).Run("template r web -f ftp://x/v.yaml").Fails("ftp"),
            Case("5 scheme of a plugin that is not there", Mirror())
                .Run("template r web -f secrets://v.yaml")
                .Fails("secrets")
                .Bypasses("remote-values"),
            Case("5 bad percent sequence", Mirror()).Run("template r web -f a%zz").Fails("a%zz"),
            Case("5 second dash is empty", Mirror())
                .WithStdin("a: 5\n")
                .Run("template r web -f - -f -")
                .Says("\"a\":5")
                .EditsStdin("5", "7"),
            Case("5 blanks around the dash", Mirror())
                .WithStdin("a: 5\n")
                .RunArguments("template", "r", "web", "-f", " - ")
                .Says("\"a\":5")
                .EditsStdin("5", "7"),
            Case("5 descriptor as a file", Mirror())
                .WithStdin("a: 5\n")
                .Run("template r web -f /dev/fd/0")
                .Says("\"a\":5")
                .EditsStdin("5", "7"),
            Case("5 process's own descriptor", Mirror())
                .WithStdin("a: 5\n")
                .Run("template r web -f /proc/self/fd/0")
                .Says("\"a\":5")
                .StillHitsRunning("template r web -f -"),
            Case("5 link to the process's own descriptor", Mirror())
                .WithStdin("a: 5\n")
                .WithLink("in.yaml", "/dev/stdin")
                .Run("template r web -f in.yaml")
                .Says("\"a\":5")
                .Bypasses("values-through-proc"),
            Case("5 set-file from a descriptor", Mirror())
                .WithStdin("typed")
                .Run("template r web --set-file a=/dev/stdin")
                .Says("typed")
                .EditsStdin("typed", "given"),
            Case("5 remote set-file", Mirror())
                .Run("template r web --set-file a=http://127.0.0.1:1/x")
                .Fails("127.0.0.1:1")
                .Bypasses("remote-values"),
        ];
}
