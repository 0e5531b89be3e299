using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Callers;

/// <summary>
/// The command lines, environments, temporary files and standard inputs of tools that cannot be had here, as their sources have
/// them: each played with real helm, then twice through the shim.
/// </summary>
[Trait("Needs", "programs")]
public sealed class ReplayTests
{
    private const string KubeconfigText = """
        apiVersion: v1
        kind: Config
        current-context: one
        contexts:
          - name: one
            context: {cluster: c, user: u, namespace: blue}
          - name: two
            context: {cluster: c, user: u, namespace: green}
        clusters:
          - name: c
            cluster: {server: "https://127.0.0.1:1"}
        users:
          - name: u
            user: {token: t}

        """;

    public static IEnumerable<object[]> Majors => RealHelms.Majors;

    /// <summary>Both helms; a chart of which nothing can vary, and one whose output has to be proved.</summary>
    public static IEnumerable<object[]> Charts =>
        from major in RealHelms.Majors
        from mentions in (bool[])[false, true]
        select new object[] { major[0], mentions };

    /// <summary>Releases one after the other; each values file in a random directory under a stable name.</summary>
    [Theory]
    [MemberData(nameof(Charts))]
    public async Task Helmfile_hits(int major, bool mentions)
    {
        await using var stage = new CallerStage(major, mentions);
        string kube = CallerStage.Write(Path.Combine(stage.Work, "kube"), KubeconfigText);
        await stage.PlayAsync(5, Play);

        IEnumerable<Command> Play(string helm)
        {
            yield return stage.Call(helm, stage.Work, "version", "--short");
            foreach (string release in (string[])["shop", "blog", "mail"])
            {
                string one = CallerStage.Write(
                    Path.Combine(stage.FreshPath("helmfile"), $"ns-{release}-values-5d4b8f9c77"),
                    $"image: {{tag: {release}}}\n"
                );
                string two = CallerStage.Write(
                    Path.Combine(stage.FreshPath("helmfile"), $"ns-{release}-values-789d8c6f5b"),
                    "password: secret\n"
                );
                yield return stage.Call(
                    helm,
                    stage.Work,
                    "--kubeconfig",
                    kube,
                    "--kube-context",
                    "two",
                    "template",
                    release,
                    "web",
                    "--kube-version",
                    "v1.31.0",
                    "--api-versions",
                    "example.com/v7",
                    "--kube-context",
                    "one",
                    "--namespace",
                    "ns",
                    "--values",
                    one,
                    "--values",
                    two,
                    "--set",
                    "a=b",
                    "--set-string",
                    "c=1",
                    "--include-crds",
                    "--skip-tests"
                );
            }
            // Without a namespace of its own the release goes into that of the context.
            yield return stage.Call(helm, stage.Work, "--kubeconfig", kube, "--kube-context", "two", "template", "shop", "web");
        }
    }

    /// <summary>A copy of the chart in a random directory, its Chart.yaml written anew, and one command split at blanks.</summary>
    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Chartify_without_an_output_directory_hits(int major)
    {
        await using var stage = new CallerStage(major);
        await stage.PlayAsync(3, Play);

        IEnumerable<Command> Play(string helm)
        {
            yield return stage.Call(helm, stage.Work, "version", "--template={{.Version}}+g{{.GitCommit}}");
            string copy = stage.FreshChart("chartify");
            // As its YAML round trip leaves it.
            CallerStage.Write(Path.Combine(copy, "Chart.yaml"), "apiVersion: v2\nname: web\nversion: 1.0.0\n");
            CallerStage.Write(Path.Combine(copy, "templates", "patched.0.yaml"), "{{ .Files.Get \"files/a.conf\" | printf \"# %s\" }}\n");
            string values = CallerStage.Write(stage.FreshPath("values"), "image: {tag: patched}\n");
            string line =
                $"template --debug=false --include-crds shop {copy} -f {copy}/values.yaml -f {values} --namespace ns "
                + "--kube-version 1.31.0 --api-versions example.com/v7";
            yield return stage.Call(helm, stage.Work, line.Split(' '));
            yield return stage.Call(helm, stage.Work, "template", "shop", copy, "--namespace", "ns");
        }
    }

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Chartify_with_an_output_directory_hits(int major)
    {
        await using var stage = new CallerStage(major);
        await stage.Home.StartAsync();
        string copy = stage.FreshChart("chartify"),
            output = Path.Combine(copy, "helmx.1.rendered");
        CommandResult? expected = null;
        string[] files = [];
        foreach (string helm in (string[])[stage.Home.RealHelm, stage.Home.ShimPath, stage.Home.ShimPath])
        {
            if (Directory.Exists(output))
                Directory.Delete(output, recursive: true);
            Directory.CreateDirectory(output);
            CommandResult result = await stage
                .Call(helm, stage.Work, "template", "--debug=false", "--output-dir=" + output, "shop", copy, "-f", copy + "/values.yaml")
                .RunAsync();
            string[] written =
            [
                .. Directory
                    .GetFiles(output, "*", SearchOption.AllDirectories)
                    .Order()
                    .Select(path => path + "\n" + File.ReadAllText(path)),
            ];
            Assert.NotEmpty(written);
            Assert.Null(result.DifferenceFrom(expected ??= result));
            Assert.Equal(files = files.Length == 0 ? written : files, written);
        }
        Stats stats = await stage.Home.StatsAsync();
        Assert.True(stats is { HelmRuns: 1, Hits: 1, Bypasses: 0 }, stats.ToString());
    }

