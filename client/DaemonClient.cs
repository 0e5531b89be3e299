using System;
using System.Diagnostics;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using MessagePack;

namespace CacheDaemon.Client;

/// <summary>
/// One connection to the daemon, for one blocking caller. Nothing here throws for "not served": a null or a false
/// means that the caller should do without the daemon.
/// </summary>
public sealed class DaemonClient : IDisposable
{
    /// <summary>
    /// Longest silence before the first sign of life. A healthy daemon answers a hit within a millisecond and sends
    /// <see cref="Message.Waiting"/> after <see cref="HeartbeatInterval"/> whatever it is doing; on a machine so loaded
    /// that this takes a second, running helm is no slower than waiting.
    /// </summary>
    public static readonly TimeSpan FirstReplyDeadline = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often a daemon that has not answered yet says that it lives. The first time comes after one and a half of these at most, which
    /// leaves a busy machine two thirds of <see cref="FirstReplyDeadline"/> to let the daemon and its caller have their turns.
    /// </summary>
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Longest silence of a daemon that is only late: whenever one looks, it waits for a processor (<see cref="Lateness"/>). Equal calls on
    /// a machine with thirty times more work than processors are answered within half of it; where it is exceeded, helm takes as long.
    /// </summary>
    public static readonly TimeSpan LateDeadline = TimeSpan.FromSeconds(10);

    /// <summary>Silence after which a daemon that did show life counts as dead: twelve missed heartbeats.</summary>
    public static readonly TimeSpan SilenceDeadline = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Longest time that the daemon may take nothing of a finished render, before the caller's own output is written; a
    /// stopped daemon costs at most this much. Longer than any pause of a daemon that is alive, and the whole of a large
    /// result may take longer (<see cref="BytesPerSilence"/>): giving up would make each waiter render in its turn.
    /// </summary>
    public static readonly TimeSpan PublishDeadline = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The most that a daemon which stops for good adds to one call, whatever it was doing when it stopped: it is silent at the
    /// beginning, after a sign of life, when a render is handed over, or before its word on that. Once found silent it is not
    /// waited for again, so these do not add up. What comes on top is the load of the machine.
    /// </summary>
    public static TimeSpan WorstHang =>
        TimeSpan.FromTicks(Math.Max(Math.Max(FirstReplyDeadline.Ticks, SilenceDeadline.Ticks), PublishDeadline.Ticks));

    /// <summary>
    /// How long to leave a daemon alone after it did not answer in time. Then one caller asks again while the others
    /// leave it alone for as long once more, so a daemon that stays hung costs all callers together one deadline in ten
    /// seconds; a daemon that answers, or starts, is used by everybody from then on.
    /// </summary>
    public static readonly TimeSpan AvoidAfterHang = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A message may take its allowed silence, and as much again for each so many bytes of it: a peer that drips bytes, being out
    /// of memory perhaps, is as good as hung, while 32 MiB in a second is what even a machine in trouble can copy.
    /// </summary>
    private const int BytesPerSilence = 32 * 1024 * 1024;

    private const int FirstReadBytes = 64 * 1024;

    /// <summary>Memory that a frame's announced length may claim before its bytes are there.</summary>
    private const int PromisedBytes = 32 * 1024 * 1024;

    private readonly LocalSocket _socket;
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(FirstReadBytes);
    private int _start;
    private int _end;

    private DaemonClient(LocalSocket socket) => _socket = socket;

    /// <summary>The daemon's process; 0 when it is in a process namespace that we do not see.</summary>
    public int PeerId => _socket.PeerId;

    /// <summary>Connects, or answers null at once with the errno of the failure.</summary>
    public static DaemonClient? TryConnect(Endpoint endpoint, out int errno)
    {
        LocalSocket? socket = LocalSocket.TryConnect(Libc.PathBytes(endpoint.SocketPath), out errno);
        return socket is null ? null : new DaemonClient(socket);
    }

    /// <summary>Sends one message, or false when the peer takes nothing for so long, or takes it too slowly.</summary>
    public bool TrySend(Message message, TimeSpan silence) => TrySend(message, silence, out _);

    /// <summary>
    /// Sends one message, with a descriptor if there is one (not -1); false as in <see cref="TrySend(Message, TimeSpan)"/>, and
    /// <paramref name="silent"/> tells a hang from a closed connection, and from a daemon that waits for a processor.
    /// </summary>
    public bool TrySend(Message message, TimeSpan silence, out bool silent, int descriptor = -1)
    {
        long started = Stopwatch.GetTimestamp();
        byte[] frame = MessageCodec.Encode(message);
        bool sent = _socket.TrySend(frame, silence, Limit(silence, frame.Length), descriptor);
        silent = !sent && Stopwatch.GetElapsedTime(started) >= silence;
        if (silent && ProcessLook.At(PeerId).IsRunnable)
            (silent, WasLate) = (false, true);
        return sent;
    }

