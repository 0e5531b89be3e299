using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using CacheDaemon.Tests.EndToEnd.Faults;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Client;

/// <summary>
/// Each number by which our declarations of the C library name something of the system, compared by the C compilers of both processors with
/// what their headers say: O_NOFOLLOW, for one, is not the same on both. A constant that is not listed here fails.
/// </summary>
public sealed partial class SystemConstantsTests
{
    private const string Declarations = """
        #define _GNU_SOURCE
        #include <dirent.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <linux/capability.h>
        #include <linux/magic.h>
        #include <linux/openat2.h>
        #include <linux/stat.h>
        #include <poll.h>
        #include <signal.h>
        #include <spawn.h>
        #include <stddef.h>
        #include <sys/file.h>
        #include <sys/mman.h>
        #include <sys/resource.h>
        #include <sys/socket.h>
        #include <sys/syscall.h>
        #include <sys/uio.h>
        #include <sys/un.h>
        #include <sys/vfs.h>
        #include <sys/wait.h>
        #include <unistd.h>
        /* The C library's, beside the kernel's in linux/stat.h. */
        #include <sys/stat.h>
        /* Newer than the headers of Debian 12. */
        #ifndef SO_PEERPIDFD
        #define SO_PEERPIDFD 77
        #endif
        #ifndef MFD_NOEXEC_SEAL
        #define MFD_NOEXEC_SEAL 8
        #endif
        #ifndef STATX_MNT_ID_UNIQUE
        #define STATX_MNT_ID_UNIQUE 0x4000
        #endif
        #define SAME(ours, theirs) _Static_assert((long long)(ours) == (long long)(theirs), #theirs)
        #define AT(type, member, offset, size) \
          _Static_assert(offsetof(type, member) == (offset) && sizeof(((type *)0)->member) == (size), #type "." #member)

        """;

    /// <summary>By name, or by name and value where two have one name. Empty: a choice of ours, known to no other program.</summary>
    private static readonly Dictionary<string, string> s_meanings = new(StringComparer.Ordinal)
    {
        ["AtFdCwd"] = "AT_FDCWD",
        ["AtSymlinkNoFollow"] = "AT_SYMLINK_NOFOLLOW",
        ["AtEmptyPath"] = "AT_EMPTY_PATH",
        ["AtEffectiveAccess"] = "AT_EACCESS",
        ["Execute"] = "X_OK",
        ["Write"] = "W_OK",
        ["StatxBasicStats"] = "STATX_BASIC_STATS",
        ["StatxMountId"] = "STATX_MNT_ID",
        ["StatxUniqueMountId"] = "STATX_MNT_ID_UNIQUE",
        ["OpenReadOnly"] = "O_RDONLY",
        ["ORdOnly"] = "O_RDONLY",
        ["WriteOnly"] = "O_WRONLY",
        ["ORdWr"] = "O_RDWR",
        ["ReadWrite"] = "O_RDWR",
        ["AccessMode"] = "O_ACCMODE",
        ["OpenNoControllingTerminal"] = "O_NOCTTY",
        ["OpenNonBlocking"] = "O_NONBLOCK",
        ["OpenCloseOnExec"] = "O_CLOEXEC",
        ["OCloExec"] = "O_CLOEXEC",
        ["OCreate"] = "O_CREAT",
        ["CreateFile"] = "O_CREAT",
        ["Create"] = "O_CREAT",
        ["Truncate"] = "O_TRUNC",
        ["Append"] = "O_APPEND",
        ["PlaceOnly"] = "O_PATH",
        ["NoMagicLinks"] = "RESOLVE_NO_MAGICLINKS",
        ["OpenAt2"] = "SYS_openat2",
        ["PidFdOpen"] = "SYS_pidfd_open",
        ["FGetFd"] = "F_GETFD",
        ["GetStatusFlags"] = "F_GETFL",
        ["FSetPipeSize"] = "F_SETPIPE_SZ",
        ["FAddSeals"] = "F_ADD_SEALS",
        ["FGetSeals"] = "F_GET_SEALS",
        ["SealSeal"] = "F_SEAL_SEAL",
        ["SealShrink"] = "F_SEAL_SHRINK",
        ["SealGrow"] = "F_SEAL_GROW",
        ["SealWrite"] = "F_SEAL_WRITE",
        ["CloseOnExec=1"] = "MFD_CLOEXEC",
        ["AllowSealing"] = "MFD_ALLOW_SEALING",
        ["NoExec"] = "MFD_NOEXEC_SEAL",
        ["ProtRead"] = "PROT_READ",
        ["ProtWrite"] = "PROT_WRITE",
        ["MapShared"] = "MAP_SHARED",
        ["SeekSet"] = "SEEK_SET",
        ["SeekEnd"] = "SEEK_END",
        ["NoSignal"] = "MSG_NOSIGNAL",
        ["CloseOnExec=0x40000000"] = "MSG_CMSG_CLOEXEC",
        ["SolSocket"] = "SOL_SOCKET",
        ["ScmRights"] = "SCM_RIGHTS",
        ["SoPeerCred"] = "SO_PEERCRED",
        ["PeerCredentials"] = "SO_PEERCRED",
        ["SoPeerGroups"] = "SO_PEERGROUPS",
        ["SoPeerPidFd"] = "SO_PEERPIDFD",
        ["AfUnix"] = "AF_UNIX",
        ["SockStream"] = "SOCK_STREAM",
        ["SockCloExec"] = "SOCK_CLOEXEC",
        ["SockNonBlock"] = "SOCK_NONBLOCK",
        ["PathBytes"] = "sizeof(((struct sockaddr_un *)0)->sun_path)",
        ["Bytes"] = "CMSG_LEN(sizeof(int))",
        ["RlimitNoFile"] = "RLIMIT_NOFILE",
        ["RlimitCpu"] = "RLIMIT_CPU",
        ["RlimitFileSize"] = "RLIMIT_FSIZE",
        ["RlimitData"] = "RLIMIT_DATA",
        ["RlimitStack"] = "RLIMIT_STACK",
        ["RlimitAddressSpace"] = "RLIMIT_AS",
        ["MiB"] = "",
        ["LockExclusive"] = "LOCK_EX",
        ["LockNonBlocking"] = "LOCK_NB",
        ["SpawnSetSigDef"] = "POSIX_SPAWN_SETSIGDEF",
        ["SpawnSetSigMask"] = "POSIX_SPAWN_SETSIGMASK",
        ["SpawnSetSid"] = "POSIX_SPAWN_SETSID",
        ["Default"] = "SIG_DFL",
        ["Ignore"] = "SIG_IGN",
        ["Unblock"] = "SIG_UNBLOCK",
        ["NoHang"] = "WNOHANG",
        ["Untraced"] = "WUNTRACED",
        ["SignalSetWords"] = "sizeof(sigset_t) / 8",
        ["Version3"] = "_LINUX_CAPABILITY_VERSION_3",
        ["TypeMask"] = "S_IFMT",
        ["EntryNameOffset"] = "offsetof(struct dirent, d_name)",
        ["ProcessFileSystem"] = "PROC_SUPER_MAGIC",
        ["ProcSuperMagic"] = "PROC_SUPER_MAGIC",
        ["MaxLinkBytes"] = "",
        ["FirstReadBytes"] = "",
        ["LargePipeBytes"] = "",
        ["LookEveryMilliseconds"] = "",
        ["MostGroups"] = "",
        ["SpawnStructBytes"] = "",
        ["MaxLabelBytes"] = "",
        ["MaxLinks"] = "",
        ["TrustAfterNanoseconds"] = "",
    };

