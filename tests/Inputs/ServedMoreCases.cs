using System;
using System.Collections.Generic;
using System.IO;
using CacheDaemon.Tests.Conformance;
using CacheDaemon.Tests.Support;
using static CacheDaemon.Tests.Conformance.ConformanceCase;
using static CacheDaemon.Tests.Inputs.CommandLineRowCases;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Inputs;

/// <summary>
/// Calls that were once real helm's alone, or missed for nothing: each with an edit that misses or a noise that hits. Each name begins with
/// the row.
/// </summary>
internal static class ServedMoreCases
{
    private const string Login = """{"auths":{"ghcr.io":{"auth":"dTpw"}}}""";
    private const string OtherLogin =
        """{"auths":{"ghcr.io":{"auth":"dTpw"},"quay.io":{"auth":"cm9ib3Q6cHc=","email":"x"}},"credsStore":"pass","credHelpers":{"a.io":"ecr-login"},"HttpHeaders":{"User-Agent":"Docker"}}""";
    private const string Repositories =
        "apiVersion: \"\"\ngenerated: \"2024-05-06T07:08:09.123456789+02:00\"\nrepositories:\n- name: stable\n"
        + "  url: https://kubernetes-charts.storage.googleapis.com\n";
    private const string Schema =
        """{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"a":{"type":"integer"}},MORE}""";

