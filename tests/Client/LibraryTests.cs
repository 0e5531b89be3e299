using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Client;

/// <summary>
/// The library, by its public face. What depends on this process's own variables is tested by the sample, in
/// <see cref="LibrarySampleTests"/>.
/// </summary>
[Trait("Needs", "programs")]
public sealed class LibraryTests
{
    [Theory, MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task A_render_is_what_helm_prints_and_the_next_one_comes_from_the_cache(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Work(home);
        await home.StartAsync();
        HelmCache cache = Cache(home);
        foreach (
            string[] arguments in (string[][])
                [
                    ["template", "shop", "web"],
                    ["template", "shop", "web"],
                    ["template", "shop", "nowhere"],
                    ["version", "--short"],
                    ["template", "shop", "web", "-f", "-"],
                ]
        )
        {
            CommandResult real = await (home.Real(work, arguments) with { Stdin = "a: typed\n"u8.ToArray() }).RunAsync();
            HelmRender render = await cache.RenderAsync(Call(home, work, arguments));
            Assert.Equal(
                (real.ExitCode, real.StdoutText, real.StderrText),
                (render.ExitCode, Encoding.UTF8.GetString(render.StandardOutput.Span), Encoding.UTF8.GetString(render.StandardError.Span))
            );
        }
        Assert.Equal(1, (await home.StatsAsync()).Hits);
    }

    [Fact]
    public async Task Resources_are_read_as_Kubernetes_reads_them()
    {
        await using var home = new DaemonHome(RealHelms.Helm4);
        string work = Work(home);
        Chart("odd").WithFile("crds/bad.yaml", "kind: [\n").WithConfigMap("c", "a: b").WriteTo(work);
        HelmCache cache = Cache(home);
        ResourceMap resources = await cache.ResourcesAsync(Call(home, work, "template", "shop", "web", "-n", "prod"));
        Assert.Equal(2, resources.Count);
        Assert.Empty(resources.Problems);
        Resource service = resources["service_shop"];
        Assert.Equal(
            ("v1", "Service", "prod", "shop", "web/templates/s.yaml"),
            (service.ApiVersion, service.Kind, service.Namespace, service.Name, service.Source)
        );
        Assert.Equal("15", service.Manifest.GetProperty("spec").GetProperty("ports")[0].GetProperty("port").GetRawText());
        Assert.Equal(["config_map_c", "service_shop"], resources.Select(static resource => resource.Key).Order(StringComparer.Ordinal));
        Assert.False(resources.TryGet("service_other", out _));

        resources = await cache.ResourcesAsync(Call(home, work, "template", "shop", "odd", "--include-crds"));
        Assert.Single(resources);
        Assert.StartsWith("document 1 (odd/crds/bad.yaml), line ", Assert.Single(resources.Problems), StringComparison.Ordinal);

        var byKind = new HelmCache(new HelmCacheOptions { ShimPath = home.ShimPath, NameFormat = "{{ .kind }}" });
        Assert.True((await byKind.ResourcesAsync(Call(home, work, "template", "shop", "web"))).TryGet("Service", out _));
    }

    [Fact]
    public async Task What_cannot_be_done_says_why()
    {
        await using var home = new DaemonHome(RealHelms.Helm4);
        string work = Work(home);
        HelmCache cache = Cache(home);
        Assert.Contains(
            "not the shim",
            Assert.Throws<HelmCacheException>(() => new HelmCache(new HelmCacheOptions { ShimPath = RealHelms.Helm4 })).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "/nonexistent",
            (await Assert.ThrowsAsync<HelmCacheException>(() => cache.RenderAsync(Call(home, "/nonexistent", "version")))).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "must print manifests",
            (await Assert.ThrowsAsync<HelmCacheException>(() => cache.ResourcesAsync(Call(home, work, "version")))).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "nowhere",
            (
                await Assert.ThrowsAsync<HelmCacheException>(() => cache.ResourcesAsync(Call(home, work, "template", "shop", "nowhere")))
            ).Message,
            StringComparison.Ordinal
        );
        var unknown = new HelmCache(new HelmCacheOptions { ShimPath = home.ShimPath, NameFormat = "{{ nope .kind }}" });
        Assert.Contains(
            "unknown function nope",
            (
                await Assert.ThrowsAsync<HelmCacheException>(() => unknown.ResourcesAsync(Call(home, work, "template", "shop", "web")))
            ).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_call_that_is_cancelled_takes_its_programs_along()
    {
        using var directory = new TemporaryDirectory();
        // Not helm: what it is called does not matter here, and it does not end by itself.
        string helm = directory.At("helm");
        await File.WriteAllTextAsync(
            helm,
            $"#!/bin/sh\necho $$ > {directory.At("pid")}.new\nmv {directory.At("pid")}.new {directory.At("pid")}\nexec sleep 1000\n"
        );
        File.SetUnixFileMode(helm, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await using var home = new DaemonHome(helm);
        using var stop = new CancellationTokenSource();
        Task<HelmRender> render = Cache(home).RenderAsync(Call(home, "/", "upgrade", "x", "y"), stop.Token);
        await Eventually.IsTrueAsync("helm runs", () => File.Exists(directory.At("pid")));
        int id = int.Parse(await File.ReadAllTextAsync(directory.At("pid")), System.Globalization.CultureInfo.InvariantCulture);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => render);
        await Eventually.IsTrueAsync("helm is gone", () => !Process.GetProcesses().Any(process => process.Id == id));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Cache(home).RenderAsync(Call(home, "/", "version"), stop.Token));
    }

    private static HelmCache Cache(DaemonHome home) => new(new HelmCacheOptions { ShimPath = home.ShimPath });

    /// <summary>A call with the variables of a home, and none of this process's.</summary>
    private static HelmCall Call(DaemonHome home, string directory, params string[] arguments)
    {
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry own in Environment.GetEnvironmentVariables())
            variables[(string)own.Key] = null;
        foreach ((string name, string? value) in home.Environment)
            variables[name] = value;
        return new HelmCall(arguments)
        {
            WorkingDirectory = directory,
            Variables = variables,
            StandardInput = "a: typed\n"u8.ToArray(),
        };
    }

    private static string Work(DaemonHome home)
    {
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web")
            .WithConfigMap("c", "a: {{ .Values.a | default 1 }}")
            .WithTemplate(
                "s.yaml",
                "apiVersion: v1\nkind: Service\nmetadata: {name: '{{ .Release.Name }}', namespace: '{{ .Release.Namespace }}'}\n"
                    + "spec: {ports: [{port: 017}]}\n"
            )
            .WriteTo(work);
        return work;
    }
}
