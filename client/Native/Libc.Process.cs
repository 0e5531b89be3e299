using System;
using System.Runtime.InteropServices;

namespace CacheDaemon.Client.Native;

/// <summary>Processes, descriptors and signals; see the other half for who this is for.</summary>
public static unsafe partial class Libc
{
    public const int EPERM = 1,
        EIO = 5,
        EAGAIN = 11,
        EINVAL = 22,
        ENOSPC = 28,
        EPIPE = 32,
        ECONNRESET = 104,
        E2BIG = 7,
        ENOEXEC = 8,
        ECHILD = 10,
        ENOSYS = 38,
        EINPROGRESS = 115;
    public const int SIGHUP = 1,
        SIGINT = 2,
        SIGQUIT = 3,
        SIGABRT = 6,
        SIGKILL = 9,
        SIGPIPE = 13,
        SIGTERM = 15,
        SIGCHLD = 17,
        SIGCONT = 18,
        SIGXFSZ = 25;
    public const short POLLIN = 1,
        POLLOUT = 4,
        POLLERR = 8,
        POLLHUP = 16;

    private const int OCloExec = 0x80000;
    private const int ORdOnly = 0,
        ORdWr = 2;
    private const int RlimitCpu = 0,
        RlimitFileSize = 1,
        RlimitData = 2,
        RlimitStack = 3,
        RlimitNoFile = 7,
        RlimitAddressSpace = 9;
    private const int FGetFd = 1,
        FSetPipeSize = 1031;
    private const int LockExclusive = 2,
        LockNonBlocking = 4;
    private const short SpawnSetSigDef = 0x04,
        SpawnSetSigMask = 0x08,
        SpawnSetSid = 0x80;
    private const int SpawnStructBytes = 1024;

    /// <summary>The process's environment: NULL-terminated "NAME=value" strings, owned by libc.</summary>
    public static byte** EnvironmentBlock { get; } = SystemNative_GetEnviron();

    /// <summary>
    /// argv as it came, byte for byte: the kernel puts it, with its count before it, directly before the environment (System V ABI,
    /// "Process Initialization"). Null where it is not found there.
    /// </summary>
    public static byte** ArgumentVector
    {
        get
        {
            int count = Environment.GetCommandLineArgs().Length;
            byte** vector = EnvironmentBlock - count - 1;
            return vector[count] is null && (nint)vector[-1] == count ? vector : null;
        }
    }

    /// <summary>The value of a variable as bytes without the final NUL, or an empty span with <c>false</c>.</summary>
    public static bool TryGetVariable(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        for (byte** p = EnvironmentBlock; p is not null && *p is not null; p++)
        {
            ReadOnlySpan<byte> entry = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(*p);
            if (entry.Length > name.Length && entry[name.Length] == (byte)'=' && entry.StartsWith(name))
            {
                value = entry[(name.Length + 1)..];
                return true;
            }
        }
        value = default;
        return false;
    }

    /// <summary>
    /// Signals that end a program by default and that Go programs, helm among them, take no notice of: USR1, USR2, ALRM, XCPU, XFSZ,
    /// VTALRM, PROF, IO and PWR. Schedulers of batch jobs send some of them to every process of a job.
    /// </summary>
    private static ReadOnlySpan<byte> UnnoticedByGo => [10, 12, 14, 24, SIGXFSZ, 26, 27, 29, 30];

    /// <summary>
    /// Signals, bit by bit, that are ignored here only and by default in what this process becomes or starts. .NET ignores SIGPIPE.
    /// </summary>
    private static uint s_ignoredHere = 1u << SIGPIPE;

    /// <summary>From now on no signal ends this process that would not end helm. What it becomes or starts is not concerned.</summary>
    public static void IgnoreWhatGoIgnores()
    {
        const nint Default = 0,
            Ignore = 1;
        foreach (byte number in UnnoticedByGo)
            if (signal(number, Ignore) == Default)
                s_ignoredHere |= 1u << number;
    }

    /// <summary>True for the signals that a fault of a program's own raises: ILL, TRAP, ABRT, BUS, FPE, SEGV and SYS.</summary>
    public static bool IsCrash(int signal) => signal is 4 or 5 or 6 or 7 or 8 or 11 or 31;