    /// <summary>
    /// The memory file that came with a <see cref="Message.ResultDescriptor"/>, now the caller's to close; -1 unless it is sealed and has
    /// exactly this length, so that nothing but the whole output can come of it.
    /// </summary>
    public int TakeOutput(int length)
    {
        int descriptor = _socket.TakeDescriptor();
        if (descriptor < 0 || (Libc.IsSealed(descriptor) && Libc.Length(descriptor) == length && Libc.IsReadable(descriptor, length)))
            return descriptor;
        Libc.Close(descriptor);
        return -1;
    }

    /// <summary>
    /// The next message, or null when nothing came for so long, it came too slowly, the peer left, or what came was no
    /// message of this version.
    /// </summary>
    public Message? Receive(TimeSpan silence)
    {
        if (!Fill(Frame.HeaderBytes, silence, Limit(silence, 0)))
            return null;
        try
        {
            int length = Frame.ReadLength(_buffer.AsSpan(_start));
            if (!Fill(Frame.HeaderBytes + length, silence, Limit(silence, length)))
                return null;
            ReadOnlyMemory<byte> message = _buffer.AsMemory(_start + Frame.HeaderBytes, length);
            _start += Frame.HeaderBytes + length;
            return MessageCodec.Decode(message);
        }
        catch (Exception e) when (e is MessagePackSerializationException or ProtocolVersionException)
        {
            return null;
        }
    }

    /// <summary>
    /// The answer to a request, or the daemon's word on a publication: waits for the first sign of life, then through heartbeats, for the
    /// first message that is not <see cref="Message.Waiting"/>. Null when the daemon fell silent; <paramref name="silent"/> then tells a
    /// hang from a closed connection, and from a daemon that is late (<see cref="WasLate"/>).
    /// </summary>
    public Message? ReceiveAnswer(out bool silent)
    {
        TimeSpan patience = FirstReplyDeadline;
        while (true)
        {
            Message? message = ReceivePatiently(patience, out silent);
            if (message is not Message.Waiting)
                return message;
            patience = SilenceDeadline;
        }
    }

    /// <summary>
    /// The answer to a request of which a stored result is wanted, and nothing else: what is no hit gives no lease, and is counted nowhere.
    /// A daemon that is slow to answer is done without.
    /// </summary>
    /// <param name="request">The call.</param>
    public Message? AskForHit(Message.Render request)
    {
        Message.Render question = request with { Flags = request.Flags | RenderFlags.ReadOnly | RenderFlags.HitOnly };
        return TrySend(question, FirstReplyDeadline) ? ReceiveAnswer(out _) : null;
    }

    /// <summary>True when the daemon was given up although it does not hang: it had no processor for <see cref="LateDeadline"/>.</summary>
    public bool WasLate { get; private set; }

    /// <summary>
    /// The next message. A silence becomes longer than <paramref name="patience"/> only while the daemon waits for a processor.
    /// </summary>
    private Message? ReceivePatiently(TimeSpan patience, out bool silent)
    {
        // The looks are part of the patience, so that a daemon which hangs costs no more than that.
        TimeSpan wait = patience - Lateness.Looks * Lateness.LookEvery;
        var lateness = new Lateness(PeerId);
        while (true)
        {
            long started = Stopwatch.GetTimestamp();
            Message? message = Receive(wait);
            silent = message is null && Stopwatch.GetElapsedTime(started) >= wait;
            if (!silent)
                return message;
            if (!lateness.IsWorthWaiting())
                break;
            wait = Lateness.LookEvery;
        }
        silent = lateness.IsHung;
        WasLate = !silent;
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static long Limit(TimeSpan silence, long bytes) => LocalSocket.In(silence + silence * ((double)bytes / BytesPerSilence));

    /// <summary>
    /// Reads until <paramref name="count"/> bytes are there. The buffer is made for all of it at once when that is little enough to
    /// promise (growing costs copies and fresh pages); beyond, it grows with what arrives, not with what was announced.
    /// </summary>
    private bool Fill(int count, TimeSpan silence, long deadline)
    {
        while (_end - _start < count)
        {
            if (_end == _buffer.Length)
            {
                // A fresh array rather than a move: messages handed out are slices of the old one.
                long size = count <= PromisedBytes ? count : Math.Min(count, 8L * (_end - _start));
                byte[] grown = GC.AllocateUninitializedArray<byte>((int)Math.Max(FirstReadBytes, size));
                _buffer.AsSpan(_start, _end - _start).CopyTo(grown);
                (_buffer, _end, _start) = (grown, _end - _start, 0);
            }
            int received = _socket.Receive(_buffer.AsSpan(_end), Math.Min(deadline, LocalSocket.In(silence)));
            if (received == 0)
                return false;
            _end += received;
        }
        return true;
    }
}
