namespace CacheDaemon.Client.Native;

/// <summary>What kind of thing a path names, from the mode's type bits.</summary>
public enum FileKind : byte
{
    Regular,
    Directory,
    SymbolicLink,
    Other,
}

/// <summary>
/// Cheap evidence that a file is unchanged: where it is (mount, device, inode), how long it is, and when its bytes (mtime) or its inode
/// (ctime) last changed. The mount is part of it because all the rest can be equal on two images that are mounted one after the other:
/// their inodes and times are what the maker of each image wrote. Two equal stamps mean equal content only when the stamp was already
/// <see cref="TrustAfterNanoseconds"/> old when the content was read.
/// </summary>
/// <param name="Device">st_dev.</param>
/// <param name="Inode">st_ino.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ModifiedNs">mtime in nanoseconds since the Unix epoch.</param>
/// <param name="ChangedNs">ctime in nanoseconds since the Unix epoch; cannot be set by a program.</param>
/// <param name="Mode">st_mode, type bits included.</param>
/// <param name="Mount">
/// The mount it was reached through (stx_mnt_id): never given to another one until the machine is started anew where
/// <see cref="Libc.HasUniqueMountIds"/>, else not to two at once. 0: not known.
/// </param>
public readonly record struct FileStamp(ulong Device, ulong Inode, long Size, long ModifiedNs, long ChangedNs, uint Mode, ulong Mount = 0)
{
    /// <summary>
    /// Youngest age at which a stamp is trusted; younger files are read and hashed again. Covers file systems with one-second time stamps
    /// and the kernel's clock tick, with margin (docs/key.md, "How a file counts as unchanged"; git's "racy" index entries).
    /// </summary>
    public const long TrustAfterNanoseconds = 2_000_000_000;

    private const uint TypeMask = 0xF000;

    /// <summary>The kind of file that the mode's type bits name.</summary>
    public FileKind Kind =>
        (Mode & TypeMask) switch
        {
            0x8000 => FileKind.Regular,
            0x4000 => FileKind.Directory,
            0xA000 => FileKind.SymbolicLink,
            _ => FileKind.Other,
        };

    /// <summary>Whether both are one file or directory, reached through one mount: then what lies below is the same as well.</summary>
    public bool IsSamePlaceAs(FileStamp other) => Device == other.Device && Inode == other.Inode && Mount == other.Mount;

    /// <summary>
    /// Whether both are one file in one state, through whichever mount: where a stamp has travelled, which its mount does not.
    /// </summary>
    public bool IsSameFileAs(FileStamp other) => this with { Mount = 0 } == other with { Mount = 0 };

    /// <summary>
    /// True when content read at <paramref name="nowNs"/> (nanoseconds since the Unix epoch) may be remembered under
    /// this stamp. A stamp from the future (clock set back) is never trusted.
    /// </summary>
    public bool IsTrustedAt(long nowNs) => nowNs - ChangedNs > TrustAfterNanoseconds && nowNs - ModifiedNs > TrustAfterNanoseconds;
}
