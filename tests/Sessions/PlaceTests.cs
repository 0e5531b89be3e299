using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Tests.EndToEnd.Faults;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Sessions;

/// <summary>
/// Callers that share the daemon's mount namespace, and have its root or working directory by device and inode, yet see other files below
/// it. Each script runs in a namespace of its own, the daemon too.
/// </summary>
[Trait("Needs", "programs")]
public sealed class PlaceTests
{
    public static IEnumerable<object[]> Majors => RealHelms.Majors;

    [MountTheory]
    [MemberData(nameof(Majors))]
    public Task A2_a_root_that_is_a_bind_mount_of_ours_is_another_root(int major) =>
        AssertAsHelm(
            major,
            """
            mount -t tmpfs none web; mkdir web/templates
            printf 'apiVersion: v2\nname: web\nversion: 9.9.9\n' >web/Chart.yaml; printf 'upper: 1\n' >web/templates/x.yaml
            find web -exec touch -d '2020-01-01' {} +
            call
            mkdir root; mount --bind / root; mount --bind /proc root/proc; mount --bind /dev root/dev
            here=$PWD; cd root
            chroot . /bin/bash -c 'cd "$0"; exec "$@"' "$here" "$@"
            """,
            "upper: 1",
            "a: b"
        );

    [MountTheory]
    [MemberData(nameof(Majors))]
    public Task A2_a_working_directory_below_another_mount_is_another_directory(int major) =>
        AssertAsHelm(
            major,
            """
            mkdir vals; printf 'v: lower\n' >vals/v.yaml; mount -t tmpfs none vals; printf 'v: upper\n' >vals/v.yaml
            printf 'value: {{ .Values.v }}\n' >web/templates/v.yaml
            call -f vals/v.yaml
            # From here on the directory's path leads to a mount that does not have the one below it.
            mount --bind "$PWD" "$PWD"
            call -f vals/v.yaml
            (cd "$PWD"; call -f vals/v.yaml)
            """,
            "value: upper",
            "value: lower"
        );

    /// <summary>
    /// In a process namespace without a /proc of its own, the number of the caller is made that of another process of the machine, which
    /// has the daemon's root and mount namespace.
    /// </summary>
    [ProcessNumbersTheory]
    [MemberData(nameof(Majors))]
    public Task A1_a_caller_is_not_taken_for_another_process_of_its_number(int major) =>
        AssertAsHelm(
            major,
            $$"""
            printf '#!/bin/bash\necho %s >/proc/sys/kernel/ns_last_pid\n"$@"\nexit $?\n' $(({{Environment.ProcessId}} - 1)) >numbered
            call
            export -f call
            unshare --mount /bin/bash -c '
                mount -t tmpfs none web; mkdir web/templates
                printf "apiVersion: v2\nname: web\nversion: 9.9.9\n" >web/Chart.yaml; printf "inside: 1\n" >web/templates/x.yaml
                find web -exec touch -d 2020-01-01 {} +
                /bin/bash ./numbered "$@"' inside "$@"
            """,
            ["--pid", "--fork", "--kill-child"],
            "a: b",
            "inside: 1"
        );

    [PrivilegedTheory("setpriv", "--bounding-set=-all", "--inh-caps=-all")]
    [InlineData(3, "setpriv --bounding-set=-all --inh-caps=-all")]
    [InlineData(4, "setpriv --bounding-set=-all --inh-caps=-all")]
    [InlineData(3, "unshare --user")]
    [InlineData(4, "unshare --user")]
    public Task A5_who_may_read_less_gets_what_helm_gives_it(int major, string less) =>
        AssertAsHelm(major, $"chown -R 65534:65534 web; chmod 700 web; call; {less} \"$@\"", [], "a: b");

    [PrivilegedTheory("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--groups=4242")]
    [MemberData(nameof(Majors))]
    public Task A5_who_has_left_a_group_gets_what_helm_gives_it(int major) =>
        AssertAsHelm(
            major,
            """
            chown -R 65534:4242 web; chmod -R 750 web
            less() { setpriv --bounding-set=-all --inh-caps=-all "$@"; }
            less --groups=4242 "$@"; less --groups=4242 "$@"; less --clear-groups "$@"
            """,
            [],
            "a: b"
        );

