using System;
using System.Runtime.InteropServices;

namespace CacheDaemon.Client.Native;

/// <summary>
/// Files that live in memory and have no name (memfd_create(2)), how they are sealed, read and sent on. What one process has
/// written the other reads where it lies: nothing is copied through the socket.
/// </summary>
public static unsafe partial class Libc
{
    private const int FAddSeals = 1033,
        FGetSeals = 1034;
    private const int SealSeal = 1,
        SealShrink = 2,
        SealGrow = 4,
        SealWrite = 8;
    private const int Sealed = SealSeal | SealShrink | SealGrow | SealWrite;
    private const int ProtRead = 1,
        ProtWrite = 2,
        MapShared = 1;
    private const int SeekSet = 0,
        SeekEnd = 2;

    /// <summary>An anonymous file in memory, close-on-exec and sealable, at its start; negative on failure.</summary>
    public static int MemoryFile()
    {
        const uint CloseOnExec = 1,
            AllowSealing = 2,
            NoExec = 8;
        fixed (byte* name = "helmcached\0"u8)
        {
            // Kernels since 6.3 may insist on files that cannot be executed (vm.memfd_noexec); earlier ones do not know the flag.
            int descriptor = memfd_create(name, CloseOnExec | AllowSealing | NoExec);
            return descriptor >= 0 ? descriptor : memfd_create(name, CloseOnExec | AllowSealing);
        }
    }

    /// <summary>
    /// Forbids every change of a memory file, for everyone and for ever. False: not such a file, or someone may still write, as the kernel
    /// also says while pages of it are on their way through a pipe: seal before sending.
    /// </summary>
    public static bool Seal(int descriptor) => IsSealed(descriptor) || fcntl(descriptor, FAddSeals, Sealed) == 0;

    /// <summary>True when nobody can change the file any more; false for any file that is not in memory.</summary>
    public static bool IsSealed(int descriptor) => fcntl(descriptor, FGetSeals, 0) is var seals && seals >= 0 && (seals & Sealed) == Sealed;

    /// <summary>Bytes in an open file; negative when it has no size, or when that cannot be found out.</summary>
    public static long Length(int descriptor) =>
        lseek(descriptor, 0, SeekEnd) is var end && end >= 0 ? end
        : Stat(descriptor, out FileStamp stamp) == 0 && stamp.Kind == FileKind.Regular ? stamp.Size
        : -1;

    /// <summary>
    /// False when the bytes of an open file, of which there are <paramref name="length"/>, cannot be read by <see cref="SendFile"/>,
    /// whichever way it takes. To be asked before anything of it is printed.
    /// </summary>
    public static bool IsReadable(int descriptor, long length)
    {
        byte first = 0;
        return length == 0 || (length > 0 && ReadAt(descriptor, new Span<byte>(ref first), 0) == 1);
    }

    /// <summary>Makes an open file this long. Returns 0 or errno.</summary>
    public static int SetLength(int descriptor, long length) => ftruncate(descriptor, length) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Goes back to the start of an open file. Returns 0 or errno.</summary>
    public static int Rewind(int descriptor) => lseek(descriptor, 0, SeekSet) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Reads from a place in an open file, leaving its position alone. Returns the count, 0 at the end, or -errno.</summary>
    public static int ReadAt(int descriptor, Span<byte> buffer, long offset)
    {
        while (true)
        {
            nint count;
            fixed (byte* p = buffer)
                count = pread(descriptor, p, (nuint)buffer.Length, offset);
            if (count >= 0)
                return (int)count;
            int error = Marshal.GetLastPInvokeError();
            if (error != EINTR)
                return -error;
        }
    }

    /// <summary>
    /// The bytes of an open file in the address space, shared with everyone who has it; null on failure. At least one byte.
    /// </summary>
    public static byte* Map(int descriptor, int length, bool writable)
    {
        nint address = mmap(0, (nuint)length, writable ? ProtRead | ProtWrite : ProtRead, MapShared, descriptor, 0);
        return address == -1 ? null : (byte*)address;
    }

    /// <summary>Takes back <see cref="Map"/>.</summary>
    public static void Unmap(byte* address, int length) => _ = munmap(address, (nuint)length);

    /// <summary>
    /// Writes an open file from its start to its <paramref name="length"/>th byte, waiting where <paramref name="to"/> is non-blocking.
    /// A pipe is given the file's own pages, without a copy. Returns 0 or the errno that stopped it.
    /// </summary>
    public static int SendFile(int to, int from, long length)
    {
        long offset = 0;
        while (offset < length)
        {
            nint count = sendfile(to, from, &offset, (nuint)(length - offset));
            if (count > 0)
                continue;
            int error = count < 0 ? Marshal.GetLastPInvokeError() : EIO;
            if (error == EAGAIN)
                Poll(to, POLLOUT, -1);
            else if (error is EPIPE or EIO or EFBIG or ENOSPC or ECONNRESET)
                return error; // Not tried again: what a socket was told once, such as a reset, it is not told twice.
            else if (error != EINTR)
            {
                // A file that is appended to, or a device, takes bytes only; a sandbox may forbid this call.
                return Copy(to, from, offset, length);
            }
        }
        return 0;
    }

