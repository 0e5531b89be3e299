using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.EndToEnd.Faults;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>
/// Wherever a call comes from, real helm is found as a shell would find it, and runs with the arguments and the environment that it was
/// given.
/// </summary>
[Trait("Needs", "programs")]
public sealed class RealHelmSearchTests
{
    private const string Gone = "mkdir gone; cd gone; rmdir ../gone; ",
        Unmounted = "mkdir gone; mount -t tmpfs none gone; cd gone; umount -l .; ";

    public static TheoryData<string, string, string> CallsFromNowhere()
    {
        var rows = new TheoryData<string, string, string>();
        foreach (
            string variable in (string[])
                ["PATH=bin:.::$HELM", "HELMCACHED_CONFIG=config.yaml PATH=$HELM", "HELMCACHED_HOME=state PATH=$HELM", "PATH=$HELM"]
        )
        foreach (string call in (string[])["version", "template r web", "env"])
            rows.Add(Gone, variable, call);
        return rows;
    }

    [Theory]
    [MemberData(nameof(CallsFromNowhere))]
    public async Task B1_Directory_that_is_gone_and_relative_settings(string arrange, string variables, string call)
    {
        await using DaemonHome home = Arrange(out string work);
        CommandResult real = await From(home, work, arrange, variables, home.RealHelm, call).RunAsync();
        CommandResult ours = await From(home, work, arrange, variables, home.ShimPath, call).RunAsync();
        // The shell has a word on the directory, too.
        Assert.Null(ours.DifferenceFrom(real));
    }

    [MountTheory]
    [InlineData("version")]
    [InlineData("template r web")]
    public async Task B1_Directory_that_was_unmounted(string call)
    {
        await using DaemonHome home = Arrange(out string work);
        CommandResult[] results =
        [
            .. await Task.WhenAll(
                ((string[])[home.RealHelm, home.ShimPath]).Select(helm =>
                {
                    Command command = From(
                        home,
                        Directory.CreateDirectory(Path.Combine(work, Path.GetFileName(helm) + "-caller")).FullName,
                        Unmounted,
                        "PATH=bin:$HELM",
                        helm,
                        call
                    );
                    return (command with { File = "unshare", Arguments = ["-m", command.File, .. command.Arguments] }).RunAsync();
                })
            ),
        ];
        Assert.Null(results[1].DifferenceFrom(results[0]));
    }

    [Fact]
    public async Task B1_Relative_path_of_real_helm_in_a_directory_that_is_gone_is_a_clear_error()
    {
        await using DaemonHome home = Arrange(out string work);
        CommandResult result = await From(home, work, Gone, "HELMCACHED_HELM=bin/helm", home.ShimPath, "version").RunAsync();
        Assert.Equal((127, ""), (result.ExitCode, result.StdoutText));
        Assert.Contains("HELMCACHED_HELM=bin/helm does not exist or cannot be reached", result.StderrText, StringComparison.Ordinal);
    }

    /// <summary>Of root, who may execute what anybody may.</summary>
    [OtherUserFact]
    public async Task B5_Helm_that_this_user_may_not_execute_is_passed_over()
    {
        await using DaemonHome home = Arrange(out string work);
        File.SetUnixFileMode(home.At(), (UnixFileMode)0x1ed);
        string first = Directory.CreateDirectory(Path.Combine(work, "first")).FullName;
        WriteScript(Path.Combine(first, "helm"), "echo forbidden", (UnixFileMode)0x1e4);
        string second = Directory.CreateDirectory(Path.Combine(work, "second")).FullName;
        WriteScript(Path.Combine(second, "helm"), "echo second", (UnixFileMode)0x1ed);
        string user = $"{OtherUserFactAttribute.User}";
        Command call = Locating(home, work).With("PATH", $"{first}:{second}:/usr/bin:/bin");
        call = call with
        {
            File = "setpriv",
            Arguments = ["--reuid=" + user, "--regid=" + user, "--clear-groups", home.ShimPath, "version"],
        };
        CommandResult result = await call.RunAsync();
        Assert.Equal((0, "second\n", ""), (result.ExitCode, result.StdoutText, result.StderrText));
    }

    /// <summary>What only the attempt shows: a script may be executed, its interpreter may not.</summary>
    [Fact]
    public async Task B5_Helm_that_turns_out_to_be_forbidden_is_passed_over()
    {
        await using DaemonHome home = Arrange(out string work);
        string interpreter = Path.Combine(work, "interpreter");
        File.WriteAllText(interpreter, "");
        string first = Directory.CreateDirectory(Path.Combine(work, "first")).FullName;
        WriteScript(Path.Combine(first, "helm"), "", (UnixFileMode)0x1ed, interpreter);
        string second = Directory.CreateDirectory(Path.Combine(work, "second")).FullName;
        WriteScript(Path.Combine(second, "helm"), "echo second", (UnixFileMode)0x1ed);
        CommandResult result = await Locating(home, work).With("PATH", $"{first}:{second}:/usr/bin:/bin").RunAsync();
        Assert.Equal((0, "second\n", ""), (result.ExitCode, result.StdoutText, result.StderrText));
        result = await Locating(home, work).With("PATH", $"{first}:/usr/bin:/bin").RunAsync();
        Assert.Equal(126, result.ExitCode);
    }

