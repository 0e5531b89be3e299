using System;
using System.IO;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Blobs;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>
/// The bytes of a socket that does not block, for reading only, and the descriptors that came along with them, which .NET's own stream
/// drops. Does not own the socket.
/// </summary>
internal sealed class DescriptorStream(Socket socket) : Stream
{
    private MemoryFile? _file;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The descriptor that came last, now the caller's; null when there is none.</summary>
    public MemoryFile? TakeFile()
    {
        MemoryFile? file = _file;
        _file = null;
        return file;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // Each request waits here once.
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            int count = Libc.Receive((int)socket.Handle, buffer.Span, out int descriptor);
            if (descriptor >= 0)
            {
                _file?.Dispose();
                _file = new MemoryFile(descriptor);
            }
            if (count >= 0)
                return count;
            if (count != -Libc.EAGAIN)
                throw new IOException($"receiving failed (errno {-count})");
            // Receives nothing, and returns when there is something to receive.
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush()
    {
        // Nothing is written here.
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            TakeFile()?.Dispose();
        base.Dispose(disposing);
    }
}
