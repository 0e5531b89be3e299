using System;
using System.Globalization;
using System.Linq;
using System.Text;

namespace CacheDaemon.Bench.Charts;

/// <summary>
/// 380 files, a tree of 7 MB, 0.7 MB of output. Modelled on kube-prometheus-stack, the best known chart of that shape: definitions in the
/// <c>crds/</c> of a subchart (two thirds of the tree; read, and not rendered without <c>--include-crds</c>), dashboards as long escaped
/// lines inside templates, alerts with a switch, annotations, labels and a <c>dig</c> into values each, seven components of thirteen
/// objects with <c>include</c>, <c>toYaml</c> and <c>tpl</c> of nested values (one of them and half of the objects off by default), four
/// subcharts, and a <c>values.yaml</c> of 100 kB, most of it comments. Helm takes 4.5 times as long as for the smallest chart: it parses 1
/// MB of templates, copies the whole set of them for each <c>tpl</c>, reads the values, and reads 0.7 MB of results as YAML to sort them.
/// </summary>
internal sealed class LargeChart
{
    private const int Files = 380,
        Dashboards = 32,
        Groups = 36,
        AlertsInGroup = 5;

    private static readonly string[] s_components = ["operator", "metrics", "alerts", "gateway", "exporter", "webhook", "ruler"];

    private static readonly string[] s_subcharts = ["boards", "states", "nodes", "windows"];

    private readonly ChartFiles _files;
    private readonly Prose _prose = new(7);

    private LargeChart(string root) => _files = ChartFiles.Start(root, "heavy");

    /// <summary>Writes the chart below <paramref name="root"/> and returns its name.</summary>
    public static string Write(string root)
    {
        var chart = new LargeChart(root);
        chart.Definitions();
        chart.RenderedDashboards();
        chart.Rules();
        chart._files.Write("templates/_helpers.tpl", ComponentTemplates.Helpers("heavy"));
        chart._files.Write("templates/NOTES.txt", "{{ include \"heavy.fullname\" . }} watches {{ .Release.Namespace }}.\n");
        foreach (string component in s_components)
            ComponentTemplates.Write(chart._files, "", "heavy", component, $".Values.{component}");
        foreach (string subchart in s_subcharts)
            chart.Subchart(subchart);
        chart.Values();
        chart._files.Document("README.md", 70_000, 1);
        // What else lies in the checkout of a chart: values for CI, and unit tests.
        for (int i = 0; chart._files.Count < Files; i++)
            chart._files.Document($"{(i < 16 ? "ci" : "unittests")}/case{i}.yaml", 8_500, i);
        return "heavy";
    }

    private void Definitions()
    {
        const string Subchart = "charts/crds/";
        _files.Metadata(Subchart, "crds");
        _files.Document(Subchart + "README.md", 2_000, 2);
        foreach (((string plural, int bytes), int i) in DefinitionsChart.Kinds.Select((kind, i) => (kind, i)))
            _files.Write($"{Subchart}crds/crd-{plural}.yaml", Definition.Text(plural, bytes, i, "  annotations:\n    generated-by: bench"));
    }

    private void RenderedDashboards()
    {
        for (int i = 0; i < Dashboards; i++)
        {
            var panels = new StringBuilder();
            for (int panel = 0; panels.Length < 16_400; panel++)
            {
                panels.Append(
                    CultureInfo.InvariantCulture,
                    $$$"""
                    {{{(
                        panel == 0 ? "" : ","
                    )}}}{"datasource":{"type":"metrics","uid":"${datasource}"},"fieldConfig":{"defaults":{"unit":"ops"}},"gridPos":{"h":7,"w":12,"x":{{{panel
                        % 2
                        * 12}}},"y":{{{panel * 7}}} },"id":{{{panel}}},"targets":[{"expr":"sum(rate({{{_prose.Field(
                        panel
                    )}}}_total{cluster=\"$cluster\",job=\"{{{_prose.Field(
                        0
                    )}}}\"}[$__rate_interval])) by (instance)","legendFormat":"{{instance}}"}],"title":"{{{_prose.Line(
                        25
                    )}}}","type":"timeseries"}
                    """
                );
            }
            _files.Write(
                $"templates/dashboards/board{i}.yaml",
                $$$"""
                {{- $version := default .Capabilities.KubeVersion.GitVersion .Values.versionOverride }}
                {{- if and (or .Values.boards.enabled .Values.boards.force) (semverCompare ">=1.14.0-0" $version) .Values.boards.defaults }}
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  namespace: {{ include "heavy.namespace" . }}
                  name: {{ printf "%s-%s" (include "heavy.fullname" $) "board{{{i}}}" | trunc 63 | trimSuffix "-" }}
                  labels:
                    {{ $.Values.boards.label }}: {{ ternary $.Values.boards.labelValue "1" (not (empty $.Values.boards.labelValue)) | quote }}
                {{ include "heavy.labels" $ | indent 4 }}
                data:
                  board{{{i}}}.json: |-
                    {{`{"editable":`}}{{ .Values.boards.editable }}{{`,"panels":[{{{panels}}}],"schemaVersion":39,"timezone": "`}}{{ .Values.boards.timezone }}{{`"}`}}
                {{- end }}

                """
            );
        }
    }