    public static IEnumerable<ConformanceCase> All() =>
        [
            Case("P4 another registry login hits", Mirror())
                .WithFile("c.json", Login)
                .Run("template r web")
                .WithVariable("HELM_REGISTRY_CONFIG", "{dir}/c.json")
                .Says("release:")
                .StillHitsAfter(directory => File.WriteAllText(Path.Combine(directory, "c.json"), OtherLogin)),
            Case("P4 first registry login hits", Mirror())
                .Run("template r web")
                .WithVariable("HELM_REGISTRY_CONFIG", "{dir}/c.json")
                .Says("release:")
                .StillHitsAfter(directory => File.WriteAllText(Path.Combine(directory, "c.json"), Login)),
            Case("P4 registry login without a colon misses", Mirror())
                .WithFile("c.json", Login)
                .Run("template r web")
                .WithVariable("HELM_REGISTRY_CONFIG", "{dir}/c.json")
                .Says("release:")
                .Edits("c.json", "dTpw", "dXB3")
                .OnlyHelm(3),
            Case("P4 registry login that is no text misses", Mirror())
                .WithFile("c.json", Login)
                .Run("template r web")
                .WithVariable("HELM_REGISTRY_CONFIG", "{dir}/c.json")
                .Says("release:")
                .Edits("c.json", "{\"auths\"", "{\"credsStore\":1,\"auths\""),
            Case("P4 another Docker login hits", Mirror())
                .WithFile("docker/config.json", Login)
                .Run("template r web")
                .WithVariable("DOCKER_CONFIG", "{dir}/docker")
                .Says("release:")
                .StillHitsAfter(directory => File.WriteAllText(Path.Combine(directory, "docker/config.json"), OtherLogin)),
            Case("P4 broken Docker login misses", Mirror())
                .WithFile("docker/config.json", Login)
                .Run("template r web")
                .WithVariable("DOCKER_CONFIG", "{dir}/docker")
                .Says("release:")
                .Edits("docker/config.json", "}}}", "}}")
                .OnlyHelm(3),
            Case("P4 other time in the repositories file hits", Mirror())
                .WithFile("r.yaml", Repositories)
                .Run("template r web --repository-config r.yaml")
                .Says("WARNING")
                .StillHitsAfter(directory =>
                    File.WriteAllText(
                        Path.Combine(directory, "r.yaml"),
                        Repositories.Replace("2024-05", "2025-06", StringComparison.Ordinal)
                    )
                ),
            Case("P4 time in the repositories file that is none misses", Mirror())
                .WithFile("r.yaml", Repositories)
                .Run("template r web --repository-config r.yaml")
                .Says("WARNING")
                .Edits("r.yaml", "2024-05", "2024-55"),
            Case("P4 repository beside the time misses", Mirror())
                .WithFile("r.yaml", Repositories)
                .Run("template r web --repository-config r.yaml")
                .Says("WARNING")
                .Edits("r.yaml", "name: stable", "name: other"),
            Case("P4 schema with a relative identity", Valued().WithSchema(Schema.Replace("MORE", "\"$id\":\"values.schema.json\"")))
                .Run("template r web")
                .Says("a: 1")
                .Edits("web/values.schema.json", "integer", "string"),
            Case(
                    "P4 schema with a file as inner identity",
                    Valued().WithSchema(Schema.Replace("MORE", "\"items\":{\"$id\":\"file:///nowhere\"}"))
                )
                .Run("template r web")
                .Says("a: 1")
                .Edits("web/values.schema.json", "integer", "string"),
            Case(
                    "P4 schema with a reference in an example",
                    Valued().WithSchema(Schema.Replace("MORE", "\"examples\":[{\"$ref\":\"file:///nowhere\"}]"))
                )
                .Run("template r web")
                .Says("a: 1")
                .Edits("web/values.schema.json", "integer", "string"),
            Case(
                    "P4 schema with a reference in a property named examples",
                    Valued().WithSchema(Schema.Replace("MORE", "\"patternProperties\":{\"examples\":{\"$ref\":\"file:///nowhere\"}}"))
                )
                .Run("template r web")
                .Fails("nowhere"),
            Case(
                    "P4 schema of a subchart that is switched off",
                    WithKid("enabled: false")
                        .WithSubchart(Chart("kid").WithSchema("{\"$ref\":\"file:///nowhere\"}").WithConfigMap("k", "k: kid"))
                )
                .Run("template r web")
                .Says("a: 1")
                .NeverSays("k: kid")
                .Edits("web/values.yaml", "enabled: false", "enabled: true"),
            Case(
                    "P4 schema of a packed subchart that is switched off by a flag",
                    WithKid("enabled: true")
                        .WithPackedSubchart(
                            Chart("kid").WithSchema("{\"$ref\":\"http://127.0.0.1:1/s.json\"}").WithConfigMap("k", "k: kid")
                        )
                )
                .Run("template r web --set kid.enabled=false")
                .Says("a: 1")
                .NeverSays("k: kid")
                .EditsRun("template r web --set kid.enabled=true"),
            Case(
                    "P4 schema of a subchart that is switched on",
                    WithKid("enabled: true")
                        .WithSubchart(Chart("kid").WithSchema("{\"$ref\":\"file:///nowhere\"}").WithConfigMap("k", "k: kid"))
                )
                .Run("template r web")
                .Fails("nowhere")
                .Is(Expected.NeverServed)
                .Edits("web/values.yaml", "enabled: true", "enabled: false"),
            Elsewhere("P4 schema in another file is never served")
                .Run("template r web")
                .Says("a: 1")
                .Is(Expected.NeverServed)
                .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "other.json"), "{\"type\": \"string\"}")),
            Elsewhere("P4 schema in another file is never frozen")
                .Run("template r web")
                .Says("a: 1")
                .WithVariable("HELMCACHED_IMPURE", "freeze")
                .Bypasses("schema-reference")
                .EditsBy(directory => File.WriteAllText(Path.Combine(directory, "other.json"), "{\"type\": \"string\"}")),
            Elsewhere("P4 schema in another file that is not asked")
                .Run("template r web --skip-schema-validation")
                .Says("a: 1")
                .EditsRun("template r web --skip-schema-validation --set a=2"),
            Case(
                    "P4 schema that is just a file",
                    Valued()
                        .WithFile("files/values.schema.json", "{\"$ref\":\"file:///nowhere\"}")
                        .WithConfigMap("f", "f: {{ .Files.Get \"files/values.schema.json\" | quote }}")
                )
                .Run("template r web")
                .Says("nowhere")
                .Edits("web/files/values.schema.json", "nowhere", "elsewhere"),
            Case("P4 set-file with several items", Shown())
                .WithFile("1.txt", "one")
                .WithFile("2.txt", "two")
                .Run("template r web --set-file a.x=1.txt,a.y=2.txt")
                .Says("one")
                .Edits("2.txt", "two", "zwei"),
            Case("P4 set-file with a list", Shown())
                .WithFile("1.txt", "one")
                .WithFile("2.txt", "two")
                .Run("template r web --set-file a={1.txt,2.txt}")
                .Says("[\"one\",\"two\"]")
                .EditsRun("template r web --set-file a={2.txt,1.txt}"),
            Case("P4 set-file with an index", Shown())
                .WithFile("1.txt", "one")
                .Run("template r web --set-file a[1]=1.txt")
                .Says("[null,\"one\"]")
                .EditsRun("template r web --set-file a[0]=1.txt"),
            Case("P4 set-file with a nested index", Shown())
                .WithFile("1.txt", "one")
                .Run("template r web --set-file a[0].b=1.txt")
                .Says("[{\"b\":\"one\"}]")
                .Edits("1.txt", "one", "eins"),
            Case("P4 set-file with escapes", Shown())
                .WithFile("1,1.txt", "one")
                .WithFile("11.txt", "eleven")
                .Run("template r web --set-file a.b\\.c=1\\,1.txt")
                .Says("{\"b.c\":\"one\"}")
                .Edits("1,1.txt", "one", "eins"),
            Case("P4 set-file in two arguments instead of one hits", Shown())
                .WithFile("1.txt", "one")
                .WithFile("2.txt", "two")
                .Run("template r web --set-file a.x=1.txt,a.y=2.txt")
                .Says("one")
                .StillHitsRunning("template r web --set-file a.x=1.txt --set-file a.y=2.txt"),
            Case("P4 set-file in a list from files of other names hits", Shown())
                .WithFile("1.txt", "one")
                .WithFile("2.txt", "two")
                .WithFile("3.txt", "one")
                .Run("template r web --set-file a={1.txt,2.txt}")
                .Says("one")
                .StillHitsRunning("template r web --set-file a={3.txt,2.txt}"),
            Case("P4 percent sign in a values path", Shown())
                .WithFile("v%41.yaml", "a: one\n")
                .Run("template r web -f v%41.yaml")
                .Says("one")
                .Edits("v%41.yaml", "one", "two"),
            Case("P4 percent sign that Go rejects", Shown())
                .WithFile("v%zz.yaml", "a: one\n")
                .Run("template r web -f v%zz.yaml")
                .Fails("escape"),
            Case("P4 variable of a build server hits", Mirror()).Run("template r web -n x").StillHitsWith("HELM_BUILD_ID", "17"),
            Case("P4 variables of an image hit", Mirror()).Run("template r web -n x").StillHitsWith("HELM_VERSION", "3.17.3"),
            Case("P4 unset HOME hits", Mirror())
                .Run("template r web -n x")
                .WithVariable("HOME", null)
                .Says("release:")
                .StillHitsWith("HOME", ""),
            Case("P4 unset HOME reads the working directory", Mirror())
                .WithFile(".config/helm/repositories.yaml", Repositories)
                .Run("template r web -n x")
                .WithVariable("HOME", null)
                .Says("WARNING")
                .Edits(".config/helm/repositories.yaml", "name: stable", "name: other"),
            Case("P4 clone of a repository as a chart", Shown())
                .WithFile("web/.git/HEAD", "ref: refs/heads/main\n")
                .WithFile("web/templates/h.yaml", "h: {{ .Files.Get \".git/HEAD\" | quote }}\n")
                .Run("template r web")
                .Says("main")
                .Edits("web/.git/HEAD", "main", "next"),
            Case("P4 clone of a repository that ignores its own files hits", Shown())
                .WithFile("web/.git/HEAD", "ref: refs/heads/main\n")
                .WithFile("web/.helmignore", ".git/\n")
                .Run("template r web")
                .Says("a:")
                .StillHitsAfter(directory => File.WriteAllText(Path.Combine(directory, "web/.git/HEAD"), "ref: refs/heads/next\n")),
        ];

    private static ChartBuilder WithKid(string value) =>
        Valued().WithValues($"a: 1\nkid: {{{value}}}\n").WithDependency("kid", more: "condition: kid.enabled");

    /// <summary>A chart whose schema is one line, which leads to <c>other.json</c> beside the chart.</summary>
    private static ConformanceCase Elsewhere(string name) =>
        Case(name, Valued())
            .WithFile("other.json", "{\"type\": \"integer\"}")
            .With(directory =>
                File.WriteAllText(
                    Path.Combine(directory, "web/values.schema.json"),
                    $"{{\"properties\": {{\"a\": {{\"$ref\": \"file://{directory}/other.json\"}}}}}}"
                )
            );

    private static ChartBuilder Shown() => Chart("web").WithConfigMap("a", "a: {{ .Values.a | toJson }}");

    private static ChartBuilder Valued() => Chart("web").WithValues("a: 1\n").WithConfigMap("a", "a: {{ .Values.a }}");
}
