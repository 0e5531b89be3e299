using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Cli;

/// <summary>
/// <c>helmcached doctor</c>: silent praise when all checks passed, and for each thing that can be wrong its name and the next step.
/// </summary>
[Trait("Needs", "programs")]
public sealed class DoctorCommandTests
{
    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task After_an_installation_all_is_well(int major)
    {
        await using var stage = new InstallStage(RealHelms.Of(major));
        await stage.DoAsync("install", "--write", "--shell", "bash");
        await stage.Cache.StartAsync();
        var before = stage.Snapshot();
        string temporary = Directory.CreateDirectory(stage.Cache.At("tmp")).FullName;
        CommandResult result = await stage.Terminal("helmcached doctor --json").With("TMPDIR", temporary).RunAsync();
        Assert.True(result.ExitCode == 0, result + result.StdoutText);
        IReadOnlyList<JsonElement> checks = Checks(result.StdoutText);
        Assert.Equal(
            ["path", "shell-bash", "helm", "loop", "armed", "configuration", "home", "disk", "socket", "store", "daemon", "self-test"],
            checks
                .Select(check => check.GetProperty("check").GetString())
                .Where(name => name is "shell-bash" || !name!.StartsWith("shell-", StringComparison.Ordinal))
        );
        Assert.All(checks, check => Assert.Equal("ok", check.GetProperty("result").GetString()));
        Assert.Contains($"v{RealHelms.MajorVersion(major)}.", Says(checks, "helm"), StringComparison.Ordinal);
        Assert.Matches(
            @"^self-test: miss \d+\.\d ms, then hit \d+\.\d ms \(median of 7\), \d+ bytes, the same as real helm",
            Says(checks, "self-test")
        );
        // It leaves nothing behind and counts nothing.
        Assert.Equal(before, stage.Snapshot());
        Assert.Empty(Directory.GetFileSystemEntries(temporary));
        Assert.Equal((0L, 0L), ((await stage.Cache.StatsAsync()).Hits, (await stage.Cache.StatsAsync()).Misses));
    }

    [Fact]
    public async Task Without_a_daemon_all_is_well_and_none_is_started()
    {
        await using var stage = new InstallStage();
        await stage.DoAsync("install", "--write", "--shell", "bash");
        CommandResult result = await stage.Terminal("helmcached doctor").RunAsync();
        Assert.True(result.ExitCode == 0, result.StdoutText);
        Assert.Contains("note   daemon: not running (it starts with the next render)", result.StdoutText, StringComparison.Ordinal);
        Assert.EndsWith("all checks passed\n", result.StdoutText, StringComparison.Ordinal);
        Assert.Empty(stage.Cache.DaemonIds());
    }

    [Fact]
    public async Task Before_an_installation_it_says_how_to_install()
    {
        await using var stage = new InstallStage();
        IReadOnlyList<JsonElement> checks = await FailAsync(stage.Admin("doctor", "--json"), "path", "shell-bash");
        Assert.Contains($"{stage.HelmDirectory}/helm comes first and is not the shim", Says(checks, "path"), StringComparison.Ordinal);
        Assert.Equal("helmcached install --write", Next(checks, "path"));
        Assert.Equal("helmcached install --write --shell bash", Next(checks, "shell-bash"));
    }

    [Fact]
    public async Task A_start_up_file_that_goes_on_after_our_lines_is_named()
    {
        await using var stage = new InstallStage();
        await stage.DoAsync("install", "--write", "--shell", "bash");
        File.AppendAllText(stage.At(".bashrc"), $"PATH={stage.HelmDirectory}:$PATH\necho noise; read answer\n");
        IReadOnlyList<JsonElement> checks = await FailAsync(Installed(stage), "shell-bash");
        Assert.Contains("move the helmcached lines to the end of ~/.bashrc", Next(checks, "shell-bash"), StringComparison.Ordinal);
    }