    private void Rules()
    {
        for (int group = 0; group < Groups; group++)
        {
            var text = new StringBuilder();
            text.Append(
                CultureInfo.InvariantCulture,
                $$$"""
                {{- $version := default .Capabilities.KubeVersion.GitVersion .Values.versionOverride }}
                {{- if and (semverCompare ">=1.14.0-0" $version) .Values.rules.create .Values.rules.groups.group{{{group}}} }}
                apiVersion: bench.example/v1
                kind: Ruleset
                metadata:
                  name: {{ printf "%s-%s" (include "heavy.fullname" .) "group{{{group}}}" | trunc 63 | trimSuffix "-" }}
                  namespace: {{ include "heavy.namespace" . }}
                  labels:
                    app: {{ include "heavy.name" . }}
                {{ include "heavy.labels" . | indent 4 }}
                {{- with .Values.rules.annotations }}
                  annotations:
                {{ toYaml . | indent 4 }}
                {{- end }}
                spec:
                  groups:
                  - name: group{{{group}}}
                    rules:

                """
            );
            for (int i = 0; i < AlertsInGroup; i++)
                text.Append(Alert($"Group{group}Alert{i}", group));
            _files.Write($"templates/rules/group{group}.yaml", text.Append("{{- end }}\n").ToString());
        }
    }

    private string Alert(string name, int group)
    {
        string metric = _prose.Field(group);
        return $$$"""
            {{- if not (.Values.rules.disabled.{{{name}}} | default false) }}
                - alert: {{{name}}}
                  annotations:
            {{- with .Values.rules.alertAnnotations }}
            {{ toYaml . | indent 8 }}
            {{- end }}
            {{- with .Values.rules.groupAnnotations.group{{{group}}} }}
            {{ toYaml . | indent 8 }}
            {{- end }}
                    description: Pod {{`{{`}} $labels.namespace {{`}}`}}/{{`{{`}} $labels.pod {{`}}`}} {{{_prose.Line(60)}}}
                    runbook: {{ .Values.rules.runbooks }}/{{{name.ToLowerInvariant()}}}
                    summary: {{{_prose.Line(40)}}}
                  expr: |-
                    sum(rate({{{metric}}}_failures_total{job="{{ .Values.rules.job }}",namespace{{ .Values.rules.operator }}"{{ .Values.rules.target }}"}[5m]))
                      /
                    sum(rate({{{metric}}}_total{job="{{ .Values.rules.job }}",namespace{{ .Values.rules.operator }}"{{ .Values.rules.target }}"}[5m])) > 0.01
                  for: {{ dig "{{{name}}}" "for" "15m" .Values.customRules }}
                  labels:
                    severity: {{ dig "{{{name}}}" "severity" "warning" .Values.customRules }}
                  {{- with .Values.rules.alertLabels }}
                    {{- toYaml . | nindent 8 }}
                  {{- end }}
                  {{- with .Values.rules.groupLabels.group{{{group}}} }}
                    {{- toYaml . | nindent 8 }}
                  {{- end }}
            {{- end }}

            """;
    }

    private void Subchart(string name)
    {
        string place = $"charts/{name}/";
        _files.Metadata(place, name);
        _files.Document(place + "README.md", 20_000, 3);
        _files.Write(place + "templates/_helpers.tpl", ComponentTemplates.Helpers(name));
        _files.Write(place + "templates/NOTES.txt", $"{{{{ include \"{name}.fullname\" . }}}} runs.\n");
        ComponentTemplates.Write(_files, place, name, "server", ".Values.server");
        _files.Write(place + "values.yaml", ComponentValues.Text("server", 10, enabled: name != "windows"));
    }

    private void Values()
    {
        var text = new StringBuilder(
            """
            # Values of the bench's large chart.
            versionOverride: ""
            commonLabels: {team: platform}
            customRules: {}
            boards: {enabled: true, force: false, defaults: true, editable: true, timezone: utc, label: board, labelValue: "1"}
            rules:
              create: true
              job: metrics
              operator: "=~"
              target: ".*"
              runbooks: https://runbooks.bench.example
              annotations: {}
              alertAnnotations: {}
              alertLabels: {}
              disabled: {}

            """
        );
        foreach (
            (string map, string value) in (ReadOnlySpan<(string, string)>)
                [("groups", "true"), ("groupAnnotations", "{}"), ("groupLabels", "{}")]
        )
        {
            text.Append(CultureInfo.InvariantCulture, $"  {map}:\n");
            for (int group = 0; group < Groups; group++)
                text.Append(CultureInfo.InvariantCulture, $"    group{group}: {value}\n");
        }
        for (int i = 0; i < s_components.Length; i++)
            text.Append(ComponentValues.Text(s_components[i], i, enabled: s_components[i] != "ruler"));
        _files.Write("values.yaml", text.ToString());
    }
}
