using System;
using System.Collections.Generic;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Files;

/// <summary>
/// Says which stamps prove that a file is unchanged: those that are old enough, on file systems of this machine that are known to keep
/// ctime. On images that are made whole (squashfs, EROFS) ctime is what their maker says it is; on others (network, FUSE, 9p) another
/// host's write can be invisible to stat for a while, or the server's clock may be behind; files there are read each time. Serves one load.
/// </summary>
/// <param name="nowNs">The time when the load began, in nanoseconds since the Unix epoch.</param>
internal sealed class StampTrust(long nowNs)
{
    private readonly Dictionary<(ulong Mount, ulong Device), bool> _places = [];

    /// <summary>Whether content read from now on may be remembered under <paramref name="stamp"/>.</summary>
    /// <param name="stamp">Stamp of the file.</param>
    /// <param name="path">Its path, to ask for the file system; the last byte NUL.</param>
    public bool Covers(FileStamp stamp, ReadOnlySpan<byte> path)
    {
        if (!_places.TryGetValue((stamp.Mount, stamp.Device), out bool local))
        {
            // statfs follows a link, while the link's own stamp is its directory's business.
            byte[] asked = stamp.Kind == FileKind.SymbolicLink ? [.. path[..(path.LastIndexOf((byte)'/') + 1)], 0] : path.ToArray();
            local = Libc.FileSystemType(asked, out long type) == 0 && KeepsStamps(type);
            _places.Add((stamp.Mount, stamp.Device), local);
        }
        return local && stamp.IsTrustedAt(nowNs);
    }

    /// <summary>Magic numbers of linux/magic.h and, for ZFS and bcachefs, of their own sources.</summary>
    private static bool KeepsStamps(long type) =>
        (uint)type
            is 0xEF53 /* ext2, 3, 4 */
                or 0x58465342 /* XFS */
                or 0x9123683E /* Btrfs */
                or 0x01021994 /* tmpfs */
                or 0x794C7630 /* overlayfs */
                or 0x2FC12FC1 /* ZFS */
                or 0xF2F52010 /* F2FS */
                or 0xCA451A4E /* bcachefs */
    ;
}
