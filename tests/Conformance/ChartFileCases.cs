using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using CacheDaemon.Tests.Support;
using static CacheDaemon.Tests.Conformance.ConformanceCase;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Conformance;

/// <summary>What counts as a file of a chart: <c>.Files</c>, <c>.helmignore</c>, links, odd names and bytes.</summary>
internal static class ChartFileCases
{
    /// <summary>Shows every name and size in <c>.Files</c>.</summary>
    private static ChartBuilder Lister() =>
        Chart("web")
            .WithTemplate(
                "files.yaml",
                "kind: ConfigMap\nmetadata: {name: f}\ndata:\n{{- range $path, $bytes := .Files }}\n"
                    + "  {{ $path | quote }}: {{ len $bytes }}\n{{- end }}\n"
            );

    public static IEnumerable<ConformanceCase> All() =>
        [
            Case(
                    "Files.Get shows a file",
                    Chart("web").WithConfigMap("f", "text: {{ .Files.Get \"etc/a.txt\" | quote }}").WithFile("etc/a.txt", "hello")
                )
                .Run("template r web")
                .Says("hello")
                .Edits("web/etc/a.txt", "hello", "hallo"),
            Case(
                    "Files.Glob as config and as secrets",
                    Chart("web")
                        .WithFile("etc/a.conf", "a=1\n")
                        .WithFile("etc/b.conf", "b=2\n")
                        .WithTemplate(
                            "f.yaml",
                            "data:\n{{ (.Files.Glob \"etc/*.conf\").AsConfig | indent 2 }}\nsecret:\n"
                                + "{{ (.Files.Glob \"etc/*\").AsSecrets | indent 2 }}\n"
                        )
                )
                .Run("template r web")
                .Says("b=2")
                .Says("YT0xCg==")
                .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "web/etc/c.conf"), "c=3\n")),
            Case(
                    "Files.Lines",
                    Chart("web")
                        .WithFile("l.txt", "one\ntwo\n")
                        .WithTemplate("f.yaml", "lines:\n{{ range .Files.Lines \"l.txt\" }}- {{ . | quote }}\n{{ end }}")
                )
                .Run("template r web")
                .Says("\"two\"")
                .Edits("web/l.txt", "two", "too"),
            Case(
                    "A file that nothing shows but its name",
                    Lister().WithFile("README.md", "# Web\n").WithFile("crds/x.yaml", "a: b\n").WithFile(".hidden", "h")
                )
                .Run("template r web")
                .Says("README.md")
                .Says("crds/x.yaml")
                .Says(".hidden")
                .EditsBy(directory => File.Move(Path.Combine(directory, "web/README.md"), Path.Combine(directory, "web/README"))),
            Case(
                    "Binary file by base64",
                    Chart("web")
                        .WithFile("logo.bin", [.. Enumerable.Range(0, 256).Select(i => (byte)i)])
                        .WithConfigMap("f", "logo: {{ .Files.Get \"logo.bin\" | b64enc }}")
                )
                .Run("template r web")
                .Says("AAECAwQF")
                .EditsBy(directory => File.WriteAllBytes(Path.Combine(directory, "web/logo.bin"), [0, 1, 3])),
            Case(
                    "Bytes that are no text in a CRD come out as they are",
                    Chart("web")
                        .WithFile("crds/latin1.yaml", [.. "kind: CustomResourceDefinition # caf"u8, 0xe9, 0x0a])
                        .WithConfigMap("c", "a: b")
                )
                .Run("template r web --include-crds")
                .Says("caf"),
            Case(
                    "Bytes that are no text are refused in a template",
                    Chart("web")
                        .WithFile("latin1.txt", [0x63, 0x61, 0x66, 0xe9])
                        .WithTemplate("f.yaml", "# {{ .Files.Get \"latin1.txt\" }}\na: b\n")
                )
                .Run("template r web")
                .Fails("UTF-8"),
            Case(
                    "Release name beyond ASCII",
                    Lister().WithFile("données/été ☀.txt", "grüß").WithTemplate("ünï.yaml", "text: \"日本語 😀 \\u00e9\"\n")
                )
                .Run("template größe web")
                .Fails("größe"),
            Case(
                    "Texts beyond ASCII in values and files",
                    Lister().WithFile("données/été ☀.txt", "grüß").WithTemplate("ünï.yaml", "text: {{ .Values.name }} 日本語 😀\n")
                )
                .Run("template r web --set name=žluť")
                .Says("žluť 日本語 😀")
                .Says("données/été ☀.txt")
                .Edits("web/templates/ünï.yaml", "😀", "😁"),
            Case(
                    "Carriage returns and a byte order mark",
                    Chart("web")
                        .WithTemplate("crlf.yaml", "a: b\r\nc: d\r\n")
                        .WithFile("values.yaml", [0xef, 0xbb, 0xbf, .. "v: 1\n"u8])
                        .WithConfigMap("v", "v: {{ .Values.v | quote }}")
                )
                .Run("template r web")
                .Says("a: b\r\n")
                .Edits("web/templates/crlf.yaml", "b\r\n", "b\n"),
            Case(
                    "Ignored files are no input",
                    Lister().WithFile(".helmignore", "*.log\n/tmp/\n").WithFile("a.log", "x").WithFile("tmp/b", "x")
                )
                .Run("template r web")
                .NeverSays("a.log")
                .NeverSays("tmp/b")
                .StillHitsAfter(directory => File.WriteAllText(Path.Combine(directory, "web/a.log"), "other"))
                .Edits("web/.helmignore", "*.log", "*.lag"),
            Case("A new ignored file is no input", Lister().WithFile(".helmignore", "# comment\n\n*.swp\nnode_modules/\n"))
                .Run("template r web")
                .StillHitsAfter(directory =>
                {
                    Directory.CreateDirectory(Path.Combine(directory, "web/node_modules/x"));
                    File.WriteAllText(Path.Combine(directory, "web/node_modules/x/y.js"), "1");
                    File.WriteAllText(Path.Combine(directory, "web/templates/.files.yaml.swp"), "1");
                })
                .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "web/new.txt"), "1")),
            Case(
                    "Ignoring values.yaml and a template removes them",
                    Chart("web")
                        .WithFile(".helmignore", "values.yaml\ntemplates/off.yaml\n")
                        .WithValues("a: 1\n")
                        .WithConfigMap("v", "a: {{ .Values.a | quote }}")
                        .WithConfigMap("off", "b: c")
                )
                .Run("template r web")
                .NeverSays("b: c")
                .NeverSays("\"1\"")
                .Edits("web/.helmignore", "values.yaml\n", "\n"),
            Case(
                    "Subchart's own helmignore means nothing",
                    Chart("web")
                        .WithConfigMap("p", "a: b")
                        .WithSubchart(Lister().WithFile(".helmignore", "*.log\n"))
                        .WithFile("charts/web/x.log", "x")
                )
                .Run("template r web")
                .Says("x.log"),
            Case("Negated helmignore rule ignores Chart.yaml", Lister().WithFile(".helmignore", "!keep\n"))
                .Run("template r web")
                .Fails("Error: "),
            Case("Double star in helmignore", Lister().WithFile(".helmignore", "a/**/b\n")).Run("template r web").Fails("double-star"),
            Case("Link to a file in the chart is noted on stderr", Lister().WithFile("real.txt", "123").WithLink("link.txt", "real.txt"))
                .Run("template r web")
                .Says("found symbolic link")
                .Says("link.txt")
                .Edits("web/real.txt", "123", "1234"),
            Case(
                    "Link to a file outside of the chart",
                    Chart("web").WithConfigMap("f", "text: {{ .Files.Get \"link.txt\" }}").WithLink("link.txt", "../outside.txt")
                )
                .WithFile("outside.txt", "far")
                .Run("template r web")
                .Says("text: far")
                .Edits("outside.txt", "far", "fur"),
            Case("Link to a directory outside of the chart", Lister().WithLink("shared", "../common"))
                .WithFile("common/a.txt", "1")
                .WithFile("common/sub/b.txt", "22")
                .Run("template r web")
                .Says("shared/sub/b.txt")
                .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "common/sub/c.txt"), "1")),
            Case("Link to a template", Chart("web").WithLink("templates/cm.yaml", "../../cm.yaml"))
                .WithFile("cm.yaml", "kind: {{ .Values.kind | default \"None\" }}\n")
                .Run("template r web")
                .Says("kind: None")
                .Edits("cm.yaml", "None", "Some"),
            Case(
                    "Link that changes its target to equal content",
                    Lister().WithFile("a.txt", "same").WithFile("b.txt", "same").WithLink("link.txt", "a.txt")
                )
                .Run("template r web")
                .Says("link.txt")
                .EditsBy(directory =>
                {
                    File.Delete(Path.Combine(directory, "web/link.txt"));
                    File.CreateSymbolicLink(Path.Combine(directory, "web/link.txt"), "b.txt");
                }),
            Case("Chart directory that is a link is not noted")
                .WithChart(Lister().WithFile("a.txt", "1"))
                .WithLink("alias", "web")
                .Run("template r alias")
                .Says("a.txt")
                .NeverSays("symbolic")
                .Edits("web/a.txt", "1", "12"),
            Case("Dangling link", Lister().WithLink("link.txt", "nowhere.txt")).Run("template r web").Fails("nowhere.txt"),
            Case(
                    "Ignored link is noted all the same",
                    Lister().WithFile(".helmignore", "link.txt\n").WithFile("a.txt", "1").WithLink("link.txt", "a.txt")
                )
                .Run("template r web")
                .Says("found symbolic link")
                .NeverSays("\"link.txt\""),
            Case("Ignored dangling link", Lister().WithFile(".helmignore", "link.txt\n").WithLink("link.txt", "nowhere.txt"))
                .Run("template r web")
                .Fails("nowhere.txt"),
            Case("Named pipe in a chart", Lister())
                .With(directory =>
                {
                    using var process = Process.Start("mkfifo", [Path.Combine(directory, "web/pipe")]);
                    process.WaitForExit();
                })
                .Run("template r web")
                .Fails("pipe"),
            Case("File above the size limit", Lister().WithFile("big.txt", new byte[5 * 1024 * 1024 + 1]))
                .Run("template r web")
                .Fails("big.txt"),
            Case("File of exactly the size limit", Lister().WithFile("big.txt", new byte[5 * 1024 * 1024]))
                .Run("template r web")
                .Says("5242880"),
            Case(
                    "Templates in directories, partials and odd extensions",
                    Chart("web")
                        .WithTemplate("a/b/c.yaml", "x: c\n")
                        .WithTemplate("a/_p.tpl", "{{ define \"p\" }}part{{ end }}")
                        .WithTemplate("n.txt", "text: plain {{ include \"p\" . }}\n")
                        .WithTemplate("j.json", "{\"j\": 1}\n")
                )
                .Run("template r web")
                .Says("templates/a/b/c.yaml")
                .Says("plain part")
                .Edits("web/templates/a/_p.tpl", "part", "port"),
            Case("Empty directories and modes are no input", Lister().WithFile("a.sh", "1"))
                .Run("template r web")
                .StillHitsAfter(directory =>
                {
                    Directory.CreateDirectory(Path.Combine(directory, "web/empty/er"));
                    File.SetUnixFileMode(Path.Combine(directory, "web/a.sh"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
                    File.SetLastWriteTimeUtc(
                        Path.Combine(directory, "web/Chart.yaml"),
                        new System.DateTime(2001, 1, 1, 0, 0, 0, System.DateTimeKind.Utc)
                    );
                }),
            Case(
                    "Chart.yaml shows in templates",
                    Chart("web")
                        .WithMetadata("appVersion: \"1.2\"\ndescription: d\nannotations: {team: a}\nkeywords: [k]")
                        .WithConfigMap(
                            "c",
                            "text: {{ .Chart.AppVersion }} {{ .Chart.Description }} {{ .Chart.Annotations.team }} {{ .Chart.IsRoot "
                                + "}} {{ .Template.Name }} {{ .Template.BasePath }}"
                        )
                )
                .Run("template r web")
                .Says("1.2 d a true web/templates/c.yaml web/templates")
                .Edits("web/Chart.yaml", "team: a", "team: b"),
            Case(
                    "Whole Chart as JSON differs between helm versions",
                    Chart("web").WithConfigMap("c", "chart: {{ .Chart | toJson | quote }}")
                )
                .Run("template r web"),
            Case("Chart path with detours", Lister().WithFile("a.txt", "1"))
                .Run("template r ./web/../web/")
                .Says("a.txt")
                .Edits("web/a.txt", "1", "12"),
        ];
}
