using System.Collections.Generic;

namespace CacheDaemon.Daemon.Arming;

/// <summary>What an armed copy is tried with before it is trusted.</summary>
internal static class SelfTestCharts
{
    /// <summary>
    /// Actions that must end in a trap, some of them by <c>tpl</c> as well, which calls the same functions: every function of helm's
    /// templates that does not depend on its arguments alone, and every way to print an address. A helm that does not know a function says
    /// so, and passes.
    /// </summary>
    public static IReadOnlyList<string> Impure { get; } =
    [
        "randAlphaNum 5",
        "randAlpha 5",
        "randNumeric 5",
        "randAscii 5 | quote",
        "randBytes 5",
        "randInt 1 100000",
        "shuffle \"abcdefghijklmnop\"",
        "uuidv4",
        "genPrivateKey \"ecdsa\" | quote",
        "genPrivateKey \"rsa\" | quote",
        "genPrivateKey \"ed25519\" | quote",
        "(genCA \"a\" 1).Cert | quote",
        "(genSelfSignedCert \"a\" nil nil 1).Cert | quote",
        "(genSignedCert \"a\" nil nil 1 (dict)).Cert | quote",
        "htpasswd \"a\" \"b\"",
        "bcrypt \"a\"",
        "encryptAES \"k\" \"t\"",
        "now",
        "now | date \"2006\"",
        "ago (toDate \"2006-01-02\" \"2020-01-01\")",
        "durationRound (toDate \"2006-01-02\" \"2020-01-01\")",
        "date \"2006\" \"x\"",
        "htmlDate \"x\"",
        "dateInZone \"2006\" \"x\" \"UTC\"",
        "date_in_zone \"2006\" \"x\" \"UTC\"",
        "htmlDateInZone \"x\" \"UTC\"",
        "dateInZone \"15\" 0 \"Asia/Tokyo\"",
        "htmlDateInZone 0 \"Asia/Tokyo\"",
        "printf \"%p\" .Values",
        "printf \"%#p\" .Values | quote",
        "printf \"%-20[1]p\" .Values | quote",
        "printf \"a%%%v%p\" 1 .Values | quote",
        "printf \"%!%p\" 1 .Values | quote",
        "printf \"%5-%p\" 1 .Values | quote",
        "printf \"%[a]%%p\" .Values | quote",
        "printf \"%[-%p\" 1 .Values | quote",
        "printf \"%]%p\" 1 .Values | quote",
        ".Capabilities | dict \"c\" | toString | sha256sum",
        "list .Capabilities | toString | quote",
        "printf \"%v\" (list .Capabilities) | quote",
        "print (dict \"a\" .Capabilities) | quote",
        "cat (dict \"a\" .Capabilities) | quote",
        "dict \"a\" .Capabilities | quote",
        "list (list .Capabilities) | join \",\" | quote",
    ];

    /// <summary>What a schema of a chart refers to: each must end in a trap, since what lies there is in no key.</summary>
    public static IReadOnlyList<string> SchemaReferences { get; } =
    ["file:///var/empty/helmcached.json", "http://127.0.0.1:9/helmcached.json", "https://127.0.0.1:9/helmcached.json"];

