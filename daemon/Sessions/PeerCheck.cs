using System;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.IO;
using System.Net.Sockets;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>
/// Decides if a peer sees the same files as we do and may read the same: same user and group, mount namespace, root directory, user
/// namespace, capabilities, supplementary groups and security label. Only then does a path mean the same to both, and only then may the
/// daemon read the inputs in the caller's stead.
/// </summary>
internal sealed class PeerCheck
{
    private const int SolSocket = 1,
        SoPeerCred = 17;

    private readonly Caller _self = Caller.Self;

    /// <summary>The process file system as it was at the start, whatever is mounted over it later; -1 when there is none.</summary>
    private readonly int _processes = -1;

    /// <summary>
    /// Whether numbers of processes mean the same there as to us. After <c>unshare --pid</c> they do not until /proc is mounted anew, and
    /// the number of a peer is that of some other process.
    /// </summary>
    private readonly bool _numbersAreOurs;

    public PeerCheck()
    {
        const long ProcessFileSystem = 0x9fa0; // PROC_SUPER_MAGIC, linux/magic.h
        if (Libc.FileSystemType("/proc\0"u8, out long type) != 0 || type != ProcessFileSystem)
            return;
        // Kept open for as long as the process lives.
        _processes = Libc.OpenPlace("/proc\0"u8);
        _numbersAreOurs = NumbersAreOurs();
    }

