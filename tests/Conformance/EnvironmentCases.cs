using System.Collections.Generic;
using System.IO;
using CacheDaemon.Tests.Support;
using static CacheDaemon.Tests.Conformance.ConformanceCase;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Conformance;

/// <summary>Variables, and the files that helm reads at every start.</summary>
internal static class EnvironmentCases
{
    private static ChartBuilder Web() => Chart("web").WithConfigMap("n", "namespace: {{ .Release.Namespace }}");

    private static string Kubeconfig(string @namespace) =>
        $$"""
            apiVersion: v1
            kind: Config
            current-context: one
            contexts:
              - name: one
                context: {cluster: c, user: u, namespace: {{@namespace}}}
              - name: two
                context: {cluster: c, user: u, namespace: second}
            clusters:
              - name: c
                cluster: {server: "https://127.0.0.1:1"}
            users:
              - name: u
                user: {}

            """;

    public static IEnumerable<ConformanceCase> All() =>
        [
            Case("HELM_NAMESPACE", Web()).Run("template r web").WithVariable("HELM_NAMESPACE", "from-env").Says("from-env"),
            Case("HELM_NAMESPACE loses to the flag", Web())
                .Run("template r web -n flag")
                .WithVariable("HELM_NAMESPACE", "from-env")
                .Says("namespace: flag"),
            Case("Namespace of a kubeconfig", Web())
                .WithFile("kube", Kubeconfig("blue"))
                .Run("template r web")
                .WithVariable("KUBECONFIG", "{dir}/kube")
                .Says("namespace: blue")
                .Edits("kube", "blue", "teal"),
            Case("Namespace of a kubeconfig by flag", Web())
                .WithFile("kube", Kubeconfig("blue"))
                .Run("template r web --kubeconfig kube")
                .Says("namespace: blue")
                .Edits("kube", "blue", "teal"),
            Case("Namespace of a context by flag", Web())
                .WithFile("kube", Kubeconfig("blue"))
                .Run("template r web --kubeconfig kube --kube-context two")
                .Says("namespace: second")
                .Edits("kube", "second", "zweite"),
            Case("Context by variable", Web())
                .WithFile("kube", Kubeconfig("blue"))
                .Run("template r web --kubeconfig kube")
                .WithVariable("HELM_KUBECONTEXT", "two")
                .Says("namespace: second"),
            Case("Unknown context is the default namespace", Web())
                .WithFile("kube", Kubeconfig("blue"))
                .Run("template r web --kubeconfig kube --kube-context none")
                .Says("namespace: default"),
            Case("List of kubeconfigs, one missing", Web())
                .WithFile("kube", Kubeconfig("blue"))
                .Run("template r web")
                .WithVariable("KUBECONFIG", "{dir}/gone:{dir}/kube")
                .Says("namespace: blue")
                .Is(Expected.Any)
                .Edits("kube", "blue", "teal"),
            Case("Kubeconfig that is no YAML is the default namespace", Web())
                .WithFile("kube", "a: [")
                .Run("template r web --kubeconfig kube")
                .Says("namespace: default")
                .Is(Expected.Any)
                .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "kube"), Kubeconfig("late"))),
            Case("Kubeconfig in the home directory", Web())
                .WithFile("home/.kube/config", Kubeconfig("home"))
                .Run("template r web")
                .WithVariable("HOME", "{dir}/home")
                .Says("namespace: home")
                .Edits("home/.kube/config", "namespace: home", "namespace: house"),
            Case("Empty kubeconfig name", Web())
                .RunArguments("template", "r", "web", "--kube-context", "", "--kubeconfig", "")
                .Says("namespace: default"),
            Case("Fresh empty homes", Web())
                .Run("template r web")
                .WithVariable("XDG_CONFIG_HOME", "{dir}/x")
                .WithVariable("XDG_DATA_HOME", "{dir}/y")
                .WithVariable("XDG_CACHE_HOME", "{dir}/z")
                .Says("default"),
            Case("Retired stable repository is warned about", Web())
                .WithFile(
                    "r.yaml",
                    "apiVersion: \"\"\ngenerated: \"0001-01-01T00:00:00Z\"\nrepositories:\n- name: stable\n"
                        + "  url: https://kubernetes-charts.storage.googleapis.com\n"
                )
                .Run("template r web --repository-config r.yaml")
                .Says("WARNING")
                .Edits("r.yaml", "name: stable", "name: other"),
            Case("Broken registry configuration is fatal", Web())
                .WithFile("c.json", "{")
                .Run("template r web")
                .WithVariable("HELM_REGISTRY_CONFIG", "{dir}/c.json")
                .Fails("")
                .OnlyHelm(4),
            Case("Plugin that is broken is noted", Web())
                .WithFile("plugins/p/plugin.yaml", "name: [\n")
                .Run("template r web")
                .WithVariable("HELM_PLUGINS", "{dir}/plugins")
                .Says("plugin")
                .EditsBy(directory => Directory.Delete(Path.Combine(directory, "plugins"), recursive: true)),
            Case(
                    "Date of a constant in a time zone",
                    Chart("web").WithConfigMap("d", "day: {{ dateInZone \"2006-01-02 15:04 MST\" 0 \"Local\" | quote }}")
                )
                .Run("template r web")
                .WithVariable("TZ", "UTC")
                .Says("1970-01-01 00:00 UTC")
                .Is(Expected.Any),
            Case("Locale and colour variables", Web())
                .Run("template r web")
                .WithVariable("LANG", "de_DE.UTF-8")
                .WithVariable("NO_COLOR", "1")
                .Says("default"),
            Case("HELM_DEBUG switched on", Web())
                .Run("template r web")
                .WithVariable("HELM_DEBUG", "1")
                .Says("level=DEBUG")
                .OnlyHelm(4)
                .EditsVariable("HELM_DEBUG", "0"),
            Case("HELM_DEBUG that is no boolean", Web())
                .Run("template r web")
                .WithVariable("HELM_DEBUG", "maybe")
                .Says("default")
                .Is(Expected.Any),
            Case("HELM_DRIVER", Web())
                .Run("template r web")
                .WithVariable("HELM_DRIVER", "configmap")
                .Says("default")
                .Bypasses("helm-driver"),
            Case("HELM_DRIVER that is none", Web())
                .Run("template r web")
                .WithVariable("HELM_DRIVER", "bogus")
                .Fails("bogus")
                .Bypasses("helm-driver"),
            Case("GODEBUG", Web()).Run("template r web").WithVariable("GODEBUG", "netdns=go").Says("default").Bypasses("go-debug"),
            // Without an explicit namespace such settings can turn a valid kubeconfig into an invalid one, and so into "default".
            Case("Settings of a cluster client", Web())
                .Run("template r web -n default")
                .WithVariable("HELM_KUBETOKEN", "t")
                .WithVariable("HELM_MAX_HISTORY", "junk")
                .Says("default"),
            Case("Namespace inside a pod without a token is the default", Web())
                .Run("template r web")
                .WithVariable("KUBERNETES_SERVICE_HOST", "10.0.0.1")
                .WithVariable("KUBERNETES_SERVICE_PORT", "443")
                .WithVariable("POD_NAMESPACE", "pod")
                .Is(Expected.Any),
        ];
}
