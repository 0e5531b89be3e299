using System;
using System.Runtime.InteropServices;

namespace CacheDaemon.Client.Native;

/// <summary>Who a process is, ourselves or the one at the other end of a socket; see the other parts for who this is for.</summary>
public static unsafe partial class Libc
{
    private const int SoPeerGroups = 59,
        SoPeerPidFd = 77;

    /// <summary>More supplementary groups than any account has; the kernel allows 65,536.</summary>
    private const int MostGroups = 65_536;

    /// <summary>
    /// A descriptor of the very process that connected (SO_PEERPIDFD), which no later process of the same number can be taken for; -1
    /// before Linux 6.5. It is close-on-exec, and readable when the process has ended.
    /// </summary>
    public static int PeerProcess(int socket)
    {
        int descriptor = -1;
        uint size = sizeof(int);
        return getsockopt(socket, SolSocket, SoPeerPidFd, &descriptor, &size) == 0 ? descriptor : -1;
    }

    /// <summary>
    /// As <see cref="PeerProcess"/>, from Linux 5.3 on, of a peer that is still connected: before 6.5 its number is looked up. -1 when it
    /// is not, or has no number here.
    /// </summary>
    public static int ConnectedProcess(int socket)
    {
        const int PeerCredentials = 17,
            PidFdOpen = 434; // socket(7); the same system call number everywhere.
        int descriptor = PeerProcess(socket);
        if (descriptor >= 0)
            return descriptor;
        int* credentials = stackalloc int[3];
        uint size = 3 * sizeof(int);
        if (getsockopt(socket, SolSocket, PeerCredentials, credentials, &size) != 0 || credentials[0] <= 0)
            return -1;
        descriptor = (int)syscall(PidFdOpen, credentials[0], 0);
        // Connected now, so the number has been nobody else's while we looked.
        if (descriptor < 0 || (Poll(socket, 0, 0) & (POLLHUP | POLLERR)) == 0)
            return descriptor;
        Close(descriptor);
        return -1;
    }

    /// <summary>Whether the supplementary groups with which the peer connected (SO_PEERGROUPS) are these, in the kernel's order.</summary>
    public static bool PeerHasGroups(int socket, ReadOnlySpan<uint> groups)
    {
        uint size = (uint)(groups.Length * sizeof(uint));
        Span<uint> theirs = groups.Length <= 64 ? stackalloc uint[groups.Length] : new uint[groups.Length];
        fixed (uint* p = theirs)
        {
            // For no groups at all the kernel wants a place all the same.
            uint nothing;
            if (getsockopt(socket, SolSocket, SoPeerGroups, p is null ? &nothing : p, &size) != 0)
                return false; // ERANGE: it has more.
        }
        return size == groups.Length * sizeof(uint) && theirs.SequenceEqual(groups);
    }

    /// <summary>Our own supplementary groups, in the kernel's order.</summary>
    public static uint[] Groups()
    {
        int count = getgroups(0, null);
        if (count is <= 0 or > MostGroups)
            return [];
        uint[] groups = new uint[count];
        fixed (uint* p = groups)
            return getgroups(count, p) == count ? groups : [];
    }

    /// <summary>
    /// The effective capabilities of a process, a bit for each (capabilities(7)); null when there is none of this number.
    /// </summary>
    /// <param name="pid">By our own process namespace; 0 for ourselves.</param>
    public static ulong? EffectiveCapabilities(int pid)
    {
        const uint Version3 = 0x20080522; // linux/capability.h: two sets of effective, permitted, inheritable, 32 bits each.
        uint* header = stackalloc uint[] { Version3, (uint)pid };
        uint* data = stackalloc uint[6];
        return capget(header, data) == 0 ? data[0] | ((ulong)data[3] << 32) : null;
    }

    /// <summary>Opens a place below an open directory (<c>O_PATH</c>); -1 when there is nothing, or no descriptor left.</summary>
    public static int OpenPlace(int directory, ReadOnlySpan<byte> path)
    {
        const int PlaceOnly = 0x200000;
        fixed (byte* p = path)
            return openat(directory, p, PlaceOnly | OpenCloseOnExec);
    }

    /// <summary>Reads the beginning of a file below an open directory. Returns how much, or a negative errno.</summary>
    public static int ReadBeginning(int directory, ReadOnlySpan<byte> path, Span<byte> buffer)
    {
        int descriptor;
        fixed (byte* p = path)
            descriptor = openat(directory, p, OpenReadOnly | OpenNoControllingTerminal | OpenNonBlocking | OpenCloseOnExec);
        if (descriptor < 0)
            return -Marshal.GetLastPInvokeError();
        int error = Read(descriptor, buffer, out int count);
        Close(descriptor);
        return error == 0 ? count : -error;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int openat(int directory, byte* path, int flags);

    [DllImport("libc")]
    private static extern int getsockopt(int descriptor, int level, int option, void* value, uint* length);

    [DllImport("libc", SetLastError = true)]
    private static extern nint syscall(nint number, nint first, nint second);

    [DllImport("libc")]
    private static extern int getgroups(int count, uint* groups);

    [DllImport("libc")]
    private static extern int capget(uint* header, uint* data);
}
