using System;
using System.Collections.Generic;
using System.IO;
using CacheDaemon.Tests.Conformance;
using static CacheDaemon.Tests.Conformance.ConformanceCase;
using static CacheDaemon.Tests.Inputs.CommandLineRowCases;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Inputs;

/// <summary>
/// Inputs of the environment (sections 3 and 6.2 of docs/key.md, "Inputs by number") that no other case covers; each name begins with its
/// section.
/// </summary>
internal static class EnvironmentRowCases
{
    private static string Kubeconfig(string @namespace) =>
        """
            apiVersion: v1
            kind: Config
            current-context: one
            contexts:
              - {name: one, context: {cluster: c, user: u, namespace: NAMESPACE}}
              - {name: two, context: {cluster: c, user: u, namespace: second}}
            clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
            users: [{name: u, user: {token: t}}]

            """.Replace("NAMESPACE", @namespace, StringComparison.Ordinal);

    private static ConformanceCase Noise(string variable, string value) =>
        Case($"3.1 variable {variable} hits", Mirror()).Run("template r web -n x").StillHitsWith(variable, value);

    private static ConformanceCase Dated(string name, string action) =>
        Case("6.2 " + name, Chart("web").WithConfigMap("d", "d: {{ " + action + " | quote }}")).Run("template r web");

