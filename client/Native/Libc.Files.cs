using System;
using System.Buffers.Text;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

namespace CacheDaemon.Client.Native;

/// <summary>
/// Reading files, directories and links by byte paths: .NET's own calls decode names as text, and a name that is not
/// UTF-8 would come back changed. Each call returns 0 or an errno; none throws.
/// </summary>
public static unsafe partial class Libc
{
    // The same on x64 and arm64 (asm-generic/fcntl.h); O_DIRECTORY is not, so callers look at the stamp instead.
    private const int OpenReadOnly = 0,
        OpenNoControllingTerminal = 0x100,
        OpenNonBlocking = 0x800,
        OpenCloseOnExec = 0x80000;

    /// <summary>Offset of d_name in struct dirent: inode, offset (8 bytes each), record length (2), type (1).</summary>
    private const int EntryNameOffset = 19;

    /// <summary>Longest text that <see cref="ReadLink"/> returns: the kernel's PATH_MAX.</summary>
    private const int MaxLinkBytes = 4096;

    /// <summary>Room for a first read of a file whose size is not known.</summary>
    private const int FirstReadBytes = 4096;

    /// <summary>errno: the file is not what it was a moment ago, or not what was asked for.</summary>
    public const int ESTALE = 116;

    /// <summary>errno values of reading.</summary>
    public const int EISDIR = 21,
        EFBIG = 27,
        ENAMETOOLONG = 36;

    /// <summary>Opens <paramref name="path"/> (NUL-terminated) for reading, never waiting for a FIFO's writer.</summary>
    public static int Open(ReadOnlySpan<byte> path, out int descriptor)
    {
        int error;
        do
        {
            fixed (byte* p = path)
                descriptor = open(p, OpenReadOnly | OpenNoControllingTerminal | OpenNonBlocking | OpenCloseOnExec);
            error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        } while (error == EINTR);
        return error;
    }

    /// <summary>True when no more files can be opened at this moment, by this process or on this machine.</summary>
    public static bool IsOutOfDescriptors
    {
        get
        {
            const int ENFILE = 23,
                EMFILE = 24;
            int error = Open("/dev/null\0"u8, out int descriptor);
            if (error == 0)
                Close(descriptor);
            return error is EMFILE or ENFILE;
        }
    }

    /// <summary>
    /// Opens a place in the file system and not what is there (<c>O_PATH</c>): to look at it, and to look from it at what is below. -1
    /// when there is nothing, or no descriptor left.
    /// </summary>
    public static int OpenPlace(ReadOnlySpan<byte> path)
    {
        const int PlaceOnly = 0x200000;
        fixed (byte* p = path)
            return open(p, PlaceOnly | OpenCloseOnExec);
    }

    /// <summary>
    /// Stats the place that <paramref name="path"/> leads to, for two processes to compare at the same moment: its mount has the number of
    /// proc(5), which both can learn also where one of them has no statx(2) (Linux before 5.8, or a filter of system calls), and which a
    /// later mount may get again. Returns 0, or the errno of the failure.
    /// </summary>
    public static int StatPlace(string path, out FileStamp stamp) => StatPlace(AtFdCwd, PathBytes(path), out stamp);

    /// <summary>As the other; a relative path is looked up from an open directory.</summary>
    public static int StatPlace(int directory, ReadOnlySpan<byte> path, out FileStamp stamp)
    {
        Statx buffer;
        int error;
        fixed (byte* p = path)
            error = Look(directory, p, 0, &buffer, StatxBasicStats | StatxMountId);
        stamp = error == 0 ? buffer.ToStamp() : default;
        if (error != 0 || stamp.Mount != 0)
            return error;
        int place = OpenPlace(directory, path);
        if (place < 0)
            return Marshal.GetLastPInvokeError();
        error = Stat(place, out stamp);
        // proc_pid_fdinfo(5): "mnt_id:" and a number, since Linux 3.15.
        if (error == 0)
            stamp = stamp with
            {
                Mount =
                    ReadFile(PathBytes($"/proc/self/fdinfo/{place}"), MaxLinkBytes, out ReadOnlySpan<byte> lines) == 0
                        ? (ulong)(NumberIn(lines, "mnt_id:"u8) ?? 0)
                        : 0,
            };
        Close(place);
        return error;
    }

    /// <summary>The number that follows a name at the beginning of a line, blanks between; null when there is none.</summary>
    public static long? NumberIn(ReadOnlySpan<byte> lines, ReadOnlySpan<byte> name)
    {
        foreach (Range range in lines.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = lines[range];
            if (line.StartsWith(name))
                return Utf8Parser.TryParse(line[name.Length..].Trim(" \t"u8), out long number, out _) ? number : null;
        }
        return null;
    }

    /// <summary>Closes a descriptor.</summary>
    public static void Close(int descriptor) => _ = close(descriptor);

