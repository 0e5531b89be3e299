using System;
using System.Buffers;
using System.Collections.Generic;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Coordination;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Rendering;
using MessagePack;

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

    /// <summary>
    /// Answers up to this size are copied together and sent by one system call; above it two calls are cheaper than the copy.
    /// </summary>
    private const int OneSendBytes = 64 * 1024;

    /// <summary>
    /// Longest wait for the next request, or for the peer to leave, on the thread that accepted it. The shim sends within 0.1 ms of
    /// connecting and leaves as soon after its answer; one that is held up by the machine is waited for elsewhere.
    /// </summary>
    private static readonly TimeSpan HereWait = TimeSpan.FromMilliseconds(2);

    /// <summary>Longest wait for a peer to take more of its answer before others get the thread.</summary>
    private static readonly TimeSpan TakeWait = TimeSpan.FromMilliseconds(2);

    /// <summary>
    /// Longest time for sending an answer without giving the thread away: a peer that keeps reading takes 50 MB in this time, and
    /// one that drips does not get longer.
    /// </summary>
    private static readonly TimeSpan TakeDeadline = TimeSpan.FromMilliseconds(20);

    /// <summary>Longest request that is looked at here: what is longer is not recalled by its bytes anyway.</summary>
    private const int HereBytes = Frame.HeaderBytes + RequestMemo.MaxMessageBytes;

    [ThreadStatic]
    private static byte[]? s_peeked;

    private static readonly byte[] WaitingFrame = MessageCodec.Encode(new Message.Waiting());

    private readonly Socket _socket;
    private readonly BypassReason _peer;
    private readonly int _pid;
    private readonly int _number;
    private readonly RequestDispatcher _dispatcher;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _gone = new();
    private readonly Lock _writing = new();
    private readonly HashSet<long> _leases = [];
    private long _busySince;
    private long _unreadSince;
    private bool _answering;
    private long _frameSince;
    private bool _left;
    private int _message = 1;
    private CountedHit? _lastHit;

    /// <param name="socket">The connection.</param>
    /// <param name="peer">Why this peer is never served, or <see cref="BypassReason.None"/>.</param>
    /// <param name="pid">Its process by the numbers of /proc; 0 when it is not visible there.</param>
    /// <param name="number">Its process by our process namespace; 0 when it has no number there.</param>
    /// <param name="dispatcher">Answers requests.</param>
    /// <param name="time">The clock.</param>
    public Session(Socket socket, BypassReason peer, int pid, int number, RequestDispatcher dispatcher, TimeProvider time)
    {
        _socket = socket;
        _peer = peer;
        _pid = pid;
        _number = number;
        _dispatcher = dispatcher;
        _time = time;
    }

    /// <summary>Leases that the peer holds; changed only by the request in progress.</summary>
    public ICollection<long> Leases => _leases;

    /// <summary>The turn of the peer, where others wait for what comes of it; else null. Changed only by the request in progress.</summary>
    public Place? Turn { get; set; }

    /// <summary>
    /// The process that connected, for as long as it lives, whatever it becomes; null where it cannot be watched. To be disposed by the
    /// caller.
    /// </summary>
    public CallerProcess? OpenCaller()
    {
        var caller = CallerProcess.Of((int)_socket.Handle, _pid);
        GC.KeepAlive(_socket);
        return caller;
    }

    /// <summary>The process that connected; 0 when it is not visible to us.</summary>
    public int ProcessId => _pid;

    /// <summary>The message that is read or answered now, as the trace of the peer names it.</summary>
    public RequestId Request => new(_number, _message);

    /// <summary>Why this peer is never served, or <see cref="BypassReason.None"/>.</summary>
    public BypassReason Peer => _peer;

    /// <summary>
    /// True when the peer holds no lease, nobody waits for its run, and it waits for nothing: an answer that is ready and not sent yet is
    /// waited for.
    /// </summary>
    public bool IsIdle
    {
        get
        {
            lock (_writing)
                return !_answering && _leases.Count == 0 && Turn is null;
        }
    }

    /// <summary>
    /// True when the daemon is leaving and waits for nothing of this peer, which was busy, or not let in yet, when
    /// <see cref="Listener.CutOffIdle"/> looked for such.
    /// </summary>
    private bool IsOver => _dispatcher.IsDraining && IsIdle;

    /// <summary>Serves the peer until it leaves, misbehaves or is cut off, or the daemon leaves.</summary>
    /// <param name="here">
    /// Whether requests that are known by their bytes may be answered on the calling thread, as long as they come without waiting.
    /// Everything else gives the thread back at once.
    /// </param>
    public async Task RunAsync(bool here)
    {
        try
        {
            _socket.Blocking = false; // Nothing here waits but by a deadline.
            int thread = Environment.CurrentManagedThreadId;
            // An answer that did not come at once leaves us on another thread, which is not ours to wait on.
            while (here && !IsOver && thread == Environment.CurrentManagedThreadId)
            {
                if (TryTakeKnown(out byte[]? known))
                    await AnswerAsync(new ReadOnlySequence<byte>(known), null).ConfigureAwait(false);
                else if (_left)
                    return;
                else
                    break;
            }
            if (thread == Environment.CurrentManagedThreadId)
                await Task.Yield();
            using var reader = new FrameReader(_socket, NoteFrame);
            while (!IsOver && await reader.ReadAsync(_gone.Token).ConfigureAwait(false) is { } frame)
                await AnswerAsync(frame.Message, frame.File).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The peer left, or was cut off. Nothing to say to anyone.
        }
        catch (Exception e) when (e is MessagePackSerializationException or ProtocolVersionException)
        {
            _dispatcher.Malformed(e, this);
        }
#pragma warning disable CA1031 // A bug in serving one peer must not end the daemon for the others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _dispatcher.Faulted(e, this);
        }
        finally
        {
            await _gone.CancelAsync().ConfigureAwait(false);
            _dispatcher.Left(_leases, Turn);
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
            // Half an interval, so that the first sign of life comes after one and a half of them at most: the peer gives a daemon up that
            // was silent for four.
            try
            {
                // A request that nobody has had the time to read is waited for, too.
                if (_busySince != 0 || _answering || _socket.Available == 0)
                    _unreadSince = 0;
                else if (_unreadSince == 0)
                    _unreadSince = _time.GetTimestamp();
                long since = _busySince != 0 ? _busySince : _unreadSince;
                if (since == 0 || _time.GetElapsedTime(since) < DaemonClient.HeartbeatInterval / 2)
                    return;
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

    /// <summary>The hit that this peer was answered with last, once: it may still say that it could not use it.</summary>
    public CountedHit? TakeLastHit()
    {
        CountedHit? last = _lastHit;
        _lastHit = null;
        return last;
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

    /// <summary>
    /// Takes the next frame when all of it is there within <see cref="HereWait"/> and it is a request that is known by its bytes.
    /// Otherwise nothing is taken, and <see cref="_left"/> says whether the peer has gone.
    /// </summary>
    private bool TryTakeKnown([NotNullWhen(true)] out byte[]? frame)
    {
        frame = null;
        if (!_socket.Poll(HereWait, SelectMode.SelectRead))
            return false;
        byte[] buffer = s_peeked ??= GC.AllocateUninitializedArray<byte>(HereBytes);
        int there = _socket.Receive(buffer, SocketFlags.Peek, out SocketError error);
        if (error != SocketError.Success)
            return false;
        _left = there == 0;
        if (there < Frame.HeaderBytes)
            return false;
        int whole = Frame.HeaderBytes + Frame.ReadLength(buffer);
        if (there < whole || !_dispatcher.IsKnown(buffer.AsSpan(Frame.HeaderBytes, whole - Frame.HeaderBytes), this))
            return false;
        frame = buffer.AsSpan(Frame.HeaderBytes, whole - Frame.HeaderBytes).ToArray();
        return _socket.Receive(buffer.AsSpan(0, whole), SocketFlags.None, out error) == whole;
    }

    /// <summary>The first byte begins the deadline of the whole frame.</summary>
    private void NoteFrame(bool begun)
    {
        if (begun)
            Interlocked.CompareExchange(ref _frameSince, _time.GetTimestamp(), 0);
        else
            Interlocked.Exchange(ref _frameSince, 0);
    }

    private async ValueTask AnswerAsync(ReadOnlySequence<byte> frame, MemoryFile? file)
    {
        lock (_writing)
        {
            _busySince = _time.GetTimestamp();
            _answering = true;
        }
        Answer? answer;
        try
        {
            answer = await _dispatcher.HandleAsync(frame, file, this).ConfigureAwait(false);
        }
        catch
        {
            // Not left to the collector: there may be many such peers, and few descriptors.
            file?.Dispose();
            throw;
        }
        lock (_writing)
            _busySince = 0;
        if (answer is { } some)
        {
            // The same deadline holds for a peer that does not take its answer.
            Interlocked.Exchange(ref _frameSince, _time.GetTimestamp());
            bool taken = false;
            _lastHit = some.Counted;
            try
            {
                await SendAsync(some).ConfigureAwait(false);
                taken = true;
            }
            finally
            {
                some.Sent?.Invoke(taken);
            }
            Interlocked.Exchange(ref _frameSince, 0);
        }
        lock (_writing)
            _answering = false;
        _message++;
    }

    private async ValueTask SendAsync(Answer answer)
    {
        if (answer.Attached is { } file)
        {
            // A peer that asked has read everything before, so there is room; one that has not is not waited for.
            int sent = Libc.Send((int)_socket.Handle, answer.Frame.Span, file.Descriptor);
            GC.KeepAlive(file);
            if (sent < 0)
                throw new IOException($"the peer does not take its answer (errno {-sent})");
            await SendAllAsync(answer.Frame[sent..]).ConfigureAwait(false);
            return;
        }
        if (answer.Tail is not { } tail)
        {
            await SendAllAsync(answer.Frame).ConfigureAwait(false);
            return;
        }
        int total = answer.Frame.Length + tail.Length;
        byte[] room = ArrayPool<byte>.Shared.Rent(Math.Min(total, OneSendBytes));
        if (total <= OneSendBytes)
        {
            answer.Frame.CopyTo(room);
            tail.CopyTo(room.AsSpan(answer.Frame.Length), 0);
            await SendAllAsync(room.AsMemory(0, total)).ConfigureAwait(false);
        }
        else
        {
            await SendAllAsync(answer.Frame).ConfigureAwait(false);
            for (int at = 0, count; at < tail.Length; at += count)
            {
                count = tail.CopyTo(room, at);
                await SendAllAsync(room.AsMemory(0, count)).ConfigureAwait(false);
            }
        }
        ArrayPool<byte>.Shared.Return(room);
    }

    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> data)
    {
        data = data[SendWhileTaken(data.Span)..];
        while (!data.IsEmpty)
            data = data[await _socket.SendAsync(data, SocketFlags.None, _gone.Token).ConfigureAwait(false)..];
    }

    /// <summary>
    /// Sends as long as the peer keeps taking, and returns how much it took. A peer that reads empties the socket's buffer in
    /// microseconds; going through the event loop for each bufferful of a large answer costs more than the copying.
    /// </summary>
    private int SendWhileTaken(ReadOnlySpan<byte> data)
    {
        int sent = 0;
        long started = Stopwatch.GetTimestamp();
        while (sent < data.Length)
        {
            int count = _socket.Send(data[sent..], SocketFlags.None, out SocketError error);
            if (error == SocketError.Success)
                sent += count;
            else if (
                error != SocketError.WouldBlock
                || Stopwatch.GetElapsedTime(started) > TakeDeadline
                || !_socket.Poll(TakeWait, SelectMode.SelectWrite)
            )
                break; // Too slow to be waited for here; or gone, as the next send will say.
        }
        return sent;
    }
}
