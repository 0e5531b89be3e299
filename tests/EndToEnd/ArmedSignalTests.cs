using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>Signals while the armed copy renders: what comes of them is what would come of them with real helm.</summary>
[Trait("Needs", "programs")]
public sealed class ArmedSignalTests
{
    /// <summary>Each takes a processor for a tenth of a second.</summary>
    private const string Work = "{{ range until 16 }}{{ $x := derivePassword 1 \"long\" \"p\" \"u\" \"s\" }}{{ end }}";

    /// <summary>
    /// Processor time after which helm is about its templates: in hundredths of a second, about six times what it needs to get there.
    /// </summary>
    private const int Rendering = 60;

    /// <summary>
    /// Real helm, which would begin only then, could not know of it: the call ends as helm does that is sent a signal in its first moments.
    /// </summary>
    [Theory]
    [InlineData(3)]
    [InlineData(42)]
    public async Task Signal_before_a_trap_ends_the_call(int major)
    {
        (CommandResult real, CommandResult shim) = await BothAsync(major, Work + "v: {{ randAlpha 8 | len }}", Signals.Terminate);
        Assert.StartsWith("Release r has been cancelled.", real.StdoutText, StringComparison.Ordinal);
        Assert.Equal((143, "", ""), (shim.ExitCode, shim.StdoutText, shim.StderrText));
    }

    /// <summary>
    /// Without a trap it is helm's to say what a signal means: that the release was cancelled, and the output all the same.
    /// </summary>
    [Fact]
    public async Task Signal_without_a_trap_is_answered_as_by_helm()
    {
        (CommandResult real, CommandResult shim) = await BothAsync(42, Work + "v: 1", Signals.Terminate);
        Assert.StartsWith("Release r has been cancelled.", real.StdoutText, StringComparison.Ordinal);
        Assert.Null(shim.DifferenceFrom(real));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(42)]
    public async Task Quit_ends_the_call_with_what_Go_says_of_itself(int major)
    {
        (CommandResult real, CommandResult shim) = await BothAsync(major, Work + "v: 1", Signals.Quit);
        foreach (CommandResult result in (CommandResult[])[real, shim])
        {
            Assert.Equal((2, ""), (result.ExitCode, result.StdoutText));
            Assert.StartsWith("SIGQUIT: quit", result.StderrText, StringComparison.Ordinal);
        }
    }

    private static async Task<(CommandResult Real, CommandResult Shim)> BothAsync(int major, string template, int signal)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = home.At("work");
        Chart("web").WithTemplate("a.yaml", template).WriteTo(work);
        await home.StartAsync();
        return (
            await SignalledAsync(home.Real(work, "template", "r", "web"), signal, static pid => pid),
            await SignalledAsync(home.Shim(work, "template", "r", "web"), signal, ChildOf)
        );
    }

    private static async Task<CommandResult> SignalledAsync(Command call, int signal, Func<int, int?> helm)
    {
        // Whoever runs the tests in the background may have them ignore signals of the keyboard, which programs inherit.
        using Process process = (
            call with
            {
                File = "/usr/bin/env",
                Arguments = ["--default-signal", call.File, .. call.Arguments],
            }
        ).Start();
        await Eventually.IsTrueAsync("helm renders", () => helm(process.Id) is { } pid && ProcessorTime(pid) >= Rendering);
        Signals.Send(process.Id, signal);
        return await call.CompleteAsync(process);
    }

    private static int? ChildOf(int pid) =>
        File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ') is [{ Length: > 0 } child, ..]
            ? int.Parse(child, CultureInfo.InvariantCulture)
            : null;

    /// <summary>What a process has used, in user mode: the 14th field of its stat, where the second is a name in parentheses.</summary>
    private static int ProcessorTime(int pid) =>
        int.Parse(File.ReadAllText($"/proc/{pid}/stat").Split(") ").Last().Split(' ')[11], CultureInfo.InvariantCulture);
}