    /// <summary>
    /// <see cref="BypassReason.None"/>, or why this peer is not served. Another user is to be disconnected without a word.
    /// </summary>
    /// <param name="socket">The connection.</param>
    /// <param name="pid">The process that connected, by the numbers of /proc; 0 when it is not visible there.</param>
    /// <param name="number">
    /// The same by our own process namespace: what it calls itself if that is its own, too. 0 when it has no number there.
    /// </param>
    public BypassReason Check(Socket socket, out int pid, out int number)
    {
        (pid, number) = (0, 0);
        Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
        if (socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) != 12)
            return BypassReason.OtherUser;
        number = BinaryPrimitives.ReadInt32LittleEndian(credentials);
        uint user = BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]);
        uint group = BinaryPrimitives.ReadUInt32LittleEndian(credentials[8..]);
        if (user != Libc.EffectiveUserId || group != Libc.EffectiveGroupId)
            return BypassReason.OtherUser;

        int descriptor = (int)socket.Handle;
        int process = Libc.PeerProcess(descriptor);
        int directory = -1;
        try
        {
            int visible = _numbersAreOurs ? number : NumberInProc(process);
            directory = visible > 0 ? OpenProcess(visible) : -1;
            if (directory < 0)
                return WithTrueReason(Unknown(descriptor));
            BypassReason reason = WithTrueReason(Compare(directory, descriptor, number));
            // Alive now, so its number has been nobody else's while we looked.
            if (!IsAlive(process, descriptor))
                return Unknown(descriptor);
            pid = visible;
            return reason;
        }
        finally
        {
            if (directory >= 0)
                Libc.Close(directory);
            if (process >= 0)
                Libc.Close(process);
            GC.KeepAlive(socket);
        }
    }

    /// <summary>
    /// Whether another process that we may look at is in our mount namespace; also true when that cannot be told. A daemon itself keeps its
    /// namespace alive, so only this tells that nobody can call it any more.
    /// </summary>
    public static bool HasCompany()
    {
        if (!NumbersAreOurs())
            return true;
        try
        {
            foreach (string directory in Directory.EnumerateDirectories("/proc"))
            {
                if (
                    int.TryParse(Path.GetFileName(directory), out int id)
                    && id != Environment.ProcessId
                    && Libc.Stat(directory + "/ns/mnt", follow: true, out FileStamp mounts) == 0
                    && Caller.Self.IsMountNamespace(mounts)
                )
                    return true;
            }
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <summary>
    /// True when the process is stopped by a signal (Ctrl-Z), so that nothing will come from it until someone lets it go on.
    /// </summary>
    public static bool IsSuspended(int pid)
    {
        try
        {
            // proc_pid_stat(5): the state follows the name, which may itself hold blanks and brackets.
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat.AsSpan(stat.LastIndexOf(')') + 1).StartsWith(" T");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <param name="directory">The peer's directory of /proc.</param>
    /// <param name="socket">The connection.</param>
    /// <param name="number">The peer's process by our own namespace.</param>
    private BypassReason Compare(int directory, int socket, int number)
    {
        // Only who may trace a process may look at these (proc(5)): one that is above us, by its capabilities for example, hides them.
        if (
            Libc.Stat(directory, "ns/mnt\0"u8, follow: true, out FileStamp mounts) != 0
            || Libc.Stat(directory, "ns/user\0"u8, follow: true, out FileStamp users) != 0
            || Libc.StatPlace(directory, "root\0"u8, out FileStamp root) != 0
        )
            return BypassReason.OtherCredentials;
        if (!_self.IsMountNamespace(mounts))
            return BypassReason.OtherMountNamespace;
        if (!_self.IsRoot(root))
            return BypassReason.OtherRoot;
        return
            _self.IsUserNamespace(users)
            && _self.HasCapabilities(Libc.EffectiveCapabilities(number))
            && Libc.PeerHasGroups(socket, _self.Groups)
            && HasOurLabel(directory)
            ? BypassReason.None
            : BypassReason.OtherCredentials;
    }

    /// <summary>What could not be looked at for want of a descriptor is no fault of the caller's.</summary>
    private static BypassReason WithTrueReason(BypassReason reason) =>
        reason != BypassReason.None && Libc.IsOutOfDescriptors ? BypassReason.TooFewDescriptors : reason;

    private bool HasOurLabel(int directory)
    {
        if (_self.Label.IsEmpty)
            return true;
        Span<byte> label = stackalloc byte[Caller.MaxLabelBytes];
        int length = Libc.ReadBeginning(directory, "attr/current\0"u8, label);
        return length > 0 && label[..length].SequenceEqual(_self.Label);
    }

    private int OpenProcess(int pid)
    {
        Span<byte> name = stackalloc byte[12];
        Utf8Formatter.TryFormat(pid, name, out int digits);
        name[digits] = 0;
        return Libc.OpenPlace(_processes, name);
    }

    /// <summary>
    /// The number that a process has in our /proc, whose process namespace may be another than ours; 0 when it cannot be told.
    /// </summary>
    private int NumberInProc(int process)
    {
        if (process < 0 || _processes < 0)
            return 0;
        Span<byte> lines = stackalloc byte[1024];
        int length = Libc.ReadBeginning(_processes, Libc.PathBytes($"self/fdinfo/{process}"), lines);
        return length > 0 ? (int)(Libc.NumberIn(lines[..length], "Pid:"u8) ?? 0) : 0;
    }

    /// <summary>
    /// Whether the peer still runs: by its descriptor, and on older kernels by its end of the connection, which is closed when it ends
    /// unless it was given away.
    /// </summary>
    private static bool IsAlive(int process, int socket) => process >= 0 ? Libc.Poll(process, Libc.POLLIN, 0) == 0 : !IsClosed(socket);

    /// <summary>
    /// Why nothing can be said of a peer: it has left, as all have that called while we were suspended; or its process cannot be seen from
    /// here.
    /// </summary>
    private static BypassReason Unknown(int socket) => IsClosed(socket) ? BypassReason.CallerLeft : BypassReason.CallerUnknown;

    private static bool IsClosed(int socket) => (Libc.Poll(socket, 0, 0) & (Libc.POLLHUP | Libc.POLLERR)) != 0;

    /// <summary>
    /// proc(5): <c>self</c> is our number there, and <c>NSpid</c> has one for each process namespace from that one down to ours.
    /// </summary>
    private static bool NumbersAreOurs()
    {
        if (
            Libc.ReadFile("/proc/self/status\0"u8, 64 * 1024, out ReadOnlySpan<byte> status) != 0
            || Libc.NumberIn(status, "Pid:"u8) != Environment.ProcessId
        )
            return false;
        int at = status.IndexOf("\nNSpid:"u8);
        if (at < 0)
            return true; // A kernel without process namespaces.
        ReadOnlySpan<byte> line = status[(at + 1)..];
        line = line[..line.IndexOf((byte)'\n')]["NSpid:"u8.Length..].Trim(" \t"u8);
        return !line.ContainsAny(" \t"u8);
    }
}
