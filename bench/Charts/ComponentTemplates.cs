namespace CacheDaemon.Bench.Charts;

/// <summary>
/// The objects that charts have for each thing they run, as charts write them: named by helpers, labelled by helpers, and most of their
/// content handed through from values by <c>toYaml</c> and, where people want to use templates in values, <c>tpl</c>. Seven are rendered by
/// default; six more wait for a switch, like the larger part of any grown chart.
/// </summary>
internal static class ComponentTemplates
{
    /// <summary>Templates that all others include.</summary>
    /// <param name="chart">The chart's name, which theirs start with.</param>
    public static string Helpers(string chart) =>
        $$$"""
            {{- define "{{{chart}}}.name" -}}
            {{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
            {{- end }}

            {{- define "{{{chart}}}.fullname" -}}
            {{- $name := include "{{{chart}}}.name" . -}}
            {{- if contains $name .Release.Name -}}
            {{- .Release.Name | trunc 40 | trimSuffix "-" -}}
            {{- else -}}
            {{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
            {{- end -}}
            {{- end }}

            {{- define "{{{chart}}}.namespace" -}}
            {{- default .Release.Namespace .Values.namespaceOverride -}}
            {{- end }}

            {{- define "{{{chart}}}.labels" }}
            app.kubernetes.io/managed-by: {{ .Release.Service }}
            app.kubernetes.io/instance: {{ .Release.Name }}
            app.kubernetes.io/version: {{ replace "+" "_" .Chart.Version | quote }}
            app.kubernetes.io/part-of: {{ include "{{{chart}}}.name" . }}
            {{- with .Values.commonLabels }}
            {{ toYaml . }}
            {{- end }}
            {{- end }}

            """;

    /// <summary>Writes the templates of one component.</summary>
    /// <param name="files">The chart.</param>
    /// <param name="place">The subchart's folder, or nothing.</param>
    /// <param name="chart">The chart whose helpers they include.</param>
    /// <param name="component">The component.</param>
    /// <param name="values">Where its values are.</param>
    public static void Write(ChartFiles files, string place, string chart, string component, string values)
    {
        void Template(string name, string version, string kind, string rest, string condition = "") =>
            files.Write(
                $"{place}templates/{component}/{name}.yaml",
                $$$"""
                {{- if and {{{values}}}.enabled {{{(condition.Length == 0 ? "true" : values + condition)}}} }}
                apiVersion: {{{version}}}
                kind: {{{kind}}}
                metadata:
                  name: {{ include "{{{chart}}}.fullname" . }}-{{{component}}}
                  namespace: {{ include "{{{chart}}}.namespace" . }}
                  labels:
                    app: {{ include "{{{chart}}}.name" . }}-{{{component}}}
                {{ include "{{{chart}}}.labels" . | indent 4 }}
                  {{- with {{{values}}}.annotations }}
                  annotations:
                    {{- tpl (toYaml .) $ | nindent 4 }}
                  {{- end }}
                {{{rest}}}
                {{- end }}

                """
            );

        Template(
            "serviceaccount",
            "v1",
            "ServiceAccount",
            $$$"""
            automountServiceAccountToken: {{ {{{values}}}.serviceAccount.automount }}
            """,
            ".serviceAccount.create"
        );
        Template(
            "role",
            "rbac.authorization.k8s.io/v1",
            "Role",
            $$$"""
            rules:
            {{ toYaml {{{values}}}.rules }}
            """
        );
        Template(
            "rolebinding",
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            $$$"""
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ include "{{{chart}}}.fullname" . }}-{{{component}}} }
            subjects:
            - kind: ServiceAccount
              name: {{ include "{{{chart}}}.fullname" . }}-{{{component}}}
              namespace: {{ include "{{{chart}}}.namespace" . }}
            """
        );
        Template(
            "config",
            "v1",
            "ConfigMap",
            $$$"""
            data:
              config.yaml: |
                {{- tpl (toYaml {{{values}}}.config) . | nindent 4 }}
            """
        );
        Template(
            "service",
            "v1",
            "Service",
            $$$"""
            spec:
              type: {{ {{{values}}}.service.type }}
              ports:
              {{- range {{{values}}}.service.ports }}
              - name: {{ .name }}
                port: {{ .port }}
                targetPort: {{ .target | default .name }}
              {{- end }}
              selector:
                app: {{ include "{{{chart}}}.name" . }}-{{{component}}}
            """
        );
        Template(
            "ingress",
            "networking.k8s.io/v1",
            "Ingress",
            $$$"""
            spec:
              rules:
              {{- range {{{values}}}.ingress.hosts }}
              - host: {{ tpl . $ | quote }}
                http:
                  paths:
                  - path: /
                    pathType: Prefix
                    backend:
                      service:
                        name: {{ include "{{{chart}}}.fullname" $ }}-{{{component}}}
                        port: {name: http}
              {{- end }}
            """,
            ".ingress.enabled"
        );
        Template(
            "route",
            "gateway.networking.k8s.io/v1",
            "HTTPRoute",
            $$$"""
            spec:
              parentRefs:
            {{ toYaml {{{values}}}.route.parents | indent 2 }}
              hostnames:
            {{ tpl (toYaml {{{values}}}.route.hosts) $ | indent 2 }}
            """,
            ".route.enabled"
        );
        Template(
            "network",
            "networking.k8s.io/v1",
            "NetworkPolicy",
            $$$"""
            spec:
              podSelector: {matchLabels: {app: {{ include "{{{chart}}}.name" . }}-{{{component}}} } }
              ingress:
            {{ toYaml {{{values}}}.network.ingress | indent 2 }}
            """,
            ".network.enabled"
        );
        Template(
            "autoscaler",
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            $$$"""
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "{{{chart}}}.fullname" . }}-{{{component}}} }
              maxReplicas: {{ {{{values}}}.autoscaling.max }}
            """,
            ".autoscaling.enabled"
        );
        Template(
            "claim",
            "v1",
            "PersistentVolumeClaim",
            $$$"""
            spec:
              accessModes: [ReadWriteOnce]
              resources: {requests: {storage: {{ {{{values}}}.storage.size }} } }
            """,
            ".storage.enabled"
        );
        Template(
            "disruption",
            "policy/v1",
            "PodDisruptionBudget",
            $$$"""
            spec:
              minAvailable: {{ {{{values}}}.disruption.minAvailable }}
              selector: {matchLabels: {app: {{ include "{{{chart}}}.name" . }}-{{{component}}} } }
            """,
            ".disruption.enabled"
        );
        Template(
            "monitor",
            "bench.example/v1",
            "Servicewatch",
            $$$"""
            spec:
              selector: {matchLabels: {app: {{ include "{{{chart}}}.name" . }}-{{{component}}} } }
              endpoints:
              {{- range {{{values}}}.service.ports }}
              - port: {{ .name }}
                interval: {{ $.Values.interval | default "30s" }}
              {{- end }}
            """
        );
        Template("deployment", "apps/v1", "Deployment", Deployment(chart, component, values));
    }

