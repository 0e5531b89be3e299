using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace CacheDaemon.Tests.Support;

/// <summary>The socket that a daemon listens on, found from outside, and made useless: accept(2) then fails with EINVAL.</summary>
internal static partial class ListeningSocket
{
    private const int PidfdOpen = 434,
        PidfdGetfd = 438;

    /// <summary>Shuts down the socket that a process listens on below a home.</summary>
    public static void ShutDown(int process, string home)
    {
        int number = DescriptorOf(process, home);
        if (process == Environment.ProcessId)
        {
            ShutDown(number, owns: false);
            return;
        }
        int handle = syscall(PidfdOpen, process, 0, 0);
        int copy = syscall(PidfdGetfd, handle, number, 0);
        int error = Marshal.GetLastPInvokeError();
        using (new Microsoft.Win32.SafeHandles.SafeFileHandle(handle, ownsHandle: true))
        {
            if (copy < 0)
                throw new IOException($"pidfd_getfd: {Marshal.GetPInvokeErrorMessage(error)}");
            ShutDown(copy, owns: true);
        }
    }

    private static void ShutDown(int descriptor, bool owns)
    {
        using var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: owns));
        socket.Shutdown(SocketShutdown.Both);
    }

    private static int DescriptorOf(int process, string home)
    {
        // /proc/net/unix: address, references, protocol, flags (listening: 00010000), type, state, inode, path.
        string inode = File.ReadLines($"/proc/{process}/net/unix")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Single(fields => fields.Length > 7 && fields[3] == "00010000" && fields[7].StartsWith(home + "/", StringComparison.Ordinal))[
            6
        ];
        return Directory
            .EnumerateFiles($"/proc/{process}/fd")
            .Where(path => new FileInfo(path).LinkTarget == $"socket:[{inode}]")
            .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))
            .Single();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syscall(long number, long first, long second, long third);
}
