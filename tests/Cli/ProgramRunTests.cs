using System;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Cli.Machine;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Cli;

/// <summary>What <c>doctor</c> and <c>install</c> run never holds them up.</summary>
public sealed class ProgramRunTests
{
    private static readonly TimeSpan s_long = Eventually.Patience,
        s_short = TimeSpan.FromSeconds(3);

    [Fact]
    public void Exit_code_output_and_first_error_are_told()
    {
        ProgramRun run = Shell("echo out; echo first >&2; echo second >&2; cat; pwd; exit 3", s_long);
        Assert.Equal((3, "out\n/usr\n", "first"), (run.Code, Encoding.UTF8.GetString(run.Output), run.Error));
        Assert.True(run.Took > TimeSpan.Zero);
    }

    [Fact]
    public void Program_that_is_not_there_has_no_exit_code_and_is_named()
    {
        ProgramRun run = ProgramRun.ToEnd("/nonexistent/program", [], s_long, "/");
        Assert.Null(run.Code);
        Assert.Contains("/nonexistent/program", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Program_that_does_not_end_is_killed_with_what_it_started()
    {
        using var directory = new TemporaryDirectory();
        string ids = directory.At("ids");
        // On a busy machine a shell may take longer than that to say who it is.
        for (TimeSpan patience = s_short; !File.Exists(ids); patience *= 3)
        {
            ProgramRun run = Shell($"sleep 1000 & echo $$ $! > {ids}.new; mv {ids}.new {ids}; wait", patience);
            Assert.Equal((null, $"it did not finish within {patience.TotalSeconds:0} s"), (run.Code, run.Error));
        }
        foreach (string id in File.ReadAllText(ids).Split(' '))
            await Eventually.IsTrueAsync($"{id} is gone", () => Signals.IsGone(int.Parse(id, CultureInfo.InvariantCulture)));
    }

    /// <summary>A shell's start-up file may leave something running that has our pipe.</summary>
    [Fact]
    public void Program_whose_child_keeps_its_output_open_is_not_waited_for()
    {
        using var directory = new TemporaryDirectory();
        string gate = directory.At("gate");
        ProgramRun run = Shell($"(while [ ! -e {gate} ] && [ -d {directory.At()} ]; do sleep 0.05; done) & exit 0", s_short);
        File.WriteAllText(gate, "");
        Assert.Null(run.Code);
    }

    private static ProgramRun Shell(string script, TimeSpan patience) => ProgramRun.ToEnd("/bin/bash", ["-c", script], patience, "/usr");
}
