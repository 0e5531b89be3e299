using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Manifests;

/// <summary>
/// The keys of resources of charts that are shaped as well-known public ones, beside what Tanka's default format gives for the same
/// manifests. The oracle is helm, whose template engine and functions are those that Tanka uses: it gets the manifests as values.
/// </summary>
[Trait("Needs", "programs")]
public sealed class TankaNameTests
{
    /// <summary>Chart, then kinds and names; R stands for the release.</summary>
    private static readonly string[] s_charts =
    [
        "ingress-nginx: ServiceAccount R-ingress-nginx, ConfigMap R-ingress-nginx-controller, IngressClass nginx, ClusterRole "
            + "R-ingress-nginx, ValidatingWebhookConfiguration R-ingress-nginx-admission, Job R-ingress-nginx-admission-create",
        "cert-manager: CustomResourceDefinition certificaterequests.cert-manager.io, CustomResourceDefinition "
            + "orders.acme.cert-manager.io, MutatingWebhookConfiguration R-cert-manager-webhook, Role R-cert-manager:leaderelection",
        "prometheus: PrometheusRule R-kube-prometheus-stack-k8s.rules, ServiceMonitor R-kube-prometheus-stack-kube-etcd, "
            + "Alertmanager R-alertmanager, ConfigMap R-grafana-config-dashboards, Service R-kube-prometheus-stack-coredns",
        "metrics-server: APIService v1beta1.metrics.k8s.io, RoleBinding R-metrics-server-auth-reader, ClusterRole "
            + "system:R-aggregated-metrics-reader, ClusterRoleBinding R-metrics-server:system:auth-delegator",
        "external-dns: Deployment R-external-dns, ClusterRoleBinding R-external-dns-viewer, CustomResourceDefinition "
            + "dnsendpoints.externaldns.k8s.io",
        "postgresql: StatefulSet R-postgresql, Service R-postgresql-hl, NetworkPolicy R-postgresql, PodDisruptionBudget "
            + "R-postgresql-primary, Secret R-postgresql-svcbind-custom-user",
        "redis: StatefulSet R-redis-replicas, ConfigMap R-redis-scripts, HorizontalPodAutoscaler R-redis-replicas",
        "kafka: StatefulSet R-kafka-broker, ConfigMap R-kafka-broker-0-external-configuration, Service R-kafka-controller-0-external",
        "keycloak: StatefulSet R-keycloak, ConfigMap R-keycloak-env-vars, Ingress R-keycloak, Secret R-externaldb",
        "vault: StatefulSet R-vault, MutatingWebhookConfiguration R-vault-agent-injector-cfg, ClusterRoleBinding "
            + "R-vault-server-binding, Pod R-vault-server-test",
        "consul: DaemonSet R-consul-client, Job R-consul-gossip-encryption-autogenerate-a1b2c3, GatewayClassConfig consul-api-gateway",
        "argo-cd: Application R-guestbook, AppProject default, CustomResourceDefinition applicationsets.argoproj.io, StatefulSet "
            + "R-argocd-application-controller, ConfigMap argocd-cmd-params-cm",
        "flux: GitRepository R-flux-system, HelmRelease R-podinfo, Kustomization R-apps, OCIRepository R-charts",
        "istio: EnvoyFilter stats-filter-1.22, PeerAuthentication R-default, Gateway istio-ingressgateway, WasmPlugin R-basic_auth",
        "linkerd: ServiceProfile webapp.default.svc.cluster.local, HTTPRoute R-web, GRPCRoute R-api, TCPRoute R-raw",
        "cilium: CiliumNetworkPolicy R-allow-dns, CiliumL2AnnouncementPolicy R-l2, DaemonSet cilium, ConfigMap cilium-config",
        "calico: IPPool default-ipv4-ippool, BGPConfiguration default, FelixConfiguration default, CustomResourceDefinition "
            + "bgppeers.crd.projectcalico.org",
        "longhorn: StorageClass longhorn-static, CSIDriver driver.longhorn.io, PriorityClass longhorn-critical, "
            + "CustomResourceDefinition backingimagedatasources.longhorn.io",
        "velero: BackupStorageLocation default, VolumeSnapshotLocation aws2, Schedule R-daily7d",
        "keda: ScaledObject R-web, TriggerAuthentication R-sqs_auth, ClusterTriggerAuthentication AWS-IRSA",
        "jenkins: StatefulSet R-jenkins, ConfigMap R-jenkins-jcasc-config, Pod R-ui-test-4xk2z, Role R-jenkins-schedule-agents",
        "gitlab: Job R-migrations-1-a2b, ConfigMap R-gitlab-chart-info, Issuer R-issuer, PodMonitor R-gitaly.v2",
        "opentelemetry: OpenTelemetryCollector R-otel, Instrumentation R-java8, ConfigMap R-opentelemetry-collector-agent",
        "kube-state-metrics: VerticalPodAutoscaler R-kube-state-metrics, ClusterRole R-KSM, Endpoints R-kube-state-metrics:8080",
    ];

    [Theory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Keys_are_what_Tanka_calls_the_resources_of_public_charts(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        await home.StartAsync();
        var keys = new List<string>();
        var manifests = new StringBuilder("{\"manifests\":[");
        foreach (string row in s_charts)
        {
            string chart = row.Split(": ", 2)[0];
            string[] objects = row.Split(": ", 2)[1].Split(", ");
            Chart(chart)
                .WithTemplate(
                    "all.yaml",
                    string.Join(
                        "---\n",
                        objects
                            .Select(static text => text.Split(' '))
                            .Select(static words =>
                            {
                                bool hasRelease = words[1].StartsWith("R-", StringComparison.Ordinal);
                                string name = hasRelease ? "{{ .Release.Name }}" + words[1][1..] : words[1];
                                return $"apiVersion: v1\nkind: {words[0]}\nmetadata:\n  name: {name}\n";
                            })
                    )
                )
                .WriteTo(work);
            CommandResult result = await (
                home.Admin("resources", "--json", "--", "template", "shop-v2", chart) with
                {
                    Directory = work,
                }
            ).RunAsync();
            Assert.True(result.ExitCode == 0, result.ToString());
            using JsonDocument json = JsonDocument.Parse(result.StdoutText);
            Assert.Equal(objects.Length, json.RootElement.GetArrayLength());
            foreach (JsonElement resource in json.RootElement.EnumerateArray())
            {
                keys.Add(resource.GetProperty("key").GetString()!);
                manifests.Append(keys.Count > 1 ? "," : "").Append(resource.GetProperty("manifest").GetRawText());
            }
        }
        Chart("oracle")
            .WithTemplate(
                "names.yaml",
                "kind: Names\nnames:\n{{- range .Values.manifests }}\n- {{ print .kind \"_\" .metadata.name | snakecase | quote "
                    + "}}\n{{- end }}\n"
            )
            .WriteTo(work);
        await File.WriteAllTextAsync(Path.Combine(work, "manifests.json"), manifests + "]}");
        CommandResult oracle = await home.Real(work, "template", "r", "oracle", "-f", "manifests.json").RunAsync();
        Assert.True(oracle.ExitCode == 0, oracle.ToString());
        Assert.Equal(
            oracle
                .StdoutText.Split('\n')
                .Where(static line => line.StartsWith("- ", StringComparison.Ordinal))
                .Select(static line => line[3..^1]),
            keys
        );
    }
}