    /// <summary>Layouts that are the same on both, as they are declared, and room that is enough on both.</summary>
    private const string Layouts = """
        AT(struct statx, stx_mask, 0, 4); AT(struct statx, stx_uid, 20, 4); AT(struct statx, stx_mode, 28, 2);
        AT(struct statx, stx_ino, 32, 8);
        AT(struct statx, stx_size, 40, 8); AT(struct statx, stx_ctime, 96, 16); AT(struct statx, stx_mtime, 112, 16);
        AT(struct statx, stx_dev_major, 136, 4);
        AT(struct statx, stx_dev_minor, 140, 4); AT(struct statx, stx_mnt_id, 144, 8); SAME(256, sizeof(struct statx));
        AT(struct stat, st_dev, 0, 8); AT(struct stat, st_ino, 8, 8); AT(struct stat, st_size, 48, 8); AT(struct stat, st_mtim, 88, 16);
        AT(struct stat, st_ctim, 104, 16);
        _Static_assert(sizeof(struct stat) <= 144, "struct stat");
        AT(struct open_how, flags, 0, 8); AT(struct open_how, mode, 8, 8); AT(struct open_how, resolve, 16, 8);
        AT(struct pollfd, fd, 0, 4); AT(struct pollfd, events, 4, 2); AT(struct pollfd, revents, 6, 2);
        AT(struct iovec, iov_base, 0, 8); AT(struct iovec, iov_len, 8, 8);
        AT(struct msghdr, msg_name, 0, 8); AT(struct msghdr, msg_iov, 16, 8); AT(struct msghdr, msg_iovlen, 24, 8);
        AT(struct msghdr, msg_control, 32, 8);
        AT(struct msghdr, msg_controllen, 40, 8); AT(struct msghdr, msg_flags, 48, 4); SAME(56, sizeof(struct msghdr));
        AT(struct cmsghdr, cmsg_len, 0, 8); AT(struct cmsghdr, cmsg_level, 8, 4); AT(struct cmsghdr, cmsg_type, 12, 4);
        SAME(24, CMSG_SPACE(sizeof(int)));
        AT(struct rlimit, rlim_cur, 0, 8); AT(struct rlimit, rlim_max, 8, 8);
        AT(struct sigaction, sa_handler, 0, 8); _Static_assert(sizeof(struct sigaction) <= 256, "struct sigaction");
        AT(struct statfs, f_type, 0, 8); _Static_assert(sizeof(struct statfs) <= 256, "struct statfs");
        AT(struct ucred, pid, 0, 4); AT(struct ucred, uid, 4, 4); AT(struct ucred, gid, 8, 4);
        _Static_assert(sizeof(posix_spawn_file_actions_t) <= 1024 && sizeof(posix_spawnattr_t) <= 1024, "posix_spawn");
        SAME(sizeof(int), sizeof(pid_t)); SAME(sizeof(int), sizeof(mode_t)); SAME(sizeof(int), sizeof(socklen_t)); SAME(8, sizeof(off_t));
        SAME(8, sizeof(nfds_t));
        SAME(4, SIGILL); SAME(5, SIGTRAP); SAME(7, SIGBUS); SAME(8, SIGFPE); SAME(10, SIGUSR1); SAME(11, SIGSEGV); SAME(12, SIGUSR2);
        SAME(14, SIGALRM);
        SAME(24, SIGXCPU); SAME(26, SIGVTALRM); SAME(27, SIGPROF); SAME(29, SIGIO); SAME(30, SIGPWR); SAME(31, SIGSYS);
        SAME(7, RLIMIT_NOFILE);
        SAME(0x8000, S_IFREG); SAME(0x4000, S_IFDIR); SAME(0xa000, S_IFLNK);

        """;

