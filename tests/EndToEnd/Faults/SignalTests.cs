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
[Trait("Needs", "programs")]
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
        using Process terminal = (
            call with
            {
                File = "/usr/bin/script",
                Arguments = ["-qec", string.Join(' ', ["exec env --default-signal=INT", call.File, .. call.Arguments]), "/dev/null"],
            }
        )
            .With("SHELL", "/bin/bash")
            .Start();
        await fake.RunsReachAsync(1);
        await terminal.StandardInput.WriteAsync('\u0003');
        await terminal.StandardInput.FlushAsync();
        await terminal.WaitForExitAsync();
        Assert.Equal(130, terminal.ExitCode);
        int helm = fake.RunIds.Single();
        await Eventually.IsTrueAsync("helm is gone", () => Signals.IsGone(helm));
        Assert.Equal(0, (await fake.Home.StatsAsync()).Entries);
    }

    /// <summary>
    /// A shell ends with a child that Ctrl-C ended, and goes on after one that merely says 130: the loop of a script must end.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ctrl_C_ends_the_script_around_us_too(bool cached)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command call = cached ? fake.HeldTemplate() : fake.HeldTemplate().With("HELMCACHED_DISABLE", "1");
        string loop = $"for i in 1 2 3; do {call.File} {string.Join(' ', call.Arguments)}; echo went on; done";
        Command script = (
            call with
            {
                File = "/usr/bin/script",
                Arguments = ["-qec", $"exec env --default-signal=INT bash -c '{loop}'", "/dev/null"],
            }
        ).With("SHELL", "/bin/bash");
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

    /// <summary>Whoever touches the terminal from the background is stopped by it, with the whole job.</summary>
    [Fact]
    public async Task Job_that_was_stopped_goes_on_in_the_background()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command call = fake.HeldTemplate();
        Command shell = call with
        {
            File = "/usr/bin/script",
            Arguments = ["-qec", "exec env --default-signal=TSTP,TTOU,TTIN bash --norc --noprofile -i", "/dev/null"],
        };
        using Process terminal = shell.With("SHELL", "/bin/bash").With("TERM", "dumb").Start();
        await TypeAsync($"{call.File} {string.Join(' ', call.Arguments)} >out; echo ended >>out\n");
        await fake.RunsReachAsync(1);
        int helm = fake.RunIds.Single();
        await TypeAsync("\u001a");
        await Eventually.IsTrueAsync("helm is stopped", () => StateOf(helm) == 'T');
        await TypeAsync("bg\n");
        await Eventually.IsTrueAsync("helm goes on", () => StateOf(helm) != 'T');
        fake.LetGo();
        string output = Path.Combine(fake.Work, "out");
        await Eventually.IsTrueAsync("the call ends", () => File.ReadAllText(output).EndsWith("ConfigMap\n", StringComparison.Ordinal));
        await TypeAsync("exit\nexit\n");
        await terminal.WaitForExitAsync();

        async Task TypeAsync(string keys)
        {
            await terminal.StandardInput.WriteAsync(keys);
            await terminal.StandardInput.FlushAsync();
        }

        static char StateOf(int process) => File.ReadAllText($"/proc/{process}/stat").Split(") ")[1][0];
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

    /// <summary>Go programs unblock the signal that they die of; a shell goes on after one that merely says 141.</summary>
    [TraceFact]
    public async Task Broken_pipe_ends_us_by_its_signal_though_our_caller_had_it_blocked()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command call = fake.Template().With("FAKEHELM_STDOUT", null).With("FAKEHELM_FLOOD", "1000000");
        string log = fake.Home.At("strace");
        const string Script = "log=$0; strace -o \"$log\" -e trace=none env --block-signal=PIPE \"$@\" | head -c 10";
        for (int i = 0; i < 2; i++) // A miss, then a hit.
        {
            await (call with { File = "/bin/bash", Arguments = ["-c", Script, log, call.File, .. call.Arguments] }).RunAsync();
            Assert.Contains("killed by SIGPIPE", File.ReadAllText(log), StringComparison.Ordinal);
        }
        Assert.Equal(1, fake.Runs);
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
        Command shell = command with
        {
            File = "/bin/bash",
            Arguments = ["-c", "\"$0\" \"$@\"; echo \"code $?\" >&2", command.File, .. command.Arguments],
        };
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
