using System;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CacheDaemon.Client.Native;

/// <summary>
/// A connected Unix domain socket for one blocking caller, where every operation has a deadline. No exceptions: a
/// failure is a false, since the only answer to any failure is to become real helm.
/// </summary>
public sealed unsafe class LocalSocket : IDisposable
{
    private const int AfUnix = 1,
        SockStream = 1,
        SockCloExec = 0x80000,
        SockNonBlock = 0x800;
    private const int SolSocket = 1,
        SoPeerCred = 17;
    private const int PathBytes = 108;

    private int _descriptor;
    private int _came = -1;

    private LocalSocket(int descriptor, int peerId)
    {
        _descriptor = descriptor;
        PeerId = peerId;
    }

    /// <summary>The process that listens; 0 when it is in a process namespace that we do not see.</summary>
    public int PeerId { get; }

    /// <summary>
    /// Connects at once or not at all: a Unix socket either has a listener with room in its backlog, or it has not.
    /// The listener must run as our own user.
    /// </summary>
    /// <param name="path">Socket path, NUL-terminated, at most 108 bytes with its NUL.</param>
    /// <param name="errno">Why not.</param>
    public static LocalSocket? TryConnect(ReadOnlySpan<byte> path, out int errno)
    {
        errno = 0;
        if (path.Length > PathBytes)
            return null;
        int descriptor = socket(AfUnix, SockStream | SockCloExec | SockNonBlock, 0);
        if (descriptor < 0)
        {
            errno = Marshal.GetLastPInvokeError();
            return null;
        }
        byte* address = stackalloc byte[2 + PathBytes];
        *(ushort*)address = AfUnix;
        path.CopyTo(new Span<byte>(address + 2, PathBytes));
        if (connect(descriptor, address, (uint)(2 + path.Length)) != 0)
        {
            errno = Marshal.GetLastPInvokeError();
            Libc.Close(descriptor);
            return null;
        }
        uint* credentials = stackalloc uint[3];
        uint size = 12;
        if (getsockopt(descriptor, SolSocket, SoPeerCred, credentials, &size) != 0 || credentials[1] != Libc.EffectiveUserId)
        {
            Libc.Close(descriptor);
            errno = Libc.EACCES;
            return null;
        }
        return new LocalSocket(descriptor, (int)credentials[0]);
    }

    /// <summary>
    /// Sends everything, or false when the peer took nothing for <paramref name="silence"/> or had not taken all of it at
    /// the deadline (a <see cref="Stopwatch"/> time stamp). A <paramref name="descriptor"/> that is not -1 goes with it.
    /// </summary>
    public bool TrySend(ReadOnlySpan<byte> data, TimeSpan silence, long deadline, int descriptor = -1)
    {
        while (!data.IsEmpty)
        {
            int sent = Libc.Send(_descriptor, data, descriptor);
            if (sent >= 0)
            {
                data = data[sent..];
                descriptor = -1;
            }
            else if (sent != -Libc.EINTR && (sent != -Libc.EAGAIN || !WaitFor(Libc.POLLOUT, Math.Min(deadline, In(silence)))))
                return false;
        }
        return true;
    }

    /// <summary>Receives at least one byte before the deadline. Returns the count; 0 on end, failure or deadline.</summary>
    public int Receive(Span<byte> buffer, long deadline)
    {
        while (true)
        {
            int count = Libc.Receive(_descriptor, buffer, out int came);
            if (came >= 0)
            {
                Drop();
                _came = came;
            }
            if (count >= 0)
                return count;
            if (count != -Libc.EAGAIN || !WaitFor(Libc.POLLIN, deadline))
                return 0;
        }
    }

    /// <summary>The descriptor that came last, now the caller's; -1 when there is none.</summary>
    public int TakeDescriptor()
    {
        int came = _came;
        _came = -1;
        return came;
    }

    /// <summary>The time stamp of a moment from now.</summary>
    public static long In(TimeSpan time) => Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);

    /// <summary>Closes the connection.</summary>
    public void Dispose()
    {
        if (_descriptor >= 0)
            Libc.Close(_descriptor);
        _descriptor = -1;
        Drop();
    }

    private void Drop()
    {
        if (_came >= 0)
            Libc.Close(_came);
        _came = -1;
    }

    private bool WaitFor(short events, long deadline)
    {
        while (true)
        {
            long left = (deadline - Stopwatch.GetTimestamp()) * 1000 / Stopwatch.Frequency;
            // Once more when the time is over: it may have passed while this process had no processor.
            if (left < 0)
                return Libc.Poll(_descriptor, events, 0) != 0;
            if (Libc.Poll(_descriptor, events, (int)Math.Min(left + 1, int.MaxValue)) != 0)
                return true;
        }
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int socket(int domain, int type, int protocol);

    [DllImport("libc", SetLastError = true)]
    private static extern int connect(int descriptor, byte* address, uint length);

    [DllImport("libc", SetLastError = true)]
    private static extern int getsockopt(int descriptor, int level, int option, void* value, uint* length);
}
