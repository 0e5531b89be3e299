using System.Collections.Generic;
using static CacheDaemon.Tests.Arming.TrialChart;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Arming;

/// <summary>
/// Shapes of well-known public charts that texts alone cannot tell from the hostile ones. Their output is fixed, so the second call
/// must be a hit.
/// </summary>
internal static class PopularCharts
{
    private const string Render =
        "{{- define \"common.tplvalues.render\" -}}\n{{- $value := typeIs \"string\" .value | ternary .value (.value | toYaml) }}\n"
        + "{{- if contains \"{{\" (toJson .value) }}\n"
        + "{{- tpl $value .context }}\n{{- else }}\n{{- $value }}\n{{- end }}\n{{- end -}}\n"
        + "{{- define \"common.names.fullname\" -}}\n{{- if .Values.fullnameOverride -}}{{- .Values.fullnameOverride | trunc 63 | "
        + "trimSuffix \"-\" -}}{{- else -}}\n"
        + "{{- $name := default .Chart.Name .Values.nameOverride -}}{{- if contains $name .Release.Name -}}{{- .Release.Name | trunc "
        + "63 | trimSuffix \"-\" -}}"
        + "{{- else -}}{{- printf \"%s-%s\" .Release.Name $name | trunc 63 | trimSuffix \"-\" -}}{{- end -}}{{- end -}}{{- end -}}\n";