    /// <summary>Replaces this process. Returns only on failure, with errno.</summary>
    public static int Exec(byte* path, byte** argv, byte** environment)
    {
        // An ignored signal stays ignored across exec: without SIGPIPE helm would print write errors.
        for (int number = 1; number < 32; number++)
            if ((s_ignoredHere & (1u << number)) != 0)
                signal(number, 0);
        execve(path, argv, environment);
        return Marshal.GetLastPInvokeError();
    }

    /// <summary>
    /// Starts a child with the given descriptors as 1 and 2 (-1: inherit), and each of <paramref name="inputs"/> in the place of another.
    /// Returns its pid, or -errno.
    /// </summary>
    public static int Spawn(byte* path, byte** argv, byte** environment, ReadOnlySpan<(int From, int To)> inputs, int stdout, int stderr)
    {
        byte* actions = stackalloc byte[SpawnStructBytes];
        byte* attributes = stackalloc byte[SpawnStructBytes];
        posix_spawn_file_actions_init(actions);
        posix_spawnattr_init(attributes);
        // Each takes memory. Without one of them the child would write to our own output, or read what we have read.
        int error = 0;
        foreach ((int from, int to) in inputs)
            if (error == 0)
                error = posix_spawn_file_actions_adddup2(actions, from, to);
        if (error == 0 && stdout >= 0)
            error = posix_spawn_file_actions_adddup2(actions, stdout, 1);
        if (error == 0 && stderr >= 0)
            error = posix_spawn_file_actions_adddup2(actions, stderr, 2);
        DefaultIgnoredHere(attributes);
        posix_spawnattr_setflags(attributes, SpawnSetSigDef);
        int pid = 0;
        if (error == 0)
            error = posix_spawn(&pid, path, actions, attributes, argv, environment);
        posix_spawn_file_actions_destroy(actions);
        posix_spawnattr_destroy(attributes);
        return error == 0 ? pid : -error;
    }

    /// <summary>
    /// Starts a child in a session of its own, with /dev/null as 0 (or <paramref name="stdin"/>), 1 and 2 and the descriptors of
    /// <paramref name="close"/> closed, and with no signal ignored or blocked. Returns its pid, or -errno.
    /// </summary>
    public static int SpawnDetached(byte* path, byte** argv, byte** environment, int stdin, ReadOnlySpan<int> close)
    {
        byte* actions = stackalloc byte[SpawnStructBytes];
        byte* attributes = stackalloc byte[SpawnStructBytes];
        posix_spawn_file_actions_init(actions);
        posix_spawnattr_init(attributes);
        int error;
        fixed (byte* devNull = "/dev/null\0"u8)
            error = posix_spawn_file_actions_addopen(actions, 0, devNull, ORdWr, 0);
        error |= posix_spawn_file_actions_adddup2(actions, 0, 1);
        error |= posix_spawn_file_actions_adddup2(actions, 0, 2);
        if (stdin >= 0)
            error |= posix_spawn_file_actions_adddup2(actions, stdin, 0);
        foreach (int descriptor in close)
            error |= posix_spawn_file_actions_addclose(actions, descriptor);
        // What our caller ignores or has blocked is its own business: a daemon must hear SIGTERM.
        ulong* set = stackalloc ulong[SignalSetWords];
        Fill(set, uint.MaxValue);
        posix_spawnattr_setsigdefault(attributes, set);
        Fill(set, 0);
        posix_spawnattr_setsigmask(attributes, set);
        posix_spawnattr_setflags(attributes, SpawnSetSigDef | SpawnSetSigMask | SpawnSetSid);
        int pid = 0;
        if (error == 0)
            error = posix_spawn(&pid, path, actions, attributes, argv, environment);
        posix_spawn_file_actions_destroy(actions);
        posix_spawnattr_destroy(attributes);
        return error == 0 ? pid : -error;
    }

    private static void DefaultIgnoredHere(byte* attributes)
    {
        ulong* set = stackalloc ulong[SignalSetWords];
        Fill(set, s_ignoredHere);
        posix_spawnattr_setsigdefault(attributes, set);
    }

    /// <summary>sigset_t is 128 bytes in glibc and musl; signal n is bit n-1.</summary>
    private const int SignalSetWords = 16;

    /// <param name="set">All of a sigset_t.</param>
    /// <param name="signals">Signal n as bit n.</param>
    private static void Fill(ulong* set, uint signals)
    {
        new Span<ulong>(set, SignalSetWords).Clear();
        set[0] = signals >> 1;
    }

