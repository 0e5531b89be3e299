using System.Collections.Generic;
using System.Linq;
using static CacheDaemon.Tests.Arming.TrialChart;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Arming;

/// <summary>
/// Charts whose output is not fixed and that do their best to hide it. None may ever be kept, by any helm. Where a clock is cut down to
/// days or a random text to its length, two renders are equal, and keeping them would still be wrong tomorrow, or luck.
/// </summary>
internal static class HostileCharts
{
    private const string Tpl = "x: {{ tpl .Values.t . | quote }}";

    public static IEnumerable<TrialChart> All => Disguised.Concat(Addresses).Concat(Clocks).Concat(Randoms).Concat(Elsewhere);

    /// <summary>The name of the function is not to be read anywhere as such.</summary>
    private static IEnumerable<TrialChart> Disguised =>
        [
            Of("tpl of a value", Tpl, "t: '{{ uuidv4 }}'\n"),
            Of("joined lines", Tpl, "t: \"{{ uu\\\n  idv4 }}\"\n"),
            Of("joined braces", Tpl, "t: \"{\\\n  { uuidv4 }}\"\n"),
            Of("binary", Tpl, "t: !!binary e3sgdXVpZHY0IH19\n"),
            Of("escaped brace", Tpl, "t: \"\\x7b{ uuidv4 }}\"\n"),
            Of("escaped letter", Tpl, "t: \"{{ \\u0075uidv4 }}\"\n"),
            Of("long escape", Tpl, "t: \"{{ \\U00000075uidv4 }}\"\n"),
            Of("anchor and alias", "x: {{ tpl (print .Values.h .Values.t) . }}", "b: &b '{{ uu'\nh: *b\nt: 'idv4 }}'\n"),
            Of("merge key", Tpl, "b: &b {t: '{{ uuidv4 }}'}\n<<: *b\nz: 1\n"),
            Of("printf makes the name", "x: {{ tpl (printf \"{{ %s%s 8 }}\" .Values.h .Values.t) . }}", "h: randAl\nt: phaNum\n"),
            Of("join makes the name", "x: {{ tpl (join \"\" (list \"{{ uu\" .Values.t)) . }}", "t: 'idv4 }}'\n"),
            Of("replace makes the name", "x: {{ tpl (replace \"-\" \"\" .Values.t) . }}", "t: '{{ uu-id-v4 }}'\n"),
            Of("base 64", "x: {{ tpl (b64dec .Values.t) . }}", "t: e3sgdXVpZHY0IH19\n"),
            Of("base 32", "x: {{ tpl (b32dec .Values.t) . }}", "t: PN5SA5LVNFSHMNBAPV6Q====\n"),
            Of("backwards", "x: {{ tpl (splitList \"\" .Values.t | reverse | join \"\") . }}", "t: '}} 4vdiuu {{'\n"),
            Of("lower makes the name", "x: {{ tpl (lower .Values.t) . }}", "t: '{{ UUIDV4 }}'\n"),
            Of("trunc makes the name", "x: {{ tpl (print (trunc 9 .Values.t) \" }}\") . }}", "t: '{{ uuidv4x'\n"),
            Of("regexReplaceAll makes the name", "x: {{ tpl (regexReplaceAll \"[0-3]\" .Values.t \"\") . }}", "t: '{{ uu1i2dv34 }}'\n"),
            Of("characters by number", "x: {{ tpl (printf \"%c%c uuid%c4 }}\" (int .Values.c) (int .Values.c) 118) . }}", "c: 123\n"),
            Of("set into the values", "{{ $_ := set .Values \"t\" (print \"{{ uu\" \"idv4 }}\") }}" + Tpl),
            Of("merge into the values", "{{ $_ := merge .Values (dict \"t\" (print \"{{ uu\" \"idv4 }}\")) }}" + Tpl),
            Of(
                "mergeOverwrite into the values",
                "{{ $_ := mergeOverwrite .Values (dict \"t\" (print \"{{ uu\" \"idv4 }}\")) }}" + Tpl,
                "t: pure\n"
            ),
            Of("fromYaml of a text", "x: {{ tpl (index (fromYaml .Values.t) \"k\") . }}", "t: 'k: \"{{ u\\u0075idv4 }}\"'\n"),
            Of("fromJson of a text", "x: {{ tpl (index (fromJson .Values.t) \"k\") . }}", "t: '{\"k\": \"\\u007b{ uuidv4 }}\"}'\n"),
            Of("tpl of tpl", "x: {{ tpl (tpl .Values.t .) . }}", "t: '{{ print \"{{ uu\" \"idv4 }}\" }}'\n"),
            Of("define within tpl", "x: {{ tpl .Values.t . }}", "t: '{{ define \"d\" }}{{ uuidv4 }}{{ end }}{{ include \"d\" . }}'\n"),
            Of("keys as text", "x: {{ range $k, $v := .Values.m }}{{ tpl $k $ }}{{ end }}", "m: {'{{ uuidv4 }}': 1}\n"),
            Of("tpl (toYaml)", "{{ tpl (toYaml .Values.m) . }}", "m: {k: '{{ uuidv4 }}'}\n"),
            Of("set on the command line", Tpl, "t: pure\n", "--set", "t=\\{\\{ uuidv4 \\}\\}"),
            Of("set-string with a backslash", Tpl, "t: pure\n", "--set-string", "t=\\{{ uu\\idv4 \\}\\}"),
            Of("set-json", Tpl, "t: pure\n", "--set-json", "t=\"\\u007b{ uuidv4 }}\""),
            Of("set-literal", Tpl, "t: pure\n", "--set-literal", "t={{ uuidv4 }}"),
            Of("namespace", "x: {{ tpl (print \"{{ \" .Release.Namespace \" }}\") . }}", "a: 1\n", "--namespace", "uuidv4"),
            Of(
                "api version",
                "x: {{ tpl (print \"{{ \" (last .Capabilities.APIVersions) \" }}\") . }}",
                "a: 1\n",
                "--api-versions",
                "uuidv4"
            ),
            Of(
                "function behind a pipe in a variable",
                "{{ $t := .Values.t }}{{ with $t }}x: {{ tpl . $ }}{{ end }}",
                "t: '{{- /* */ -}}{{uuidv4}}'\n"
            ),
            new("name with an exclamation mark", Chart("web").WithFile("templates/!u.yaml", "x: {{ uuidv4 }}\n"), []),
            new(
                "name of the variable's namespace",
                Web("x: {{ tpl (print \"{{ \" .Release.Namespace \" }}\") . }}"),
                [],
                "HELM_NAMESPACE=uuidv4"
            ),
            new("release name", Web("x: {{ tpl (print \"{{ \" .Release.Name \" }}\") . }}"), [], Release: "uuidv4"),
            new("file", Web("x: {{ tpl (.Files.Get \"t.txt\") . }}").WithFile("t.txt", "{{ uuidv4 }}"), []),
            new(
                "file name",
                Web("x: {{ range $p, $_ := .Files.Glob \"t/*\" }}{{ tpl (base $p) $ }}{{ end }}").WithFile("t/{{ uuidv4 }}", "x"),
                []
            ),
            new(
                "lines of a file",
                Web("x: {{ range .Files.Lines \"t.txt\" }}{{ tpl . $ }}{{ end }}").WithFile("t.txt", "{{ uuidv4 }}\n"),
                []
            ),
            new("chart's description", Web("x: {{ tpl .Chart.Description . }}").WithMetadata("description: '{{ uuidv4 }}'"), []),
            new(
                "chart's annotation",
                Web("x: {{ tpl (index .Chart.Annotations \"t\") . }}").WithMetadata("annotations: {t: '{{ uuidv4 }}'}"),
                []
            ),
            new("app version", Web("x: {{ tpl .Chart.AppVersion . }}").WithMetadata("appVersion: '{{ uuidv4 }}'"), []),
        ];

