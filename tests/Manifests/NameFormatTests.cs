using System;
using System.Linq;
using CacheDaemon.Daemon.Manifests;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Manifests;

/// <summary>Formats of names, as Go's templates and Tanka's <c>nameFormat</c> have them.</summary>
[Trait("Needs", "programs")]
public sealed class NameFormatTests
{
    private const string Service =
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: HTTP2xx.web\n  labels: {a: b, c: d}\n"
        + "spec: {ports: [80, 443], port: 1000000, ratio: 1.5, big: 1e21, flag: true, none: ~, empty: ''}\n";

    /// <summary>Some hundred texts of the shapes that names have, and of those that they have not.</summary>
    private static readonly string[] s_texts =
    [
        "v1beta1.metrics.k8s.io",
        "HTTP2XX",
        "http2xx",
        "IPv4",
        "OAuth2Client_x",
        "a--b",
        "a.-b",
        "a-.b",
        "._x",
        "HTTPStatus",
        "Bld4Floor",
        "Bld4Floor3rd",
        "ServiceAccount_my-app",
        "CustomResourceDefinition_prometheuses.monitoring.coreos.com",
        "_leading",
        "trailing_",
        "-",
        "--",
        "a",
        "A",
        "1",
        "a1",
        "A1",
        "1a",
        "1A",
        "AB1",
        "AB1c",
        "AB1C",
        "ab12cd34",
        "x509Cert",
        "X509Cert",
        "my app  two",
        "tab\tin",
        "ÄpfelÖl",
        "straßeNr5",
        "漢字ABC",
        "abc漢字",
        "漢字1",
        "p#q",
        "a+b",
        "A+B",
        "a/b:c",
        "a1.2b3",
        "V1Beta1",
        "k8S",
        "K8s",
        "K8S",
        "ID",
        "userID",
        "UserID2",
        "UserID2x",
        "2FA",
        "2fa",
        "a2FA",
        "i18n",
        "I18N",
        "É1é",
        "x_1_Y",
        "x-1-y",
        "Role_system:controller:x",
        "a$b",
        "A$B1",
        "🙂x",
        "x🙂Y",
        "Aa1Bb2",
        "aA1bB2c",
        "ABCd1",
        "ABCD1e2F",
        "٣x",
        "x٣Y",
    ];

    [Theory]
    [InlineData(NameFormat.Default, "service_http_2xx.web")]
    [InlineData("{{ .kind }}", "Service")]
    [InlineData("a{{- .kind -}} b {{- /* nothing */ -}} c", "aServicebc")]
    [InlineData("{{ .kind | lower }}-{{ upper .metadata.name }}", "service-HTTP2XX.WEB")]
    [InlineData("{{ .nope }} {{ .nope.deeper }} {{ .spec.none }}", "<no value> <no value> <no value>")]
    [InlineData("{{ print .nope }}", "<nil>")]
    [InlineData("{{ print 8080 8080 }} {{ print 1 \"a\" 2 3 }} {{ print true nil }}", "8080 8080 1a2 3 true <nil>")]
    [InlineData("{{ .spec.port }} {{ .spec.ratio }} {{ .spec.big }} {{ .spec.flag }}", "1000000 1.5 1e+21 true")]
    [InlineData("{{ .spec.ports }} {{ .metadata.labels }}", "[80 443] map[a:b c:d]")]
    [InlineData(
        "{{ printf \"%s/%v-%d%% %q %t\" .kind .spec.ratio .spec.port \"a\\\"b\" .spec.flag }}",
        "Service/1.5-1000000% \"a\\\"b\" true"
    )]
    [InlineData("{{ .metadata.namespace | default \"none\" }} {{ default `x` .kind }} {{ default \"e\" .spec.empty }}", "none Service e")]
    [InlineData(
        "{{ if hasKey .metadata \"namespace\" }}{{ .metadata.namespace }}{{ else }}cluster{{ end }}-{{ .kind }}",
        "cluster-Service"
    )]
    [InlineData("{{ if .nope }}a{{ else if eq .kind \"Job\" \"Service\" }}b{{ else }}c{{ end }}", "b")]
    [InlineData("{{ if not (hasKey .metadata \"x\") }}{{ if .spec.flag }}y{{ end }}{{ end }}", "y")]
    [InlineData("{{ if and .kind .nope }}a{{ end }}{{ if or .nope .kind }}b{{ end }}{{ if ne .kind \"x\" }}c{{ end }}", "bc")]
    [InlineData("{{ (print .kind \"-\") | replace \"-\" \"}}\" }}", "Service}}")]
    [InlineData("{{ trunc 3 .kind }}{{ trunc -2 .kind }}{{ trunc 99 .kind }}", "SerceService")]
    [InlineData("{{ $.kind }}", "Service")]
    public void A_format_is_applied_as_Go_applies_it(string format, string name) => Assert.Equal(name, Apply(format));

