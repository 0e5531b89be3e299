using System;
using System.Buffers;
using System.IO;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Blobs;
using MessagePack;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>
/// Cuts frames out of a socket that does not block, for one reader. Memory grows with the bytes that arrive, not with those that are
/// announced. A peer asks one thing at a time, so a descriptor that came belongs to the frame that is read.
/// </summary>
internal sealed class FrameReader : IDisposable
{
    /// <summary>Room for a first read; most requests are shorter.</summary>
    private const int RoomBytes = 32 * 1024;

    private readonly DescriptorStream _stream;
    private readonly PipeReader _reader;
    private readonly Action<bool> _begun;
    private SequencePosition? _end;

    /// <param name="socket">The connection.</param>
    /// <param name="begun">Told when a frame has begun and is not whole yet (true), and when it is, or never will be (false).</param>
    public FrameReader(Socket socket, Action<bool> begun)
    {
        _stream = new DescriptorStream(socket);
        _reader = PipeReader.Create(_stream, new StreamPipeReaderOptions(bufferSize: RoomBytes));
        _begun = begun;
    }

    /// <summary>
    /// The next frame's message, with the file that came along; null when the peer has left. The bytes are there until the next call.
    /// </summary>
    /// <exception cref="MessagePackSerializationException">The announced length is not accepted.</exception>
    /// <exception cref="IOException">The connection failed.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // Each request waits here once.
    public async ValueTask<Incoming?> ReadAsync(CancellationToken cancelled)
    {
        if (_end is { } end)
            _reader.AdvanceTo(end);
        _end = null;
        int needed = 1; // The first byte begins the frame.
        int asked = 1;
        bool haveLength = false;
        while (true)
        {
            ReadResult read = await _reader.ReadAtLeastAsync(asked, cancelled).ConfigureAwait(false);
            ReadOnlySequence<byte> buffer = read.Buffer;
            if (buffer.Length < asked)
            {
                _begun(false);
                _reader.AdvanceTo(buffer.Start, buffer.End);
                return null;
            }
            if (!haveLength)
            {
                haveLength = buffer.Length >= Frame.HeaderBytes;
                needed = haveLength ? Frame.HeaderBytes + LengthOf(buffer) : Frame.HeaderBytes;
            }
            if (buffer.Length < needed)
            {
                _begun(true);
                // The reader makes room for what it is asked for: never for much more than has come.
                asked = (int)Math.Min(needed, Math.Max(2 * buffer.Length, RoomBytes));
                _reader.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }
            _begun(false);
            _end = buffer.GetPosition(needed);
            return new Incoming(buffer.Slice(Frame.HeaderBytes, needed - Frame.HeaderBytes), _stream.TakeFile());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Complete();
        _stream.Dispose();
    }

    private static int LengthOf(ReadOnlySequence<byte> buffer)
    {
        Span<byte> header = stackalloc byte[Frame.HeaderBytes];
        buffer.Slice(0, Frame.HeaderBytes).CopyTo(header);
        return Frame.ReadLength(header);
    }
}

/// <summary>What came in one frame.</summary>
/// <param name="Message">The frame without its length.</param>
/// <param name="File">The descriptor that came along, to be disposed by whoever does not keep it; null when there is none.</param>
internal readonly record struct Incoming(ReadOnlySequence<byte> Message, MemoryFile? File);