    /// <summary>
    /// A caller that the daemon with the store declines gets hits, too; the host keeps its own, and one command stops both.
    /// </summary>
    [MountTheory]
    [MemberData(nameof(Majors))]
    public async Task M_callers_of_another_mount_namespace_have_a_daemon_of_their_own(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        CommandResult call = await RunAsync(
            home,
            "ours",
            ["--mount"],
            """
            export HELMCACHED_TRACE=$PWD/trace
            mount -t tmpfs none web; mkdir web/templates
            printf 'apiVersion: v2\nname: web\nversion: 9.9.9\n' >web/Chart.yaml; printf 'inside: 1\n' >web/templates/x.yaml
            find web -exec touch -d '2020-01-01' {} +
            for i in $(seq 100); do call >&2; ! grep -q ': hit' trace || break; sleep 0.1; done
            call
            "$HELMCACHED_TEST_ADMIN" status
            "$HELMCACHED_TEST_ADMIN" doctor >doctor || :
            grep -F 'serves callers like you' doctor
            """,
            home.ShimPath,
            "\"$HELMCACHED_TEST_ADMIN\" start >/dev/null\n"
        );
        Assert.True(call.ExitCode == 0, call + call.StderrText);
        Assert.Contains("inside: 1", call.StdoutText, StringComparison.Ordinal);
        Assert.Contains("store: memory only", call.StdoutText, StringComparison.Ordinal);
        CommandResult host = await RunAsync(home, "host", ["--ipc"], "call", home.ShimPath);
        Assert.Contains("a: b", host.StdoutText, StringComparison.Ordinal);
        Assert.Contains("store: memory and disk", (await home.Admin("status").RunAsync()).StdoutText, StringComparison.Ordinal);
        Assert.Equal(2, home.DaemonIds().Count);
        Assert.Equal(0, (await home.Admin("stop").RunAsync()).ExitCode);
        Assert.Empty(home.DaemonIds());
    }

    /// <summary>Else it would decline the calls of all others until it is idle.</summary>
    [MountFact]
    public async Task M_daemon_leaves_when_nobody_is_left_in_its_mount_namespace()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        Command start = home.Admin("start");
        Assert.Equal(
            0,
            (await (start with { File = "/usr/bin/unshare", Arguments = ["--mount", start.File, .. start.Arguments] }).RunAsync()).ExitCode
        );
        CommandResult doctor = await home.Admin("doctor").RunAsync();
        Assert.Contains("does not serve calls from here: other-mount-namespace", doctor.StdoutText, StringComparison.Ordinal);
        await Eventually.IsTrueAsync("the daemon has left", () => home.DaemonIds().Count == 0);
    }

    private static Task AssertAsHelm(int major, string script, params string[] expected) =>
        AssertAsHelm(major, script, ["--mount"], expected);

    private static async Task AssertAsHelm(int major, string script, string[] unshare, params string[] expected)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        CommandResult real = await RunAsync(home, "real", unshare, script, home.RealHelm);
        foreach (string text in expected)
            Assert.Contains(text, real.StdoutText, StringComparison.Ordinal);
        CommandResult ours = await RunAsync(home, "ours", unshare, "\"$HELMCACHED_TEST_ADMIN\" start >/dev/null\n" + script, home.ShimPath);
        Assert.Equal(real.StdoutText, ours.StdoutText);
        Assert.Equal(real.StderrText.Replace("/real/", "/ours/", StringComparison.Ordinal), ours.StderrText);
        Assert.Equal(real.ExitCode, ours.ExitCode);
    }

    // "before" is what the shell does first, outside the namespace.
    private static Task<CommandResult> RunAsync(
        DaemonHome home,
        string name,
        string[] unshare,
        string script,
        string helm,
        string before = ""
    )
    {
        string work = Directory.CreateDirectory(home.At(name)).FullName;
        Chart("web").WithConfigMap("c", "a: b").WriteTo(work);
        const string Calls = "set -eu; call() { for i in 1 2; do \"${helm[@]}\" \"$@\"; done; }; helm=(\"$@\")\n";
        return new Command(
            "/bin/bash",
            [
                "-c",
                before + "exec unshare \"$@\"",
                "outside",
                .. unshare,
                "/bin/bash",
                "-c",
                Calls + script,
                "place",
                helm,
                "template",
                "r",
                "web",
            ]
        )
        {
            Directory = work,
            Environment = new Dictionary<string, string?>(home.Environment)
            {
                ["PATH"] = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin",
                ["HELMCACHED_TEST_ADMIN"] = home.DaemonPath,
            },
        }.RunAsync();
    }
}

/// <summary>Skips, with the reason, where the number of the next process cannot be chosen.</summary>
public sealed class ProcessNumbersTheoryAttribute : TheoryAttribute
{
    private static readonly Lazy<bool> s_possible = new(() =>
        Needs.Succeeds("unshare", "--pid", "--fork", "/bin/bash", "-c", "echo 100 >/proc/sys/kernel/ns_last_pid && unshare --mount true")
    );

    public ProcessNumbersTheoryAttribute()
    {
        if (!s_possible.Value)
            Skip = "needs root and a kernel with CONFIG_CHECKPOINT_RESTORE, to choose the number of a process";
    }
}
