using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using CacheDaemon.Tests.Conformance;
using CacheDaemon.Tests.Support;
using static CacheDaemon.Tests.Conformance.ConformanceCase;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Inputs;

/// <summary>
/// Inputs of the chart (sections 4 and 6 of docs/key.md, "Inputs by number") that no other case covers; each name begins with its section.
/// </summary>
internal static class ChartRowCases
{
    /// <summary>Shows every name and size in <c>.Files</c>.</summary>
    private static ChartBuilder Lister() =>
        Chart("web")
            .WithTemplate(
                "files.yaml",
                "kind: ConfigMap\nmetadata: {name: f}\ndata:\n{{- range $path, $bytes := .Files }}\n"
                    + "  {{ $path | quote }}: {{ len $bytes }}\n{{- end }}\n"
            );

    /// <summary>One rule, one file that it ignores, and one that it does not.</summary>
    private static ConformanceCase Rule(string name, string rule, string ignored, string kept) =>
        Case("4.2 " + name, Lister().WithFile(".helmignore", rule).WithFile(ignored, "1").WithFile(kept, "1"))
            .Run("template r web")
            .NeverSays($"\"{ignored}\"")
            .Says($"\"{kept}\"")
            .StillHitsAfter(directory => File.WriteAllText(Path.Combine(directory, "web", ignored), "changed"))
            .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "web", kept), "changed"));

    private static ConformanceCase Schema(string name, string json) =>
        Case("4.6 " + name, Chart("web").WithValues("a: 1\n").WithConfigMap("c", "a: b").WithSchema(json)).Run("template r web");

    private static ConformanceCase Calls(string function, string action) =>
        Case("6.1 called " + function, Chart("web").WithValues("m: {a: 1}\n").WithConfigMap("c", "n: {{ if " + action + " }}yes{{ end }}"))
            .Run("template r web")
            .Says("n: yes")
            .Is(Expected.NeverServed);

    private static ConformanceCase Pure(string function, string action, string says) =>
        Case(
                "6.1 pure " + function,
                Chart("web").WithValues("m: {a: 1, b: 2}\n").WithFile("f.txt", "x").WithConfigMap("c", "n: {{ " + action + " | quote }}")
            )
            .Run("template r web")
            .Says(says)
            .Edits("web/templates/c.yaml", "n: ", "o: ");

    public static IEnumerable<ConformanceCase> All() =>
        [
            Case("4.1 provenance file of a subchart is seen", Lister().WithFile("charts/kid-1.0.0.tgz.prov", "sig"))
                .Run("template r web")
                .Says("charts/kid-1.0.0.tgz.prov")
                .Edits("web/charts/kid-1.0.0.tgz.prov", "sig", "signed"),
            Case("4.1 licence and dotfiles are seen", Lister().WithFile("LICENSE", "l").WithFile(".env", "e"))
                .Run("template r web")
                .Says("LICENSE")
                .Says(".env")
                .Edits("web/.env", "e", "edited"),
            Case("4.1 values and schema are no files", Lister().WithValues("a: 1\n").WithSchema("{}"))
                .Run("template r web")
                .NeverSays("values.yaml")
                .NeverSays("schema"),
            Case(
                    "4.1 notes are rendered and not printed",
                    Chart("web").WithConfigMap("c", "a: b").WithTemplate("NOTES.txt", "{{ .Values.x }}")
                )
                .Run("template r web")
                .NeverSays("NOTES")
                .Edits("web/templates/NOTES.txt", ".x", ".x.y"),
            Case(
                    "4.1 CRDs of three extensions",
                    Chart("web")
                        .WithConfigMap("c", "a: b")
                        .WithFile("crds/a.yaml", "a: 1\n")
                        .WithFile("crds/b.yml", "b: 1\n")
                        .WithFile("crds/c.json", "{\"c\": 1}\n")
                        .WithFile("crds/d.txt", "d: 1\n")
                )
                .Run("template r web --include-crds")
                .Says("b: 1")
                .Says("\"c\": 1")
                .NeverSays("d: 1")
                .Edits("web/crds/b.yml", "b: 1", "b: {{ 2 }}"),
            Case(
                    "4.1 file among the subcharts that is a directory's",
                    Chart("web").WithConfigMap("c", "a: b").WithFile("charts/_note.md", "x").WithFile("charts/.hidden", "x")
                )
                .Run("template r web")
                .Says("a: b"),
            Rule("bare name at any depth", "a.log\n", "deep/a.log", "b.log"),
            Rule("pattern at any depth", "*.txt\n", "deep/er/a.txt", "a.text"),
            Rule("rooted name", "/a.log\n", "a.log", "deep/a.log"),
            Rule("name with a slash is rooted", "deep/a.log\n", "deep/a.log", "more/deep/a.log"),
            Rule("directory rule", "tmp/\n", "x/tmp/a", "x/temp/a"),
            Rule("star stays in one level", "a/*.c\n", "a/x.c", "a/b/x.c"),
            Rule("blanks, comments and escapes", "  a.log  \n# b.log\n\\#c.log\n", "a.log", "b.log"),
            Rule("case counts", "A.log\n", "A.log", "a.log"),
            Rule("byte order mark before the first rule", "\ufeffa.log\n", "a.log", "b.log"),
            Rule("dot before a slash matches nothing", "./b.log\na.log\n", "a.log", "b.log"),
            Rule("rule of a class", "[ab].log\n", "a.log", "c.log"),
            Case("4.2 rules through a link", Lister().WithFile("rules", "*.log\n").WithLink(".helmignore", "rules").WithFile("a.log", "1"))
                .Run("template r web")
                .NeverSays("a.log"),
            Case(
                    "4.2 hidden template below a directory is rendered",
                    Chart("web").WithTemplate("sub/.x.yaml", "hidden: 1\n").WithTemplate(".y.yaml", "never: 1\n")
                )
                .Run("template r web")
                .Says("hidden: 1")
                .NeverSays("never")
                .Edits("web/templates/sub/.x.yaml", "1", "2"),
            Case(
                    "4.2 hidden template of a subchart is rendered",
                    Chart("web").WithConfigMap("c", "a: b").WithSubchart(Chart("kid").WithTemplate(".x.yaml", "hidden: 1\n"))
                )
                .Run("template r web")
                .Says("hidden: 1")
                .Edits("web/charts/kid/templates/.x.yaml", "1", "2"),
            Case("4.2 bad pattern", Lister().WithFile(".helmignore", "[\n").WithFile("a", "1")).Run("template r web").Fails("Error"),
            Case(
                    "4.2 ignored subchart",
                    Chart("web")
                        .WithFile(".helmignore", "/charts/kid\n")
                        .WithConfigMap("c", "a: b")
                        .WithSubchart(Chart("kid").WithConfigMap("k", "k: 1"))
                )
                .Run("template r web")
                .NeverSays("k: 1")
                .StillHitsAfter(directory => File.WriteAllText(Path.Combine(directory, "web/charts/kid/values.yaml"), "x: 1\n")),
            Case("4.3 link to itself", Lister().WithLink("self", "self")).Run("template r web").Fails("Error"),
            Case("4.3 link in a circle", Lister().WithLink("loop", ".")).Run("template r web").Fails("Error"),
            Case("4.3 absolute link", Lister())
                .WithFile("far.txt", "123")
                .With(directory => File.CreateSymbolicLink(Path.Combine(directory, "web/near.txt"), Path.Combine(directory, "far.txt")))
                .Run("template r web")
                .Says("near.txt")
                .Edits("far.txt", "123", "1234"),
            Case("4.3 link to a link", Lister().WithFile("a.txt", "1").WithLink("b.txt", "a.txt").WithLink("c.txt", "b.txt"))
                .Run("template r web")
                .Says("\"c.txt\": 1")
                .Edits("web/a.txt", "1", "11"),
            Case("4.4 ignored named pipe", Lister().WithFile(".helmignore", "pipe\n"))
                .With(directory =>
                {
                    using var process = Process.Start("mkfifo", [Path.Combine(directory, "web/pipe")]);
                    process.WaitForExit();
                })
                .Run("template r web")
                .NeverSays("pipe"),
            Case("4.4 byte order mark is stripped", Lister().WithFile("a.txt", [0xef, 0xbb, 0xbf, .. "one"u8]))
                .Run("template r web")
                .Says("\"a.txt\": 3")
                .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "web/a.txt"), "four")),
            Case(
                    "4.5 several documents in the chart's values",
                    Chart("web").WithValues("a: 1\n---\na: 2\n").WithConfigMap("c", "v: {{ .Values | toJson | quote }}")
                )
                .Run("template r web")
                .Is(Expected.Any)
                .Edits("web/values.yaml", "a: 1", "b: 1"),
            Case("4.5 bytes that are no text in values", Chart("web").WithConfigMap("c", "a: b"))
                .WithFile("v.yaml", [0x61, 0x3a, 0x20, 0xff, 0x0a])
                .Run("template r web -f v.yaml")
                .Fails("v.yaml"),
            Case("4.5 doubled key, the last wins", Chart("web").WithConfigMap("c", "v: {{ .Values | toJson | quote }}"))
                .WithFile("v.yaml", "a: 1\na: 2\n")
                .Run("template r web -f v.yaml")
                .Is(Expected.Any)
                .Edits("v.yaml", "a: 2", "a: 3"),
            Case(
                    "4.5 comment in a values file misses or hits, never lies",
                    Chart("web").WithConfigMap("c", "v: {{ .Values | toJson | quote }}")
                )
                .WithFile("v.yaml", "a: 1 # one\n")
                .Run("template r web -f v.yaml")
                .Edits("v.yaml", "a: 1", "a: 2"),
            Schema("reference to the web", "{\"$ref\": \"http://127.0.0.1:1/s.json\"}").Fails("127.0.0.1:1").Is(Expected.NeverServed),
            Schema("relative reference", "{\"properties\": {\"a\": {\"$ref\": \"other.json\"}}}").Fails("Error"),
            Schema(
                    "reference inside the document",
                    "{\"$defs\": {\"n\": {\"type\": \"integer\"}}, \"properties\": {\"a\": {\"$ref\": \"#/$defs/n\"}}}"
                )
                .Says("a: b")
                .Edits("web/values.schema.json", "integer", "string"),
            Schema(
                    "known draft",
                    "{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"properties\": {\"a\": {\"type\": \"integer\"}}}"
                )
                .Says("a: b")
                .Is(Expected.Any)
                .Edits("web/values.schema.json", "integer", "string"),
            Schema("garbage", "{ garbage").Fails("Error"),
            Calls("randAlphaNum", "randAlphaNum 5"),
            Calls("randAlpha", "randAlpha 5"),
            Calls("randNumeric", "randNumeric 5"),
            Calls("randAscii", "randAscii 5"),
            Calls("randBytes", "randBytes 5"),
            Calls("randInt", "ge (randInt 1 9) 1"),
            Calls("uuidv4", "uuidv4"),
            Calls("shuffle", "shuffle \"abc\""),
            Calls("genPrivateKey", "genPrivateKey \"ed25519\""),
            Calls("genCA", "genCA \"x\" 1"),
            Calls("genSelfSignedCert", "genSelfSignedCert \"x\" nil nil 1"),
            Calls("genSignedCert", "genSignedCert \"x\" nil nil 1 (genCA \"x\" 1)"),
            Calls("bcrypt", "bcrypt \"p\""),
            Calls("encryptAES", "encryptAES \"key\" \"text\""),
            Calls("now", "now"),
            Calls("ago of a constant", "ago (toDate \"2006\" \"2020\")"),
            Calls("durationRound of a time", "durationRound now"),
            Calls("date of a text", "date \"2006\" \"x\""),
            Calls("htmlDate of nothing", "htmlDate nil"),
            Calls("dateInZone of a text", "dateInZone \"2006\" \"x\" \"UTC\""),
            Calls("day-granular clock", "now | date \"2006-01-02\""),
            Pure("sha1sum", "sha1sum \"x\"", "11f6ad8ec52a2984"),
            Pure("duration", "duration \"95\"", "1m35s"),
            Pure("decryptAES", "\"30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ=\" | decryptAES \"secretkey\"", "plaintext"),
            Pure("merge and pick", "pick (merge (dict \"z\" 1) .Values.m) \"z\" | toJson", "z"),
            Pure("Files.AsSecrets", "(.Files.Glob \"*.txt\").AsSecrets", "f.txt: eA=="),
            Pure("uniq", "list 1 1 2 | uniq | toJson", "[1,2]"),
            Pure("capabilities", ".Capabilities.KubeVersion.Major", "1"),
            Pure("release revision", ".Release.Revision | toString", "n: \"1\""),
            Case(
                    "6.3 printf into include",
                    Chart("web")
                        .WithTemplate("_h.tpl", "{{ define \"rnd\" }}{{ randAlpha 5 | len }}{{ end }}")
                        .WithConfigMap("c", "n: \"{{ include (printf \"r%s\" \"nd\") . }}\"")
                )
                .Run("template r web")
                .Says("n: \"5\"")
                .Is(Expected.NeverServed),
            Case(
                    "6.3 tpl of decoded text that is random",
                    Chart("web").WithConfigMap("c", "n: \"{{ tpl (b64dec \"e3sgcmFuZEFscGhhIDUgfCBsZW4gfX0=\") . }}\"")
                )
                .Run("template r web")
                .Says("n: \"5\"")
                .Is(Expected.NeverServed),
            Case("6.3 tpl of a values file", Chart("web").WithConfigMap("c", "n: \"{{ tpl .Values.t . }}\""))
                .WithFile("v.yaml", "t: '{{ randAlpha 5 | len }}'\n")
                .Run("template r web -f v.yaml")
                .Says("n: \"5\"")
                .Is(Expected.NeverServed),
            Case("6.3 tpl of standard input", Chart("web").WithConfigMap("c", "n: \"{{ tpl .Values.t . }}\""))
                .WithStdin("t: '{{ randAlpha 5 | len }}'\n")
                .Run("template r web -f -")
                .Says("n: \"5\"")
                .Is(Expected.NeverServed),
            Case("6.3 tpl of a set-file", Chart("web").WithConfigMap("c", "n: \"{{ tpl .Values.t . }}\""))
                .WithFile("t.txt", "{{ randAlpha 5 | len }}")
                .Run("template r web --set-file t=t.txt")
                .Says("n: \"5\"")
                .Is(Expected.NeverServed),
        ];
}