    /// <summary>False where a sandbox refuses <see cref="Wait"/>: to be asked before a child is started.</summary>
    public static bool MayWait => Wait(-1, block: false) is null or -ECHILD or >= 0;

    /// <summary>Waits for a child. Returns its raw wait status, or -errno.</summary>
    /// <param name="pid">The child.</param>
    /// <param name="block">False: answer at once, with null while it runs.</param>
    public static int? Wait(int pid, bool block)
    {
        const int NoHang = 1;
        int status;
        int result;
        do result = waitpid(pid, &status, block ? 0 : NoHang);
        while (result < 0 && Marshal.GetLastPInvokeError() == EINTR);
        return result == 0 ? null
            : result < 0 ? -Marshal.GetLastPInvokeError()
            : status;
    }

    /// <summary>Waits until a child ends or is stopped by a signal. Returns its raw wait status, or -errno.</summary>
    public static int WaitForEndOrStop(int pid)
    {
        const int Untraced = 2;
        int status;
        int result;
        do result = waitpid(pid, &status, Untraced);
        while (result < 0 && Marshal.GetLastPInvokeError() == EINTR);
        return result < 0 ? -Marshal.GetLastPInvokeError() : status;
    }

    /// <summary>True when a wait status says that the child was stopped and may go on (wait(2), WIFSTOPPED).</summary>
    public static bool IsStop(int waitStatus) => waitStatus >= 0 && (waitStatus & 0xff) == 0x7f;

    /// <summary>
    /// Ends this process as if <paramref name="signalNumber"/> had killed it, also when our caller had it blocked, as Go does.
    /// </summary>
    public static void DieBy(int signalNumber)
    {
        const int Unblock = 1;
        signal(signalNumber, 0);
        ulong* set = stackalloc ulong[SignalSetWords];
        Fill(set, 1u << signalNumber);
        sigprocmask(Unblock, set, null);
        kill(getpid(), signalNumber);
        _exit(128 + signalNumber);
    }

    /// <summary>Restores a signal's default action.</summary>
    public static void SetDefault(int signalNumber) => signal(signalNumber, 0);

    /// <summary>Ignores a signal, here and in what this process becomes or starts.</summary>
    public static void Ignore(int signalNumber) => signal(signalNumber, 1);

    /// <summary>True when this process was started to ignore the signal, or chose to.</summary>
    public static bool IsIgnored(int signalNumber)
    {
        // struct sigaction begins with the handler on x64 and arm64, glibc and musl; 152 bytes at most.
        const nint Ignore = 1;
        nint* action = stackalloc nint[32];
        return sigaction(signalNumber, null, action) == 0 && action[0] == Ignore;
    }

    /// <summary>Whether the descriptor is a terminal.</summary>
    public static bool IsTerminal(int descriptor) => isatty(descriptor) == 1;

    public static void Kill(int pid, int signalNumber) => kill(pid, signalNumber);

    public static int ProcessId => getpid();

    public static uint EffectiveUserId => geteuid();

    public static uint EffectiveGroupId => getegid();

    /// <summary>The umask; read by setting it twice, so call it while there is one thread.</summary>
    public static int Umask
    {
        get
        {
            int mask = umask(0x3f);
            umask(mask);
            return mask;
        }
        set => umask(value);
    }

    /// <summary>
    /// True when a file that this process or a child writes may not grow beyond a limit (RLIMIT_FSIZE), which pipes know nothing of.
    /// </summary>
    public static bool LimitsFileSize
    {
        get
        {
            ulong* limit = stackalloc ulong[2];
            return getrlimit(RlimitFileSize, limit) != 0 || limit[0] != ulong.MaxValue;
        }
    }

    /// <summary>
    /// The limit of this process, as a shell sets it, under which what it starts could not do a daemon's work; null when there is none.
    /// Hard limits only: the soft ones are raised (daemon/Native/limits.c). Half of a process that serves everybody is worse than none.
    /// </summary>
    public static string? LimitBelowDaemon
    {
        get
        {
            const ulong MiB = 1 << 20;
            return IsBelow(RlimitCpu, 600) ? "-t"
                : IsBelow(RlimitFileSize, 4096 * MiB) ? "-f" // twice the store's size, and files in memory
                : IsBelow(RlimitData, 1024 * MiB) ? "-d"
                : IsBelow(RlimitStack, MiB / 2) ? "-s"
                : IsBelow(RlimitNoFile, 64) ? "-n"
                : IsBelow(RlimitAddressSpace, 2048 * MiB) ? "-v"
                : null;

            static bool IsBelow(int resource, ulong least)
            {
                ulong* limit = stackalloc ulong[2];
                return getrlimit(resource, limit) == 0 && limit[1] < least;
            }
        }
    }

