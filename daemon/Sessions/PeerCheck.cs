using System;
using System.Buffers.Binary;
using System.IO;
using System.Net.Sockets;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>
/// Decides if a peer sees the same files as we do: same user and group, same mount namespace, same root directory. Only
/// then does a path mean the same to both, and only then may the daemon read the inputs in the caller's stead.
/// </summary>
internal sealed class PeerCheck
{
    private const int SolSocket = 1, SoPeerCred = 17;

    private readonly FileStamp _ownMounts;
    private readonly FileStamp _ownRoot;

    public PeerCheck()
    {
        Libc.Stat("/proc/self/ns/mnt\0"u8, follow: true, out _ownMounts);
        Libc.Stat("/\0"u8, follow: true, out _ownRoot);
    }

    /// <summary><see cref="BypassReason.None"/>, or why this peer is not served. Another user is to be disconnected without a word.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="pid">The process that connected, by our own pid namespace; 0 when it is not visible there.</param>
    public BypassReason Check(Socket socket, out int pid)
    {
        pid = 0;
        Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
        if (socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) != 12)
            return BypassReason.OtherUser;
        pid = BinaryPrimitives.ReadInt32LittleEndian(credentials);
        uint user = BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]);
        uint group = BinaryPrimitives.ReadUInt32LittleEndian(credentials[8..]);
        if (user != Libc.EffectiveUserId || group != Libc.EffectiveGroupId)
            return BypassReason.OtherUser;
        // Namespace and root are files below /proc; a peer that we cannot see there lives in another pid namespace.
        if (!IsSame($"/proc/{pid}/ns/mnt", _ownMounts))
            return BypassReason.OtherMountNamespace;
        return IsSame($"/proc/{pid}/root", _ownRoot) ? BypassReason.None : BypassReason.OtherRoot;
    }

    /// <summary>True when the process is stopped by a signal (Ctrl-Z), so that nothing will come from it until someone lets it go on.</summary>
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

    private static bool IsSame(string path, FileStamp own) =>
        Libc.Stat(path, follow: true, out FileStamp theirs) == 0 && theirs.Device == own.Device && theirs.Inode == own.Inode && own.Inode != 0;
}
