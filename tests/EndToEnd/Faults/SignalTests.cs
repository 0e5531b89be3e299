using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>Terminals, signals and slow readers; pipes and closed streams are in <see cref="StreamTests"/>.</summary>
[Collection(FaultsCollection.Name)]
public sealed partial class SignalTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ctrl_C_on_a_terminal_ends_us_as_it_ends_helm(bool cached)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command call = cached ? fake.HeldTemplate() : fake.HeldTemplate().With("HELMCACHED_DISABLE", "1");
        // util-linux script: a terminal of its own, and with -e the exit code of what ran there.
        using Process terminal = (call with
        {
            File = "/usr/bin/script",
            Arguments = ["-qec", string.Join(' ', ["exec env --default-signal=INT", call.File, .. call.Arguments]), "/dev/null"],
        }).With("SHELL", "/bin/bash").Start();
        await fake.RunsReachAsync(1);
        await terminal.StandardInput.WriteAsync('\u0003');
        await terminal.StandardInput.FlushAsync();
        await terminal.WaitForExitAsync();
        Assert.Equal(130, terminal.ExitCode);
        int helm = fake.RunIds.Single();
        await Eventually.IsTrueAsync("helm is gone", () => Signals.IsGone(helm));
        Assert.Equal(0, (await fake.Home.StatsAsync()).Entries);
    }

    /// <summary>A shell ends with a child that Ctrl-C ended, and goes on after one that merely says 130: the loop of a script must end.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ctrl_C_ends_the_script_around_us_too(bool cached)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command call = cached ? fake.HeldTemplate() : fake.HeldTemplate().With("HELMCACHED_DISABLE", "1");
        string loop = $"for i in 1 2 3; do {call.File} {string.Join(' ', call.Arguments)}; echo went on; done";
        Command script = (call with { File = "/usr/bin/script", Arguments = ["-qec", $"exec env --default-signal=INT bash -c '{loop}'", "/dev/null"] }).With("SHELL", "/bin/bash");
        using Process terminal = script.Start();
        await fake.RunsReachAsync(1);
        await terminal.StandardInput.WriteAsync('\u0003');
        await terminal.StandardInput.FlushAsync();
        string shown = await terminal.StandardOutput.ReadToEndAsync();
        await terminal.WaitForExitAsync();
        Assert.Equal(130, terminal.ExitCode);
        Assert.DoesNotContain("went on", shown, StringComparison.Ordinal);
        Assert.Equal(1, fake.Runs);
    }

    /// <summary>A shell says "Terminated" only of a child ended by the signal, not of one with exit code 143.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Parent_sees_that_helm_was_ended_by_a_signal(bool onTerminal)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command call = fake.Template().With("FAKEHELM_SIGNAL", "15");
        Command real = fake.Real(call);
        string expected = await SeenByShellAsync(real, onTerminal);
        Assert.Contains("Terminated", expected, StringComparison.Ordinal);
        Assert.Equal(expected, await SeenByShellAsync(call, onTerminal));
    }

    [Fact]
    public async Task Reader_of_a_hit_that_does_not_read_holds_up_nobody()
    {
        const int Bytes = 8_000_000;
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command large = fake.Template().With("FAKEHELM_STDOUT", null).With("FAKEHELM_FLOOD", $"{Bytes}");
        await large.RunAsync();
        Process[] slow = [.. Enumerable.Range(0, 4).Select(_ => large.Start())];
        CommandResult[] quick = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => large.RunAsync()));
        Assert.All(quick, result => Assert.Equal(Bytes, result.Stdout.Length));
        foreach (Process process in slow)
        {
            Assert.False(process.HasExited);
            using var rest = new MemoryStream();
            await process.StandardOutput.BaseStream.CopyToAsync(rest);
            Assert.True(rest.ToArray().AsSpan().SequenceEqual(FakeHelmHome.Flood(Bytes)));
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
            process.Dispose();
        }
        Assert.Equal(1, fake.Runs);
    }

    private static async Task<string> SeenByShellAsync(Command command, bool onTerminal)
    {
        Command shell = command with { File = "/bin/bash", Arguments = ["-c", "\"$0\" \"$@\"; echo \"code $?\" >&2", command.File, .. command.Arguments] };
        if (onTerminal)
        {
            string line = $"/bin/bash -c '\"$0\" \"$@\"; echo \"code $?\"' {command.File} {string.Join(' ', command.Arguments)}";
            shell = (command with { File = "/usr/bin/script", Arguments = ["-qec", line, "/dev/null"] }).With("SHELL", "/bin/bash");
        }
        CommandResult result = await shell.RunAsync();
        // Without the process id and the command, which differ.
        return Varying().Replace(result.StdoutText + result.StderrText, "*");
    }

    [GeneratedRegex(@"(?<=: +)[0-9]+ (?=Terminated)|(?<=Terminated).*")]
    private static partial Regex Varying();
}
