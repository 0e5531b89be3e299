using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>A miss is rendered by the armed copy: what it gives is kept at once, and what it does not give is real helm's.</summary>
[Trait("Needs", "programs")]
public sealed class ArmedRunTests
{
    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task One_run_gives_the_answer_and_the_proof(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = home.At("work");
        Chart("web")
            .WithValues("t: '{{ .Release.Name }}'\n")
            .WithConfigMap("c", "v: {{ if .Values.none }}{{ randAlpha 8 }}{{ end }}{{ tpl (print .Values.t \"\") . }}")
            .WriteTo(work);
        await home.StartAsync();
        CommandResult real = await home.Real(work, "template", "r", "web").RunAsync();
        for (int i = 0; i < 2; i++)
            Assert.Null((await home.Shim(work, "template", "r", "web").RunAsync()).DifferenceFrom(real));
        Stats stats = await home.StatsAsync();
        Assert.True(stats is { Misses: 1, Hits: 1, HelmRuns: 1, ProofRuns: 1, Stored: 1, Bypasses: 0 }, stats.ToString());
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task A_trap_ends_in_real_helm_within_the_same_call_and_is_told_by_name(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = home.At("work");
        Chart("web").WithConfigMap("c", "v: {{ .Values.v }} {{ randAlphaNum 8 | len }}").WriteTo(work);
        await home.StartAsync();
        Command call = (home.Shim(work, "template", "r", "web", "-f", "-") with { Stdin = "v: typed\n"u8.ToArray() }).With(
            "HELMCACHED_TRACE",
            "1"
        );
        CommandResult first = await call.RunAsync();
        Assert.Equal(0, first.ExitCode);
        Assert.Contains("v: typed 8", first.StdoutText, StringComparison.Ordinal);
        Assert.Contains("not kept: randAlphaNum was called", first.StderrText, StringComparison.Ordinal);
        CommandResult second = await call.RunAsync();
        Assert.Contains("v: typed 8", second.StdoutText, StringComparison.Ordinal);
        Assert.Contains("bypass known-to-vary randAlphaNum was called", second.StderrText, StringComparison.Ordinal);
        Stats stats = await home.StatsAsync();
        Assert.True(stats is { Misses: 1, Hits: 0, Stored: 0, Entries: 0, Bypasses: 1 }, stats.ToString());
        // Judged anew when somebody asks for it.
        Assert.Contains(
            "not kept: randAlphaNum was called",
            (await call.With("HELMCACHED_RECACHE", "1").RunAsync()).StderrText,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Failures_of_helm_s_own_are_passed_on_without_a_second_run(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = home.At("work");
        Chart("web").WithConfigMap("c", "v: {{ fail \"on purpose\" }}").WriteTo(work);
        await home.StartAsync();
        CommandResult real = await home.Real(work, "template", "r", "web").RunAsync();
        Assert.Equal(1, real.ExitCode);
        Assert.Null((await home.Shim(work, "template", "r", "web").RunAsync()).DifferenceFrom(real));
        Stats stats = await home.StatsAsync();
        Assert.True(stats is { Misses: 1, HelmRuns: 1, Stored: 0 } && stats.RefuseReasons.ContainsKey("helm-failed"), stats.ToString());
    }

    [Fact]
    public async Task A9_frozen_output_is_for_those_who_asked_for_it()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        string work = home.At("work");
        Chart("web").WithConfigMap("c", "v: {{ randAlphaNum 20 }}").WriteTo(work);
        // Whoever starts the daemon decides nothing for the others.
        Assert.Equal(0, (await home.Admin("start").With("HELMCACHED_IMPURE", "freeze").RunAsync()).ExitCode);
        Command plain = home.Shim(work, "template", "r", "web"),
            freezing = plain.With("HELMCACHED_IMPURE", "freeze");
        string[] frozen = [(await freezing.RunAsync()).StdoutText, (await freezing.RunAsync()).StdoutText];
        string[] live = [(await plain.RunAsync()).StdoutText, (await plain.RunAsync()).StdoutText];
        Assert.Equal(frozen[0], frozen[1]);
        Assert.Equal(3, frozen.Concat(live).Distinct().Count());
    }

    [Fact]
    public async Task A_copy_that_is_not_the_one_that_was_tried_is_not_run()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        string work = home.At("work"),
            armed = home.At("armed");
        Chart("web").WithConfigMap("c", "v: {{ tpl \"x\" . }}").WriteTo(work);
        Assert.Equal(0, (await home.Admin("start").With("HELMCACHED_ARMED_DIRECTORY", armed).RunAsync()).ExitCode);
        string copy = Assert.Single(Directory.GetFiles(armed, "helm-*"));
        File.Move(copy, copy + "-away");
        File.WriteAllText(copy, "#!/bin/sh\necho foreign\n");
        File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        CommandResult real = await home.Real(work, "template", "r", "web").RunAsync();
        Assert.Null((await home.Shim(work, "template", "r", "web").RunAsync()).DifferenceFrom(real));
    }

    [Fact]
    public async Task Helm_that_cannot_be_armed_keeps_plain_templates_alone()
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        string work = home.At("work");
        Chart("web").WithConfigMap("c", "v: {{ .Values.v | quote }}").WriteTo(work);
        Chart("tpl").WithConfigMap("c", "v: {{ tpl .Values.v . }}").WriteTo(work);
        Chart("schema").WithConfigMap("c", "v: x").WithSchema("{\"$ref\": \"file:///nowhere\"}").WriteTo(work);
        await home.StartAsync();
        for (int i = 0; i < 2; i++)
        {
            foreach (string chart in (string[])["web", "tpl", "schema"])
                Assert.Equal("x\n", (await home.Shim(work, "template", "r", chart).With("FAKEHELM_STDOUT", "x\n").RunAsync()).StdoutText);
        }
        Stats stats = await home.StatsAsync();
        Assert.True(
            stats is { Misses: 1, Hits: 1, Bypasses: 4 } && stats.BypassReasons.Keys.Order().SequenceEqual(["schema-reference", "unarmed"]),
            stats.ToString()
        );
        CommandResult explained = await (home.Admin("explain", "--", "template", "r", "tpl") with { Directory = work }).RunAsync();
        Assert.Contains("bypass: unarmed tpl at templates/c.yaml:", explained.StdoutText, StringComparison.Ordinal);
        Assert.Contains("helm is unarmed: ", explained.StdoutText, StringComparison.Ordinal);
    }
}
