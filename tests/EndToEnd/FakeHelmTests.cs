using System;
using System.IO;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>The stand-in misbehaves as told, or the tests that lean on it prove nothing.</summary>
[Trait("Needs", "programs")]
public sealed class FakeHelmTests
{
    [Fact]
    public void It_carries_the_mark_of_a_helm_binary() =>
        Assert.True(File.ReadAllBytes(Repository.FakeHelm).AsSpan().IndexOf("helm.sh/helm/v3"u8) >= 0);

    [Fact]
    public async Task It_counts_and_becomes_real_helm()
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        string log = home.At("log");
        CommandResult result = await home.Real("/", "version", "--short")
            .With("FAKEHELM_LOG", log)
            .With("FAKEHELM_REAL", RealHelms.Helm3)
            .RunAsync();
        Assert.StartsWith("v3.17.3", result.StdoutText, StringComparison.Ordinal);
        Assert.EndsWith("\tversion --short\n", File.ReadAllText(log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_waits_edits_and_floods()
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        string edited = home.At("edited");
        Command command = home.Real("/", "template")
            .With("FAKEHELM_WAIT_FOR", home.At("gate"))
            .With("FAKEHELM_EDIT_FILE", edited)
            .With("FAKEHELM_EDIT_TEXT", "x")
            .With("FAKEHELM_FLOOD", "1000");
        Task<CommandResult> run = command.RunAsync();
        Assert.False(File.Exists(edited));
        File.WriteAllText(home.At("gate"), "");
        Assert.Equal(1000, (await run).Stdout.Length);
        Assert.Equal("x", File.ReadAllText(edited));
    }

    [Fact]
    public async Task It_fails_and_dies_as_told()
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        CommandResult failed = await home.Real("/", "template").With("FAKEHELM_EXIT", "3").With("FAKEHELM_STDERR", "no\n").RunAsync();
        Assert.Equal((3, "", "no\n"), (failed.ExitCode, failed.StdoutText, failed.StderrText));
        Assert.Equal(137, (await home.Real("/", "template").With("FAKEHELM_SIGNAL", "9").RunAsync()).ExitCode);
    }

    [Fact]
    public async Task It_reports_its_standard_input()
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        CommandResult result = await (
            home.Real("/", "a").With("FAKEHELM_REPORT", "1") with
            {
                Stdin = Encoding.ASCII.GetBytes(""),
            }
        ).RunAsync();
        Assert.Contains("stdin: e3b0c442", result.StdoutText, StringComparison.Ordinal);
    }
}