    private static string Deployment(string chart, string component, string values) =>
        $$$"""
            spec:
              replicas: {{ {{{values}}}.replicas }}
              selector: {matchLabels: {app: {{ include "{{{chart}}}.name" . }}-{{{component}}} } }
              template:
                metadata:
                  labels:
                    app: {{ include "{{{chart}}}.name" . }}-{{{component}}}
            {{ include "{{{chart}}}.labels" . | indent 8 }}
                    {{- with {{{values}}}.podLabels }}
                    {{- toYaml . | nindent 8 }}
                    {{- end }}
                  annotations:
                    checksum/config: {{ include (print $.Template.BasePath "/{{{component}}}/config.yaml") . | sha256sum }}
                    {{- with {{{values}}}.podAnnotations }}
                    {{- tpl (toYaml .) $ | nindent 8 }}
                    {{- end }}
                spec:
                  serviceAccountName: {{ include "{{{chart}}}.fullname" . }}-{{{component}}}
                  securityContext:
                    {{- toYaml {{{values}}}.podSecurity | nindent 8 }}
                  containers:
                  - name: {{{component}}}
                    image: {{ printf "%s/%s:%s" {{{values}}}.image.registry {{{values}}}.image.repository ({{{values}}}.image.tag | default .Chart.AppVersion) | quote }}
                    imagePullPolicy: {{ {{{values}}}.image.pullPolicy }}
                    args:
                    {{- range {{{values}}}.args }}
                    - {{ tpl . $ | quote }}
                    {{- end }}
                    env:
                      {{- tpl (toYaml {{{values}}}.env) . | nindent 10 }}
                    ports:
                    {{- range {{{values}}}.service.ports }}
                    - {name: {{ .name }}, containerPort: {{ .port }} }
                    {{- end }}
                    readinessProbe:
                      {{- toYaml {{{values}}}.probes.ready | nindent 10 }}
                    livenessProbe:
                      {{- toYaml {{{values}}}.probes.alive | nindent 10 }}
                    resources:
                      {{- toYaml {{{values}}}.resources | nindent 10 }}
                    securityContext:
                      {{- toYaml {{{values}}}.security | nindent 10 }}
                    volumeMounts:
                      {{- toYaml {{{values}}}.mounts | nindent 10 }}
                  volumes:
                    {{- toYaml {{{values}}}.volumes | nindent 8 }}
                  nodeSelector:
                    {{- toYaml {{{values}}}.nodeSelector | nindent 8 }}
                  affinity:
                    {{- tpl (toYaml {{{values}}}.affinity) . | nindent 8 }}
                  tolerations:
                    {{- toYaml {{{values}}}.tolerations | nindent 8 }}
                  topologySpreadConstraints:
                    {{- toYaml {{{values}}}.spread | nindent 8 }}
            """;
}