    [Theory]
    [InlineData("{{ frobnicate .kind }}", "unknown function frobnicate")]
    [InlineData("{{ .kind | sha256sum }}", "unknown function sha256sum")]
    [InlineData("{{ range .spec.ports }}x{{ end }}", "unknown function range")]
    [InlineData("{{ .kind", "{{ without }}")]
    [InlineData("{{ if .kind }}x", "without end")]
    [InlineData("{{ end }}", "without if")]
    [InlineData("{{ else }}", "without if")]
    [InlineData("{{ }}", "a value is missing")]
    [InlineData("{{ .kind | }}", "a value is missing")]
    [InlineData("{{ (print .kind }}", "( without )")]
    [InlineData("{{ .kind ) }}", "unexpected )")]
    [InlineData("{{ .kind .kind }}", "not a function is given arguments")]
    [InlineData("{{ .kind | .metadata.name }}", "is not a function")]
    [InlineData("{{ print \"a }}", "without")]
    [InlineData("{{ lower .spec.port }}", "lower of a value of another type")]
    [InlineData("{{ snakecase .nope }}", "snakecase of a value of another type")]
    [InlineData("{{ lower }}", "lower with 0 arguments")]
    [InlineData("{{ .kind.deeper }}", "no field deeper")]
    [InlineData("{{ printf \"%x\" 1 }}", "%x is not known")]
    [InlineData("{{ printf \"%s\" }}", "too few")]
    [InlineData("{{ printf \"a\" 1 }}", "too many")]
    [InlineData("{{ .a..b }}", "unexpected")]
    public void What_is_not_understood_is_named(string format, string says) =>
        Assert.Contains(says, Assert.Throws<NameFormatException>(() => Apply(format)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("v1beta1.metrics.k8s.io", "v_1beta1.metrics.k_8s.io")]
    [InlineData("HTTP2XX", "http2_xx")]
    [InlineData("http2xx", "http_2xx")]
    [InlineData("IPv4", "i_pv4")]
    [InlineData("OAuth2Client_x", "o_auth2_client_x")]
    [InlineData("a--b", "a__b")]
    public void Snakecase_is_that_of_helm(string text, string snake) => Assert.Equal(snake, SnakeCase.Of(text));

    [Theory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async System.Threading.Tasks.Task Snakecase_is_that_of_each_helm_for_texts_of_all_shapes(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = home.At("work");
        // And all texts of four letters of a small alphabet.
        const string Alphabet = "aB1-.";
        string[] texts =
        [
            .. s_texts,
            .. Enumerable
                .Range(0, 625)
                .Select(i => string.Concat(Enumerable.Range(0, 4).Select(place => Alphabet[i / (int)Math.Pow(5, place) % 5]))),
        ];
        Chart("s")
            .WithValues("texts:\n" + string.Concat(texts.Select(text => $"- \"{text}\"\n")))
            .WithTemplate("s.yaml", "kind: A\nv:\n{{- range .Values.texts }}\n- {{ snakecase . | quote }}\n{{- end }}\n")
            .WriteTo(work);
        CommandResult result = await home.Real(work, "template", "r", "s").RunAsync();
        var problems = new System.Collections.Generic.List<string>();
        Manifest manifest = Assert.Single(ManifestReader.Read(result.Stdout.Span, problems));
        var expected = (System.Collections.Generic.List<object?>)manifest.Members["v"]!;
        Assert.Equal(expected.Select((snake, i) => $"{texts[i]} is {snake}"), texts.Select(text => $"{text} is {SnakeCase.Of(text)}"));
    }

    private static string Apply(string format) =>
        NameFormat.Parse(format).Apply((System.Collections.Generic.Dictionary<string, object?>)YamlReader.Read(Service).Single().Value!);
}
