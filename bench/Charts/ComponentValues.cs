using System.Text;

namespace CacheDaemon.Bench.Charts;

/// <summary>What a values.yaml says of one component: everything that <see cref="ComponentTemplates"/> asks for.</summary>
internal static class ComponentValues
{
    /// <summary>The values of one component, with comments on each, as charts document themselves.</summary>
    /// <param name="component">The component.</param>
    /// <param name="seed">Which prose and numbers.</param>
    /// <param name="enabled">Whether it is rendered at all.</param>
    public static string Text(string component, int seed, bool enabled = true)
    {
        var prose = new Prose(seed);
        var text = new StringBuilder().Append(component).Append(":\n");
        foreach (
            string line in $$$"""
                enabled: {{{(enabled ? "true" : "false")}}}
                replicas: {{{1 + seed % 3}}}
                annotations: {owner: "{{ .Release.Name }}"}
                image:
                  registry: registry.bench.example
                  repository: {{{component}}}
                  tag: v3.{{{seed}}}
                  pullPolicy: IfNotPresent
                serviceAccount:
                  create: true
                  automount: true
                service:
                  type: ClusterIP
                  ports: [{name: http, port: 8080}, {name: metrics, port: 9090}]
                ingress:
                  enabled: false
                  hosts: ["{{ .Release.Name }}.{{{component}}}.bench.example"]
                route: {enabled: false, parents: [{name: gateway}], hosts: []}
                network: {enabled: false, ingress: []}
                autoscaling: {enabled: false, max: 5}
                storage: {enabled: false, size: 10Gi}
                disruption: {enabled: false, minAvailable: 1}
                rules:
                - apiGroups: [""]
                  resources: [configmaps, secrets, services, pods]
                  verbs: [get, list, watch]
                - apiGroups: [bench.example]
                  resources: ["*"]
                  verbs: ["*"]
                config:
                  level: info
                  cluster: "{{ .Release.Namespace }}"
                  retention: 15d
                  receivers: [{name: none}, {name: mail, to: [a@bench.example]}]
                  route: {receiver: none, groupBy: [namespace], wait: 30s, interval: 5m}
                args: [--log-level=info, --listen=:8080]
                env: [{name: CLUSTER, value: west}, {name: ZONE, value: a}]
                podLabels: {tier: monitoring}
                podAnnotations: {team: "{{ .Release.Name }}-team"}
                resources:
                  requests: {cpu: 100m, memory: 128Mi}
                  limits: {cpu: 500m, memory: 512Mi}
                probes:
                  ready: {httpGet: {path: /ready, port: http}, periodSeconds: 5, failureThreshold: 6}
                  alive: {httpGet: {path: /alive, port: http}, periodSeconds: 10}
                nodeSelector: {kubernetes.io/os: linux}
                tolerations: [{key: monitoring, operator: Exists, effect: NoSchedule}]
                affinity:
                  podAntiAffinity:
                    preferredDuringSchedulingIgnoredDuringExecution:
                    - weight: 100
                      podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: {{{component}}} } } }
                spread: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]
                podSecurity: {fsGroup: 65534, runAsNonRoot: true, runAsUser: 65534, seccompProfile: {type: RuntimeDefault}}
                security: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
                volumes: [{name: tmp, emptyDir: {}}]
                mounts: [{name: tmp, mountPath: /tmp}]
                """.Split('\n')
        )
        {
            string indent = new(' ', 2 + line.Length - line.TrimStart(' ').Length);
            int comments = prose.Next(6);
            for (int i = 0; i < comments; i++)
                text.Append(indent).Append("## ").Append(prose.Line(75)).Append('\n');
            text.Append("  ").Append(line).Append('\n');
        }
        return text.ToString();
    }
}
