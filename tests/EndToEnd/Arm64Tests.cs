using System;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Tests.EndToEnd.Faults;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>
/// Both programs as they are built for 64-bit Arm, run by an emulator (qemu-user) on this processor. What they start is this processor's:
/// real helm is the x86-64 one, and the daemon, which cannot start itself then, is started by us and cannot arm a helm.
/// </summary>
[Trait("Needs", "programs")]
public sealed class Arm64Tests
{
    private const string Libraries = "/usr/aarch64-linux-gnu/lib";

    [Arm64Theory]
    [InlineData("install", "rel", "web")]
    [InlineData("template", "rel", "web", "--unknown-flag")]
    [InlineData("version", "--short")]
    [InlineData]
    public async Task What_is_not_served_becomes_real_helm_with_its_output_and_exit_code(params string[] arguments)
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        CommandResult real = await home.Real(work, arguments).RunAsync(),
            ours = await Emulated(home.Shim(work, arguments)).With("HELMCACHED_DISABLE", "1").RunAsync();
        Assert.Equal((real.ExitCode, real.StdoutText, real.StderrText), (ours.ExitCode, ours.StdoutText, ours.StderrText));
    }

    /// <summary>One output that goes through the socket and one that goes as a descriptor; a miss, a hit and an edit of each.</summary>
    [Arm64Theory]
    [InlineData(10)]
    [InlineData(200_000)]
    public async Task A_second_render_is_a_hit_with_the_same_bytes_and_an_edit_is_seen(int length)
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        ChartBuilder chart = Chart("web").WithValues($"a: {new string('x', length)}\n").WithConfigMap("c", "a: {{ .Values.a | quote }}");
        chart.WriteTo(work);
        using Process daemon = Start(home);
        try
        {
            await Eventually.IsTrueAsync("the emulated daemon listens", () => File.Exists(Path.Combine(home.State, "daemon.sock")));
            string[] render = ["template", "rel", "web"];
            CommandResult real = await home.Real(work, render).RunAsync();
            foreach (string expected in (string[])["miss", "hit"])
            {
                // Whether helm can be armed is found out first; until then calls are left to it.
                CommandResult ours = await Emulated(home.Shim(work, render)).With("HELMCACHED_TRACE", "1").RunAsync();
                for (int i = 0; i < 50 && ours.StderrText.Contains("bypass arming", StringComparison.Ordinal); i++)
                    ours = await Emulated(home.Shim(work, render)).With("HELMCACHED_TRACE", "1").RunAsync();
                Assert.StartsWith("helmcached: " + expected, ours.StderrText, StringComparison.Ordinal);
                Assert.Equal((0, real.StdoutText), (ours.ExitCode, ours.StdoutText));
            }
            File.AppendAllText(Path.Combine(work, "web", "values.yaml"), "b: 1\n");
            Assert.StartsWith(
                "helmcached: miss",
                (await Emulated(home.Shim(work, render)).With("HELMCACHED_TRACE", "1").RunAsync()).StderrText,
                StringComparison.Ordinal
            );
            // The other processor's daemon speaks the same protocol.
            Assert.StartsWith(
                "helmcached: hit",
                (await home.Shim(work, render).With("HELMCACHED_TRACE", "1").RunAsync()).StderrText,
                StringComparison.Ordinal
            );
        }
        finally
        {
            daemon.Kill();
            await daemon.WaitForExitAsync();
        }
    }

    private static Command Emulated(Command shim) =>
        shim with
        {
            File = Arm64TheoryAttribute.Emulator,
            Arguments = [Program("helm"), .. shim.Arguments],
        };

    private static Process Start(DaemonHome home)
    {
        // By its loader, and not by the emulator's option for another root: then paths are this machine's, as the shim sees them.
        var start = new ProcessStartInfo(
            Arm64TheoryAttribute.Emulator,
            [Libraries + "/ld-linux-aarch64.so.1", "--library-path", Libraries, Program("helmcached"), "serve"]
        )
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment.Clear();
        foreach ((string name, string? value) in home.Environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    internal static string Program(string name) => Path.Combine(Repository.Root, "artifacts", "arm64", "bin", name);
}

/// <summary>Skips, with the reason, where nothing was built for 64-bit Arm or no emulator is installed.</summary>
public sealed class Arm64TheoryAttribute : TheoryAttribute
{
    /// <summary>Runs one program of the other processor.</summary>
    internal const string Emulator = "/usr/bin/qemu-aarch64";

    public Arm64TheoryAttribute()
    {
        if (!File.Exists(Arm64Tests.Program("helm")) || !File.Exists(Arm64Tests.Program("helmcached")))
            Skip =
                "needs ./build.sh --arm64, which test.sh runs when HELMCACHED_TEST_ARM64 is set (Debian: apt-get install "
                + "gcc-aarch64-linux-gnu qemu-user)";
        else if (!Needs.Succeeds(Emulator, "--version"))
            Skip = "needs qemu-aarch64 (Debian: apt-get install qemu-user)";
    }
}
