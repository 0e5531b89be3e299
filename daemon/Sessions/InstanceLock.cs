using System;
using System.IO;
using System.Runtime.InteropServices;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>
/// The exclusive lock that makes the daemon single per home. Only its owner may remove or replace the socket. The
/// kernel drops it when the process ends, however it ends.
/// </summary>
public sealed class InstanceLock : IDisposable
{
    private int _descriptor;

    private readonly string _path;

    private InstanceLock(int descriptor, string path)
    {
        _descriptor = descriptor;
        _path = path;
    }

    /// <summary>Takes the lock, or answers null when another daemon has it.</summary>
    /// <exception cref="IOException">The home is not ours (<see cref="HomeDirectory"/>), or cannot be made private or written.</exception>
    public static InstanceLock? TryTake(Endpoint endpoint)
    {
        MakePrivate(endpoint.Home, endpoint);
        if (endpoint.SocketDirectory != endpoint.Home)
            MakePrivate(endpoint.SocketDirectory, null);
        int descriptor = TakeInPlace(endpoint.LockPath, out int errno);
        if (errno != 0)
            throw new IOException(
                $"{endpoint.LockPath} cannot be opened: {Marshal.GetPInvokeErrorMessage(errno)}; check its owner, or set "
                    + $"{Endpoint.HomeVariable} to another directory"
            );
        if (descriptor < 0)
            return null;
        if (!endpoint.IsApart)
            HomeDirectory.Claim(descriptor);
        RemoveForeign(endpoint.Home);
        RemoveAbandoned(endpoint);
        return new InstanceLock(descriptor, endpoint.LockPath);
    }

    /// <summary>
    /// False when the lock file was deleted or replaced, with the whole home perhaps: another daemon can start there
    /// now, and this one is nobody's any more.
    /// </summary>
    public bool IsInPlace => IsAt(_path, _descriptor);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_descriptor >= 0)
            Libc.Close(_descriptor);
        _descriptor = -1;
    }

    private static bool IsAt(string path, int descriptor) =>
        Libc.Stat(descriptor, out FileStamp ours) == 0
        && Libc.Stat(path, follow: false, out FileStamp there) == 0
        && ours.Device == there.Device
        && ours.Inode == there.Inode;

    /// <summary>
    /// The locked descriptor; -1 when another process has the lock. Once more when the file was deleted between opening and locking
    /// (<see cref="RemoveAbandoned"/>).
    /// </summary>
    private static int TakeInPlace(string path, out int errno)
    {
        while (true)
        {
            int descriptor = Libc.TryLock(Libc.PathBytes(path), out errno);
            if (descriptor < 0 || IsAt(path, descriptor))
                return descriptor;
            Libc.Close(descriptor);
        }
    }

    /// <summary>Removes what daemons apart have left that ended, for callers that may never come again: of a container, say.</summary>
    private static void RemoveAbandoned(Endpoint ours)
    {
        foreach (Endpoint apart in ours.FindApart())
        {
            int descriptor = apart.LockPath == ours.LockPath ? -1 : Libc.TryLock(Libc.PathBytes(apart.LockPath), out _);
            if (descriptor < 0)
                continue; // It lives.
            foreach (
                string left in (string[])
                    [
                        apart.SocketPath,
                        apart.LaunchLockPath,
                        apart.AvoidPath,
                        apart.StartFailedPath,
                        apart.LogPath,
                        apart.LogPath + ".1",
                        apart.LockPath,
                    ]
            )
                DaemonLauncher.Remove(left);
            Libc.Close(descriptor);
        }
    }

    /// <summary>
    /// Removes what others put in the place of our files into a home that was open to them, before it was closed: a log that leads to a
    /// file of this user, a store with manifests of their own. What belongs to this user stays, links to another disk included, and so does
    /// what has a name that means nothing to us.
    /// </summary>
    private static void RemoveForeign(string home)
    {
        uint user = Libc.EffectiveUserId;
        foreach (string path in Directory.EnumerateFileSystemEntries(home))
        {
            if (
                !HomeDirectory.IsOurName(Path.GetFileName(path))
                || Libc.OwnerOf(path) == user
                || !(Libc.Stat(path, follow: false, out FileStamp stamp) == 0 && stamp.Kind != FileKind.Directory)
            )
                continue;
            DaemonLauncher.Remove(path);
        }
    }

    /// <summary>Makes a directory, or closes one to others.</summary>
    /// <param name="directory">Its path.</param>
    /// <param name="home">Whose home it is; null: a directory that carries our name in a place where only we make such.</param>
    private static void MakePrivate(string directory, Endpoint? home)
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (Libc.Stat(directory, follow: false, out _) == Libc.ENOENT)
            Directory.CreateDirectory(directory, OwnerOnly);
        uint user = Libc.EffectiveUserId;
        if (
            Libc.Stat(directory, follow: true, out FileStamp stamp) != 0
            || stamp.Kind != FileKind.Directory
            || Libc.OwnerOf(directory) != user
            || Libc.OwnerOf(directory + "/.") != user
        )
            throw new IOException($"{directory} is not a directory of this user; set {Endpoint.HomeVariable} to one that is");
        if (home is not null && HomeDirectory.Problem(home) is { } problem)
            throw new IOException(problem);
        if ((stamp.Mode & 0x3f) != 0)
            File.SetUnixFileMode(directory, OwnerOnly);
    }
}