    /// <summary>Reads at most <paramref name="buffer"/>'s length; a count of 0 is the end of the file.</summary>
    public static int Read(int descriptor, Span<byte> buffer, out int count)
    {
        while (true)
        {
            nint read;
            fixed (byte* p = buffer)
                read = Libc.read(descriptor, p, (nuint)buffer.Length);
            if (read >= 0)
            {
                count = (int)read;
                return 0;
            }
            int error = Marshal.GetLastPInvokeError();
            if (error != EINTR)
            {
                count = 0;
                return error;
            }
        }
    }

    /// <summary>
    /// Reads a regular file whole through one descriptor. The file must have <paramref name="expected"/> as its stamp
    /// before and after, and as many bytes as that stamp says; otherwise <see cref="ESTALE"/>.
    /// </summary>
    /// <param name="path">Path bytes, the last one NUL.</param>
    /// <param name="expected">The stamp that the caller saw.</param>
    /// <param name="buffer">Receives the content; at least <c>expected.Size</c> + 1 bytes long, to notice growth.</param>
    public static int ReadFile(ReadOnlySpan<byte> path, FileStamp expected, Span<byte> buffer)
    {
        int error = Open(path, out int descriptor);
        if (error != 0)
            return error;
        try
        {
            error = Stat(descriptor, out FileStamp before);
            if (error != 0)
                return error;
            if (before != expected || before.Kind != FileKind.Regular)
                return ESTALE;
            int total = 0;
            while (total < buffer.Length)
            {
                error = Read(descriptor, buffer[total..], out int count);
                if (error != 0)
                    return error;
                if (count == 0)
                    break;
                total += count;
            }
            error = Stat(descriptor, out FileStamp after);
            if (error != 0)
                return error;
            return after == before && total == before.Size ? 0 : ESTALE;
        }
        finally
        {
            Close(descriptor);
        }
    }

    /// <summary>
    /// Reads a file whole, whatever its stamp says: one of the kernel's own making has no size. A file longer than
    /// <paramref name="most"/> bytes gives <see cref="EFBIG"/>.
    /// </summary>
    public static int ReadFile(ReadOnlySpan<byte> path, int most, out ReadOnlySpan<byte> content)
    {
        content = default;
        int error = Open(path, out int descriptor);
        if (error != 0)
            return error;
        byte[] buffer = new byte[FirstReadBytes];
        int total = 0;
        while ((error = Read(descriptor, buffer.AsSpan(total), out int count)) == 0 && count > 0)
        {
            total += count;
            if (total == buffer.Length)
                Array.Resize(ref buffer, 2 * total);
        }
        Close(descriptor);
        if (error == 0 && total > most)
            error = EFBIG;
        if (error == 0)
            content = buffer.AsSpan(0, total);
        return error;
    }

    /// <summary>
    /// Adds the names in a directory, without "." and "..", in no order. The directory must have
    /// <paramref name="expected"/> as its stamp before and after; otherwise <see cref="ESTALE"/>.
    /// </summary>
    public static int ReadDirectory(ReadOnlySpan<byte> path, FileStamp expected, List<byte[]> names) =>
        ReadDirectory(path, (FileStamp?)expected, names);

    /// <summary>As the other, but whatever the directory's stamp is: one of the kernel's own making changes by being looked at.</summary>
    public static int ReadDirectory(ReadOnlySpan<byte> path, List<byte[]> names) => ReadDirectory(path, null, names);

