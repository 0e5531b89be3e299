using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>Everything that is not a cached render is real helm's: same bytes, same exit code, same argv[0], same surroundings.</summary>
[Trait("Needs", "programs")]
public sealed class PassThroughTests
{
    public static IEnumerable<object[]> CommandsAndMajors()
    {
        string[] commands =
        [
            "version",
            "version --short",
            "version --client --short",
            "version --template={{.Version}}",
            "version --nonsense",
            "",
            "--help",
            "help template",
            "template --help",
            "env",
            "env HELM_NAMESPACE",
            "lint web",
            "lint broken",
            "lint gone",
            "lint web --strict",
            "plugin list",
            "repo list",
            "show chart web",
            "show values web",
            "show all web",
            "dependency list web",
            "completion bash",
            "nosuchcommand",
            "--namespace x env HELM_NAMESPACE",
            "list --kube-apiserver http://127.0.0.1:1",
            "__complete template r",
            "search repo x",
            "package gone",
            "history",
        ];
        foreach (string command in commands)
        {
            foreach (int major in RealHelms.Numbers)
                yield return [command, major];
        }
    }

    [Theory]
    [MemberData(nameof(CommandsAndMajors))]
    public async Task Command_is_real_helms(string command, int major)
    {
        await using DaemonHome home = Arrange(major, out string work);
        string[] arguments = command.Length == 0 ? [] : command.Split(' ');
        CommandResult real = await home.Real(work, arguments).CalledAs("helm").RunAsync();
        CommandResult ours = await home.Shim(work, arguments).CalledAs("helm").RunAsync();
        Assert.Null(ours.DifferenceFrom(real));
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Create_makes_the_same_files(int major)
    {
        await using DaemonHome home = Arrange(major, out string work);
        string ours = Directory.CreateDirectory(Path.Combine(work, "ours")).FullName;
        string reals = Directory.CreateDirectory(Path.Combine(work, "reals")).FullName;
        CommandResult real = await home.Real(reals, "create", "shop").RunAsync();
        Assert.Null((await home.Shim(ours, "create", "shop").RunAsync()).DifferenceFrom(real));
        foreach (string file in Directory.EnumerateFiles(reals, "*", SearchOption.AllDirectories))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(ours, Path.GetRelativePath(reals, file))));
    }

    /// <summary>helm-diff runs <c>$HELM_BIN template</c>: when argv[0] were the real path, its renders would pass us by.</summary>
    [Theory]
    [InlineData("helm", 3)]
    [InlineData("./weird name", 3)]
    [InlineData("helm", 4)]
    [InlineData("helm", 42)]
    public async Task Plugins_see_argv0_as_typed(string name, int major)
    {
        await using DaemonHome home = Arrange(major, out string work);
        string plugin = Path.Combine(work, "plugins", "who");
        Directory.CreateDirectory(plugin);
        File.WriteAllText(
            Path.Combine(plugin, "plugin.yaml"),
            "name: who\nversion: 1.0.0\nusage: who\ndescription: who\ncommand: $HELM_PLUGIN_DIR/who.sh\n"
        );
        File.WriteAllText(Path.Combine(plugin, "who.sh"), "#!/bin/sh\necho \"$HELM_BIN|$HELM_NAMESPACE|$*\"\ncat\nexit 7\n");
        File.SetUnixFileMode(Path.Combine(plugin, "who.sh"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Command ours = home.Shim(work, "who", "a", "-b").CalledAs(name).With("HELM_PLUGINS", Path.Combine(work, "plugins")) with
        {
            Stdin = "typed"u8.ToArray(),
        };
        CommandResult result = await ours.RunAsync();
        CommandResult real = await (ours with { Arguments = [.. home.Real(work, "who", "a", "-b").CalledAs(name).Arguments] }).RunAsync();
        Assert.Null(result.DifferenceFrom(real));
        Assert.Contains($"{name}|default|a -b\ntyped", result.StdoutText, StringComparison.Ordinal);
        Assert.Equal(7, result.ExitCode);
    }

    [Fact]
    public async Task Leased_render_has_the_callers_surroundings()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command command = fake.Template("-f", "-").With("FAKEHELM_STDOUT", null).With("FAKEHELM_REPORT", "1").With("UNRELATED", "kept") with
        {
            Stdin = "a: 2\n"u8.ToArray(),
        };
        CommandResult ours = await command.CalledAs("helm").RunAsync();
        CommandResult real = await fake.Real(command).CalledAs("helm").RunAsync();
        Assert.Null(ours.DifferenceFrom(real));
        Assert.Contains($"directory: {fake.Work}\n", ours.StdoutText, StringComparison.Ordinal);
        Assert.Contains("argv0: helm\n", ours.StdoutText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arguments_that_are_not_text_reach_helm_unchanged()
    {
        await using DaemonHome home = Arrange(3, out string work);
        CommandResult ours = await Broken(home.ShimPath).RunAsync();
        Assert.Null(ours.DifferenceFrom(await Broken(home.RealHelm).RunAsync()));

        Command Broken(string file) =>
            home.Shim(work) with
            {
                File = "/bin/bash",
                Arguments = ["-c", "exec -a helm \"$0\" template r web --set a=$'caf\\xe9'", file],
            };
    }

    private static DaemonHome Arrange(int major, out string work)
    {
        var home = new DaemonHome(RealHelms.Of(major));
        work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithValues("a: 1\n").WithConfigMap("c", "a: {{ .Values.a | quote }}").WithFile("README.md", "# Web\n").WriteTo(work);
        Chart("broken").WithConfigMap("c", "a: {{ .Values.a.b.c }}").WriteTo(work);
        return home;
    }
}
