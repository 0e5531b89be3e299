using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>Pipes, broken and large ones, signals and exit codes: as helm does it, cold and warm.</summary>
public sealed class StreamTests
{
    [Fact]
    public async Task First_call_under_a_pipe_ends_although_the_daemon_stays()
    {
        await using var fake = new FakeHelmHome();
        // The shell's cat ends at end of file; a daemon that inherited the pipe's end would keep it waiting for ever.
        CommandResult result = await Shell(fake, "\"$0\" \"$@\" | cat; echo ended >&2").RunAsync();
        Assert.Equal((0, FakeHelmHome.Output, "ended\n"), (result.ExitCode, result.StdoutText, result.StderrText));
        Assert.Single(fake.Home.DaemonIds());
    }

    [Fact]
    public async Task Daemon_keeps_no_descriptor_and_no_directory_of_its_first_caller()
    {
        await using var fake = new FakeHelmHome();
        await Shell(fake, "exec 9>extra; \"$0\" \"$@\"").RunAsync();
        int daemon = fake.Home.DaemonIds().Single();
        string[] open = [.. Directory.EnumerateFileSystemEntries($"/proc/{daemon}/fd").Select(f => File.ResolveLinkTarget(f, returnFinalTarget: false)?.FullName ?? "")];
        Assert.DoesNotContain(open, target => target.StartsWith(fake.Work, StringComparison.Ordinal));
        Assert.DoesNotContain(fake.Work, Directory.ResolveLinkTarget($"/proc/{daemon}/cwd", returnFinalTarget: false)!.FullName, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"$0\" \"$@\" | head -c 10; echo \" ${PIPESTATUS[0]}\"")]
    [InlineData("\"$0\" \"$@\" >/dev/full; echo $?")]
    [InlineData("\"$0\" \"$@\" >&-; echo $?")]
    [InlineData("\"$0\" \"$@\" 2>&- | wc -c; echo ${PIPESTATUS[0]}")]
    [InlineData("\"$0\" \"$@\" <&- | wc -c; echo ${PIPESTATUS[0]}")]
    [InlineData("\"$0\" \"$@\" >out 2>&1; echo $?; wc -c <out; rm out")]
    [InlineData("(trap '' PIPE; \"$0\" \"$@\" | head -c 10; echo \" ${PIPESTATUS[0]}\")")]
    public async Task Outputs_that_cannot_take_it_end_as_with_real_helm(string script)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        string chart = Path.Combine(fake.ChartPath, "templates", "big.yaml");
        File.WriteAllText(chart, "data:\n{{- range until 20000 }}\n  k{{ . }}: {{ . | quote }}\n{{- end }}\n");
        Command command = Shell(fake, script).With("FAKEHELM_STDOUT", null).With("FAKEHELM_REAL", RealHelms.Helm3);
        CommandResult real = await (command with { Arguments = [command.Arguments[0], script, RealHelms.Helm3, .. command.Arguments.Skip(3)] }).RunAsync();
        Assert.Equal(real.ToString() + real.StdoutText, Describe(await command.RunAsync()));
        Assert.Equal(real.ToString() + real.StdoutText, Describe(await command.RunAsync()));
    }

    [Fact]
    public async Task Thirty_megabytes_come_out_whole()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command command = fake.Template().With("FAKEHELM_STDOUT", null).With("FAKEHELM_FLOOD", "30000000");
        CommandResult real = await fake.Real(command).RunAsync();
        Assert.Equal(30_000_000, real.Stdout.Length);
        Assert.Null((await command.RunAsync()).DifferenceFrom(real));
        Assert.Null((await command.RunAsync()).DifferenceFrom(real));
        Assert.Equal(1, fake.Runs);
    }

    [Fact]
    public async Task Success_with_a_note_on_stderr_is_replayed_with_it()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command command = fake.Template().With("FAKEHELM_STDERR", "walk.go:75: a note\n");
        for (int i = 0; i < 3; i++)
        {
            CommandResult result = await command.RunAsync();
            Assert.Equal((0, FakeHelmHome.Output, "walk.go:75: a note\n"), (result.ExitCode, result.StdoutText, result.StderrText));
        }
        Assert.Equal(1, fake.Runs);
    }

    [Fact]
    public async Task Failure_passes_through_and_is_not_remembered()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command failing = fake.Template().With("FAKEHELM_STDOUT", "half: 1\n").With("FAKEHELM_STDERR", "Error: broken\n").With("FAKEHELM_EXIT", "7");
        for (int i = 1; i <= 2; i++)
        {
            CommandResult result = await failing.RunAsync();
            Assert.Equal((7, "half: 1\n", "Error: broken\n"), (result.ExitCode, result.StdoutText, result.StderrText));
            Assert.Equal(i, fake.Runs);
        }
        // The caller repairs what was wrong (Argo CD: `helm dependency build`) and asks the same again.
        Assert.Equal(FakeHelmHome.Output, (await fake.Template().RunAsync()).StdoutText);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(15)]
    public async Task Helm_that_dies_of_a_signal_ends_us_by_it(int signal)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command command = fake.Template().With("FAKEHELM_SIGNAL", signal.ToString(CultureInfo.InvariantCulture));
        CommandResult real = await fake.Real(command).RunAsync();
        for (int i = 1; i <= 2; i++)
        {
            Assert.Equal(real.ExitCode, (await command.RunAsync()).ExitCode);
            Assert.Equal(i, fake.Runs);
        }
    }

    /// <summary>Not with SIGINT: a test run in the background of a shell has it ignored, and so would all its children.</summary>
    [Fact]
    public async Task Signal_to_us_reaches_helm_and_nothing_is_stored()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command held = fake.HeldTemplate();
        using Process process = held.Start();
        await fake.RunsReachAsync(1);
        Signals.Send(process.Id, Signals.Terminate);
        CommandResult result = await held.CompleteAsync(process);
        Assert.Equal(143, result.ExitCode);
        int helm = fake.RunIds.Single();
        await Eventually.IsTrueAsync("helm is gone", () => !Directory.Exists($"/proc/{helm}"));
        Assert.Equal(0, (await fake.Home.StatsAsync()).Entries);
    }

    private static Command Shell(FakeHelmHome fake, string script)
    {
        Command template = fake.Template();
        return template with { File = "/bin/bash", Arguments = ["-c", script, template.File, .. template.Arguments] };
    }

    private static string Describe(CommandResult result) => result.ToString() + result.StdoutText;
}
