using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Callers;

/// <summary>Unmodified clients, each told to use the shim in the way that its own documentation gives.</summary>
[Trait("Needs", "programs")]
public sealed class RealClientTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Kubectl_kustomize_hits_with_helm_3(bool mentions)
    {
        await using var stage = new CallerStage(3, mentions);
        string root = Kustomization(stage);
        await stage.PlayAsync(6, helm => [Kustomize(stage, helm, root)]);
    }

    /// <summary>The kustomize in kubectl asks for <c>version -c --short</c>, which helm 4 does not know any more.</summary>
    [Fact]
    public async Task Kubectl_kustomize_fails_with_helm_4_as_it_does_without_us()
    {
        await using var stage = new CallerStage(4);
        string root = Kustomization(stage);
        CommandResult real = await Kustomize(stage, stage.Home.RealHelm, root).RunAsync();
        CommandResult ours = await Kustomize(stage, stage.Home.ShimPath, root).RunAsync();
        Assert.Contains("unknown shorthand flag: 'c' in -c", real.StderrText, StringComparison.Ordinal);
        Assert.Equal((real.ExitCode, real.StdoutText), (ours.ExitCode, ours.StdoutText));
        Assert.Equal(Lines(real, stage.Home.RealHelm), Lines(ours, stage.Home.ShimPath));

        // It prints the path of helm and its own temporary directory.
        static IEnumerable<string> Lines(CommandResult result, string helm) =>
            result
                .StderrText.Split('\n')
                .Select(line =>
                    string.Join(
                        ' ',
                        line.Replace(helm, "HELM", StringComparison.Ordinal)
                            .Split(' ')
                            .Where(word => !word.Contains("/kustomize-helm-", StringComparison.Ordinal))
                    )
                );
    }

    [Theory]
    [MemberData(nameof(ReplayTests.Charts), MemberType = typeof(ReplayTests))]
    public async Task Cdk8s_hits(int major, bool mentions)
    {
        await using var stage = new CallerStage(major, mentions);
        string modules = Directory.CreateDirectory(stage.Home.At("node_modules")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(modules, "cdk8s"), NodePackages.Cdk8s);
        Directory.CreateSymbolicLink(Path.Combine(modules, "constructs"), NodePackages.Constructs);
        string app = CallerStage.Write(
            Path.Combine(stage.Work, "app.js"),
            """
            const { App, Chart, Helm } = require('cdk8s');
            const app = new App();
            const chart = new Chart(app, 'shop');
            const helmExecutable = process.argv[2];
            new Helm(chart, 'plain', { chart: './web', helmExecutable, releaseName: 'plain' });
            new Helm(chart, 'named', { chart: './web', helmExecutable, namespace: 'shop', values: { image: { tag: 'two' } }, helmFlags: ['--include-crds', '--skip-tests'] });
            process.stdout.write(app.synthYaml());

            """
        );
        Command Synth(string helm) =>
            (stage.Home.Shim(stage.Work, "node", app, helm) with { File = "/usr/bin/env" })
                .With("PATH", Environment.GetEnvironmentVariable("PATH"))
                .With("NODE_PATH", modules)
                .With("TMPDIR", stage.Temp);

        await stage.PlayAsync(2, helm => [Synth(helm)]);
        Assert.Contains("\"tag\":\"two\"", (await Synth(stage.Home.ShimPath).RunAsync()).StdoutText, StringComparison.Ordinal);
    }

    private static Command Kustomize(CallerStage stage, string helm, string root) =>
        stage.Call(Kubectl.Path, stage.Work, "kustomize", "--enable-helm", "--helm-command", helm, root);

    /// <summary>
    /// Three charts, of each the version and a render: with values inline, with a values file beside, and without a release name.
    /// </summary>
    private static string Kustomization(CallerStage stage)
    {
        foreach (
            (string name, string helmChart) in ((string, string)[])
                [
                    ("inline", "releaseName: r\n    namespace: shop\n    includeCRDs: true\n    valuesInline: {image: {tag: inline}}"),
                    (
                        "file",
                        "releaseName: r\n    valuesFile: my-values.yaml\n    additionalValuesFiles: [more.yaml]\n"
                            + "    apiVersions: [example.com/v7]\n    kubeVersion: v1.30.0\n    skipTests: true"
                    ),
                    ("unnamed", "namespace: other"),
                ]
        )
        {
            string part = Path.Combine(stage.Work, "parts", name);
            CallerStage.Write(
                Path.Combine(part, "kustomization.yaml"),
                $"namePrefix: {name}-\nhelmCharts:\n  - name: web\n    {helmChart}\n"
            );
            stage.WriteChart(Path.Combine(part, "charts"));
            CallerStage.Write(Path.Combine(part, "my-values.yaml"), "image: {tag: from-file}\n");
            CallerStage.Write(Path.Combine(part, "more.yaml"), "replicas: 4\n");
        }
        string root = Path.Combine(stage.Work, "all");
        CallerStage.Write(Path.Combine(root, "kustomization.yaml"), "resources: [../parts/inline, ../parts/file, ../parts/unnamed]\n");
        return root;
    }

    private static class Kubectl
    {
        private static readonly Lazy<string> LazyPath = new(() => FetchedFile.Get("HELMCACHED_TEST_KUBECTL", "get-helm.sh", "kubectl"));

        public static string Path => LazyPath.Value;
    }
}