    /// <summary>Newer kustomize than kubectl has, so that helm 4 can be asked too.</summary>
    [Theory]
    [MemberData(nameof(Charts))]
    public async Task Kustomize_hits(int major, bool mentions)
    {
        await using var stage = new CallerStage(major, mentions);
        await stage.PlayAsync(4, Play);

        IEnumerable<Command> Play(string helm)
        {
            foreach (
                string[] head in (string[][])
                    [
                        ["shop", stage.ChartPath, "--namespace", "ns"],
                        ["--generate-name", stage.ChartPath],
                    ]
            )
            {
                string temp = stage.FreshDirectory("kustomize-helm-");
                string values = CallerStage.Write(Path.Combine(temp, "web-kustomize-values.yaml"), "image:\n  tag: two\nreplicas: 1\n");
                yield return Homes(stage.Call(helm, stage.Work, "version", "--short"));
                yield return Homes(
                    stage.Call(
                        helm,
                        stage.Work,
                        [
                            "template",
                            .. head,
                            "-f",
                            values,
                            "--api-versions",
                            "example.com/v7",
                            "--kube-version",
                            "1.31",
                            "--include-crds",
                            "--skip-tests",
                            "--no-hooks",
                        ]
                    )
                );

                Command Homes(Command call) =>
                    call.With("HELM_CONFIG_HOME", temp + "/helm")
                        .With("HELM_CACHE_HOME", temp + "/helm/.cache")
                        .With("HELM_DATA_HOME", temp + "/helm/.data");
            }
        }
    }

    /// <summary>A fresh copy of the chart as working directory, fresh homes, hundreds of API versions, and the sets in any order.</summary>
    [Theory]
    [MemberData(nameof(Charts))]
    public async Task Argo_CD_hits(int major, bool mentions)
    {
        await using var stage = new CallerStage(major, mentions);
        var random = new Random(20260801);
        await stage.PlayAsync(4, Play);

        IEnumerable<Command> Play(string helm)
        {
            for (int call = 0; call < 4; call++)
            {
                string chart = stage.FreshChart("_argocd-repo/");
                CallerStage.Write(Path.Combine(chart, ".argocd-helm-dep-up"), "");
                string homes = stage.FreshDirectory("helm");
                string values = CallerStage.Write(Path.Combine(stage.Temp, Guid.NewGuid().ToString()), "image: {tag: argo}\n");
                var arguments = new List<string>
                {
                    "template",
                    ".",
                    "--name-template",
                    "shop",
                    "--namespace",
                    "ns",
                    "--kube-version",
                    "1.31",
                };
                arguments.AddRange(Shuffled("--set", Enumerable.Range(0, 12).Select(i => $"parameters.p{i}=v{i}")));
                arguments.AddRange(Shuffled("--set-string", Enumerable.Range(0, 8).Select(i => $"texts.t{i}={i}")));
                arguments.AddRange(Shuffled("--set-file", ((string[])["one", "two"]).Select(name => $"files.{name}={chart}/files/a.conf")));
                arguments.AddRange(["--values", Path.Combine(chart, "values.yaml"), "--values", values]);
                for (int i = 0; i < 400; i++)
                    arguments.AddRange(["--api-versions", $"group{i}.example.com/v1beta{i % 3}/Kind{i}"]);
                arguments.AddRange(["--api-versions", "example.com/v7", "--include-crds"]);
                yield return stage
                    .Call(helm, chart, arguments)
                    .With("XDG_CACHE_HOME", homes)
                    .With("XDG_CONFIG_HOME", homes)
                    .With("XDG_DATA_HOME", homes)
                    .With("HELM_CONFIG_HOME", homes)
                    .With("HELM_CACHE_HOME", "/helm-working-dir")
                    .With("HELM_DATA_HOME", "/helm-working-dir")
                    .With("HTTPS_PROXY", call % 2 == 0 ? "http://proxy.example.com:3128" : null)
                    .With("no_proxy", "*");
            }
        }

        IEnumerable<string> Shuffled(string flag, IEnumerable<string> items)
        {
            string[] order = [.. items];
            random.Shuffle(order);
            return order.SelectMany(item => (string[])[flag, item]);
        }
    }