    /// <summary>What differs, as <c>Libc.ONoFollow</c> and <c>Libc.OldStat</c> have it.</summary>
    private const string X64 = """
        SAME(0x20000, O_NOFOLLOW); AT(struct stat, st_mode, 24, 4); AT(struct stat, st_uid, 28, 4); SAME(1, sizeof(void *) / 8);
        """;

    private const string Arm64 = """
        SAME(0x8000, O_NOFOLLOW); AT(struct stat, st_mode, 16, 4); AT(struct stat, st_uid, 24, 4); SAME(1, sizeof(void *) / 8);
        """;

    [CompilerTheory("cc", "gcc")]
    [InlineData(X64)]
    public Task Numbers_of_the_system_are_those_of_x64(string differences) =>
        System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture is System.Runtime.InteropServices.Architecture.X64
            ? CompileAsync("cc", differences)
            : Task.CompletedTask;

    [CompilerTheory("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu")]
    [InlineData(Arm64)]
    public Task Numbers_of_the_system_are_those_of_arm64(string differences) => CompileAsync("aarch64-linux-gnu-gcc", differences);

    private static async Task CompileAsync(string compiler, string differences)
    {
        using var directory = new TemporaryDirectory();
        var program = new StringBuilder(Declarations);
        int compared = 0;
        foreach ((string name, string value) in Constants())
        {
            string? theirs =
                s_meanings.GetValueOrDefault($"{name}={value}")
                ?? s_meanings.GetValueOrDefault(name)
                ?? (ErrorOrSignal().IsMatch(name) ? name : null);
            Assert.True(
                theirs is not null,
                $"{name} = {value} of client/Native is not listed: say what it is to the system, or that it is a choice of ours"
            );
            if (theirs.Length == 0)
                continue;
            program.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"SAME({value}, {theirs});");
            compared++;
        }
        Assert.True(compared > 80, $"only {compared} constants were found");
        string file = directory.Write("constants.c", program + Layouts + differences + "\n");
        CommandResult result = await new Command(compiler, ["-std=gnu11", "-fsyntax-only", file])
        {
            Environment = new Dictionary<string, string?> { ["PATH"] = Environment.GetEnvironmentVariable("PATH") },
        }.RunAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    /// <summary>The plain numbers among the constants, as they stand there.</summary>
    private static IEnumerable<(string Name, string Value)> Constants()
    {
        IEnumerable<string> files =
        [
            .. Directory.GetFiles(Path.Combine(Repository.Root, "client", "Native"), "*.cs"),
            Path.Combine(Repository.Root, "daemon", "Sessions", "PeerCheck.cs"),
            Path.Combine(Repository.Root, "daemon", "Files", "PathResolver.cs"),
        ];
        foreach (Match constant in files.SelectMany(file => Constant().Matches(File.ReadAllText(file))))
        foreach (Match one in Declarator().Matches(constant.Groups["declarators"].Value))
            yield return (one.Groups["name"].Value, one.Groups["value"].Value.Replace("_", "", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\bconst (?:int|uint|short|long|ulong|nint) (?<declarators>[^;]*);")]
    private static partial Regex Constant();

    [GeneratedRegex(@"(?<name>\w+) = (?<value>-?(?:0x)?[0-9a-fA-F_]+)(?=,|$)")]
    private static partial Regex Declarator();

    [GeneratedRegex("^(?:E[A-Z0-9]+|SIG[A-Z]+|POLL[A-Z]+)$")]
    private static partial Regex ErrorOrSignal();
}

/// <summary>Skips, with the reason, where this compiler is missing.</summary>
public sealed class CompilerTheoryAttribute : TheoryAttribute
{
    public CompilerTheoryAttribute(string compiler, string package)
    {
        if (!Needs.Succeeds(compiler, "--version"))
            Skip = $"needs {compiler} (Debian: apt-get install {package})";
    }
}