    /// <summary>Byte by byte up to the environment that is one too long for the very same call of real helm.</summary>
    [Fact]
    public async Task B8_Environment_at_the_limit()
    {
        await using DaemonHome home = Arrange(out string work);
        // Paths of one length, since they count as well.
        string real = Path.Combine(work, "real-helm"),
            ours = Path.Combine(work, "our--helm");
        File.CreateSymbolicLink(real, home.RealHelm);
        File.CreateSymbolicLink(ours, home.ShimPath);
        int fits = 0,
            tooLong = 130_000;
        while (tooLong - fits > 1)
        {
            int middle = (fits + tooLong) / 2;
            if ((await Filled(real, middle).RunAsync()).ExitCode == 0)
                fits = middle;
            else
                tooLong = middle;
        }
        CommandResult expected = await Filled(real, fits).RunAsync();
        foreach (int bytes in (int[])[fits, fits - 1, fits - 8, fits - 16, fits - 24, fits - 32, fits - 100])
            Assert.Null((await Filled(ours, bytes).RunAsync()).DifferenceFrom(expected));

        Command Filled(string helm, int bytes) =>
            home.Shim(work) with
            {
                Environment = new Dictionary<string, string?>(home.Environment) { ["HELMCACHED_HELM"] = real },
                File = "/bin/bash",
                // A quarter of the stack is for arguments and environment (execve(2)), 256 kB.
                Arguments =
                [
                    "-c",
                    "ulimit -s 1024; printf -v filled '%*s' \"$1\" x; export A=$filled B=$filled; exec -a helm \"$0\" version",
                    helm,
                    $"{bytes}",
                ],
            };
    }

    [PrivilegedFact("chroot", "/")]
    public async Task B8_Arguments_that_are_not_text_where_proc_is_not_mounted()
    {
        await using DaemonHome home = Arrange(out string work);
        Command rooted = home.Shim(work).With("HELMCACHED_HELM", "/real") with
        {
            File = "/bin/bash",
            Arguments = ["-c", "exec chroot . /helm template r web --set a=$'caf\\xe9' --nonsense-$'\\xff'"],
        };
        File.Copy(home.RealHelm, Path.Combine(work, "helm"));
        CommandResult real = await rooted.RunAsync();
        File.Move(Path.Combine(work, "helm"), Path.Combine(work, "real"));
        File.Copy(home.ShimPath, Path.Combine(work, "helm"));
        Assert.Null((await rooted.RunAsync()).DifferenceFrom(real));
    }

    /// <summary>The runtime has no memory for its heap then, and the native half looks for real helm by the same rules.</summary>
    [Theory]
    [InlineData("HELMCACHED_HELM=second/helm", "second")]
    [InlineData("PATH=shim:first:second:/bin", "second")]
    [InlineData("PATH=::third:second", "third")]
    [InlineData("HELMCACHED_CONFIG=config.yaml PATH=second", "third")]
    [InlineData("HELMCACHED_CONFIG=gone.yaml PATH=second", "second")]
    [InlineData("HELMCACHED_HELM=shim/helm", "127")]
    [InlineData("PATH=shim", "127")]
    [InlineData("HELMCACHED_DEPTH=24 PATH=second", "126")]
    public async Task Helm_is_found_where_the_runtime_cannot_start(string variables, string found)
    {
        await using DaemonHome home = Arrange(out string work);
        foreach (string name in (string[])["shim", "first", "second", "third"])
            Directory.CreateDirectory(Path.Combine(work, name));
        File.CreateSymbolicLink(Path.Combine(work, "shim", "helm"), home.ShimPath);
        Directory.CreateDirectory(Path.Combine(work, "first", "helm"));
        WriteScript(Path.Combine(work, "second", "helm"), "echo second $HELMCACHED_DEPTH \"$@\"", (UnixFileMode)0x1ed);
        // Without a first line that names an interpreter.
        File.WriteAllText(Path.Combine(work, "third", "helm"), "echo third $HELMCACHED_DEPTH \"$@\"");
        File.SetUnixFileMode(Path.Combine(work, "third", "helm"), (UnixFileMode)0x1ed);
        File.WriteAllText(Path.Combine(work, "config.yaml"), $"# helm: /not/this\nstore:\n  path: x\nhelm: '{work}/third/helm' # that\n");
        Command call = Locating(home, work);
        call = call with
        {
            File = "/bin/bash",
            Arguments = ["-c", $"ulimit -v 20000; {variables} exec -a helm \"$0\" 'one two' three", home.ShimPath],
        };
        CommandResult result = await call.RunAsync();
        if (found is "126" or "127")
            Assert.Equal((found, ""), ($"{result.ExitCode}", result.StdoutText));
        else
            Assert.Equal((0, $"{found} 1 one two three\n", ""), (result.ExitCode, result.StdoutText, result.StderrText));
    }

    private static Command From(DaemonHome home, string work, string arrange, string variables, string helm, string call)
    {
        string real = Directory.CreateDirectory(Path.Combine(work, "real")).FullName;
        if (!File.Exists(Path.Combine(real, "helm")))
            File.CreateSymbolicLink(Path.Combine(real, "helm"), home.RealHelm);
        variables = variables.Replace("$HELM", real, StringComparison.Ordinal);
        return Locating(home, work) with
        {
            File = "/bin/bash",
            Arguments = ["-c", $"{arrange}{variables} exec -a helm \"$0\" {call}", helm],
        };
    }

    /// <summary>A call whose real helm is to be looked for.</summary>
    private static Command Locating(DaemonHome home, string work) =>
        home.Shim(work, "version").With("HELMCACHED_HELM", null).With("HELMCACHED_CONFIG", home.At("none.yaml"));

    private static void WriteScript(string path, string line, UnixFileMode mode, string interpreter = "/bin/sh")
    {
        File.WriteAllText(path, $"#!{interpreter}\n{line}\n");
        File.SetUnixFileMode(path, mode);
    }

    private static DaemonHome Arrange(out string work)
    {
        var home = new DaemonHome(RealHelms.Helm3);
        work = Directory.CreateDirectory(home.At("work")).FullName;
        return home;
    }
}
