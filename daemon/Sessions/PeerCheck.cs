using System;
using System.Buffers.Binary;
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
    public BypassReason Check(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
        if (socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) != 12)
            return BypassReason.OtherUser;
        int pid = BinaryPrimitives.ReadInt32LittleEndian(credentials);
        uint user = BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]);
        uint group = BinaryPrimitives.ReadUInt32LittleEndian(credentials[8..]);
        if (user != Libc.EffectiveUserId || group != Libc.EffectiveGroupId)
            return BypassReason.OtherUser;
        // Namespace and root are files below /proc; a peer that we cannot see there lives in another pid namespace.
        if (!IsSame($"/proc/{pid}/ns/mnt", _ownMounts))
            return BypassReason.OtherMountNamespace;
        return IsSame($"/proc/{pid}/root", _ownRoot) ? BypassReason.None : BypassReason.OtherRoot;
    }

    private static bool IsSame(string path, FileStamp own) =>
        Libc.Stat(path, follow: true, out FileStamp theirs) == 0 && theirs.Device == own.Device && theirs.Inode == own.Inode && own.Inode != 0;
}