    private static int Copy(int to, int from, long offset, long length)
    {
        // On the stack: with half of the output printed there is no way back from a lack of memory.
        Span<byte> buffer = stackalloc byte[16 * 1024];
        while (offset < length)
        {
            int count = ReadAt(from, buffer[..(int)Math.Min(buffer.Length, length - offset)], offset);
            if (count <= 0)
                return count == 0 ? EIO : -count;
            int error = WriteAll(to, buffer[..count]);
            if (error != 0)
                return error;
            offset += count;
        }
        return 0;
    }

    /// <summary>
    /// Sends bytes over a Unix socket, with a descriptor if there is one (not -1), which the peer gets with the first of them.
    /// Returns how many bytes were taken, or -errno.
    /// </summary>
    public static int Send(int socket, ReadOnlySpan<byte> data, int descriptor)
    {
        const int NoSignal = 0x4000;
        ControlMessage control = new()
        {
            Length = ControlMessage.Bytes,
            Level = SolSocket,
            Type = ScmRights,
            Descriptor = descriptor,
        };
        fixed (byte* p = data)
        {
            IoVector piece = new() { Base = p, Length = (nuint)data.Length };
            MessageHeader header = new() { Pieces = &piece, PieceCount = 1 };
            if (descriptor >= 0)
            {
                header.Control = &control;
                header.ControlLength = ControlMessage.Bytes;
            }
            nint sent = sendmsg(socket, &header, NoSignal);
            return sent >= 0 ? (int)sent : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>
    /// Receives bytes from a Unix socket. Returns the count, 0 at the end, or -errno. A descriptor that came along is in
    /// <paramref name="descriptor"/> (else -1), close-on-exec and the caller's to close; the kernel drops what is more than one.
    /// </summary>
    public static int Receive(int socket, Span<byte> buffer, out int descriptor)
    {
        const int CloseOnExec = 0x40000000;
        descriptor = -1;
        ControlMessage control = default;
        fixed (byte* p = buffer)
        {
            IoVector piece = new() { Base = p, Length = (nuint)buffer.Length };
            MessageHeader header;
            nint received;
            int error = 0;
            do
            {
                header = new()
                {
                    Pieces = &piece,
                    PieceCount = 1,
                    Control = &control,
                    ControlLength = ControlMessage.Bytes,
                };
                received = recvmsg(socket, &header, CloseOnExec);
                error = received < 0 ? Marshal.GetLastPInvokeError() : 0;
            } while (error == EINTR);
            if (received < 0)
                return -error;
            if (header.ControlLength >= ControlMessage.Bytes && control.Level == SolSocket && control.Type == ScmRights)
                descriptor = control.Descriptor;
            return (int)received;
        }
    }

    private const int SolSocket = 1,
        ScmRights = 1;

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public byte* Base;
        public nuint Length;
    }

    /// <summary>struct msghdr of 64-bit Linux; where musl has an int and padding, little-endian makes that the same.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public void* Name;
        public nuint NameLength;
        public IoVector* Pieces;
        public nuint PieceCount;
        public ControlMessage* Control;
        public nuint ControlLength;
        public nuint Flags;
    }

    /// <summary>struct cmsghdr with room for one descriptor, padded as CMSG_SPACE wants it.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 24)]
    private struct ControlMessage
    {
        /// <summary>CMSG_LEN of one descriptor: with more room, a second one would fit in and have to be closed.</summary>
        public const int Bytes = 20;

        public nuint Length;
        public int Level;
        public int Type;
        public int Descriptor;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int memfd_create(byte* name, uint flags);

    [DllImport("libc", SetLastError = true)]
    private static extern long lseek(int descriptor, long offset, int whence);

    [DllImport("libc", SetLastError = true)]
    private static extern int ftruncate(int descriptor, long length);

    [DllImport("libc", SetLastError = true)]
    private static extern nint pread(int descriptor, byte* buffer, nuint count, long offset);

    [DllImport("libc")]
    private static extern nint mmap(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [DllImport("libc")]
    private static extern int munmap(byte* address, nuint length);

    [DllImport("libc", SetLastError = true)]
    private static extern nint sendfile(int to, int from, long* offset, nuint count);

    [DllImport("libc", SetLastError = true)]
    private static extern nint sendmsg(int socket, MessageHeader* message, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern nint recvmsg(int socket, MessageHeader* message, int flags);
}