    private static int ReadDirectory(ReadOnlySpan<byte> path, FileStamp? expected, List<byte[]> names)
    {
        int error = Open(path, out int descriptor);
        if (error != 0)
            return error;
        error = Stat(descriptor, out FileStamp before);
        if (error == 0 && ((expected is not null && before != expected) || before.Kind != FileKind.Directory))
            error = ESTALE;
        nint stream = error == 0 ? fdopendir(descriptor) : 0;
        if (stream == 0)
        {
            error = error != 0 ? error : Marshal.GetLastPInvokeError();
            Close(descriptor);
            return error;
        }
        try
        {
            byte* entry;
            while ((entry = readdir(stream)) != null)
            {
                ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + EntryNameOffset);
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                    names.Add(name.ToArray());
            }
            error = Marshal.GetLastPInvokeError();
            if (error != 0)
                return error;
            error = Stat(descriptor, out FileStamp after);
            return error != 0 ? error
                : expected is null || after == before ? 0
                : ESTALE;
        }
        finally
        {
            _ = closedir(stream);
        }
    }

    /// <summary>The text of a symbolic link.</summary>
    public static int ReadLink(ReadOnlySpan<byte> path, out byte[] text)
    {
        Span<byte> buffer = stackalloc byte[MaxLinkBytes];
        nint length;
        fixed (
            byte* p = path,
                b = buffer
        )
            length = readlink(p, b, MaxLinkBytes);
        if (length < 0)
        {
            text = [];
            return Marshal.GetLastPInvokeError();
        }
        text = buffer[..(int)length].ToArray();
        return length == MaxLinkBytes ? ENAMETOOLONG : 0;
    }

    /// <summary>The working directory; null when it has no path: deleted, unmounted, or outside of our root.</summary>
    public static string? WorkingDirectory
    {
        get
        {
            byte* buffer = stackalloc byte[MaxLinkBytes];
            // glibc fails where the kernel says "(unreachable)"; the first byte tells for others.
            return getcwd(buffer, MaxLinkBytes) != null && buffer[0] == (byte)'/'
                ? Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(buffer))
                : null;
        }
    }

    /// <summary>
    /// The path from the root; a relative one as it is when there is no <see cref="WorkingDirectory"/>, where the kernel finds nothing by
    /// it either. Unlike <see cref="Path.GetFullPath(string)"/> it does not throw then, and <c>..</c> stays: after a link it is not the
    /// parent that the text shows.
    /// </summary>
    public static string FullPath(string path) =>
        !path.StartsWith('/') && WorkingDirectory is { } directory ? Path.Join(directory, path) : path;

    /// <summary>
    /// False when this user may not execute the file, or nobody may from where it is (a mount with noexec). True also when that cannot be
    /// asked: execve(2) has the last word.
    /// </summary>
    public static bool MayExecute(string path)
    {
        const int Execute = 1,
            AtEffectiveAccess = 0x200;
        fixed (byte* p = PathBytes(path))
            return faccessat(AtFdCwd, p, Execute, AtEffectiveAccess) == 0 || Marshal.GetLastPInvokeError() != EACCES;
    }

    /// <summary>
    /// Whether this user may make files in a directory, which may also be on a file system that is mounted read-only. Returns 0 or errno.
    /// </summary>
    public static int MayMakeFilesIn(string directory)
    {
        const int Execute = 1,
            Write = 2,
            AtEffectiveAccess = 0x200;
        fixed (byte* p = PathBytes(directory))
            return faccessat(AtFdCwd, p, Write | Execute, AtEffectiveAccess) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Removes a name that is not a directory's. Returns 0 or errno.</summary>
    public static int Remove(ReadOnlySpan<byte> path)
    {
        fixed (byte* p = path)
            return unlink(p) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Makes a directory (<paramref name="mode"/> less the umask). Returns 0 or errno.</summary>
    public static int MakeDirectory(ReadOnlySpan<byte> path, uint mode)
    {
        fixed (byte* p = path)
            return mkdir(p, mode) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Removes an empty directory. Returns 0 or errno.</summary>
    public static int RemoveDirectory(ReadOnlySpan<byte> path)
    {
        fixed (byte* p = path)
            return rmdir(p) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>
    /// Opens or creates (0666 less the umask) a file, and empties it: Go's <c>os.Create</c>, which reads, too. Returns 0 or errno.
    /// </summary>
    public static int Create(ReadOnlySpan<byte> path, out int descriptor)
    {
        const int ReadWrite = 2,
            CreateFile = 0x40,
            Truncate = 0x200;
        fixed (byte* p = path)
            descriptor = open(p, ReadWrite | CreateFile | Truncate | OpenNoControllingTerminal | OpenCloseOnExec, 0x1b6);
        return descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>Sets the times of an open file to now. Returns 0 or errno.</summary>
    public static int Touch(int descriptor) => futimens(descriptor, null) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Opens or creates (0666 less the umask) a file for writing at its end. Returns 0 or errno.</summary>
    public static int OpenToAppend(ReadOnlySpan<byte> path, out int descriptor)
    {
        const int WriteOnly = 1,
            Create = 0x40,
            Append = 0x400;
        fixed (byte* p = path)
            descriptor = open(p, WriteOnly | Create | Append | OpenNoControllingTerminal | OpenCloseOnExec, 0x1b6);
        return descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>The kind of file system that <paramref name="path"/> is on (f_type, statfs(2)).</summary>
    public static int FileSystemType(ReadOnlySpan<byte> path, out long type)
    {
        // struct statfs starts with f_type, a long on 64-bit Linux, and has 120 bytes.
        long* buffer = stackalloc long[32];
        int result;
        fixed (byte* p = path)
            result = statfs(p, buffer);
        type = buffer[0];
        return result == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int open(byte* path, int flags);

    [DllImport("libc")]
    private static extern int close(int descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern nint read(int descriptor, byte* buffer, nuint count);

    [DllImport("libc", SetLastError = true)]
    private static extern nint fdopendir(int descriptor);

    // The runtime clears errno before the call, so an errno of 0 after a null is the end of the directory.
    [DllImport("libc", SetLastError = true)]
    private static extern byte* readdir(nint stream);

    [DllImport("libc")]
    private static extern int closedir(nint stream);

    [DllImport("libc", SetLastError = true)]
    private static extern nint readlink(byte* path, byte* buffer, nuint size);

    [DllImport("libc", SetLastError = true)]
    private static extern int unlink(byte* path);

    [DllImport("libc", SetLastError = true)]
    private static extern int rmdir(byte* path);

    [DllImport("libc")]
    private static extern byte* getcwd(byte* buffer, nuint size);

    [DllImport("libc", SetLastError = true)]
    private static extern int faccessat(int directory, byte* path, int mode, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int futimens(int descriptor, void* times);

    [DllImport("libc", SetLastError = true)]
    private static extern int statfs(byte* path, long* buffer);
}
