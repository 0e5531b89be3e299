using System.Globalization;
using System.Text;

namespace CacheDaemon.Bench.Charts;

/// <summary>
/// Definitions only: 4.5 MB in, 4.5 MB out. Modelled on prometheus-operator-crds, the chart that people install to manage definitions by
/// helm: a subchart whose ten templates are one definition each, with a switch, annotations and labels by values at its head. Since they
/// are templates (helm never updates what lies in <c>crds/</c>), helm parses and executes 4.5 MB as templates, splits them and reads each
/// document as YAML to sort it; the same files in <c>crds/</c> are copied as they are and take helm a fourth of the time.
/// </summary>
internal static class DefinitionsChart
{
    /// <summary>Names and sizes in bytes: a few large ones and some small, as there.</summary>
    public static readonly (string Plural, int Bytes)[] Kinds =
    [
        ("routings", 700_000),
        ("managers", 580_000),
        ("podwatches", 66_000),
        ("probings", 68_000),
        ("collectors", 700_000),
        ("databases", 830_000),
        ("rulesets", 12_000),
        ("gatherings", 790_000),
        ("servicewatches", 66_000),
        ("evaluators", 680_000),
    ];

    /// <summary>Writes the chart below <paramref name="root"/> and returns its name.</summary>
    public static string Write(string root)
    {
        const string Subchart = "charts/crds/";
        ChartFiles files = ChartFiles.Start(root, "definitions");
        files.Document("README.md", 6_000, 1);
        files.Metadata(Subchart, "crds");
        files.Write(
            Subchart + "templates/_names.tpl",
            "{{- define \"crds.labels\" -}}\napp.kubernetes.io/managed-by: {{ .Release.Service }}\n"
                + "app.kubernetes.io/part-of: {{ .Chart.Name }}\n{{- end }}\n"
        );
        var values = new StringBuilder("crds:\n  enabled: true\n  annotations: {team: platform}\n");
        for (int i = 0; i < Kinds.Length; i++)
        {
            (string plural, int bytes) = Kinds[i];
            values.Append(CultureInfo.InvariantCulture, $"  {plural}: {{enabled: true}}\n");
            string definition = Definition.Text(
                plural,
                bytes,
                i,
                """
                  labels:
                    {{- include "crds.labels" . | nindent 4 }}
                  annotations:
                {{- with .Values.annotations }}
                {{- toYaml . | nindent 4 }}
                {{- end }}
                    generated-by: bench
                """
            );
            files.Write(
                $"{Subchart}templates/crd-{plural}.yaml",
                $"{{{{- if .Values.{plural}.enabled }}}}\n---\n{definition}{{{{- end }}}}\n"
            );
        }
        files.Write("values.yaml", values.ToString());
        return "definitions";
    }
}
