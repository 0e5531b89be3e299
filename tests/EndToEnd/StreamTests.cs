using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>Pipes, broken and large ones, signals and exit codes: as helm does it, cold and warm.</summary>
[Trait("Needs", "programs")]
public sealed class StreamTests
{
    [Fact]
    public async Task First_call_under_a_pipe_ends_although_the_daemon_stays()
    {
        await using var fake = new FakeHelmHome();
        // The shell's cat ends at end of file; a daemon that inherited the pipe's end would keep it waiting for ever.
        CommandResult result = await Shell(fake, "\"$0\" \"$@\" | cat; echo ended >&2").RunAsync();
        Assert.Equal((0, FakeHelmHome.Output, "ended\n"), (result.ExitCode, result.StdoutText, result.StderrText));
        await fake.Home.DaemonIdAsync();
    }

    [Fact]
    public async Task Daemon_keeps_no_descriptor_and_no_directory_of_its_first_caller()
    {
        await using var fake = new FakeHelmHome();
        await Shell(fake, "exec 9>extra; \"$0\" \"$@\"").RunAsync();
        int daemon = await fake.Home.DaemonIdAsync();
        // On a busy machine the first caller does not wait until it has left its directory; it has when it listens.
        await Eventually.IsTrueAsync("the daemon listens", () => File.Exists(Path.Combine(fake.Home.State, "daemon.sock")));
        string[] open = [.. Directory.EnumerateFileSystemEntries($"/proc/{daemon}/fd").Select(TargetOf)];
        Assert.Contains(Path.Combine(fake.Home.State, "daemon.lock"), open);
        Assert.DoesNotContain(open, target => target.StartsWith(fake.Work, StringComparison.Ordinal));
        Assert.DoesNotContain(
            fake.Work,
            Directory.ResolveLinkTarget($"/proc/{daemon}/cwd", returnFinalTarget: false)!.FullName,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("\"$0\" \"$@\" | head -c 10; echo \" ${PIPESTATUS[0]}\"")]
    [InlineData("\"$0\" \"$@\" >/dev/full; echo $?")]
    [InlineData("\"$0\" \"$@\" >&-; echo $?")]
    [InlineData("\"$0\" \"$@\" 2>&- | wc -c; echo ${PIPESTATUS[0]}")]
    [InlineData("\"$0\" \"$@\" <&- | wc -c; echo ${PIPESTATUS[0]}")]
    [InlineData("\"$0\" \"$@\" >out 2>&1; echo $?; wc -c <out; rm out")]
    [InlineData("\"$0\" \"$@\" >>out; \"$0\" \"$@\" >>out; echo $?; cat out; rm out")]
    [InlineData("\"$0\" \"$@\" >/dev/null; echo $?")]
    [InlineData("(ulimit -f 20; \"$0\" \"$@\" | wc -c; echo ${PIPESTATUS[0]})")]
    [InlineData("(ulimit -f 20; \"$0\" \"$@\" 2>/dev/null >out; echo $?; wc -c <out; rm out)")]
    [InlineData("\"$0\" \"$@\" >/dev/null; (ulimit -f 20; \"$0\" \"$@\" 2>/dev/null >out; echo $?; wc -c <out; rm out)")]
    [InlineData("(trap '' PIPE; \"$0\" \"$@\" | head -c 10; echo \" ${PIPESTATUS[0]}\")")]
    public async Task Outputs_that_cannot_take_it_end_as_with_real_helm(string script)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        string chart = Path.Combine(fake.ChartPath, "templates", "big.yaml");
        File.WriteAllText(chart, "data:\n{{- range until 20000 }}\n  k{{ . }}: {{ . | quote }}\n{{- end }}\n");
        Command command = Shell(fake, script).With("FAKEHELM_STDOUT", null).With("FAKEHELM_REAL", RealHelms.Helm3);
        CommandResult real = await (
            command with
            {
                Arguments = [command.Arguments[0], script, RealHelms.Helm3, .. command.Arguments.Skip(3)],
            }
        ).RunAsync();
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
        Command failing = fake.Template()
            .With("FAKEHELM_STDOUT", "half: 1\n")
            .With("FAKEHELM_STDERR", "Error: broken\n")
            .With("FAKEHELM_EXIT", "7");
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
        await Eventually.IsTrueAsync("helm is gone", () => Signals.IsGone(helm));
        Assert.Equal(0, (await fake.Home.StatsAsync()).Entries);
    }