    /// <summary>How many descriptors this process may have open (RLIMIT_NOFILE, the soft limit).</summary>
    public static long MaxDescriptors
    {
        get
        {
            ulong* limit = stackalloc ulong[2]; // struct rlimit: soft, hard
            return getrlimit(RlimitNoFile, limit) == 0 ? (long)Math.Min(limit[0], int.MaxValue) : 256;
        }
    }

    /// <summary>
    /// Raises <see cref="MaxDescriptors"/> to what it may be raised to (the hard limit). The soft one is low for the sake of programs that
    /// call select(2), which knows no descriptor above 1,023 (getrlimit(2)).
    /// </summary>
    public static void RaiseMaxDescriptors()
    {
        ulong* limit = stackalloc ulong[2];
        if (getrlimit(RlimitNoFile, limit) != 0 || limit[0] == limit[1])
            return;
        limit[0] = limit[1];
        _ = setrlimit(RlimitNoFile, limit);
    }

    /// <summary>True when the descriptor is open.</summary>
    public static bool IsOpen(int descriptor) => fcntl(descriptor, FGetFd, 0) >= 0;

    /// <summary>A close-on-exec pipe with a large buffer where the system allows. Returns 0 or errno.</summary>
    public static int Pipe(out int read, out int write)
    {
        const int LargePipeBytes = 1024 * 1024;
        int* ends = stackalloc int[2];
        if (pipe2(ends, OCloExec) != 0)
        {
            read = write = -1;
            return Marshal.GetLastPInvokeError();
        }
        (read, write) = (ends[0], ends[1]);
        fcntl(write, FSetPipeSize, LargePipeBytes);
        return 0;
    }

    /// <summary>Makes <paramref name="to"/> the same as <paramref name="from"/>, open across exec. Returns 0 or errno.</summary>
    public static int Duplicate(int from, int to) => dup2(from, to) == to || dup3(from, to, 0) == to ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>
    /// Opens or creates a lock file (0600) and tries to lock it. Returns the descriptor that holds the lock until it is
    /// closed, or -1: someone else holds it when <paramref name="errno"/> is 0, else the file cannot be opened.
    /// </summary>
    public static int TryLock(ReadOnlySpan<byte> path, out int errno)
    {
        const int OCreate = 0x40;
        errno = 0;
        int descriptor;
        fixed (byte* p = path)
            descriptor = open(p, ORdWr | OCreate | OCloExec | ONoFollow, 0x180);
        if (descriptor < 0)
        {
            errno = Marshal.GetLastPInvokeError();
            return -1;
        }
        if (flock(descriptor, LockExclusive | LockNonBlocking) == 0)
            return descriptor;
        Close(descriptor);
        return -1;
    }

    /// <summary>As <see cref="TryLock"/>, but waits for whoever holds it. -1 when it cannot be opened.</summary>
    public static int WaitForLock(ReadOnlySpan<byte> path)
    {
        while (true)
        {
            int descriptor = TryLock(path, out int errno);
            if (descriptor >= 0 || errno != 0)
                return descriptor;
            const int LookEveryMilliseconds = 20;
            Poll([], LookEveryMilliseconds);
        }
    }

    /// <summary>Lets every ordinary process go first.</summary>
    public static void BeNice() => nice(10);

    /// <summary>Makes a directory with mode 0700. Returns 0 or errno.</summary>
    public static int MakePrivateDirectory(ReadOnlySpan<byte> path)
    {
        fixed (byte* p = path)
            return mkdir(p, 0x1c0) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Reads once, again after EINTR. Returns the count, 0 at the end, or -errno.</summary>
    public static int Read(int descriptor, Span<byte> buffer) =>
        Read(descriptor, buffer, out int count) is var error and not 0 ? -error : count;

    /// <summary>
    /// Writes everything, waiting where the descriptor is non-blocking. Returns 0 or the errno that stopped it.
    /// </summary>
    public static int WriteAll(int descriptor, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            nint count;
            fixed (byte* p = data)
                count = write(descriptor, p, (nuint)data.Length);
            if (count >= 0)
            {
                data = data[(int)count..];
                continue;
            }
            int error = Marshal.GetLastPInvokeError();
            if (error == EAGAIN)
                Poll(descriptor, POLLOUT, -1);
            else if (error != EINTR)
                return error;
        }
        return 0;
    }