    public static IEnumerable<ConformanceCase> All() =>
        [
            Case("3.1 HELM_NAMESPACE misses", Mirror())
                .Run("template r web")
                .WithVariable("HELM_NAMESPACE", "one")
                .EditsVariable("HELM_NAMESPACE", "two"),
            Case("3.1 empty HELM_NAMESPACE is none", Mirror()).Run("template r web").StillHitsWith("HELM_NAMESPACE", ""),
            Case("3.1 HELM_KUBECONTEXT misses", Mirror())
                .WithFile("kube", Kubeconfig("first"))
                .Run("template r web")
                .WithVariable("KUBECONFIG", "{dir}/kube")
                .EditsVariable("HELM_KUBECONTEXT", "two"),
            Case("3.1 KUBECONFIG misses", Mirror())
                .WithFile("kube", Kubeconfig("first"))
                .WithFile("other", Kubeconfig("third"))
                .Run("template r web")
                .WithVariable("KUBECONFIG", "{dir}/kube")
                .EditsVariable("KUBECONFIG", "other"),
            Case("3.1 HOME misses for its kubeconfig", Mirror())
                .WithFile("h/.kube/config", Kubeconfig("homely"))
                .Run("template r web")
                .EditsVariableToPath("HOME", "h"),
            Case("3.1 HELM_PLUGINS misses for a broken plugin", Mirror())
                .WithFile("plugins/p/plugin.yaml", "name: [\n")
                .Run("template r web")
                .EditsVariableToPath("HELM_PLUGINS", "plugins"),
            Case("3.1 HELM_NO_PLUGINS misses", Mirror())
                .WithFile("plugins/p/plugin.yaml", "name: [\n")
                .Run("template r web")
                .WithVariable("HELM_PLUGINS", "{dir}/plugins")
                .EditsVariable("HELM_NO_PLUGINS", "1"),
            Case("3.1 HELM_REPOSITORY_CONFIG misses", Mirror())
                .WithFile("r.yaml", "repositories:\n- name: stable\n  url: https://kubernetes-charts.storage.googleapis.com\n")
                .Run("template r web")
                .EditsVariableToPath("HELM_REPOSITORY_CONFIG", "r.yaml"),
            Case("3.1 HELM_REGISTRY_CONFIG misses", Mirror())
                .WithFile("c.json", "{")
                .Run("template r web")
                .EditsVariableToPath("HELM_REGISTRY_CONFIG", "c.json")
                .OnlyHelm(4),
            Case("3.1 HELM_DRIVER", Mirror())
                .Run("template r web")
                .WithVariable("HELM_DRIVER", "secret")
                .Says("release:")
                .Bypasses("helm-driver"),
            Case("3.1 profile of the processor", Mirror())
                .Run("template r web")
                .WithVariable("HELM_PPROF_CPU_PROFILE", "{dir}/cpu.prof")
                .Says("release:")
                .Bypasses("profiling"),
            Case("3.1 profile of the memory", Mirror())
                .Run("template r web")
                .WithVariable("HELM_PPROF_MEM_PROFILE", "{dir}/mem.prof")
                .Says("release:")
                .Bypasses("profiling"),
            Case("3.1 unset HOME", Mirror())
                .WithFile(".kube/config", Kubeconfig("first"))
                .Run("template r web")
                .WithVariable("HOME", "")
                .Says("\"Namespace\":\"first\"")
                .Edits(".kube/config", "first", "other"),
            Noise("HELM_KUBETOKEN", "t"),
            Noise("HELM_KUBEASUSER", "u"),
            Noise("HELM_KUBEASGROUPS", "g,h"),
            Noise("HELM_KUBEAPISERVER", "https://127.0.0.1:1"),
            Noise("HELM_KUBETLS_SERVER_NAME", "n"),
            Noise("HELM_KUBEINSECURE_SKIP_TLS_VERIFY", "true"),
            Noise("HELM_MAX_HISTORY", "junk"),
            Noise("HELM_BURST_LIMIT", "7"),
            Noise("HELM_QPS", "3"),
            Noise("NO_COLOR", "1"),
            Noise("HELM_COLOR", "never"),
            Noise("LANG", "tr_TR.UTF-8"),
            Noise("LC_ALL", "C"),
            Noise("KUBE_FEATURE_X", "true"),
            Noise("HTTP_PROXY", "http://127.0.0.1:1"),
            Noise("NO_PROXY", "*"),
            Noise("SSL_CERT_FILE", "/none"),
            Noise("GNUPGHOME", "/none"),
            Noise("GOGC", "50"),
            Noise("GOMAXPROCS", "1"),
            Noise("GOMEMLIMIT", "1GiB"),
            Noise("GOTRACEBACK", "all"),
            Noise("HELM_BIN", "helm"),
            Noise("HELM_PLUGIN_NAME", "diff"),
            Noise("HELM_DEBUG", "false"),
            Noise("HELM_CACHE_HOME", "/none/cache"),
            Noise("HELM_REPOSITORY_CACHE", "/none/rc"),
            Noise("HELM_CONFIG_HOME", "/none/config"),
            Noise("HELM_DATA_HOME", "/none/data"),
            Noise("XDG_CACHE_HOME", "/none"),
            Noise("XDG_CONFIG_HOME", "/none"),
            Noise("XDG_DATA_HOME", "/none"),
            Noise("DOCKER_CONFIG", "/none"),
            Noise("KUBECONFIG", "/none/kube"),
            Noise("ANYTHING", "else"),
            Noise("HELM_NO_PLUGINS", "0"),
            Noise("EDITOR", "vi"),
            Case("3.2 namespace of the flag beats all", Mirror())
                .WithFile("kube", Kubeconfig("first"))
                .Run("template r web -n flag")
                .WithVariable("KUBECONFIG", "{dir}/kube")
                .Says("\"Namespace\":\"flag\"")
                .StillHitsAfter(directory => File.WriteAllText(Path.Combine(directory, "kube"), Kubeconfig("changed"))),
            Case("3.2 other token in the kubeconfig hits", Mirror())
                .WithFile("kube", Kubeconfig("first"))
                .Run("template r web")
                .WithVariable("KUBECONFIG", "{dir}/kube")
                .Says("\"Namespace\":\"first\"")
                .StillHitsAfter(directory =>
                    File.WriteAllText(
                        Path.Combine(directory, "kube"),
                        Kubeconfig("first").Replace("token: t", "token: rotated", StringComparison.Ordinal)
                    )
                ),
            Case("3.2 current context misses", Mirror())
                .WithFile("kube", Kubeconfig("first"))
                .Run("template r web --kubeconfig kube")
                .Says("\"Namespace\":\"first\"")
                .Edits("kube", "current-context: one", "current-context: two"),
            Case("3.2 kubeconfig that is a directory gives the default", Mirror())
                .With(directory => Directory.CreateDirectory(Path.Combine(directory, "kube")))
                .Run("template r web --kubeconfig kube")
                .Says("\"Namespace\":\"default\"")
                .Is(Expected.Any),
            Case("3.2 namespace is not validated", Mirror())
                .RunArguments("template", "r", "web", "-n", "Bad NS")
                .Says("\"Namespace\":\"Bad NS\""),
            // Whether others may read it is in the key, for the helms that warn about that.
            Case("3.2 owner's mode of the kubeconfig hits", Mirror())
                .WithFile("kube", Kubeconfig("first"))
                .Run("template r web --kubeconfig kube")
                .StillHitsAfter(directory =>
                    File.SetUnixFileMode(
                        Path.Combine(directory, "kube"),
                        File.GetUnixFileMode(Path.Combine(directory, "kube")) ^ UnixFileMode.UserWrite
                    )
                ),
            Case("3.3 two plugins of one name", Mirror())
                .WithFile("plugins/p/plugin.yaml", Plugin("p"))
                .WithFile("plugins/q/plugin.yaml", Plugin("q"))
                .Run("template r web")
                .WithVariable("HELM_PLUGINS", "{dir}/plugins")
                .Edits("plugins/q/plugin.yaml", "name: q", "name: p"),
            Case("3.3 garbage among the repositories is ignored", Mirror())
                .WithFile("r.yaml", "[")
                .Run("template r web --repository-config r.yaml")
                .Says("release:"),
            Case("3.3 file beside the plugins hits", Mirror())
                .WithFile("plugins/p/plugin.yaml", Plugin("p"))
                .Run("template r web")
                .WithVariable("HELM_PLUGINS", "{dir}/plugins")
                .Says("release:")
                .StillHitsAfter(directory => File.WriteAllText(Path.Combine(directory, "plugins/p/README"), "x")),
            Case("3.3 Docker configuration is not read by helm 4", Mirror())
                .WithFile("docker/config.json", "{")
                .Run("template r web")
                .WithVariable("DOCKER_CONFIG", "{dir}/docker")
                .Says("release:")
                .Is(Expected.Any)
                .OnlyHelm(4),
            Dated("local date of a number", "date \"2006-01-02 15\" 0")
                .WithVariable("TZ", "Asia/Tokyo")
                .Is(Expected.Any)
                .EditsVariable("TZ", "America/New_York"),
            Dated("parsed date", "(toDate \"2006-01-02\" \"2020-07-01\").Location")
                .WithVariable("TZ", "Asia/Tokyo")
                .Is(Expected.Any)
                .EditsVariable("TZ", "America/New_York"),
            Dated("zone in POSIX form", "date \"2006-01-02 15\" 0").WithVariable("TZ", "JST-9").Is(Expected.Any),
            Dated("zone by an absolute path", "date \"2006-01-02 15\" 0")
                .WithVariable("TZ", ":/usr/share/zoneinfo/Asia/Tokyo")
                .Is(Expected.Any),
        ];

    private static string Plugin(string name) => $"name: {name}\nversion: 1.0.0\nusage: x\ndescription: x\ncommand: \"true\"\n";
}