    /// <summary>This terminal has the shim on PATH; the next one will not.</summary>
    [Fact]
    public async Task A_shell_that_was_never_set_up_is_not_well_because_this_terminal_is()
    {
        await using var stage = new InstallStage();
        await stage.DoAsync("install");
        IReadOnlyList<JsonElement> checks = await FailAsync(Installed(stage), "shell-bash");
        Assert.Equal("helmcached install --write --shell bash", Next(checks, "shell-bash"));
    }

    [Fact]
    public async Task A_shell_that_nobody_uses_is_not_started_and_one_beside_the_login_shell_is_no_fault()
    {
        await using var stage = new InstallStage();
        await stage.DoAsync("install", "--write", "--shell", "bash");
        InstallStage.Script(Path.Combine(stage.HelmDirectory, "fish"), "touch ~/started\n");
        CommandResult unused = await Installed(stage).RunAsync();
        Assert.DoesNotContain(Checks(unused.StdoutText), check => check.GetProperty("check").GetString() == "shell-fish");
        Assert.False(File.Exists(stage.At("started")));

        Directory.CreateDirectory(stage.At(".config/fish"));
        File.WriteAllText(stage.At(".config/fish/config.fish"), "# mine\n");
        CommandResult used = await Installed(stage).RunAsync();
        Assert.Equal("note", Of(Checks(used.StdoutText), "shell-fish", "result"));
        Assert.Equal("helmcached install --write --shell fish", Next(Checks(used.StdoutText), "shell-fish"));
        Assert.True(File.Exists(stage.At("started")));
    }

    /// <summary>fish itself makes directories in the home, variables, a history and completions when it starts.</summary>
    [ProgramFact("fish")]
    public async Task Row7_Fish_as_the_login_shell_is_asked_and_leaves_nothing_in_the_home()
    {
        await using var stage = new InstallStage();
        await AssertLeavesNothingAsync(stage, "fish");

        // What it reads there counts all the same: the files of conf.d, and its own variables.
        Directory.CreateDirectory(stage.At(".config/fish/conf.d"));
        File.WriteAllText(stage.At(".config/fish/conf.d/first.fish"), "set -g first yes\n");
        File.WriteAllText(stage.At(".config/fish/fish_variables"), "# VERSION: 3.0\nSETUVAR second:yes\n");
        File.AppendAllText(
            stage.At(".config/fish/config.fish"),
            $"test \"$first$second\" = yesyes; and set -gx PATH {stage.HelmDirectory} $PATH\n"
        );
        var before = stage.Snapshot();
        IReadOnlyList<JsonElement> later = await FailAsync(Installed(stage).With("SHELL", "/usr/bin/fish"), "shell-fish");
        Assert.Contains(
            "move the helmcached lines to the end of ~/.config/fish/config.fish",
            Next(later, "shell-fish"),
            StringComparison.Ordinal
        );
        Assert.Equal(before, stage.Snapshot());
    }

    [ProgramFact("zsh")]
    public async Task Row7_Zsh_as_the_login_shell_is_asked_and_leaves_nothing_in_the_home()
    {
        await using var stage = new InstallStage();
        await AssertLeavesNothingAsync(stage, "zsh");
    }

    [Theory]
    [InlineData("HELMCACHED_DISABLE", "unset HELMCACHED_DISABLE")]
    [InlineData("HELMCACHED_RECACHE", "unset HELMCACHED_RECACHE")]
    public async Task A_switch_that_was_left_on_is_named(string variable, string next)
    {
        await using var stage = new InstallStage();
        await stage.DoAsync("install", "--write", "--shell", "bash");
        IReadOnlyList<JsonElement> checks = await FailAsync(Installed(stage).With(variable, "1"), "switches");
        Assert.Equal(next, Next(checks, "switches"));
    }

