using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Rendering;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>
/// One connection: read a frame, hand it on, write the answer, again. Its task never faults, and whatever ends it, the
/// leases it holds are passed on.
/// </summary>
internal sealed class Session : IDisposable
{
    /// <summary>
    /// Longest time that a frame may take from its first to its last byte. The largest legal frame is copied in well
    /// below this; a peer that drips bytes must not hold a connection for ever.
    /// </summary>
    public static readonly TimeSpan FrameDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Answers up to this size are copied together and sent by one system call; above it two calls are cheaper than the copy.</summary>
    private const int OneSendBytes = 64 * 1024;

    private static readonly byte[] WaitingFrame = MessageCodec.Encode(new Message.Waiting());

    private readonly Socket _socket;
    private readonly BypassReason _peer;
    private readonly int _pid;
    private readonly RequestDispatcher _dispatcher;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _gone = new();
    private readonly Lock _writing = new();
    private readonly HashSet<long> _leases = [];
    private long _busySince;
    private long _frameSince;

    public Session(Socket socket, BypassReason peer, int pid, RequestDispatcher dispatcher, TimeProvider time)
    {
        _socket = socket;
        _peer = peer;
        _pid = pid;
        _dispatcher = dispatcher;
        _time = time;
    }

    /// <summary>Leases that the peer holds; changed only by the request in progress.</summary>
    public ICollection<long> Leases => _leases;

    /// <summary>The process that connected; 0 when it is not visible to us.</summary>
    public int ProcessId => _pid;

    /// <summary>Why this peer is never served, or <see cref="BypassReason.None"/>.</summary>
    public BypassReason Peer => _peer;

    /// <summary>True when the peer holds no lease and waits for nothing.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_writing)
                return _busySince == 0 && _leases.Count == 0;
        }
    }

    /// <summary>Serves the peer until it leaves, misbehaves or is cut off.</summary>
    public async Task RunAsync()
    {
        PipeReader reader = PipeReader.Create(new NetworkStream(_socket), new StreamPipeReaderOptions(bufferSize: 32 * 1024, leaveOpen: true));
        try
        {
            while (await ReadFrameAsync(reader).ConfigureAwait(false) is { } frame)
                await AnswerAsync(frame).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The peer left, or was cut off. Nothing to say to anyone.
        }
        catch (Exception e) when (e is MessagePackException or ProtocolVersionException)
        {
            _dispatcher.Malformed(e);
        }
#pragma warning disable CA1031 // A bug in serving one peer must not end the daemon for the others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _dispatcher.Faulted(e);
        }
        finally
        {
            await _gone.CancelAsync().ConfigureAwait(false);
            _dispatcher.Left(_leases);
            _socket.Dispose();
        }
    }

    /// <summary>
    /// Called from the daemon's clock every <see cref="DaemonClient.HeartbeatInterval"/>: tells a waiting peer that we
    /// live, and cuts off one whose frame does not end or who was suspended while others may wait for its render.
    /// </summary>
    public void Beat()
    {
        long frameSince = Interlocked.Read(ref _frameSince);
        if (frameSince != 0 && _time.GetElapsedTime(frameSince) > FrameDeadline)
        {
            CutOff();
            return;
        }
        if (_leases.Count > 0 && PeerCheck.IsSuspended(_pid))
        {
            CutOff();
            return;
        }
        lock (_writing)
        {
            if (_busySince == 0 || _time.GetElapsedTime(_busySince) < DaemonClient.HeartbeatInterval)
                return;
            try
            {
                // A peer that was stopped does not read, and once its buffer is full a send would wait for it, and with
                // it the clock of all sessions. Such a peer needs no heartbeat.
                if (_socket.Poll(TimeSpan.Zero, SelectMode.SelectWrite))
                    _socket.Send(WaitingFrame, SocketFlags.None);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return; // The reading side learns the same and ends the session.
            }
        }
    }

    /// <summary>Ends the session from outside.</summary>
    public void CutOff()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return; // Already gone.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        _gone.Dispose();
    }

    private async ValueTask<byte[]?> ReadFrameAsync(PipeReader reader)
    {
        int needed = 1; // The first byte begins the deadline of the whole frame.
        bool haveLength = false;
        while (true)
        {
            ReadResult read = await reader.ReadAtLeastAsync(needed, _gone.Token).ConfigureAwait(false);
            ReadOnlySequence<byte> buffer = read.Buffer;
            if (buffer.Length < needed)
            {
                Interlocked.Exchange(ref _frameSince, 0);
                reader.AdvanceTo(buffer.Start, buffer.End);
                return null;
            }
            if (!haveLength)
            {
                haveLength = buffer.Length >= Frame.HeaderBytes;
                needed = haveLength ? Frame.HeaderBytes + LengthOf(buffer) : Frame.HeaderBytes;
            }
            if (buffer.Length < needed)
            {
                Interlocked.CompareExchange(ref _frameSince, _time.GetTimestamp(), 0);
                reader.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }
            Interlocked.Exchange(ref _frameSince, 0);
            byte[] message = buffer.Slice(Frame.HeaderBytes, needed - Frame.HeaderBytes).ToArray();
            reader.AdvanceTo(buffer.GetPosition(needed));
            return message;
        }
    }

    private static int LengthOf(ReadOnlySequence<byte> buffer)
    {
        Span<byte> header = stackalloc byte[Frame.HeaderBytes];
        buffer.Slice(0, Frame.HeaderBytes).CopyTo(header);
        return Frame.ReadLength(header);
    }

    private async ValueTask AnswerAsync(byte[] frame)
    {
        lock (_writing)
            _busySince = _time.GetTimestamp();
        Answer? answer = await _dispatcher.HandleAsync(frame, this).ConfigureAwait(false);
        lock (_writing)
            _busySince = 0;
        if (answer is not { } some)
            return;
        // The same deadline holds for a peer that does not take its answer.
        Interlocked.Exchange(ref _frameSince, _time.GetTimestamp());
        await SendAsync(some).ConfigureAwait(false);
        Interlocked.Exchange(ref _frameSince, 0);
    }

    private async ValueTask SendAsync(Answer answer)
    {
        int total = answer.Frame.Length + answer.Tail.Length;
        if (answer.Tail.IsEmpty || total > OneSendBytes)
        {
            await SendAllAsync(answer.Frame).ConfigureAwait(false);
            await SendAllAsync(answer.Tail).ConfigureAwait(false);
            return;
        }
        byte[] whole = ArrayPool<byte>.Shared.Rent(total);
        answer.Frame.CopyTo(whole);
        answer.Tail.CopyTo(whole.AsMemory(answer.Frame.Length));
        await SendAllAsync(whole.AsMemory(0, total)).ConfigureAwait(false);
        ArrayPool<byte>.Shared.Return(whole);
    }

    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
            data = data[await _socket.SendAsync(data, SocketFlags.None, _gone.Token).ConfigureAwait(false)..];
    }
}
