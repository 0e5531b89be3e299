using System;
using System.IO;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Client.Native;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd.Faults;

/// <summary>
/// Whichever system call of the shim a sandbox refuses: where real helm does its work without it, the caller gets helm's bytes and exit
/// code.
/// </summary>
[Collection(FaultsCollection.Name)]
[Trait("Needs", "programs")]
public sealed class SandboxTests
{
    /// <summary>
    /// All that strace shows of the shim's hits, misses and becoming helm, and what the C library takes instead of those. Not execve,
    /// without which nothing begins, nor exit_group, without which nothing ends.
    /// </summary>
    private static readonly string[] s_calls =
    [
        "access",
        "arch_prctl",
        "brk",
        "clone",
        "clone3",
        "close",
        "connect",
        "dup2",
        "dup3",
        "faccessat",
        "faccessat2",
        "fcntl",
        "flock",
        "fstat",
        "ftruncate",
        "futex",
        "getcwd",
        "getdents64",
        "getegid",
        "geteuid",
        "getpid",
        "getrandom",
        "getrlimit",
        "getsockopt",
        "gettid",
        "kill",
        "lseek",
        "madvise",
        "membarrier",
        "memfd_create",
        "mmap",
        "mprotect",
        "munmap",
        "newfstatat",
        "open",
        "openat",
        "pipe2",
        "poll",
        "ppoll",
        "prctl",
        "pread64",
        "prlimit64",
        "read",
        "readlink",
        "recvmsg",
        "rseq",
        "rt_sigaction",
        "rt_sigprocmask",
        "sched_getaffinity",
        "sched_yield",
        "sendfile",
        "sendmsg",
        "set_robust_list",
        "set_tid_address",
        "sigaltstack",
        "socket",
        "stat",
        "statfs",
        "statx",
        "sysinfo",
        "tgkill",
        "umask",
        "uname",
        "utimensat",
        "vfork",
        "wait4",
        "write",
    ];

    public static TheoryData<string, int> Refusals()
    {
        var rows = new TheoryData<string, int>();
        foreach (string call in s_calls)
            rows.Add(call, Libc.EPERM);
        foreach (
            string call in (string[])
                ["clone3", "faccessat2", "lseek", "membarrier", "memfd_create", "mprotect", "pread64", "sendfile", "statx", "wait4"]
        )
            rows.Add(call, Libc.ENOSYS);
        return rows;
    }

    [ClockFact]
    public async Task B2_System_call_that_is_refused_changes_no_output()
    {
        using var sandbox = new Sandbox(s_calls);
        await using var home = new DaemonHome(RealHelms.Helm3);
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        // More than a message holds, so that it comes as a file.
        Chart("web").WithConfigMap("c", $"a: {{{{ .Values.a | quote }}}}\n  b: {new string('x', 100_000)}").WriteTo(work);
        await home.StartAsync();
        byte[] values = Encoding.ASCII.GetBytes("a: given\n");
        Command ours = home.Shim(work, "template", "r", "web", "-f", "-") with { Stdin = values },
            real = ours with { File = home.RealHelm };
        CommandResult expected = await real.RunAsync();
        Assert.Equal(0, expected.ExitCode);
        var failures = new StringBuilder();
        int compared = 0;
        foreach (object[] row in Refusals())
        {
            (string call, int errno) = ((string)row[0], (int)row[1]);
            if (!(await sandbox.Refuse(call, errno, real).RunAsync()).Equals(expected))
                continue;
            compared++;
            foreach (string recache in (string[])["1", "0"])
                if (
                    (await sandbox.Refuse(call, errno, ours.With("HELMCACHED_RECACHE", recache)).RunAsync()).DifferenceFrom(expected) is
                    { } difference
                )
                    failures.AppendLine($"{call}, errno {errno}, {(recache == "1" ? "miss" : "hit")}: {difference}");
        }
        Assert.True(failures.Length == 0, failures.ToString());
        Assert.InRange(compared, s_calls.Length / 2, int.MaxValue);
    }

    /// <summary>An old sandbox costs no cache: it knows neither clone3 nor statx, and says so by EPERM.</summary>
    [ClockFact]
    public async Task B2_Calls_are_served_where_new_system_calls_are_refused()
    {
        using var sandbox = new Sandbox("clone3", "statx", "faccessat2", "sendfile", "lseek");
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        foreach (string call in (string[])["clone3", "statx", "faccessat2", "sendfile", "lseek"])
        {
            CommandResult result = await sandbox.Refuse(call, Libc.EPERM, fake.Template().With("HELMCACHED_TRACE", "1")).RunAsync();
            Assert.Equal((0, FakeHelmHome.Output), (result.ExitCode, result.StdoutText));
            Assert.StartsWith("helmcached: hit", result.StderrText, StringComparison.Ordinal);
        }
        Assert.Equal(1, fake.Runs);
    }
}