    /// <summary>Addresses of memory, often behind a digest.</summary>
    private static IEnumerable<TrialChart> Addresses =>
        [
            Of("the root", "x: {{ . | toString | sha256sum }}"),
            Of("a pointer in a dict", "x: {{ dict \"c\" .Capabilities | toString | sha256sum }}"),
            Of("a pointer in a list", "x: {{ list (list .Capabilities) | toString | sha256sum }}"),
            Of("printf v", "x: {{ printf \"%v\" (dict \"c\" .Capabilities) | sha256sum }}"),
            Of("printf with a made verb", "x: {{ printf (print \"%\" \"p\") .Values | sha256sum }}"),
            Of("printf behind a directive out of order", "x: {{ printf \"%!%p\" 1 .Values | sha256sum }}"),
            Of("cat", "x: {{ cat (dict \"c\" .Capabilities) | sha256sum }}"),
            Of("join", "x: {{ join \",\" (list (dict \"c\" .Capabilities)) | sha256sum }}"),
            Of("print of the root", "x: {{ print $ | sha1sum | trunc 1 }}"),
            Of("quote", "x: {{ quote (dict \"c\" .Capabilities) | adler32sum }}"),
            Of("html", "x: {{ html (dict \"c\" .Capabilities) | sha256sum }}"),
            Of("printf x", "x: {{ printf \"%x\" (list .Capabilities) | sha256sum }}"),
            Of("an address that only decides", "x: {{ if contains \"0xc\" (toString .) }}yes{{ else }}no{{ end }}"),
        ];