    /// <summary>
    /// Argo CD looks for a text in the error, builds the dependencies, and asks again: a remembered failure would break it.
    /// </summary>
    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Argo_CD_builds_dependencies_after_the_error_it_looks_for(int major)
    {
        await using var stage = new CallerStage(major);
        await stage.Home.StartAsync();
        CallerStage.Write(
            Path.Combine(stage.ChartPath, "Chart.yaml"),
            "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n  - {name: late, version: 1.0.0, repository: \"file://../late\"}\n"
        );
        ChartBuilder.Chart("late").WithConfigMap("late", "a: b").WriteTo(stage.Work);
        foreach (string helm in (string[])[stage.Home.RealHelm, stage.Home.ShimPath, stage.Home.ShimPath])
        {
            CommandResult missing = await Template(helm).RunAsync();
            Assert.Contains("found in Chart.yaml, but missing in charts/ directory", missing.StderrText, StringComparison.Ordinal);
            Assert.Equal(0, (await stage.Call(helm, stage.ChartPath, "dependency", "build").RunAsync()).ExitCode);
            CommandResult built = await Template(helm).RunAsync();
            Assert.Equal(0, built.ExitCode);
            Assert.Contains("late/templates/late.yaml", built.StdoutText, StringComparison.Ordinal);
            File.Delete(Path.Combine(stage.ChartPath, "Chart.lock"));
            File.Delete(Path.Combine(stage.ChartPath, "charts", "late-1.0.0.tgz"));
        }
        // The second build packed the subchart anew, at another time: the same input all the same.
        Assert.Equal(1, (await stage.Home.StatsAsync()).Hits);

        Command Template(string helm) => stage.Call(helm, stage.ChartPath, "template", ".", "--name-template", "shop", "--namespace", "ns");
    }

    [Theory]
    [MemberData(nameof(Charts))]
    public async Task Tanka_hits_with_values_on_standard_input(int major, bool mentions)
    {
        await using var stage = new CallerStage(major, mentions);
        await stage.PlayAsync(
            2,
            helm =>
                [
                    stage.Call(
                        helm,
                        "/",
                        "template",
                        "shop",
                        stage.ChartPath,
                        "--values",
                        "-",
                        "--api-versions=example.com/v7",
                        "--include-crds",
                        "--kube-version=1.31",
                        "--namespace=ns"
                    ) with
                    {
                        Stdin = "image:\n    tag: tanka\nlist:\n    - 1\n    - 2\n"u8.ToArray(),
                    },
                    stage.Call(helm, "/", "template", "shop", stage.ChartPath, "--values", "-", "--no-hooks", "--skip-tests") with
                    {
                        Stdin = "{}\n"u8.ToArray(),
                    },
                ]
        );
    }

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Rustanka_hits_with_and_without_values_on_standard_input(int major)
    {
        await using var stage = new CallerStage(major);
        await stage.PlayAsync(
            2,
            helm =>
                [
                    stage.Call(
                        helm,
                        stage.Work,
                        "template",
                        "shop",
                        "web",
                        "--namespace",
                        "ns",
                        "--include-crds",
                        "--api-versions",
                        "example.com/v7",
                        "--values=-"
                    ) with
                    {
                        Stdin = "{\"image\":{\"tag\":\"rtk\"},\"list\":[1,2]}"u8.ToArray(),
                    },
                    // Inherited and none of helm's business: nothing may be read from it, nor may it count.
                    stage.Call(helm, stage.Work, "template", "shop", "web", "--no-hooks") with
                    {
                        Stdin = Encoding.UTF8.GetBytes(Guid.NewGuid().ToString()),
                    },
                ]
        );
    }

