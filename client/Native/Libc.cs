using System;
using System.Runtime.InteropServices;
using System.Text;

namespace CacheDaemon.Client.Native;

/// <summary>
/// The few libc calls that .NET has no equivalent for, by hand and blittable so that NativeAOT links them without stubs.
/// Linux only (x64 and arm64); elsewhere <see cref="IsSupported"/> is false and the shim becomes real helm.
/// Paths are bytes ending in NUL, since a Unix path is bytes and not text.
/// </summary>
public static unsafe partial class Libc
{
    private const int AtFdCwd = -100;
    private const int AtSymlinkNoFollow = 0x100;
    private const uint StatxBasicStats = 0x7ff;

    /// <summary>
    /// STATX_MNT_ID (Linux 5.8) and STATX_MNT_ID_UNIQUE (6.8), one field for both; an older kernel leaves out what it does not know.
    /// </summary>
    private const uint StatxMountId = 0x1000,
        StatxUniqueMountId = 0x4000;

    private const uint StatxWanted = StatxBasicStats | StatxMountId | StatxUniqueMountId;

    /// <summary>errno values that callers branch on.</summary>
    public const int ENOENT = 2,
        EINTR = 4,
        EACCES = 13,
        ENOTDIR = 20,
        ELOOP = 40;

    /// <summary>True where these declarations match the C library.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    private static int ONoFollow => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>
    /// Whether <see cref="FileStamp.Mount"/> is never used for a second mount (Linux 6.8). Before, the number of one that was unmounted
    /// is soon another's.
    /// </summary>
    public static bool HasUniqueMountIds { get; } = IsSupported && HasUniqueMountId("/\0"u8);

    /// <summary>
    /// Stats <paramref name="path"/> (NUL-terminated). Returns 0, or the errno of the failure.
    /// </summary>
    /// <param name="path">Path bytes, the last one NUL.</param>
    /// <param name="follow">Whether a final symbolic link is followed.</param>
    /// <param name="stamp">The stamp, when 0 is returned.</param>
    public static int Stat(ReadOnlySpan<byte> path, bool follow, out FileStamp stamp) => Stat(AtFdCwd, path, follow, out stamp);

    /// <summary>As the other; a relative path is looked up from an open directory.</summary>
    public static int Stat(int directory, ReadOnlySpan<byte> path, bool follow, out FileStamp stamp)
    {
        Statx buffer;
        int error;
        fixed (byte* p = path)
            error = Look(directory, p, follow ? 0 : AtSymlinkNoFollow, &buffer);
        stamp = error == 0 ? buffer.ToStamp() : default;
        return error;
    }

    /// <summary>Stats an open descriptor. Returns 0, or the errno of the failure.</summary>
    public static int Stat(int descriptor, out FileStamp stamp)
    {
        const int AtEmptyPath = 0x1000;
        Statx buffer;
        byte empty = 0;
        int error = Look(descriptor, &empty, AtEmptyPath, &buffer);
        stamp = error == 0 ? buffer.ToStamp() : default;
        return error;
    }

    /// <summary>Stats a path given as text. Returns 0, or the errno of the failure.</summary>
    public static int Stat(string path, bool follow, out FileStamp stamp) => Stat(PathBytes(path), follow, out stamp);

    /// <summary>The UTF-8 bytes of <paramref name="path"/> with a final NUL.</summary>
    public static byte[] PathBytes(string path)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(path) + 1];
        Encoding.UTF8.GetBytes(path, bytes);
        return bytes;
    }

    private static bool HasUniqueMountId(ReadOnlySpan<byte> path)
    {
        Statx buffer;
        fixed (byte* p = path)
            return statx(AtFdCwd, p, 0, StatxWanted, &buffer) == 0 && (buffer.Mask & StatxUniqueMountId) != 0;
    }

    /// <summary>
    /// statx(2), or fstatat(2) where a sandbox that is older than statx refuses it (Docker before 18.04). Returns 0 or errno.
    /// </summary>
    private static int Look(int directory, byte* path, int flags, Statx* buffer, uint wanted = StatxWanted)
    {
        if (statx(directory, path, flags, wanted, buffer) == 0)
            return 0;
        int error = Marshal.GetLastPInvokeError();
        if (error is not (EPERM or ENOSYS))
            return error;
        OldStat old;
        if (fstatat(directory, path, &old, flags) != 0)
            return Marshal.GetLastPInvokeError();
        *buffer = old.ToStatx();
        return 0;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int fstatat(int directory, byte* path, OldStat* buffer, int flags);

    /// <summary>
    /// struct stat of 64-bit Linux: mode, links and owner are in another order on each architecture, the rest is the same.
    /// </summary>
    [StructLayout(LayoutKind.Explicit, Size = 144)]
    private struct OldStat
    {
        [FieldOffset(0)]
        public ulong Device;

        [FieldOffset(8)]
        public ulong Inode;

        [FieldOffset(16)]
        public uint Arm64Mode;

        [FieldOffset(24)]
        public uint X64ModeOrArm64Uid;

        [FieldOffset(28)]
        public uint X64Uid;

        [FieldOffset(48)]
        public long Size;

        [FieldOffset(88)]
        public long ModifiedSeconds;

        [FieldOffset(96)]
        public long ModifiedNanoseconds;

        [FieldOffset(104)]
        public long ChangedSeconds;

        [FieldOffset(112)]
        public long ChangedNanoseconds;

        public readonly Statx ToStatx()
        {
            bool arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
            return new()
            {
                Mask = StatxBasicStats,
                Uid = arm ? X64ModeOrArm64Uid : X64Uid,
                Mode = (ushort)(arm ? Arm64Mode : X64ModeOrArm64Uid),
                Inode = Inode,
                Size = (ulong)Size,
                // gnu_dev_major and gnu_dev_minor, makedev(3).
                DevMajor = (uint)(((Device >> 8) & 0xfff) | ((Device >> 32) & 0xfffff000)),
                DevMinor = (uint)((Device & 0xff) | ((Device >> 12) & 0xffffff00)),
                Modified = new() { Seconds = ModifiedSeconds, Nanoseconds = (uint)ModifiedNanoseconds },
                Changed = new() { Seconds = ChangedSeconds, Nanoseconds = (uint)ChangedNanoseconds },
            };
        }
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int statx(int directory, byte* path, int flags, uint mask, Statx* buffer);

    [StructLayout(LayoutKind.Sequential)]
    private struct StatxTimestamp
    {
        public long Seconds;
        public uint Nanoseconds;
        public int Reserved;

        public readonly long Total => Seconds * 1_000_000_000 + Nanoseconds;
    }

    /// <summary>struct statx of linux/stat.h; the layout is the same on every architecture.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    private struct Statx
    {
        public uint Mask;
        public uint BlockSize;
        public ulong Attributes;
        public uint Links;
        public uint Uid;
        public uint Gid;
        public ushort Mode;
        public ushort Spare0;
        public ulong Inode;
        public ulong Size;
        public ulong Blocks;
        public ulong AttributesMask;
        public StatxTimestamp Accessed;
        public StatxTimestamp Born;
        public StatxTimestamp Changed;
        public StatxTimestamp Modified;
        public uint RdevMajor;
        public uint RdevMinor;
        public uint DevMajor;
        public uint DevMinor;
        public ulong MountId;

        public readonly FileStamp ToStamp() =>
            new(
                ((ulong)DevMajor << 32) | DevMinor,
                Inode,
                (long)Size,
                Modified.Total,
                Changed.Total,
                Mode,
                (Mask & (StatxMountId | StatxUniqueMountId)) != 0 ? MountId : 0
            );
    }
}
