using System;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace CacheDaemon.Bench.Floor;

/// <summary>
/// What no cache of this kind can beat: a NativeAOT program that does nothing (no arguments), or one round trip over a
/// Unix socket and one copy to standard output (<c>SOCKET</c>). <c>serve SOCKET BYTES</c> is the other end: one thread,
/// one prepared answer. By raw libc, since that is the fastest way there is (docs/performance-notes.md).
/// </summary>
internal static unsafe class Program
{
    private const int AfUnix = 1,
        SockStream = 1,
        HeaderBytes = 4;

    /// <summary>As long as the shim's request for a plain chart.</summary>
    private const int RequestBytes = 200;

    private static int Main(string[] args) =>
        args.Length switch
        {
            0 => 0,
            1 => Ask(args[0]),
            _ => Serve(args[1], int.Parse(args[2], CultureInfo.InvariantCulture)),
        };

    private static int Ask(string path)
    {
        int descriptor = socket(AfUnix, SockStream, 0);
        byte* address = stackalloc byte[110];
        int length = Address(path, address);
        if (connect(descriptor, address, length) != 0)
            return 1;
        byte* request = stackalloc byte[RequestBytes];
        new Span<byte>(request, RequestBytes).Clear();
        if (write(descriptor, request, RequestBytes) != RequestBytes)
            return 1;
        int capacity = 64 * 1024;
        byte* buffer = (byte*)NativeMemory.Alloc((nuint)capacity);
        int have = 0,
            want = HeaderBytes;
        while (have < want)
        {
            nint count = read(descriptor, buffer + have, (nuint)(capacity - have));
            if (count <= 0)
                return 1;
            have += (int)count;
            if (want == HeaderBytes && have >= HeaderBytes)
            {
                want += *(int*)buffer;
                if (want > capacity)
                    buffer = (byte*)NativeMemory.Realloc(buffer, (nuint)(capacity = want));
            }
        }
        for (int sent = HeaderBytes; sent < want; )
        {
            nint count = write(1, buffer + sent, (nuint)(want - sent));
            if (count <= 0)
                return 1;
            sent += (int)count;
        }
        return 0;
    }

    private static int Serve(string path, int bytes)
    {
        int listener = socket(AfUnix, SockStream, 0);
        byte* address = stackalloc byte[110];
        int length = Address(path, address);
        if (bind(listener, address, length) != 0 || listen(listener, 128) != 0)
            return 1;
        byte[] answer = new byte[HeaderBytes + bytes];
        answer.AsSpan().Fill((byte)'x');
        BitConverter.TryWriteBytes(answer, bytes);
        byte* request = stackalloc byte[RequestBytes];
        while (true)
        {
            int peer = accept(listener, null, null);
            if (peer < 0)
                return 1;
            for (nint got = 0, count; got < RequestBytes && (count = read(peer, request, (nuint)(RequestBytes - got))) > 0; )
                got += count;
            fixed (byte* p = answer)
                for (
                    nint sent = 0, count;
                    sent < answer.Length && (count = send(peer, p + sent, (nuint)(answer.Length - sent), NoSignal)) > 0;

                )
                    sent += count;
            _ = close(peer);
        }
    }

    private const int NoSignal = 0x4000;

    private static int Address(string path, byte* address)
    {
        *(ushort*)address = AfUnix;
        int count = Encoding.UTF8.GetBytes(path, new Span<byte>(address + 2, 107));
        address[2 + count] = 0;
        return 3 + count;
    }

    [DllImport("libc")]
    private static extern int socket(int domain, int type, int protocol);

    [DllImport("libc")]
    private static extern int connect(int descriptor, byte* address, int length);

    [DllImport("libc")]
    private static extern int bind(int descriptor, byte* address, int length);

    [DllImport("libc")]
    private static extern int listen(int descriptor, int backlog);

    [DllImport("libc")]
    private static extern int accept(int descriptor, void* address, void* length);

    [DllImport("libc")]
    private static extern nint read(int descriptor, byte* buffer, nuint count);

    [DllImport("libc")]
    private static extern nint write(int descriptor, byte* buffer, nuint count);

    [DllImport("libc")]
    private static extern nint send(int descriptor, byte* buffer, nuint count, int flags);

    [DllImport("libc")]
    private static extern int close(int descriptor);
}
