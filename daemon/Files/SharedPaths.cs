using System;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Files;

/// <summary>
/// A second look at paths that meant the same to the caller and to us when they were resolved. A directory on the way may since have become
/// a link into <c>/proc</c>, where the same name is another thing to each process: that is a change, whatever is found there.
/// </summary>
internal static class SharedPaths
{
    /// <summary>
    /// As <see cref="Libc.Stat(ReadOnlySpan{byte}, bool, out FileStamp)"/>; <see cref="Libc.ELOOP"/> when the way depends on the process.
    /// </summary>
    /// <param name="path">Absolute path, the last byte NUL.</param>
    /// <param name="follow">Whether a final symbolic link is followed.</param>
    /// <param name="stamp">The stamp, when 0 is returned.</param>
    public static int Stat(ReadOnlySpan<byte> path, bool follow, out FileStamp stamp)
    {
        int error = Libc.StatWithoutMagicLinks(path, follow, out stamp);
        if (error is not (Libc.ENOSYS or Libc.EPERM))
            return error;
        return DependsOnProcess(path) ? Libc.ELOOP : Libc.Stat(path, follow, out stamp);
    }

    /// <summary>As <see cref="Libc.OpenPlace(System.ReadOnlySpan{byte})"/>; -1 also when the way depends on the process.</summary>
    public static int OpenPlace(ReadOnlySpan<byte> path)
    {
        int error = Libc.OpenPlaceWithoutMagicLinks(path, follow: true, out int descriptor);
        if (error is not (Libc.ENOSYS or Libc.EPERM))
            return descriptor;
        return DependsOnProcess(path) ? -1 : Libc.OpenPlace(path);
    }

    // Without openat2 (before Linux 5.6, or under a filter) component by component.
    private static bool DependsOnProcess(ReadOnlySpan<byte> path) =>
        new PathResolver().Resolve(path.TrimEnd((byte)0), out _) == PathOutcome.OfProcess;
}
