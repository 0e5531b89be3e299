using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Cli;

/// <summary><c>helmcached resources</c>, <c>images</c> and what <c>show --stdout</c> leaves out.</summary>
[Trait("Needs", "programs")]
public sealed class RenderedCommandTests
{
    private const string Secret = "aHVudGVyMg-planted";

    private const string Pods = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, annotations: {image: no/annotation}}
        spec:
          template:
            spec:
              initContainers: [{name: prepare, image: r/init:1, env: [{name: image, value: no/env}], command: [no/command]}]
              containers: [{name: main, image: 'r/main:{{ .Values.tag }}'}, {name: side, image: r/side:1}]
              ephemeralContainers: [{name: debug, image: r/debug:1}]
              volumes: [{name: v, image: {reference: r/volume:1}}]
        ---
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: nightly}
        spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: job, image: r/main:1}]}}}}}
        ---
        apiVersion: monitoring.coreos.com/v1
        kind: Prometheus
        metadata: {name: prom}
        spec: {image: r/prom:1, containers: [{name: proxy, image: r/proxy:1}, {name: patched}]}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: files}
        data: {image: no/config, spec: "image: no/text", containers: "[{image: no/text}]"}
        ---
        apiVersion: v1
        kind: List
        items: [{apiVersion: v1, kind: Pod, metadata: {name: inner}, spec: {containers: [{name: c, image: r/pod:1}]}}]
        """;

    [Fact]
    public async Task A_word_that_begins_with_an_at_sign_names_no_file_of_words()
    {
        await using var home = new DaemonHome(RealHelms.Helm4);
        string work = Work(home);
        Chart("web").WithTemplate("p.yaml", "kind: Pod\nspec: {containers: [{image: 'r/web:{{ .Values.tag }}'}]}\n").WriteTo(work);
        await File.WriteAllTextAsync(Path.Combine(work, "@v.yaml"), "tag: five\n");
        for (int i = 0; i < 2; i++)
            Assert.Equal(
                "r/web:five\n",
                (await RunAsync(home, work, ["images", "--quiet", "--", "template", "shop", "web", "-f", "@v.yaml"])).StdoutText
            );
    }

    [Theory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Images_of_all_containers_are_found_and_no_other_texts(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Work(home);
        Chart("web").WithValues("tag: '1'\n").WithTemplate("pods.yaml", Pods).WriteTo(work);
        string[] call = ["template", "shop", "web", "--set", "tag=2"];
        CommandResult quiet = await RunAsync(home, work, ["images", "--quiet", "--", .. call]);
        Assert.Equal("r/debug:1\nr/init:1\nr/main:1\nr/main:2\nr/pod:1\nr/prom:1\nr/proxy:1\nr/side:1\nr/volume:1\n", quiet.StdoutText);
        using JsonDocument json = JsonDocument.Parse((await RunAsync(home, work, ["images", "--json", "--", "helm", .. call])).StdoutText);
        string[] images =
        [
            .. json
                .RootElement.EnumerateArray()
                .Select(image => string.Join(' ', image.EnumerateObject().Select(member => member.Value.GetString())))
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(
            [
                "r/debug:1 Deployment web debug ephemeral",
                "r/init:1 Deployment web prepare init",
                "r/main:1 CronJob nightly job container",
                "r/main:2 Deployment web main container",
                "r/pod:1 Pod inner c container",
                "r/prom:1 Prometheus prom  other",
                "r/proxy:1 Prometheus prom proxy container",
                "r/side:1 Deployment web side container",
                "r/volume:1 Deployment web  other",
            ],
            images
        );
        Assert.Equal(
            "image kind name container role",
            string.Join(' ', json.RootElement[0].EnumerateObject().Select(member => member.Name))
        );
        Assert.Matches(@"^image +kind +name +container +role\n", (await RunAsync(home, work, ["images", "--", .. call])).StdoutText);
        // All of them asked for one render.
        Stats stats = await home.StatsAsync();
        Assert.Equal((1, 2), (stats.Misses, stats.Hits));
    }

    [Theory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Resources_have_kind_name_source_key_and_manifest(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Work(home);
        Chart("web")
            .WithFile(
                "crds/a.yaml",
                "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: http2xx.example.com}\n"
            )
            .WithTemplate(
                "a.yaml",
                "apiVersion: v1\nkind: Service\nmetadata: {name: '{{ .Release.Name }}', namespace: '{{ .Release.Namespace }}'}\n"
                    + "spec: {ports: [{port: 017}], on: yes}\n"
            )
            .WriteTo(work);
        CommandResult result = await RunAsync(
            home,
            work,
            "resources",
            "--json",
            "--",
            "template",
            "shop",
            "web",
            "--include-crds",
            "-n",
            "prod"
        );
        using JsonDocument json = JsonDocument.Parse(result.StdoutText);
        string[] texts =
        [
            .. json
                .RootElement.EnumerateArray()
                .Select(resource =>
                    string.Join(
                        ' ',
                        resource.EnumerateObject().Where(member => member.Name != "manifest").Select(member => member.Value.GetString())
                    )
                ),
        ];
        Assert.Equal(
            [
                "apiextensions.k8s.io/v1 CustomResourceDefinition  http2xx.example.com web/crds/a.yaml "
                    + "custom_resource_definition_http_2xx.example.com",
                "v1 Service prod shop web/templates/a.yaml service_shop",
            ],
            texts
        );
        Assert.Equal(
            """{"apiVersion":"v1","kind":"Service","metadata":{"name":"shop","namespace":"prod"},"spec":{"ports":[{"port":15}],"true":true}}""",
            json.RootElement[1].GetProperty("manifest").GetRawText()
        );
        string table = (
            await RunAsync(
                home,
                work,
                "resources",
                "--name-format",
                "{{ .metadata.namespace | default \"cluster\" }}/{{ .kind | lower }}",
                "--",
                "template",
                "shop",
                "web",
                "-n",
                "prod"
            )
        ).StdoutText;
        Assert.Matches(@"^key +kind +namespace +name +source\nprod/service +Service +prod +shop +web/templates/a\.yaml\n$", table);
    }

    [Fact]
    public async Task Two_resources_with_one_name_are_both_named()
    {
        await using var home = new DaemonHome(RealHelms.Helm4);
        string work = Work(home);
        Chart("web")
            .WithConfigMap("a", "x: y")
            .WithTemplate("b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: other}\n")
            .WriteTo(work);
        CommandResult result = await AskAsync(home, work, "resources", "--json", "--", "template", "shop", "web");
        Assert.Equal((1, ""), (result.ExitCode, result.StdoutText));
        Assert.Matches(
            @"^helmcached: --name-format: two resources have the name config_map_a: "
                + @"ConfigMap a \(web/templates/a\.yaml, line \d+\), and ConfigMap other/a \(web/templates/b\.yaml, line \d+\)\n$",
            result.StderrText
        );
    }

    [Fact]
    public async Task An_unknown_function_is_named_before_helm_runs()
    {
        await using var home = new DaemonHome("/nonexistent");
        CommandResult result = await AskAsync(
            home,
            "/",
            "resources",
            "--name-format",
            "{{ sha256sum .kind }}",
            "--",
            "template",
            "shop",
            "web"
        );
        Assert.Equal((1, ""), (result.ExitCode, result.StdoutText));
        Assert.StartsWith(
            "helmcached: --name-format: unknown function sha256sum; known are and, ",
            result.StderrText,
            StringComparison.Ordinal
        );
    }

    [Theory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task A_document_that_is_no_YAML_is_named_and_the_rest_is_given(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Work(home);
        Chart("web").WithFile("crds/bad.yaml", "kind: [\n").WithConfigMap("c", "a: b").WriteTo(work);
        string[] call = ["template", "shop", "web", "--include-crds"];
        CommandResult result = await AskAsync(home, work, ["resources", "--", .. call]);
        Assert.Equal(1, result.ExitCode);
        Assert.Matches(@"\nconfig_map_c +ConfigMap ", result.StdoutText);
        Assert.Matches(@"helmcached: document 1 \(web/crds/bad\.yaml\), line \d+: ", result.StderrText);
        Assert.Equal((await home.Real(work, call).RunAsync()).Stdout.ToArray(), (await home.Shim(work, call).RunAsync()).Stdout.ToArray());
    }

    [Theory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task A_failure_of_helm_is_passed_on(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Work(home);
        Chart("web").WithTemplate("c.yaml", "{{ fail \"not so\" }}").WriteTo(work);
        CommandResult real = await home.Real(work, "template", "shop", "web").RunAsync();
        CommandResult result = await AskAsync(home, work, "images", "--", "template", "shop", "web");
        Assert.Equal((real.ExitCode, "", real.StderrText), (result.ExitCode, result.StdoutText, result.StderrText));
        Assert.Contains("not so", result.StderrText, StringComparison.Ordinal);
    }

    /// <summary>A hit is asked for without the shim: as it would be, to the byte of what helm says on standard error.</summary>
    [Theory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task A_hit_passes_on_what_helm_said(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Work(home);
        // A link in a chart is what helm speaks of, with its path.
        Chart("web").WithTemplate("pods.yaml", Pods).WithFile("real.txt", "1").WithLink("link.txt", "real.txt").WriteTo(work);
        string[] call = ["template", "shop", "web", "--set", "tag=2"];
        CommandResult real = await home.Real(work, call).RunAsync();
        Assert.NotEmpty(real.StderrText);
        string[] said =
        [
            .. (await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => RunAsync(home, work, ["images", "--quiet", "--", .. call])))).Select(
                static result => result.StderrText
            ),
        ];
        CommandResult last = await RunAsync(home, work, ["images", "--quiet", "--", .. call]);
        Assert.Contains("r/main:2\n", last.StdoutText, StringComparison.Ordinal);
        Assert.Equal(WithoutTime(real.StderrText), WithoutTime(last.StderrText));
        Assert.All(said, text => Assert.Equal(WithoutTime(real.StderrText), WithoutTime(text)));
        // Nothing of it is asked for where the cache is switched off.
        long hits = (await home.StatsAsync()).Hits;
        Assert.True(hits >= 1);
        await (home.Admin(["images", "--quiet", "--", .. call]) with { Directory = work }).With("HELMCACHED_DISABLE", "1").RunAsync();
        Assert.Equal(hits, (await home.StatsAsync()).Hits);
    }

    private static string WithoutTime(string text) =>
        System.Text.RegularExpressions.Regex.Replace(text, @"\d{4}[-/]\d\d[-/]\d\d[T ][\d:.]+\S*|time=\S+", "");

    [Fact]
    public async Task Values_come_from_standard_input_as_they_do_for_helm()
    {
        await using var home = new DaemonHome(RealHelms.Helm4);
        string work = Work(home);
        Chart("web").WithValues("tag: '1'\n").WithTemplate("pods.yaml", Pods).WriteTo(work);
        Command command = home.Admin("images", "--quiet", "--", "template", "shop", "web", "-f", "-") with
        {
            Directory = work,
            Stdin = Encoding.ASCII.GetBytes("tag: '3'\n"),
        };
        Assert.Contains("r/main:3\n", (await command.RunAsync()).StdoutText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("images")]
    [InlineData("images --")]
    [InlineData("images -- install shop web")]
    [InlineData("images --json --quiet -- template shop web")]
    [InlineData("resources -- template shop web --output-dir out")]
    [InlineData("resources -- show values web")]
    [InlineData("resources -- upgrade --install shop web")]
    public async Task What_prints_no_manifests_is_refused_and_not_run(string line)
    {
        await using var home = new DaemonHome("/nonexistent");
        CommandResult result = await home.Admin(line.Split(' ')).RunAsync();
        Assert.Equal((2, ""), (result.ExitCode, result.StdoutText));
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(4, false)]
    [InlineData(42, true)]
    public async Task Show_masks_the_values_of_Secrets_unless_it_is_told_not_to(int major, bool daemonRuns)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Work(home);
        string secret = $$$"""
            apiVersion: v1
            kind: Secret
            metadata: {name: s, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"data":"{{{Secret}}}"}', a: b}}
            # a comment: {{{Secret}}}
            stringData: {password: {{{Secret}}}}
            data:
              key: |
                {{{Secret}}}
                more
            """;
        string list =
            $$$"""{"apiVersion": "v1", "kind": "List", "items": [{"kind": "Secret", "data": {"a": "{{{Secret}}}"}}, {"kind": "SecretList", "items": [{"data": {"b": "{{{Secret}}}"}}]}]}""";
        Chart("web")
            .WithConfigMap("c", "a: b # kept")
            .WithTemplate("s.yaml", secret)
            .WithTemplate("t.yaml", list)
            .WithFile("crds/bad.yaml", $"kind: Secret\ndata: [{Secret}\n")
            .WriteTo(work);
        string[] call = ["template", "shop", "web", "--include-crds"];
        await home.StartAsync();
        await home.Shim(work, call).RunAsync();
        await home.EntriesReachAsync(1);
        if (!daemonRuns)
            await home.StopAsync();
        using JsonDocument entries = JsonDocument.Parse((await home.Admin("list", "--json").RunAsync()).StdoutText);
        string key = entries.RootElement[0].GetProperty("key").GetString()!;
        string masked = (await home.Admin("show", key, "--stdout").RunAsync()).StdoutText;
        Assert.DoesNotContain(Secret, masked, StringComparison.Ordinal);
        Assert.Contains("a: b # kept\n", masked, StringComparison.Ordinal);
        Assert.Contains(
            "# Source: web/templates/s.yaml\napiVersion: v1\ndata:\n  key: \"***\"\nkind: Secret\n",
            masked,
            StringComparison.Ordinal
        );
        Assert.Contains("stringData:\n  password: \"***\"\n", masked, StringComparison.Ordinal);
        Assert.Contains("--raw shows it", masked, StringComparison.Ordinal);
        foreach (
            string[] shown in (string[][])
                [
                    ["show", key],
                    ["show", key, "--json"],
                    ["list"],
                    ["stats"],
                    ["explain", "--last", "5"],
                ]
        )
            Assert.DoesNotContain(Secret, (await home.Admin(shown).RunAsync()).StdoutText, StringComparison.Ordinal);
        Assert.Equal(
            (await home.Real(work, call).RunAsync()).Stdout.ToArray(),
            (await home.Admin("show", key, "--stdout", "--raw").RunAsync()).Stdout.ToArray()
        );
    }

    private static string Work(DaemonHome home) => Directory.CreateDirectory(home.At("work")).FullName;

    private static async Task<CommandResult> RunAsync(DaemonHome home, string directory, params string[] arguments)
    {
        await home.StartAsync();
        CommandResult result = await AskAsync(home, directory, arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
        return result;
    }

    private static Task<CommandResult> AskAsync(DaemonHome home, string directory, params string[] arguments) =>
        (home.Admin(arguments) with { Directory = directory }).RunAsync();
}