    [Theory]
    [MemberData(nameof(Charts))]
    public async Task Skaffold_hits(int major, bool mentions)
    {
        await using var stage = new CallerStage(major, mentions);
        string kube = CallerStage.Write(Path.Combine(stage.Work, "kube"), KubeconfigText);
        await stage.PlayAsync(4, Play);

        IEnumerable<Command> Play(string helm)
        {
            yield return stage.Call(helm, stage.Work, "version", "--short");
            yield return Template(helm, "", "--namespace", "ns");
            yield return Template(helm, "two", "--namespace", "ns", "--kubeconfig", kube);
            yield return Template(helm, "two", "--kubeconfig", kube);
        }

        Command Template(string helm, string context, params string[] more)
        {
            string overrides = CallerStage.Write(Path.Combine(stage.FreshPath("skaffold"), "skaffold-overrides.yaml"), "replicas: 3\n");
            return stage.Call(
                helm,
                stage.Work,
                [
                    "--kube-context",
                    context,
                    "template",
                    "shop",
                    "web",
                    "--set-string",
                    "image=registry.example.com/web:1.0,image2=x",
                    "-f",
                    overrides,
                    .. more,
                ]
            );
        }
    }

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Tilt_hits(int major)
    {
        await using var stage = new CallerStage(major);
        string values = CallerStage.Write(Path.Combine(stage.Work, "dev.yaml"), "image: {tag: dev}\n");
        await stage.PlayAsync(
            2,
            helm =>
                [
                    stage.Call(
                        helm,
                        stage.Work,
                        "template",
                        "shop",
                        stage.ChartPath,
                        "--namespace",
                        "ns",
                        "--values",
                        values,
                        "--set",
                        "replicas=2"
                    ),
                    stage.Call(helm, stage.Work, "template", stage.ChartPath, "--generate-name", "--include-crds"),
                ]
        );
    }

    /// <summary>ct lint, one call for each file of values in <c>ci/</c>.</summary>
    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Chart_testing_hits(int major)
    {
        await using var stage = new CallerStage(major);
        CallerStage.Write(
            Path.Combine(stage.ChartPath, "Chart.yaml"),
            "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n  - {name: kid, version: 1.0.0, repository: \"\"}\n"
        );
        string values = CallerStage.Write(Path.Combine(stage.ChartPath, "ci", "test-values.yaml"), "replicas: 2\n");
        await stage.PlayAsync(
            3,
            helm =>
                [
                    stage.Call(helm, stage.Work, "version", "--template", "{{ .Version }}"),
                    stage.Call(helm, stage.Work, "lint", stage.ChartPath),
                    stage.Call(helm, stage.Work, "lint", stage.ChartPath, "--values", values),
                ]
        );
    }

    /// <summary>checkov always asks for an update of the dependencies, which writes into the chart; the list of them is served.</summary>
    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Checkov_is_left_to_helm(int major)
    {
        await using var stage = new CallerStage(major);
        string values = CallerStage.Write(Path.Combine(stage.Work, "dev.yaml"), "image: {tag: dev}\n");
        await stage.PlayBypassedAsync(
            "dependency-update",
            helm => stage.Call(helm, stage.Work, "template", "--dependency-update", stage.ChartPath, "--values", values)
        );
        CommandResult real = await stage.Call(stage.Home.RealHelm, stage.Work, "dependency", "list", stage.ChartPath).RunAsync();
        for (int i = 0; i < 2; i++)
            Assert.Null(
                (await stage.Call(stage.Home.ShimPath, stage.Work, "dependency", "list", stage.ChartPath).RunAsync()).DifferenceFrom(real)
            );
        Assert.Equal(1, (await stage.Home.StatsAsync()).Hits);
    }
}
