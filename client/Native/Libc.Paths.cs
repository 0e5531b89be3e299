using System.Runtime.InteropServices;

namespace CacheDaemon.Client.Native;

/// <summary>
/// Looking at paths without magic links: the links below <c>/proc</c> that lead where the process which follows them has something open
/// (<c>fd/N</c>, <c>cwd</c>, <c>root</c>). To us they mean something else than to our caller.
/// </summary>
public static unsafe partial class Libc
{
    /// <summary>The same number on every architecture (asm-generic/unistd.h); Linux 5.6.</summary>
    private const nint OpenAt2 = 437;

    /// <summary>
    /// As <see cref="Stat(System.ReadOnlySpan{byte}, bool, out FileStamp)"/>, but <see cref="ELOOP"/> when a magic link is on the way, and
    /// <see cref="ENOSYS"/> or <see cref="EPERM"/> where the kernel cannot tell.
    /// </summary>
    public static int StatWithoutMagicLinks(System.ReadOnlySpan<byte> path, bool follow, out FileStamp stamp)
    {
        stamp = default;
        int error = OpenPlaceWithoutMagicLinks(path, follow, out int descriptor);
        if (error != 0)
            return error;
        error = Stat(descriptor, out stamp);
        Close(descriptor);
        return error;
    }

    /// <summary>
    /// As <see cref="OpenPlace(System.ReadOnlySpan{byte})"/>, with the failures of <see cref="StatWithoutMagicLinks"/>. Returns 0 or errno.
    /// </summary>
    public static int OpenPlaceWithoutMagicLinks(System.ReadOnlySpan<byte> path, bool follow, out int descriptor)
    {
        const ulong PlaceOnly = 0x200000;
        const ulong NoMagicLinks = 2;
        // struct open_how of linux/openat2.h: flags, mode, resolve.
        ulong* how = stackalloc ulong[3] { PlaceOnly | OpenCloseOnExec | (follow ? 0 : (ulong)ONoFollow), 0, NoMagicLinks };
        fixed (byte* p = path)
            descriptor = (int)syscall(OpenAt2, AtFdCwd, p, how, 3 * sizeof(ulong));
        return descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern nint syscall(nint number, nint directory, byte* path, ulong* how, nint size);
}