    /// <summary>Before helm, while it is being started, and after: a signal ends both or neither.</summary>
    [Fact]
    public async Task Signal_at_any_moment_leaves_no_helm_behind()
    {
        const int Moments = 80;
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        for (int i = 0; i < Moments; i++)
        {
            Command held = fake.HeldTemplate();
            using Process process = held.Start();
            var since = Stopwatch.StartNew();
            while (since.Elapsed < TimeSpan.FromMilliseconds(0.1 * i))
                Thread.SpinWait(10);
            Signals.Send(process.Id, Signals.Terminate);
            Assert.Equal(143, (await held.CompleteAsync(process)).ExitCode);
        }
        await Eventually.IsTrueAsync("every helm is gone", () => fake.RunIds.All(Signals.IsGone));
        Assert.Equal(0, (await fake.Home.StatsAsync()).Entries);
    }

    /// <summary>
    /// Go programs take no notice of USR1, USR2, ALRM, XCPU, XFSZ, VTALRM, PROF, IO and PWR, some of which batch systems send to every
    /// process of a job.
    /// </summary>
    [Fact]
    public async Task Signal_that_helm_takes_no_notice_of_ends_neither_the_one_who_renders_nor_who_waits()
    {
        int[] signals = [10, 12, 14, 24, 25, 26, 27, 29, 30];
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command held = fake.HeldTemplate();
        using Process renders = held.Start();
        await fake.RunsReachAsync(1);
        using Process waits = held.Start();
        await fake.WaitersReachAsync(1);
        foreach (int signal in signals)
        {
            Signals.Send(renders.Id, signal);
            Signals.Send(waits.Id, signal);
        }
        // Helm itself does not learn of it.
        ulong ignored = IgnoredBy(fake.RunIds.Single());
        Assert.All(signals, signal => Assert.Equal(0UL, ignored & (1UL << (signal - 1))));
        fake.LetGo();
        foreach (Process process in (Process[])[renders, waits])
        {
            CommandResult result = await held.CompleteAsync(process);
            Assert.Equal((0, FakeHelmHome.Output), (result.ExitCode, result.StdoutText));
        }
        Assert.Equal(1, fake.Runs);
    }

    /// <summary>What a caller ignores, such as Ctrl-C in a background job, helm ignores too: the shim changes nothing about it.</summary>
    [Theory]
    [InlineData("INT", 2)]
    [InlineData("HUP", 1)]
    public async Task Signal_that_the_caller_ignores_is_ignored_by_helm(string name, int number)
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command held = fake.HeldTemplate();
        Task<CommandResult> call = (
            held with
            {
                File = "/usr/bin/env",
                Arguments = [$"--ignore-signal={name}", held.File, .. held.Arguments],
            }
        ).RunAsync();
        await fake.RunsReachAsync(1);
        Assert.NotEqual(0UL, IgnoredBy(fake.RunIds.Single()) & (1UL << (number - 1)));
        Signals.Send(fake.RunIds.Single(), number);
        fake.LetGo();
        Assert.Equal((0, FakeHelmHome.Output), ((await call).ExitCode, (await call).StdoutText));
    }

    /// <summary>Where a descriptor leads; nowhere when it was closed meanwhile.</summary>
    private static string TargetOf(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.FullName ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static ulong IgnoredBy(int process)
    {
        string ignored = File.ReadLines($"/proc/{process}/status")
            .Single(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))
            .Split('\t')[1];
        return ulong.Parse(ignored, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    private static Command Shell(FakeHelmHome fake, string script)
    {
        Command template = fake.Template();
        return template with { File = "/bin/bash", Arguments = ["-c", script, template.File, .. template.Arguments] };
    }

    private static string Describe(CommandResult result) => result.ToString() + result.StdoutText;
}
