using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>The directory in which a call is made.</summary>
internal static class CallerDirectory
{
    /// <summary>Whether the directory that we see under that name is the one that the caller is in, by device, inode and mount.</summary>
    /// <param name="call">The call.</param>
    /// <param name="here">What we see.</param>
    public static bool IsSeen(Message.Render call, out FileStamp here) =>
        Libc.StatPlace(call.Directory, out here) == 0
        && here.Device == call.DirectoryDevice
        && here.Inode == call.DirectoryInode
        && here.Mount == call.DirectoryMount;
}