    /// <summary>Waits for one descriptor. Returns its events, 0 after the time-out (milliseconds, -1: waits for ever).</summary>
    public static short Poll(int descriptor, short events, int milliseconds)
    {
        var one = new PollDescriptor { Descriptor = descriptor, Events = events };
        return Poll(new Span<PollDescriptor>(ref one), milliseconds) > 0 ? one.Returned : (short)0;
    }

    /// <summary>Waits for several descriptors. Returns how many have events; 0 after the time-out or a signal.</summary>
    public static int Poll(Span<PollDescriptor> descriptors, int milliseconds)
    {
        fixed (PollDescriptor* p = descriptors)
            return Math.Max(poll(p, (nuint)descriptors.Length, milliseconds), 0);
    }

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    // Of the class library's own native half (pal_environment.c): the variable environ, which a static program cannot look up by its name.
    [DllImport("libSystem.Native")]
    private static extern byte** SystemNative_GetEnviron();

    [DllImport("libc")]
    private static extern int getrlimit(int resource, ulong* limit);

    [DllImport("libc")]
    private static extern int setrlimit(int resource, ulong* limit);

    [DllImport("libc", SetLastError = true)]
    private static extern int execve(byte* path, byte** argv, byte** envp);

    [DllImport("libc")]
    private static extern nint signal(int number, nint handler);

    [DllImport("libc")]
    private static extern int sigaction(int number, void* action, void* former);

    [DllImport("libc")]
    private static extern int sigprocmask(int how, ulong* set, ulong* former);

    [DllImport("libc")]
    private static extern int kill(int pid, int number);

    [DllImport("libc")]
    private static extern int isatty(int descriptor);

    [DllImport("libc")]
    private static extern int getpid();

    [DllImport("libc")]
    private static extern uint geteuid();

    [DllImport("libc")]
    private static extern uint getegid();

    [DllImport("libc")]
    private static extern void _exit(int code);

    [DllImport("libc")]
    private static extern int umask(int mask);

    [DllImport("libc", SetLastError = true)]
    private static extern int waitpid(int pid, int* status, int options);

    [DllImport("libc")]
    private static extern int fcntl(int descriptor, int command, nint argument);

    [DllImport("libc", SetLastError = true)]
    private static extern int pipe2(int* ends, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int dup2(int from, int to);

    [DllImport("libc", SetLastError = true)]
    private static extern int dup3(int from, int to, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int open(byte* path, int flags, uint mode);

    [DllImport("libc")]
    private static extern int nice(int increment);

    [DllImport("libc")]
    private static extern int flock(int descriptor, int operation);

    [DllImport("libc", SetLastError = true)]
    private static extern int mkdir(byte* path, uint mode);

    [DllImport("libc", SetLastError = true)]
    private static extern nint write(int descriptor, byte* buffer, nuint count);

    [DllImport("libc")]
    private static extern int poll(PollDescriptor* descriptors, nuint count, int timeout);

    [DllImport("libc")]
    private static extern int posix_spawn(int* pid, byte* path, byte* actions, byte* attributes, byte** argv, byte** envp);

    [DllImport("libc")]
    private static extern int posix_spawn_file_actions_init(byte* actions);

    [DllImport("libc")]
    private static extern int posix_spawn_file_actions_destroy(byte* actions);

    [DllImport("libc")]
    private static extern int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [DllImport("libc")]
    private static extern int posix_spawn_file_actions_addclose(byte* actions, int descriptor);

    [DllImport("libc")]
    private static extern int posix_spawn_file_actions_addopen(byte* actions, int descriptor, byte* path, int flags, uint mode);

    [DllImport("libc")]
    private static extern int posix_spawnattr_init(byte* attributes);

    [DllImport("libc")]
    private static extern int posix_spawnattr_destroy(byte* attributes);

    [DllImport("libc")]
    private static extern int posix_spawnattr_setflags(byte* attributes, short flags);

    [DllImport("libc")]
    private static extern int posix_spawnattr_setsigdefault(byte* attributes, ulong* set);

    [DllImport("libc")]
    private static extern int posix_spawnattr_setsigmask(byte* attributes, ulong* set);
}