    public static IEnumerable<TrialChart> All =>
        [
            Common(
                "rendered text",
                "x: {{ include \"common.tplvalues.render\" (dict \"value\" .Values.v \"context\" $) }}",
                "v: '{{ .Release.Name }}-x'\n"
            ),
            Common(
                "rendered map",
                "{{ include \"common.tplvalues.render\" (dict \"value\" .Values.v \"context\" $) }}",
                "v: {a: '{{ .Chart.Name }}', b: [1, 2]}\n"
            ),
            Common(
                "rendered pure map",
                "{{ include \"common.tplvalues.render\" (dict \"value\" .Values.v \"context\" $) }}",
                "v: {a: 1}\n"
            ),
            Common("full name", "x: {{ include \"common.names.fullname\" . }}", "nameOverride: shop\n"),
            Common(
                "full name given",
                "x: {{ include \"common.names.fullname\" . }}",
                "fullnameOverride: a-very-long-name-that-is-cut-somewhere-since-nobody-may-have-one-above-63-\n"
            ),
            Common(
                "labels",
                "metadata:\n  labels: {{- include \"common.tplvalues.render\" (dict \"value\" (merge .Values.labels (dict \"app\" "
                    + ".Chart.Name)) \"context\" $) | nindent 4 }}",
                "labels: {team: '{{ .Release.Namespace }}'}\n"
            ),
            Of("toString and trunc", "x: {{ .Values.v | toString | trunc 5 }}", "v: 1234567\n"),
            Of(
                "password given",
                "x: {{ if .Values.password }}{{ .Values.password | b64enc }}{{ else }}{{ randAlphaNum 8 | b64enc }}{{ end }}",
                "password: p\n"
            ),
            Of(
                "certificate given",
                "x: {{ if .Values.tls }}{{ .Values.tls }}{{ else }}{{ (genCA \"ca\" 365).Cert | b64enc }}{{ end }}",
                "tls: t\n"
            ),
            Of(
                "certificate switched off",
                "{{ if .Values.on }}{{ $ca := genCA \"ca\" 365 }}{{ $c := genSignedCert \"a\" nil nil 365 $ca }}x: {{ $c.Cert }}{{ "
                    + "else }}x: none{{ end }}",
                "on: false\n"
            ),
            Of(
                "guarded lookup",
                "{{ $s := lookup \"v1\" \"Secret\" .Release.Namespace \"s\" }}x: {{ if $s }}{{ index $s.data \"p\" }}{{ else }}{{ "
                    + ".Values.p }}{{ end }}",
                "p: q\n"
            ),
            Of("lookup with get", "x: {{ (get (lookup \"v1\" \"Secret\" .Release.Namespace \"s\") \"data\") | default (dict) | toYaml }}"),
            Of("tpl of toYaml", "{{ tpl (toYaml .Values.v) $ }}", "v: {a: '{{ .Release.Name }}', b: {c: '{{ .Values.w }}'}}\nw: 3\n"),
            Of(
                "tpl in a range",
                "{{ range $k, $v := .Values.env }}{{ $k }}: {{ tpl $v $ | quote }}\n{{ end }}",
                "env: {A: '{{ .Release.Name }}', B: b}\n"
            ),
            Of("tpl of a printed value", "x: {{ tpl (print .Values.host) . }}", "host: '{{ .Release.Name }}.example.org'\n"),
            Of("tpl of toString", "x: {{ tpl (.Values.host | toString) . | quote }}", "host: 'a.example.org'\n"),
            Of("tpl of a default", "x: {{ tpl (default \"{{ .Release.Name }}\" .Values.none) . }}"),
            Of("range with keys", "{{ range $k, $v := .Values.m }}{{ $k }}: {{ $v | quote }}\n{{ end }}", "m: {a: 1, b: 2, c: 3}\n"),
            Of("sorted keys", "x: {{ keys .Values.m | sortAlpha | join \",\" }}", "m: {a: 1, b: 2, c: 3}\n"),
            Of("api versions", "x: {{ if .Capabilities.APIVersions.Has \"networking.k8s.io/v1/Ingress\" }}v1{{ else }}v1beta1{{ end }}"),
            Of("api versions given", "x: {{ .Capabilities.APIVersions.Has \"a.b/v1\" }}", "a: 1\n", "--api-versions", "a.b/v1"),
            Of(
                "version of Kubernetes",
                "x: {{ if semverCompare \">=1.19-0\" .Capabilities.KubeVersion.Version }}new{{ else }}old{{ end }}"
            ),
            Of("version of Kubernetes cut", "x: {{ regexReplaceAll \"\\\\+.*$\" .Capabilities.KubeVersion.GitVersion \"\" }}"),
            Of("date of a given time", "x: {{ date \"2006-01-02\" (toDate \"2006-01-02\" .Values.d) }}", "d: '2024-02-29'\n"),
            Of("printf v of a map", "x: {{ printf \"%v\" .Values.m | quote }}", "m: {a: 1, b: [2]}\n"),
            Of("digest of values", "x: {{ toJson .Values | sha256sum | trunc 8 }}", "m: {a: 1}\n"),
            Of("toString of values", "x: {{ .Values | toString | sha256sum }}", "m: {a: 1}\n"),
            Of(
                "image reference",
                "x: {{ printf \"%s/%s:%s\" .Values.i.registry .Values.i.repository (.Values.i.tag | default .Chart.AppVersion | "
                    + "toString) }}",
                "i: {registry: r, repository: a/b, tag: 1.20}\n"
            ),
            Of("required", "x: {{ required \"v is needed\" .Values.v }}", "v: 1\n"),
            Of("dig", "x: {{ dig \"a\" \"b\" \"none\" (.Values.m | toJson | fromJson) }}", "m: {a: {b: c}}\n"),
            Of(
                "merge and deep copy",
                "{{ $m := mergeOverwrite (deepCopy .Values.m) .Values.name }}{{ toYaml $m }}",
                "m: {a: {b: 1}}\nname: {a: {c: 2}}\n"
            ),
            Of("include through fromYaml", "{{ define \"d\" }}a: {{ .Release.Name }}{{ end }}x: {{ (include \"d\" . | fromYaml).a }}"),
            Of("derived password", "x: {{ derivePassword 1 \"long\" \"secret\" \"user\" \"example.org\" }}"),
            Of("release name by default", "x: {{ .Release.Name }}", "a: 1\n", "--name-template", "fixed"),
            new(
                "checksum of another template",
                Web("x: {{ include (print $.Template.BasePath \"/cm.yaml\") . | sha256sum }}")
                    .WithConfigMap("cm", "a: {{ .Values.a | quote }}"),
                []
            ),
            new(
                "files as configuration",
                Web("data: {{- (.Files.Glob \"conf/*\").AsConfig | nindent 2 }}")
                    .WithFile("conf/a.ini", "a=1\n")
                    .WithFile("conf/b.ini", "b=2\n"),
                []
            ),
            new("files as secrets", Web("data: {{- (.Files.Glob \"conf/*\").AsSecrets | nindent 2 }}").WithFile("conf/a.ini", "a=1\n"), []),
            new(
                "files through tpl",
                Web("data: {{- range $p, $_ := .Files.Glob \"conf/*\" }}\n  {{ base $p }}: {{ tpl ($.Files.Get $p) $ | quote }}{{ end }}")
                    .WithFile("conf/a.ini", "a={{ .Release.Name }}\n"),
                []
            ),
            new(
                "subchart with common helpers",
                Web("x: 1")
                    .WithSubchart(
                        Chart("sub").WithTemplate("_h.tpl", Render).WithTemplate("s.yaml", "s: {{ include \"common.names.fullname\" . }}\n")
                    ),
                []
            ),
            new(
                "notes",
                Web("x: 1").WithTemplate("NOTES.txt", "{{ if .Values.none }}{{ randAlphaNum 5 }}{{ end }}{{ .Release.Name }}\n"),
                []
            ),
            new(
                "hook with a weight",
                Web("x: 1")
                    .WithTemplate(
                        "h.yaml",
                        "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ tpl .Values.name . }}, annotations: {\"helm.sh/hook\": "
                            + "pre-install}}\n"
                    )
                    .WithValues("name: '{{ .Release.Name }}-h'\n"),
                []
            ),
            new(
                "chart information",
                Web("x: {{ .Chart | toYaml | sha256sum }}\ny: {{ printf \"%s-%s\" .Chart.Name .Chart.Version | replace \"+\" \"_\" }}"),
                []
            ),
        ];

    private static TrialChart Common(string name, string template, string values) =>
        new("common helpers: " + name, Web(template, values).WithTemplate("_helpers.tpl", Render), []);
}
