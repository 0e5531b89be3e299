using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Inputs;

/// <summary>Links into /proc, by which one name is another file to each process: on the way to any input, at first or later.</summary>
[Trait("Needs", "programs")]
public sealed class MagicLinkTests : IDisposable
{
    private readonly CallSite _site = new();

    public MagicLinkTests()
    {
        File.CreateSymbolicLink(_site.At("work/fds"), "/proc/self/fd");
        File.CreateSymbolicLink(_site.At("work/pself"), "/proc/self");
        File.CreateSymbolicLink(_site.At("work/three"), "fds/3");
        File.CreateSymbolicLink(_site.At("work/far"), "fds/99999");
        _site.Write("work/v.yaml", "a: 1\n");
    }

    public void Dispose() => _site.Dispose();

    [Theory]
    [InlineData("template r ./web -f fds/3")]
    [InlineData("template r ./web -f fds/99999")]
    [InlineData("template r ./web -f three")]
    [InlineData("template r ./web -f far")]
    [InlineData("template r ./web -f pself/cwd/v.yaml")]
    [InlineData("template r ./web -f pself/root@/work/v.yaml")]
    [InlineData("template r ./web -f pself/environ")]
    [InlineData("template r ./web -f pself/../self/cwd/v.yaml")]
    [InlineData("template r ./web --set-file a=fds/3")]
    [InlineData("template r ./web --set-file a=pself/cwd/v.yaml")]
    [InlineData("template r ./web --kubeconfig fds/99999")]
    [InlineData("template r ./web --kubeconfig pself/cwd/kube")]
    [InlineData("template r ./web --repository-config fds/99999")]
    [InlineData("template r ./web --registry-config far")]
    [InlineData("template r ./web", "KUBECONFIG", "@/none:@/work/fds/99999")]
    [InlineData("template r ./web", "HELM_PLUGINS", "@/work/pself/cwd/plugins")]
    [InlineData("template r ./web", "DOCKER_CONFIG", "@/work/pself/cwd")]
    [InlineData("template r ./web", "HOME", "@/work/pself/cwd")]
    [InlineData("template r ./web", "TZ", "@/work/fds/99999")]
    [InlineData("template r ./web", "TZ", "../../..@/work/far")]
    [InlineData("template r ./web", "GOROOT", "@/work/pself/cwd", "TZ", "Nowhere/Never")]
    public void A3_input_behind_a_link_into_proc_is_declined(string line, params string[] variables)
    {
        var pairs = new List<(string, string?)>();
        for (int i = 0; i < variables.Length; i += 2)
            pairs.Add((variables[i], variables[i + 1]));
        AssertDeclined(BypassReason.ValuesThroughProc, _site.Request(line, stdin: null, [.. pairs]));
    }

    [Theory]
    [InlineData("template r pself/cwd/web")]
    [InlineData("template r @/work/pself/cwd/web")]
    [InlineData("template r pself/root@/work/web")]
    public void A3_chart_behind_a_link_into_proc_is_declined(string line) =>
        AssertDeclined(BypassReason.ChartSpecialFile, _site.Request(line));

    [Theory]
    [InlineData("x", "template r ./web", "KUBECONFIG", "@/x/250")]
    [InlineData("x/y", "template r ./web", "KUBECONFIG", "@/x/y/250")]
    [InlineData("home/.kube", "template r ./web", "HOME", "@/home")]
    [InlineData("d", "template r ./web -f @/d/v.yaml", "HOME", "@/home")]
    public void A3_directory_that_becomes_a_link_into_proc_is_a_change(string directory, string line, string variable, string value)
    {
        Directory.CreateDirectory(_site.At("d"));
        File.Copy(_site.At("work/v.yaml"), _site.At("d/v.yaml"));
        Directory.CreateDirectory(_site.At("home/.kube"));
        Directory.CreateDirectory(Path.GetDirectoryName(_site.At(directory))!);
        Message.Render request = _site.Request(line, stdin: null, (variable, value));
        var clock = new ManualClock(DateTimeOffset.UtcNow.AddHours(1));
        Fingerprint before = Assert.IsType<FingerprintOutcome.Known>(Fingerprinter(clock).Compute(request)).Fingerprint;
        Assert.True(before.StillValid());

        if (Directory.Exists(_site.At(directory)))
            Directory.Move(_site.At(directory), _site.At("moved"));
        // With the file itself still to be found by way of the link, and unchanged.
        File.CreateSymbolicLink(_site.At(directory), directory == "d" ? "/proc/self/root" + _site.At("moved") : "/proc/self/fd");
        Assert.False(before.StillValid());
        AssertDeclined(BypassReason.ValuesThroughProc, request);
    }

    [Fact]
    public void A3_link_that_leads_nowhere_is_something_where_nothing_was()
    {
        Message.Render request = _site.Request("template r ./web", stdin: null, ("KUBECONFIG", "@/kube"));
        var clock = new ManualClock(DateTimeOffset.UtcNow.AddHours(1));
        Fingerprint before = Assert.IsType<FingerprintOutcome.Known>(Fingerprinter(clock).Compute(request)).Fingerprint;
        Assert.True(before.StillValid());
        File.CreateSymbolicLink(_site.At("kube"), "/proc/self/fd/250");
        Assert.False(before.StillValid());
        AssertDeclined(BypassReason.ValuesThroughProc, request);
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task A3_values_behind_a_link_to_descriptors_are_the_callers(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithConfigMap("a", "a: {{ .Values.a }}").WriteTo(work);
        File.WriteAllText(Path.Combine(work, "1.yaml"), "a: one\n");
        File.WriteAllText(Path.Combine(work, "2.yaml"), "a: two\n");
        File.CreateSymbolicLink(Path.Combine(work, "fds"), "/proc/self/fd");
        await home.StartAsync();
        foreach (string file in (string[])["1.yaml", "1.yaml", "2.yaml", "1.yaml"])
        {
            Command plain = home.Shim(work);
            Command call = plain with
            {
                File = "/bin/bash",
                Arguments = ["-c", "exec \"$0\" template r web -f fds/3 3<" + file, plain.File],
            };
            Assert.Contains(file == "1.yaml" ? "a: one" : "a: two", (await call.RunAsync()).StdoutText, StringComparison.Ordinal);
        }
    }

    private static Fingerprinter Fingerprinter(TimeProvider clock) => new(clock, new HelmBinaries());

    private static void AssertDeclined(BypassReason reason, Message.Render request) =>
        Assert.Equal(reason, Assert.IsType<FingerprintOutcome.Declined>(Fingerprinter(TimeProvider.System).Compute(request)).Reason);
}