    /// <summary>Actions whose output must be that of the real helm; known to every helm 3 and 4.</summary>
    public static IReadOnlyList<string> Pure { get; } =
    [
        "date \"2006\" (toDate \"2006-01-02\" \"2020-01-01\")",
        "htmlDate (toDate \"2006-01-02\" \"2020-01-01\")",
        "dateModify \"1h\" (toDate \"2006-01-02\" \"2020-01-01\")",
        "date \"2006-01-02\" 0",
        "durationRound \"2h10m5s\"",
        "duration \"95\"",
        "unixEpoch (toDate \"2006-01-02\" \"2020-01-01\")",
        "dateInZone \"15:04\" (toDate \"2006-01-02\" \"2020-01-01\") \"UTC\"",
        "sha256sum \"x\"",
        "sha1sum \"x\"",
        "adler32sum \"x\"",
        "derivePassword 1 \"long\" \"p\" \"u\" \"s\"",
        "b64enc \"x\" | b64dec",
        "b32enc \"x\"",
        "toYaml .Chart | quote",
        "toJson .Chart | quote",
        "toToml .Values | quote",
        "fromYaml \"a: 1\" | toJson",
        "fromJson \"{}\" | toJson",
        "fromYamlArray \"[1]\" | toJson",
        "fromJsonArray \"[1]\" | toJson",
        "lookup \"v1\" \"Pod\" \"a\" \"b\" | toString",
        "toString .Values | quote",
        "printf \"%v\" .Release | quote",
        "printf \"%s %d %05.2f %x %q %t %c%%\" \"a\" 1 1.5 255 \"b\" true 65",
        "printf \"% d|%+d|%-5d|%[1]d\" 1 2 3 | quote",
        "printf \"no verb\"",
        "printf \"%\" | quote",
        "printf \"%d%% of pods, %[1]d%%p, %-8s|%5.2f%%|%v\" 1 \"a\" 2.5 true | quote",
        "printf \"100%%p é%%p\" | quote",
        "printf \"%d %d\" 1 | quote",
        ".Capabilities.KubeVersion",
        ".Capabilities.APIVersions | len",
        ".Capabilities.HelmVersion.Version",
        ".Capabilities.APIVersions.Has \"v1\"",
        "getHostByName \"x\" | quote",
        "upper \"x\"",
        "trunc 3 \"abcdef\"",
        "replace \"a\" \"b\" \"abc\"",
        "regexReplaceAll \"a+\" \"caat\" \"o\"",
        "snakecase \"FooBar\"",
        "indent 2 \"x\" | quote",
        "wrap 3 \"a b c d\" | quote",
        "plural \"a\" \"b\" 2",
        "initials \"A B\"",
        "dict \"a\" 1 | toJson",
        "merge (dict \"a\" 1) (dict \"b\" 2) | toJson",
        "mergeOverwrite (dict \"a\" 1) (dict \"a\" 2) | toJson",
        "list 1 2 3 | toJson",
        "sortAlpha (list \"b\" \"a\") | join \",\"",
        "uniq (list 1 1) | toJson",
        "semver \"1.2.3\" | toString | quote",
        "semverCompare \">=1.0\" \"1.2.3\"",
        "tpl \"{{ .Release.Name }}\" .",
        "include \"self.name\" .",
        "kindOf .Values",
        "typeOf .Chart",
        "deepCopy .Values | toJson",
        "until 3 | toJson",
        "add 1 2",
        "div 7 2",
        "round 3.14159 2",
        "max 1 2",
        "ceil 1.5",
        ".Files.Get \"note.txt\" | quote",
        "(.Files.Glob \"*.txt\").AsConfig | quote",
        "(.Files.Glob \"*.txt\").AsSecrets | quote",
        ".Files.Lines \"note.txt\" | toJson",
        ".Template.Name",
        "urlParse \"http://a/b?c\" | toJson",
        "urlquery \"a b\"",
        "html \"<a>\" | quote",
        "js \"'\" | quote",
        "keys (dict \"a\" 1) | toJson",
        "values (dict \"a\" 1) | toJson",
        "pick (dict \"a\" 1 \"b\" 2) \"a\" | toJson",
        "default 1 .Values.none",
        "coalesce nil 2",
        "ternary 1 2 true",
        "empty nil",
        "osBase \"a/b\"",
        "atoi \"7\"",
        "toDecimal \"0777\"",
    ];

    /// <summary>
    /// A chart that goes all the ways of a render (definitions, hooks, a test, a schema, notes, a subchart, a library, files): names and
    /// contents. <c>templates/pure.yaml</c> comes on top.
    /// </summary>
    public static IReadOnlyList<(string Name, string Content)> Files { get; } =
    [
        (
            "Chart.yaml",
            "apiVersion: v2\nname: self-test\nversion: 1.2.3\nappVersion: \"4\"\ndescription: tried before it is trusted\n"
                + "maintainers: [{name: nobody, email: nobody@example.org}]\ndependencies: [{name: part, version: 0.1.0, repository: "
                + "\"\", condition: part.enabled}, {name: lib, version: 0.1.0, repository: \"\"}]\n"
        ),
        ("values.yaml", "a: 1\nlist: [x, z]\nmap: {k: v}\npart: {enabled: true, b: 2}\nglobal: {g: 3}\n"),
        (
            "values.schema.json",
            "{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"type\": \"object\", \"properties\": {\"a\": {\"type\": "
                + "\"integer\", \"minimum\": 1}, \"list\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}}}}\n"
        ),
        ("note.txt", "one\ntwo\n"),
        ("crds/thing.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.org}\n"),
        ("templates/_names.tpl", "{{ define \"self.name\" }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}"),
        (
            "templates/hook.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: hook\n  annotations: {\"helm.sh/hook\": pre-install, "
                + "\"helm.sh/hook-weight\": \"2\"}\n"
        ),
        ("templates/tests/test.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: t, annotations: {\"helm.sh/hook\": test}}\n"),
        (
            "templates/loop.yaml",
            "{{ range $i, $x := .Values.list }}---\napiVersion: v1\nkind: ConfigMap\n"
                + "metadata: {name: {{ include \"lib.name\" $ }}-{{ $i }}}\ndata: {x: {{ $x | quote }}, all: {{ toYaml $.Values.map | "
                + "quote }}}\n{{ end }}"
        ),
        ("templates/NOTES.txt", "Installed {{ .Chart.Name }} {{ .Chart.Version }}.\n"),
        ("charts/part/Chart.yaml", "apiVersion: v2\nname: part\nversion: 0.1.0\n"),
        ("charts/part/values.yaml", "b: 1\n"),
        ("charts/part/templates/a.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: part-{{ .Values.b }}-{{ .Values.global.g }}}\n"),
        ("charts/lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n"),
        (
            "charts/lib/templates/_lib.tpl",
            "{{ define \"lib.name\" }}{{ printf \"%s-%s\" .Release.Name .Chart.Name | trunc 63 | trimSuffix \"-\" }}{{ end }}"
        ),
    ];
}