    private static IEnumerable<TrialChart> Clocks =>
        [
            Of("day", "x: {{ now | date \"2006-01-02\" }}"),
            Of("year", "x: {{ now | date \"2006\" }}"),
            Of("htmlDate of nonsense", "x: {{ htmlDate \"x\" | trunc 4 }}"),
            Of("date of nonsense", "x: {{ date \"2006\" .Values.none }}"),
            Of("age in years", "x: {{ ago (toDate \"2006\" \"2000\") | trunc 2 }}"),
            Of("a comparison with now", "x: {{ if gt (now).Unix 1 }}later{{ end }}"),
            Of("now within tpl of a made text", "x: {{ tpl (print \"{{ n\" \"ow.Year }}\") . }}"),
            Of("durationRound of a time", "x: {{ durationRound (toDate \"2006\" \"2000\") }}"),
        ];

    private static IEnumerable<TrialChart> Randoms =>
        [
            Of("length of a random text", "x: {{ randAlphaNum 8 | len }}"),
            Of("random text cut to nothing", "x: y{{ uuidv4 | trunc 0 }}"),
            Of("random number that decides", "x: {{ if lt (randInt 0 2) 1 }}a{{ else }}b{{ end }}"),
            Of("shuffle", "x: {{ shuffle \"abcdefghijklmnop\" }}"),
            Of("default that is thrown away", "x: {{ .Values.a | default (randAlphaNum 8) }}"),
            Of("certificate behind a digest", "x: {{ (genSelfSignedCert \"a\" nil nil 1).Cert | sha256sum }}"),
            Of("password file", "x: {{ htpasswd \"a\" \"b\" | sha256sum }}"),
            Of("bcrypt", "x: {{ bcrypt \"a\" | trunc 20 }}"),
            Of("encryption", "x: {{ encryptAES \"key\" \"text\" | sha256sum }}"),
            Of("private key", "x: {{ genPrivateKey \"ed25519\" | sha256sum }}"),
        ];

    /// <summary>Not in a template of the chart itself.</summary>
    private static IEnumerable<TrialChart> Elsewhere =>
        [
            new("subchart", Web("x: 1").WithSubchart(Chart("sub").WithTemplate("s.yaml", "s: {{ uuidv4 }}\n")), []),
            new("packed subchart", Web("x: 1").WithPackedSubchart(Chart("sub").WithTemplate("s.yaml", "s: {{ uuidv4 }}\n")), []),
            new(
                "subchart of a subchart",
                Web("x: 1").WithSubchart(Chart("sub").WithSubchart(Chart("deep").WithTemplate("d.yaml", "d: {{ uuidv4 }}\n"))),
                []
            ),
            new(
                "library",
                Web("x: {{ include \"lib.u\" . }}")
                    .WithSubchart(Chart("lib").WithType("library").WithTemplate("_l.tpl", "{{ define \"lib.u\" }}{{ uuidv4 }}{{ end }}")),
                []
            ),
            new(
                "name of a definition",
                Web("x: {{ include (print \"h.\" .Values.which) . }}", "which: u\n")
                    .WithTemplate("_h.tpl", "{{ define \"h.u\" }}{{ uuidv4 }}{{ end }}"),
                []
            ),
            new(
                "hook",
                Web("x: 1")
                    .WithTemplate(
                        "h.yaml",
                        "apiVersion: v1\nkind: Pod\nmetadata: {name: 'h{{ uuidv4 }}', annotations: {\"helm.sh/hook\": pre-install}}\n"
                    ),
                []
            ),
            new(
                "value of a subchart",
                Web("x: 1", "sub: {t: '{{ uuidv4 }}'}\n").WithSubchart(Chart("sub").WithTemplate("s.yaml", "s: {{ tpl .Values.t . }}\n")),
                []
            ),
            new(
                "global value",
                Web("x: 1", "global: {t: '{{ uuidv4 }}'}\n")
                    .WithSubchart(Chart("sub").WithTemplate("s.yaml", "s: {{ tpl .Values.global.t . }}\n")),
                []
            ),
            new("only shown one of two", Web("x: 1").WithTemplate("b.yaml", "y: {{ uuidv4 }}\n"), ["--show-only", "templates/b.yaml"]),
            new("release name by a template", Web("x: {{ .Release.Name }}"), ["--name-template", "r{{ randNumeric 5 }}"], Release: ""),
        ];
}