    [Fact]
    public async Task A_helm_that_is_a_script_and_one_that_calls_us_back_are_told_apart()
    {
        await using var stage = new InstallStage();
        await stage.DoAsync("install", "--write", "--shell", "bash");
        string helm = Path.Combine(stage.HelmDirectory, "helm");
        File.Delete(helm);
        InstallStage.Script(helm, $"exec '{RealHelms.Helm3}' \"$@\"\n");
        IReadOnlyList<JsonElement> script = await FailAsync(Installed(stage), "helm", "self-test");
        Assert.Contains($"is a script that runs {RealHelms.Helm3}", Says(script, "helm"), StringComparison.Ordinal);
        Assert.Contains($"helm: {RealHelms.Helm3}", Next(script, "helm"), StringComparison.Ordinal);
        Assert.Contains("bypass helm-not-a-binary", Says(script, "self-test"), StringComparison.Ordinal);

        InstallStage.Script(helm, "exec helm \"$@\"\n");
        IReadOnlyList<JsonElement> loop = await FailAsync(Installed(stage), "helm", "loop", "self-test");
        Assert.Contains("leads back to the shim", Says(loop, "loop"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_leads_nowhere_and_a_bad_one_are_named()
    {
        await using var stage = new InstallStage();
        await stage.DoAsync("install", "--write", "--shell", "bash");
        File.WriteAllText(stage.Configuration, "idle_exit: soon\nhelm: /nonexistent/helm\n");
        CommandResult result = await Installed(stage).RunAsync();
        IReadOnlyList<JsonElement> checks = Checks(result.StdoutText);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("helm: /nonexistent/helm does not exist", Says(checks, "helm-setting"), StringComparison.Ordinal);
        Assert.Contains("config.yaml:1:12: idle_exit", Says(checks, "configuration"), StringComparison.Ordinal);
        Assert.Contains("self-test: miss", Says(checks, "self-test"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_home_that_others_may_enter_and_a_damaged_store_are_named()
    {
        await using var stage = new InstallStage();
        await stage.DoAsync("install", "--write", "--shell", "bash");
        Directory.CreateDirectory(stage.Cache.State, (UnixFileMode)0x1ed);
        IReadOnlyList<JsonElement> open = await FailAsync(Installed(stage), "home");
        Assert.Equal($"chmod 700 {stage.Cache.State}", Next(open, "home"));
        File.SetUnixFileMode(stage.Cache.State, (UnixFileMode)0x1c0);

        // A store of ours, with a page in its middle overwritten.
        await stage.Cache.StartAsync();
        await stage.Run(Path.Combine(stage.Bin, "helm"), "template", "r", "web").RunAsync();
        await stage.Cache.StopAsync();
        string store = Path.Combine(stage.Cache.State, "store.litedb");
        using (FileStream file = File.OpenWrite(store))
        {
            file.Position = 8192;
            file.Write(Enumerable.Repeat((byte)0xa5, 8192).ToArray());
        }
        byte[] damaged = File.ReadAllBytes(store);
        IReadOnlyList<JsonElement> checks = await FailAsync(Installed(stage), "store");
        Assert.Contains(store, Says(checks, "store"), StringComparison.Ordinal);
        Assert.Equal(damaged, File.ReadAllBytes(store));

        File.WriteAllText(store, "not a database, by far; not even something like it");
        await FailAsync(Installed(stage), "store");
    }

    [Fact]
    public async Task A_daemon_of_another_version_is_named()
    {
        await using var stage = new InstallStage();
        await stage.DoAsync("install", "--write", "--shell", "bash");
        Directory.CreateDirectory(stage.Cache.State, (UnixFileMode)0x1c0);
        string path = Path.Combine(stage.Cache.State, "daemon.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, (UnixFileMode)0x180);
        listener.Listen();
        Task answering = Task.Run(async () =>
        {
            using Socket client = await listener.AcceptAsync();
            await client.ReceiveAsync(new byte[4096]);
            await client.SendAsync(MessageCodec.Encode(new Message.Json("{\"pid\":1,\"version\":\"9.9.9\"}")));
        });
        IReadOnlyList<JsonElement> checks = await FailAsync(Installed(stage), "daemon");
        await answering;
        Assert.Contains("version 9.9.9", Says(checks, "daemon"), StringComparison.Ordinal);
        Assert.StartsWith("helmcached stop", Next(checks, "daemon"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("1", false)]
    public async Task A_terminal_gets_signs_and_colour_unless_told_not_to(string? noColor, bool colour)
    {
        await using var stage = new InstallStage();
        Command doctor = stage
            .Run("/usr/bin/script", "-qec", $"'{stage.Cache.DaemonPath}' doctor", "/dev/null")
            .With("TERM", "xterm-256color")
            .With("LC_ALL", "C.UTF-8")
            .With("NO_COLOR", noColor);
        string said = (await doctor.RunAsync()).StdoutText;
        Assert.Contains("✓", said, StringComparison.Ordinal);
        Assert.Contains("✗", said, StringComparison.Ordinal);
        Assert.Equal(
            colour,
            said.Contains("\u001b[38;5;", StringComparison.Ordinal) || said.Contains("\u001b[32m", StringComparison.Ordinal)
        );
        string piped = (await stage.Admin("doctor").RunAsync()).StdoutText;
        Assert.DoesNotContain('\u001b', piped);
        Assert.StartsWith("FAIL   PATH: ", piped, StringComparison.Ordinal);
    }

    /// <summary>doctor with the shim first on PATH, as in a terminal after an installation.</summary>
    private static Command Installed(InstallStage stage)
    {
        Command doctor = stage.Admin("doctor", "--json");
        return doctor.With("PATH", $"{stage.Bin}:{doctor.Environment["PATH"]}");
    }

    /// <summary>A login shell that was never set up is named, one that was is well, and to ask changes nothing in the home.</summary>
    private static async Task AssertLeavesNothingAsync(InstallStage stage, string shell)
    {
        string path = "/usr/bin/" + shell,
            check = "shell-" + shell;
        await stage.DoAsync("install");
        var before = stage.Snapshot();
        IReadOnlyList<JsonElement> never = await FailAsync(Installed(stage).With("SHELL", path), check);
        Assert.Equal("helmcached install --write --shell " + shell, Next(never, check));
        Assert.Equal(before, stage.Snapshot());

        await stage.DoAsync("install", "--write", "--shell", shell);
        before = stage.Snapshot();
        CommandResult result = await Installed(stage).With("SHELL", path).RunAsync();
        Assert.True(result.ExitCode == 0, result + result.StdoutText);
        Assert.Equal("ok", Of(Checks(result.StdoutText), check, "result"));
        Assert.Equal(before, stage.Snapshot());
    }

    /// <summary>
    /// Runs it and expects exactly these checks to fail. Shells other than bash count only when named: not every machine has them.
    /// </summary>
    private static async Task<IReadOnlyList<JsonElement>> FailAsync(Command doctor, params string[] names)
    {
        CommandResult result = await doctor.RunAsync();
        IReadOnlyList<JsonElement> checks = Checks(result.StdoutText);
        Assert.True(names.SequenceEqual(Failed(checks, names)), result.StdoutText);
        Assert.Equal(1, result.ExitCode);
        Assert.All(
            checks.Where(check => check.GetProperty("result").GetString() == "fail"),
            check => Assert.NotEqual("", check.GetProperty("next").GetString())
        );
        return checks;
    }

    private static IEnumerable<string> Failed(IReadOnlyList<JsonElement> checks, params string[] named) =>
        checks
            .Where(check => check.GetProperty("result").GetString() == "fail")
            .Select(check => check.GetProperty("check").GetString()!)
            .Where(name => name is "shell-bash" || named.Contains(name) || !name.StartsWith("shell-", StringComparison.Ordinal));

    private static List<JsonElement> Checks(string json) =>
        [.. JsonDocument.Parse(json).RootElement.GetProperty("checks").EnumerateArray()];

    private static string Says(IReadOnlyList<JsonElement> checks, string name) => Of(checks, name, "says");

    private static string Next(IReadOnlyList<JsonElement> checks, string name) => Of(checks, name, "next");

    private static string Of(IReadOnlyList<JsonElement> checks, string name, string member) =>
        checks.First(check => check.GetProperty("check").GetString() == name).GetProperty(member).GetString()!;
}
