using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Cli;

/// <summary><c>helmcached install</c> and <c>uninstall</c> in an empty home, as a new user meets them.</summary>
[Trait("Needs", "programs")]
public sealed class InstallCommandTests
{
    /// <summary>Otherwise the first renders of a new user are passed to helm while it is being armed.</summary>
    /// <summary>Whoever installs and has never rendered makes the home by arming, and its doctor is content.</summary>
    [Fact]
    public async Task The_home_of_the_cache_is_private_when_the_installation_makes_it()
    {
        await using var stage = new InstallStage(Repository.FakeHelm);
        CommandResult result = await stage
            .Admin("install", "--write", "--shell", "bash")
            .With("HELMCACHED_ARMED_DIRECTORY", null)
            .RunAsync();
        Assert.True(result.ExitCode == 0, result + result.StdoutText);
        Assert.True(Directory.Exists(Path.Combine(stage.Cache.State, "armed")), result.StdoutText);
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.Equal(
            (Private, Private),
            (File.GetUnixFileMode(stage.Cache.State), File.GetUnixFileMode(Path.Combine(stage.Cache.State, "armed")))
        );
    }

    [Fact]
    public async Task After_install_the_very_first_render_is_kept()
    {
        await using var stage = new InstallStage();
        string armed = stage.Cache.At("armed"),
            trace = stage.Cache.At("trace");
        CommandResult install = await stage.Admin("install", "--write").With("HELMCACHED_ARMED_DIRECTORY", armed).RunAsync();
        Assert.True(install.ExitCode == 0, install + install.StdoutText);
        Assert.Contains("preparing ", install.StdoutText, StringComparison.Ordinal);
        // Before the first call, which does not wait for a daemon that is slow to start.
        CommandResult start = await stage.Admin("start").With("HELMCACHED_ARMED_DIRECTORY", armed).RunAsync();
        Assert.DoesNotContain("preparing ", start.StdoutText, StringComparison.Ordinal);
        for (int call = 0; call < 2; call++)
            Assert.Equal(
                0,
                (
                    await stage
                        .Run(Path.Combine(stage.Bin, "helm"), "template", "r", "web")
                        .With("HELMCACHED_ARMED_DIRECTORY", armed)
                        .With("HELMCACHED_TRACE", trace)
                        .RunAsync()
                ).ExitCode
            );
        Assert.Collection(
            File.ReadLines(trace),
            first => Assert.Contains(": miss", first, StringComparison.Ordinal),
            second => Assert.Contains(": hit", second, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Without_write_only_its_own_directory_is_made_and_the_line_works()
    {
        await using var stage = new InstallStage();
        var before = stage.Snapshot();
        string said = await stage.DoAsync("install");
        Assert.Equal(
            [
                ".local",
                ".local/share",
                ".local/share/helmcached",
                ".local/share/helmcached/bin",
                ".local/share/helmcached/bin/helm",
                ".local/share/helmcached/bin/helmcached",
                ".local/share/helmcached/install.json",
            ],
            stage.Snapshot().Select(entry => entry.Split(' ')[0])
        );
        Assert.Contains($"real helm: {stage.HelmDirectory}/helm, v3.17.3", said, StringComparison.Ordinal);

        string line = said.Split('\n')
            .Select(text => text.Trim())
            .Single(text => text.StartsWith("export PATH=", StringComparison.Ordinal));
        await stage.Cache.StartAsync();
        CommandResult result = await stage
            .Run("/bin/bash", "-c", $"{line}; type -P helm; for i in 1 2; do HELMCACHED_TRACE=1 helm template r web >/dev/null; done")
            .RunAsync();
        Assert.Equal(stage.Bin + "/helm\n", result.StdoutText);
        Assert.Equal(
            ["miss", "hit"],
            result.StderrText.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => text.Split(' ')[1])
        );

        await stage.DoAsync("uninstall");
        Assert.Equal(before, stage.Snapshot());
        Assert.Empty(stage.Cache.DaemonIds());
    }

    [Fact]
    public async Task With_write_a_new_terminal_has_the_shim_first_and_uninstall_gives_every_byte_back()
    {
        await using var stage = new InstallStage();
        // Not UTF-8, no final newline, a mode of its own, and a link into somebody's dotfiles.
        byte[] dotfile = [.. "export GREETING=h\xf6i\n# caf"u8, 0xe9, .. "\nLAST=1"u8];
        Directory.CreateDirectory(stage.At("dotfiles"));
        File.WriteAllBytes(stage.At("dotfiles/bashrc"), dotfile);
        File.SetUnixFileMode(stage.At("dotfiles/bashrc"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        File.CreateSymbolicLink(stage.At(".bashrc"), "dotfiles/bashrc");
        var before = stage.Snapshot();

        await stage.DoAsync("install", "--write");
        var once = stage.Snapshot();
        await stage.DoAsync("install", "--write");
        Assert.Equal(once, stage.Snapshot());
        Assert.Equal("dotfiles/bashrc", new FileInfo(stage.At(".bashrc")).LinkTarget);
        byte[] written = File.ReadAllBytes(stage.At(".bashrc"));
        Assert.True(written.AsSpan().StartsWith(dotfile));
        Assert.Equal(1, Encoding.Latin1.GetString(written).Split("# >>> helmcached >>>").Length - 1);

        CommandResult result = await stage.Terminal("type -P helm; bash -i -c 'echo $PATH'").RunAsync();
        Assert.Equal($"{stage.Bin}/helm\n{stage.Bin}:{stage.HelmDirectory}:/usr/bin:/bin\n", result.StdoutText);
        Assert.StartsWith("v3.17.3", (await stage.Terminal("helm version --short").RunAsync()).StdoutText, StringComparison.Ordinal);

        await stage.DoAsync("uninstall");
        Assert.Equal(before, stage.Snapshot());
    }

    [Fact]
    public async Task What_was_added_below_our_lines_stays()
    {
        await using var stage = new InstallStage();
        File.WriteAllText(stage.At(".bashrc"), "first=1");
        await stage.DoAsync("install", "--write");
        File.AppendAllText(stage.At(".bashrc"), "last=1\n");
        await stage.DoAsync("uninstall");
        Assert.Equal("first=1\nlast=1\n", File.ReadAllText(stage.At(".bashrc")));
    }

    [Fact]
    public async Task Start_up_files_of_all_four_shells_are_made_and_unmade()
    {
        await using var stage = new InstallStage();
        var before = stage.Snapshot();
        string directory = stage.Cache.At("it's a \"$dir\"");
        await stage.DoAsync(
            "install",
            "--write",
            "--dir",
            directory,
            "--shell",
            "bash",
            "--shell",
            "zsh",
            "--shell",
            "fish",
            "--shell",
            "pwsh"
        );
        Assert.Equal($"{directory}/helm\n", (await stage.Terminal("type -P helm").RunAsync()).StdoutText);
        Assert.Equal(File.ReadAllText(stage.At(".bashrc")), File.ReadAllText(stage.At(".zshrc")));
        string escaped = directory.Replace("'", "\\'", StringComparison.Ordinal);
        Assert.Contains(
            $"\ntest \"$PATH[1]\" = '{escaped}'; or set -gx PATH '{escaped}' $PATH\n",
            File.ReadAllText(stage.At(".config/fish/config.fish")),
            StringComparison.Ordinal
        );
        string doubled = directory.Replace("'", "''", StringComparison.Ordinal);
        Assert.Contains(
            $"\nif (-not $env:PATH.StartsWith('{doubled}:')) {{ $env:PATH = '{doubled}:' + $env:PATH }}\n",
            File.ReadAllText(stage.At(".config/powershell/profile.ps1")),
            StringComparison.Ordinal
        );

        CommandResult elsewhere = await stage.Admin("install", "--dir", stage.Cache.At("other")).RunAsync();
        Assert.Equal(1, elsewhere.ExitCode);
        Assert.Contains("helmcached uninstall", elsewhere.StderrText, StringComparison.Ordinal);
        await stage.DoAsync("uninstall");
        Assert.Equal(before, stage.Snapshot());
        Assert.False(Directory.Exists(directory));
    }

    [Fact]
    public async Task A_helm_that_is_not_ours_is_never_replaced()
    {
        await using var stage = new InstallStage();
        string directory = Directory.CreateDirectory(stage.At("bin")).FullName;
        InstallStage.Script(Path.Combine(directory, "helm"), "echo mine\n");
        var before = stage.Snapshot();
        CommandResult result = await stage.Admin("install", "--write", "--dir", directory).RunAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"{directory}/helm already exists and was not created by helmcached", result.StderrText, StringComparison.Ordinal);
        Assert.Equal(before, stage.Snapshot());
    }

    [Fact]
    public async Task A_copy_outlives_the_build_and_takes_a_newer_one()
    {
        await using var stage = new InstallStage();
        string build = Directory.CreateDirectory(stage.Cache.At("build")).FullName;
        foreach (string file in Directory.GetFiles(Repository.BinaryDirectory))
            File.Copy(file, Path.Combine(build, Path.GetFileName(file)));
        var before = stage.Snapshot();
        for (int i = 0; i < 2; i++)
            Assert.Equal(0, (await stage.Run(Path.Combine(build, "helmcached"), "install").RunAsync()).ExitCode);
        Directory.Delete(build, recursive: true);
        string installed = Path.Combine(stage.Bin, "helmcached");
        Assert.Equal(0, (await stage.Run(installed, "start").RunAsync()).ExitCode);
        CommandResult result = await stage
            .Run(Path.Combine(stage.Bin, "helm"), "template", "r", "web")
            .With("HELMCACHED_TRACE", "1")
            .RunAsync();
        Assert.StartsWith("helmcached: miss", result.StderrText, StringComparison.Ordinal);
        // From where it is: nothing to copy, nothing lost.
        Assert.Equal(0, (await stage.Run(installed, "install").RunAsync()).ExitCode);
        Assert.Equal(0, (await stage.Run(installed, "uninstall").RunAsync()).ExitCode);
        Assert.Equal(before, stage.Snapshot());
    }

    [Fact]
    public async Task With_link_the_next_build_is_used_at_once()
    {
        await using var stage = new InstallStage();
        var before = stage.Snapshot();
        await stage.DoAsync("install");
        Assert.Null(new FileInfo(Path.Combine(stage.Bin, "helm")).LinkTarget);
        await stage.DoAsync("install", "--link");
        Assert.Equal(stage.Cache.ShimPath, new FileInfo(Path.Combine(stage.Bin, "helm")).LinkTarget);
        await stage.DoAsync("uninstall");
        Assert.Equal(before, stage.Snapshot());
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_keeps_nobody_from_another_one()
    {
        await using var stage = new InstallStage();
        var before = stage.Snapshot();
        CommandResult failed = await stage.Admin("install", "--write", "--dir", "/proc/x").RunAsync();
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("/proc/x", failed.StderrText, StringComparison.Ordinal);
        CommandResult doctor = await stage.Admin("doctor").RunAsync();
        Assert.DoesNotContain("/proc/x", doctor.StdoutText, StringComparison.Ordinal);
        await stage.DoAsync("install", "--write");
        Assert.True(File.Exists(Path.Combine(stage.Bin, "helm")));
        await stage.DoAsync("uninstall", "--purge");
        Assert.Equal(before, stage.Snapshot());
    }

    [Theory]
    [InlineData(".asdf/shims", "asdf", "#!/usr/bin/env bash\n# asdf-plugin: helm 3.17.3\nexec asdf exec \"helm\" \"$@\"\n")]
    [InlineData(".local/share/mise/shims", "mise", "exec mise x -- helm \"$@\"\n")]
    public async Task A_version_managers_stub_is_resolved_into_the_configuration(string shims, string manager, string stub)
    {
        await using var stage = new InstallStage(RealHelms.Helm3);
        File.WriteAllText(stage.Configuration, "# mine\nidle_exit: 1h\n");
        File.Delete(Path.Combine(stage.HelmDirectory, "helm"));
        InstallStage.Script(stage.At(shims + "/helm"), stub);
        InstallStage.Script(
            Path.Combine(stage.HelmDirectory, manager),
            $"[ \"$1 $2\" = 'which helm' ] && [ \"$PWD\" = \"$HOME\" ] && echo '{RealHelms.Helm3}'\n"
        );
        Command Here(Command command) => command.With("PATH", $"{stage.At(shims)}:{command.Environment["PATH"]}");

        CommandResult shown = await Here(stage.Admin("install")).RunAsync();
        Assert.Equal(0, shown.ExitCode);
        Assert.Contains($"is a stub of {manager}", shown.StdoutText, StringComparison.Ordinal);
        Assert.Contains($"helm: {RealHelms.Helm3}", shown.StdoutText, StringComparison.Ordinal);
        Assert.Equal("# mine\nidle_exit: 1h\n", File.ReadAllText(stage.Configuration));

        Assert.Equal(0, (await Here(stage.Admin("install", "--write")).RunAsync()).ExitCode);
        Assert.Contains($"\nhelm: {RealHelms.Helm3}\n", File.ReadAllText(stage.Configuration), StringComparison.Ordinal);
        await stage.Cache.StartAsync();
        CommandResult render = await Here(stage.Run(Path.Combine(stage.Bin, "helm"), "template", "r", "web"))
            .With("HELMCACHED_TRACE", "1")
            .RunAsync();
        Assert.Contains("stored)", render.StderrText, StringComparison.Ordinal);
        // By now real helm is found without the stub: nothing more to say about it.
        Assert.Contains(
            $"real helm: {RealHelms.Helm3}",
            (await Here(stage.Admin("install")).RunAsync()).StdoutText,
            StringComparison.Ordinal
        );
        await stage.DoAsync("uninstall");
        Assert.Equal("# mine\nidle_exit: 1h\n", File.ReadAllText(stage.Configuration));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("idle_exit: 1h\n")]
    public async Task B3_real_helm_is_found_by_tools_that_pass_on_no_PATH(string? configuration)
    {
        await using var stage = new InstallStage(RealHelms.Helm3);
        File.Delete(stage.Configuration);
        if (configuration is not null)
            File.WriteAllText(stage.Configuration, configuration);
        string helm = Path.Combine(stage.HelmDirectory, "helm");
        string shown = await stage.DoAsync("install");
        Assert.Contains($"helm: {helm}", shown, StringComparison.Ordinal);
        Assert.Equal(configuration is not null, File.Exists(stage.Configuration));

        for (int again = 0; again < 2; again++)
        {
            await stage.DoAsync("install", "--write");
            Assert.Contains($"\nhelm: {helm}\n", File.ReadAllText(stage.Configuration), StringComparison.Ordinal);
            CommandResult scrubbed = await stage
                .Run(Path.Combine(stage.Bin, "helm"), "version", "--short")
                .With("PATH", again == 0 ? "/nowhere" : null)
                .RunAsync();
            Assert.True(scrubbed.ExitCode == 0 && scrubbed.StdoutText.StartsWith("v3.", StringComparison.Ordinal), scrubbed.ToString());
        }
        await stage.DoAsync("uninstall");
        Assert.Equal(configuration, File.Exists(stage.Configuration) ? File.ReadAllText(stage.Configuration) : null);
    }

    [Theory]
    [InlineData("helm: /opt/mine\n")]
    [InlineData("{}\n")]
    [InlineData("- a\n")]
    public async Task A_configuration_that_cannot_take_the_setting_is_left_alone(string text)
    {
        await using var stage = new InstallStage();
        File.WriteAllText(stage.Configuration, text);
        File.Delete(Path.Combine(stage.HelmDirectory, "helm"));
        InstallStage.Script(stage.At(".asdf/shims/helm"), "exec asdf exec helm \"$@\"\n");
        InstallStage.Script(stage.At(".asdf/bin/asdf"), $"echo '{RealHelms.Helm3}'\n");
        CommandResult result = await stage.Admin("install", "--write").With("PATH", $"{stage.At(".asdf/shims")}:/usr/bin:/bin").RunAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("was not changed", result.StdoutText, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(stage.Configuration));
    }

    [Fact]
    public async Task A_script_called_helm_and_no_helm_at_all_are_told()
    {
        await using var stage = new InstallStage();
        string helm = Path.Combine(stage.HelmDirectory, "helm");
        File.Delete(helm);
        CommandResult none = await stage.Admin("install").RunAsync();
        Assert.Equal(1, none.ExitCode);
        Assert.Contains("no other executable named helm is on PATH; install helm", none.StdoutText, StringComparison.Ordinal);
        Assert.Contains("then run `helmcached install --write` again", none.StdoutText, StringComparison.Ordinal);
        InstallStage.Script(helm, "exec /opt/helm \"$@\"\n");
        Assert.Contains($"{helm} is not a helm binary but a script", await stage.DoAsync("install"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_block_without_an_end_is_left_to_its_owner()
    {
        await using var stage = new InstallStage();
        const string Text = "a=1\n# >>> helmcached >>>\nb=1\n";
        File.WriteAllText(stage.At(".bashrc"), Text);
        CommandResult result = await stage.Admin("install", "--write").RunAsync();
        Assert.Contains("remove the helmcached lines by hand", result.StdoutText, StringComparison.Ordinal);
        Assert.Equal(Text, File.ReadAllText(stage.At(".bashrc")));
    }

    [Fact]
    public async Task What_others_changed_is_left_and_named()
    {
        await using var stage = new InstallStage();
        await stage.DoAsync("install", "--link", "--systemd");
        File.Delete(Path.Combine(stage.Bin, "helm"));
        InstallStage.Script(Path.Combine(stage.Bin, "helm"), "echo mine\n");
        string unit = stage.At(".config/systemd/user/helmcached.service");
        File.AppendAllText(unit, "# mine\n");
        CommandResult result = await stage.Admin("uninstall").RunAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("bin/helm was not removed: it is no longer a link", result.StdoutText, StringComparison.Ordinal);
        Assert.Contains("helmcached.service was not removed: it has changed since", result.StdoutText, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(stage.Bin, "helm")) && File.Exists(unit));
        Assert.False(File.Exists(Path.Combine(stage.Bin, "helmcached")));
    }

    [Fact]
    public async Task Systemd_takes_the_unit()
    {
        await using var stage = new InstallStage();
        var before = stage.Snapshot();
        string said = await stage.DoAsync("install", "--systemd");
        Assert.Contains("systemctl --user enable --now helmcached.service", said, StringComparison.Ordinal);
        string unit = stage.At(".config/systemd/user/helmcached.service");
        string text = File.ReadAllText(unit);
        Assert.Contains($"\nExecStart=\"{stage.Bin}/helmcached\" serve\n", text, StringComparison.Ordinal);
        Assert.Contains($"\nEnvironment=\"HELMCACHED_HOME={stage.Cache.State}\"\n", text, StringComparison.Ordinal);
        if (File.Exists("/usr/bin/systemd-analyze"))
        {
            // It also complains about units of this machine; only ours count.
            CommandResult verified = await stage.Run("/usr/bin/systemd-analyze", "--user", "--man=no", "verify", unit).RunAsync();
            Assert.DoesNotContain("helmcached", verified.StderrText, StringComparison.Ordinal);
        }
        await stage.DoAsync("uninstall");
        Assert.Equal(before, stage.Snapshot());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_cache_goes_only_when_told(bool purge)
    {
        await using var stage = new InstallStage();
        await stage.DoAsync("install");
        await stage.Cache.StartAsync();
        await stage.Run(Path.Combine(stage.Bin, "helm"), "template", "r", "web").RunAsync();
        File.WriteAllText(Path.Combine(stage.Cache.State, "notes.txt"), "not ours");
        await stage.DoAsync(purge ? ["uninstall", "--purge"] : ["uninstall"]);
        Assert.Empty(stage.Cache.DaemonIds());
        Assert.Equal(!purge, File.Exists(Path.Combine(stage.Cache.State, "store.litedb")));
        Assert.Equal("not ours", File.ReadAllText(Path.Combine(stage.Cache.State, "notes.txt")));
        if (!purge)
            return;
        Assert.Equal(["notes.txt"], Directory.GetFileSystemEntries(stage.Cache.State).Select(Path.GetFileName));
        File.Delete(Path.Combine(stage.Cache.State, "notes.txt"));
        await stage.DoAsync("uninstall", "--purge");
        Assert.False(Directory.Exists(stage.Cache.State));
    }

    [Fact]
    public async Task Uninstall_where_nothing_is_says_so()
    {
        await using var stage = new InstallStage();
        Assert.Contains("is not installed", await stage.DoAsync("uninstall"), StringComparison.Ordinal);
        Assert.Empty(stage.Snapshot());
    }

    [Theory]
    [InlineData("install --shell tcsh", 2, "bash")]
    [InlineData("install --dir /a:b", 1, "colon")]
    public async Task Wrong_words_are_answered_with_right_ones(string line, int code, string hint)
    {
        await using var stage = new InstallStage();
        CommandResult result = await stage.Admin(line.Split(' ')).RunAsync();
        Assert.Equal(code, result.ExitCode);
        Assert.Contains(hint, result.StderrText, StringComparison.Ordinal);
        Assert.Empty(stage.Snapshot());
    }

    [PrivilegedFact("setpriv", "--reuid=1", "--clear-groups")]
    public async Task Another_users_home_is_refused()
    {
        await using var stage = new InstallStage();
        using (Process chown = Process.Start("chown", ["12345", stage.Home]))
            await chown.WaitForExitAsync();
        CommandResult result = await stage.Admin("install", "--write").RunAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("belongs to another user", result.StderrText, StringComparison.Ordinal);
        Assert.Empty(stage.Snapshot());
    }
}
