using System.Collections.Generic;
using static CacheDaemon.Tests.Conformance.ConformanceCase;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Conformance;

/// <summary>
/// Functions that vary (design 6). Each case gives fixed bytes all the same, so that it can be compared: a length of a random
/// text, a year that the test will not see end, a branch that is not taken.
/// </summary>
internal static class RepeatabilityCases
{
    private static ConformanceCase Line(string name, string dataLine, string values = "enabled: false\nm: {a: 1, b: 2}\n") =>
        Case(name, Chart("web").WithValues(values).WithConfigMap("c", dataLine)).Run("template r web");

    public static IEnumerable<ConformanceCase> All() =>
        [
            Line("Random text is called", "n: {{ randAlphaNum 8 | len | quote }}").Says("\"8\"").Is(Expected.NeverServed),
            Line("Clock is called", "n: {{ if now }}yes{{ end }}").Says("yes").Is(Expected.NeverServed),
            Line("Certificate is made", "n: {{ $ca := genCA \"x\" 1 }}{{ $ca.Cert | substr 0 10 | quote }}")
                .Says("-----BEGIN")
                .Is(Expected.NeverServed),
            Line("Password hash is made", "n: {{ htpasswd \"user\" \"p\" | substr 0 4 }}").Says("n: user").Is(Expected.NeverServed),
            Line("Random text in a branch that is not taken", "n: {{ if .Values.enabled }}{{ randAlphaNum 8 }}{{ else }}fixed{{ end }}")
                .Says("fixed")
                .Edits("web/templates/c.yaml", "fixed", "mixed"),
            Line("Random text as a default that is not needed", "n: {{ .Values.pw | default (randAlpha 8) | trunc 3 }}", "pw: secret\n")
                .Says("n: sec")
                .Is(Expected.NeverServed),
            Line(
                    "Random text only when a value lacks",
                    "n: {{ if .Values.pw }}{{ .Values.pw }}{{ else }}{{ randAlpha 8 }}{{ end }}",
                    "pw: secret\n"
                )
                .Says("n: secret")
                .Edits("web/values.yaml", "secret", "sacred"),
            Line("Name of a random function in a comment", "n: fixed {{/* randAlpha 8 */}}")
                .Says("fixed")
                .Is(Expected.Any)
                .Edits("web/templates/c.yaml", "fixed", "mixed"),
            Line("Name of a random function in plain text", "n: now randAlpha")
                .Says("now randAlpha")
                .Edits("web/templates/c.yaml", "now", "new"),
            Line("Name of a random function as a field", "n: {{ .Values.now | quote }}", "now: x\n")
                .Says("x")
                .Is(Expected.Any)
                .Edits("web/values.yaml", "x", "y"),
            Line("tpl of a value without actions", "n: {{ tpl .Values.t . }}", "t: plain\n")
                .Says("plain")
                .Edits("web/values.yaml", "plain", "plane"),
            Line("tpl of a value with an action", "n: {{ tpl .Values.t . }}", "t: '{{ .Release.Name }}'\n").Says("n: r"),
            Line("tpl of a value that calls a random function", "n: {{ tpl .Values.t . | len | quote }}", "t: '{{ randAlpha 8 }}'\n")
                .Says("8")
                .Is(Expected.NeverServed),
            Line("tpl of a computed random call", "n: {{ tpl (printf \"{{ rand%s 8 }}\" \"Alpha\") . | len | quote }}")
                .Says("8")
                .Is(Expected.NeverServed),
            Line("tpl of decoded text that is harmless", "n: {{ tpl (\"e3sgLlJlbGVhc2UuTmFtZSB9fQ==\" | b64dec) . }}")
                .Says("n: r")
                .Is(Expected.Any),
            Case("tpl of a set value that calls the clock", Chart("web").WithConfigMap("c", "n: {{ tpl .Values.t . }}"))
                .RunArguments("template", "r", "web", "--set-literal", "t={{ if now }}yes{{ end }}")
                .Says("yes")
                .Is(Expected.NeverServed),
            Case(
                    "tpl of a file that calls the clock",
                    Chart("web").WithFile("t.txt", "{{ if now }}yes{{ end }}").WithConfigMap("c", "n: {{ tpl (.Files.Get \"t.txt\") . }}")
                )
                .Run("template r web")
                .Says("yes")
                .Is(Expected.NeverServed),
            Case(
                    "Random text in a packed subchart",
                    Chart("web").WithPackedSubchart(Chart("kid").WithConfigMap("c", "n: {{ randAlpha 8 | len | quote }}"))
                )
                .Run("template r web")
                .Says("8")
                .Is(Expected.NeverServed),
            Case("Random text in a packed chart")
                .WithPacked(Chart("web").WithConfigMap("c", "n: {{ randAlpha 8 | len | quote }}"))
                .Run("template r web-1.0.0.tgz")
                .Says("8")
                .Is(Expected.NeverServed),
            Case("Random text not reached in a packed chart")
                .WithPacked(Chart("web").WithConfigMap("c", "n: {{ if .Values.x }}{{ randAlpha 8 }}{{ end }}fixed"))
                .Run("template r web-1.0.0.tgz")
                .Says("fixed"),
            Case(
                    "Random text not reached in a packed subchart",
                    Chart("web").WithPackedSubchart(Chart("kid").WithConfigMap("c", "n: {{ if .Values.x }}{{ randAlpha 8 }}{{ end }}fixed"))
                )
                .Run("template r web")
                .Says("fixed"),
            Case(
                    "Random text in a subchart that is switched off",
                    Chart("web")
                        .WithConfigMap("c", "n: fixed")
                        .WithValues("kid: {enabled: false}\n")
                        .WithFile(
                            "Chart.yaml",
                            "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n"
                                + "- {name: kid, version: 1.0.0, condition: kid.enabled}\n"
                        )
                        .WithSubchart(Chart("kid").WithConfigMap("c", "n: {{ randAlpha 8 }}"))
                )
                .Run("template r web")
                .Says("fixed"),
            Line("Random text in a named template that nobody includes", "n: fixed {{- define \"unused\" }}{{ uuidv4 }}{{ end }}")
                .Says("fixed"),
            Line(
                    "Password hash that is given",
                    "n: {{ if .Values.hash }}{{ .Values.hash }}{{ else }}{{ bcrypt .Values.pw }}{{ end }}",
                    "hash: given\npw: x\n"
                )
                .Says("n: given"),
            Case(
                    "Random text not reached, values on standard input",
                    Chart("web").WithConfigMap("c", "n: {{ if .Values.pw }}{{ .Values.pw }}{{ else }}{{ randAlpha 8 }}{{ end }}")
                )
                .Run("template r web -f -")
                .WithStdin("pw: given\n")
                .Says("n: given"),
            Case(
                    "Random text not reached, with tpl of harmless values",
                    Chart("web")
                        .WithConfigMap("c", "n: {{ tpl .Values.t . }}{{ if .Values.x }}{{ randAlpha 8 }}{{ end }}")
                        .WithValues("t: '{{ .Release.Name }}'\n")
                )
                .Run("template r web")
                .Says("n: r"),
            Case(
                    "Clock in a named template of a library",
                    Chart("web")
                        .WithConfigMap("c", "n: {{ include \"lib.t\" . }}")
                        .WithSubchart(
                            Chart("lib")
                                .WithType("library")
                                .WithTemplate("_t.tpl", "{{ define \"lib.t\" }}{{ if now }}yes{{ end }}{{ end }}")
                        )
                )
                .Run("template r web")
                .Says("yes")
                .Is(Expected.NeverServed),
            Line("Keys in sorted order", "n: {{ keys .Values.m | sortAlpha | join \",\" }}")
                .Says("a,b")
                .Edits("web/values.yaml", "b: 2", "c: 2"),
            Line("Lookup without a cluster is empty", "n: {{ lookup \"v1\" \"Secret\" \"ns\" \"name\" | len | quote }}")
                .Says("\"0\"")
                .Is(Expected.Any),
            Line("Host name without resolution is empty", "n: {{ getHostByName \"localhost\" | quote }}").Says("\"\"").Is(Expected.Any),
            Line("Date of a number", "n: {{ date \"2006\" 86400 | quote }}").Says("1970").Is(Expected.Any),
            Line(
                    "Hash, derived password and encodings are pure",
                    "n: {{ derivePassword 1 \"long\" \"p\" \"u\" \"s\" }} {{ sha256sum \"x\" | trunc 8 }} {{ adler32sum \"x\" }} "
                        + "{{ b32enc \"x\" }}"
                )
                .Says("2d711642"),
            Line("Range over a map is in order", "n: {{ range $k, $v := .Values.m }}{{ $k }}{{ $v }}{{ end }}")
                .Says("a1b2")
                .Edits("web/values.yaml", "b: 2", "b: 3"),
            Line(
                    "Printing, merging and converting",
                    "n: {{ printf \"%s %s %v %5.2f\" (merge (dict \"z\" 1) .Values.m | toJson) (.Values.m | toYaml | fromYaml | "
                        + "toToml) .Values.m 1.5 | quote }}"
                )
                .Says("map[a:1 b:2]"),
        ];
}
