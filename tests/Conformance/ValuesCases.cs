using System.Collections.Generic;
using CacheDaemon.Tests.Support;
using static CacheDaemon.Tests.Conformance.ConformanceCase;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Conformance;

/// <summary>Values from files, standard input and the command line, and the order in which they win.</summary>
internal static class ValuesCases
{
    /// <summary>Shows all values as JSON.</summary>
    private static ChartBuilder Shower() =>
        Chart("web").WithValues("a: 1\nb: {c: 2}\nlist: [x, y]\n").WithTemplate("all.yaml", "values: {{ .Values | toJson }}\n");

    private const string Schema = """
        {"type": "object", "properties": {"port": {"type": "integer", "maximum": 9}, "name": {"$ref": "#/definitions/n"}},
         "definitions": {"n": {"type": "string"}}}
        """;

    public static IEnumerable<ConformanceCase> All() =>
        [
            Case("Chart defaults", Shower()).Run("template r web").Says("\"a\":1").Edits("web/values.yaml", "a: 1", "a: 2"),
            Case("One values file", Shower())
                .WithFile("v.yaml", "a: 5\n")
                .Run("template r web -f v.yaml")
                .Says("\"a\":5")
                .Edits("v.yaml", "5", "6"),
            Case("Two values files, the later wins", Shower())
                .WithFile("v.yaml", "a: 5\n")
                .WithFile("w.yaml", "a: 6\n")
                .Run("template r web -f v.yaml --values=w.yaml")
                .Says("\"a\":6")
                .Edits("w.yaml", "6", "7"),
            Case("Two values files in one argument", Shower())
                .WithFile("x.yaml", "a: 5\n")
                .WithFile("w.yaml", "b: {d: 6}\n")
                .Run("template r web -fx.yaml,w.yaml")
                .Says("\"d\":6")
                .Edits("x.yaml", "5", "7"),
            // helm's first pass over argv knows no -f, and takes what follows it for a group of root flags (client/Helm/FlagWalk).
            Case("Values file glued to -f that looks like the namespace flag", Shower().WithConfigMap("n", "ns: {{ .Release.Namespace }}"))
                .WithFile("nx.yaml", "a: 5\n")
                .Run("template r web -fnx.yaml")
                .Says("\"a\":5")
                .Says("ns: x.yaml")
                .Bypasses("bad-flag-value"),
            Case("Values file glued to -f that looks like the logging flag", Shower())
                .WithFile("v.yaml", "a: 5\n")
                .Run("template r web -fv.yaml")
                .Says("\"a\":5")
                .Bypasses("bad-flag-value"),
            Case("Values file whose name has a comma", Shower())
                .WithFile("x,y.yaml", "a: 5\n")
                .Run("template r web -f \"x,y.yaml\"")
                .Says("\"a\":5")
                .Edits("x,y.yaml", "5", "7"),
            Case("Values file whose name has a space", Shower())
                .WithFile("my values.yaml", "a: 5\n")
                .RunArguments("template", "r", "web", "-f", "my values.yaml")
                .Says("\"a\":5")
                .Edits("my values.yaml", "5", "7"),
            Case("Values file by its absolute path", Shower())
                .WithFile("v.yaml", "a: 5\n")
                .Run("template r web -f {dir}/v.yaml")
                .Says("\"a\":5")
                .Edits("v.yaml", "5", "6"),
            Case("Values file that is a link", Shower())
                .WithFile("v.yaml", "a: 5\n")
                .WithLink("l.yaml", "v.yaml")
                .Run("template r web -f l.yaml")
                .Says("\"a\":5")
                .Edits("v.yaml", "5", "6"),
            Case("Values from standard input", Shower())
                .WithStdin("a: 5\n")
                .Run("template r web -f -")
                .Says("\"a\":5")
                .EditsStdin("5", "6"),
            Case("Values from standard input between files", Shower())
                .WithStdin("a: 5\nb: 7\n")
                .WithFile("v.yaml", "a: 1\n")
                .WithFile("w.yaml", "b: 8\n")
                .Run("template r web --values v.yaml,- -f w.yaml")
                .Says("\"a\":5")
                .Says("\"b\":8")
                .EditsStdin("5", "6"),
            Case("Empty standard input", Shower()).WithStdin("").Run("template r web -f -").Says("\"a\":1"),
            Case("Standard input as JSON", Shower())
                .WithStdin("{\"a\": {\"deep\": [1, 2.5, true, null]}}")
                .Run("template r web -f -")
                .Says("2.5")
                .EditsStdin("2.5", "3.5"),
            Case("Standard input that nobody asked for", Shower()).WithStdin("a: 5\n").Run("template r web").Says("\"a\":1"),
            Case("Empty values file", Shower()).WithFile("v.yaml", "").Run("template r web -f v.yaml").Says("\"a\":1"),
            Case("Empty values argument", Shower()).RunArguments("template", "r", "web", "-f", "").Says("\"a\":1").Is(Expected.Any),
            Case("Null deletes a default", Shower())
                .WithFile("v.yaml", "a: null\n")
                .Run("template r web -f v.yaml")
                .NeverSays("\"a\"")
                .Edits("v.yaml", "null", "true"),
            Case("Several documents in one values file", Shower())
                .WithFile("v.yaml", "a: 5\n---\na: 6\n")
                .Run("template r web -f v.yaml")
                .Edits("v.yaml", "a: 5", "z: 5"),
            Case("Comments and anchors in values", Shower())
                .WithFile("v.yaml", "# one\nbase: &b {k: v}\na: {<<: *b}\n")
                .Run("template r web -f v.yaml")
                .Says("\"k\":\"v\"")
                .Edits("v.yaml", "k: v", "k: w"),
            Case("Numbers of all kinds", Shower())
                .WithFile("v.yaml", "a: 1e3\nb: 0x10\nc: 010\nd: 1_000\ne: 12345678901234567890\nf: 1.0\ng: .5\nh: \"07\"\n")
                .Run("template r web -f v.yaml")
                .Edits("v.yaml", "1e3", "1e4"),
            Case("Values file that is no YAML", Shower())
                .WithFile("v.yaml", "a: [1\n")
                .Run("template r web -f v.yaml")
                .Fails("failed to parse v.yaml"),
            Case("Values file that is a list", Shower()).WithFile("v.yaml", "- a\n").Run("template r web -f v.yaml").Fails("v.yaml"),
            Case("Values file with a tab", Shower()).WithFile("v.yaml", "a:\n\tb: 1\n").Run("template r web -f ./v.yaml").Fails("./v.yaml"),
            Case("Values file that does not exist", Shower()).Run("template r web -f gone.yaml").Fails("gone.yaml"),
            Case("Values file that is a directory", Shower()).Run("template r web -f web").Fails("web"),
            Case("Values file through /dev/stdin", Shower())
                .WithStdin("a: 5\n")
                .Run("template r web -f /dev/stdin")
                .Says("\"a\":5")
                .EditsStdin("5", "6"),
            Case("Set", Shower()).Run("template r web --set a=9,b.c=8 --set list[1]=z").Says("\"a\":9"),
            Case("Set of a list, an escaped comma and an escaped dot", Shower())
                .RunArguments("template", "r", "web", "--set", "list={p,q r}", "--set", @"b.c=one\,two", "--set", @"b.x\.y/z=1")
                .Says("one,two")
                .Says("x.y/z"),
            Case("Set of the same path twice, the later wins", Shower()).Run("template r web --set a=1 --set a=2").Says("\"a\":2"),
            Case("Set of null", Shower()).Run("template r web --set a=null").NeverSays("\"a\""),
            Case("Set with spaces, quotes and unicode", Shower())
                .RunArguments("template", "r", "web", "--set", "a= b \"c\" 'd' ☃")
                .Says("☃"),
            Case("Set of an empty value", Shower()).Run("template r web --set a=").Says("\"a\":\"\""),
            Case("Set-string keeps digits as text", Shower()).Run("template r web --set-string a=01,b.c=true").Says("\"01\""),
            Case("Set-json", Shower())
                .RunArguments("template", "r", "web", "--set-json", "a={\"k\":[1,{\"l\":null}]}")
                .Says("\"k\":[1,{\"l\":null}]"),
            Case("Set-json of a whole object fails in helm 3", Shower())
                .RunArguments("template", "r", "web", "--set-json", "{\"a\":{\"k\":1}}")
                .Fails("Error")
                .OnlyHelm(3),
            Case("Set-json of a whole object works in helm 4", Shower())
                .RunArguments("template", "r", "web", "--set-json", "{\"a\":{\"k\":1}}")
                .Says("\"k\":1")
                .OnlyHelm(4),
            Case("Set-literal takes everything", Shower())
                .RunArguments("template", "r", "web", "--set-literal", "a={x,y=z\\,w}")
                .Says("{x,y=z"),
            Case("Kinds of sets are applied in helm's order", Shower())
                .WithFile("v.yaml", "a: file\n")
                .WithFile("t.txt", "setfile")
                .Run(
                    "template r web --set-literal b.c=literal --set-file b.c=t.txt --set-string a=string --set a=set --set-json "
                        + "b.c=1 -f v.yaml"
                )
                .Says("literal"),
            Case("Set-file", Shower())
                .WithFile("t.txt", "some text\n")
                .Run("template r web --set-file a=t.txt")
                .Says("some text")
                .Edits("t.txt", "some", "more"),
            Case("Set-file twice in one argument", Shower())
                .WithFile("t.txt", "one")
                .WithFile("u.txt", "two")
                .Run("template r web --set-file a=t.txt,b.c=u.txt")
                .Says("one")
                .Says("two")
                .Is(Expected.Any)
                .Edits("u.txt", "two", "too"),
            Case("Set-file from standard input", Shower())
                .WithStdin("typed")
                .Run("template r web --set-file a=-")
                .Says("typed")
                .Is(Expected.Any)
                .EditsStdin("typed", "taped"),
            Case("Set-file that does not exist", Shower()).Run("template r web --set-file a=gone.txt").Fails("gone.txt"),
            Case("Set that is no assignment", Shower()).Run("template r web --set a").Fails("Error"),
            Case("Schema that is met", Shower().WithSchema(Schema))
                .Run("template r web --set port=5")
                .Says("\"port\":5")
                .Edits("web/values.yaml", "a: 1", "a: 2"),
            Case("Schema that is not met", Shower().WithSchema(Schema)).Run("template r web --set port=99").Fails("port"),
            Case("Schema skipped", Shower().WithSchema("{ garbage"))
                .Run("template r web --skip-schema-validation --set port=99")
                .Says("\"port\":99")
                .Is(Expected.Any),
            Case("Schema of a subchart that is not met", Shower().WithSubchart(Chart("kid").WithSchema(Schema)))
                .Run("template r web --set kid.port=nine")
                .Fails("kid"),
            Case(
                    "Schema that reads a file of the machine",
                    Shower().WithSchema("{\"properties\": {\"port\": {\"$ref\": \"file:///nonexistent/port.json\"}}}")
                )
                .Run("template r web --set port=5")
                .Fails("port.json"),
            Case("Schema edit", Shower().WithSchema(Schema))
                .Run("template r web --set port=5")
                .Says("\"port\":5")
                .Edits("web/values.schema.json", "\"maximum\": 9", "\"maximum\": 4"),
        ];
}
