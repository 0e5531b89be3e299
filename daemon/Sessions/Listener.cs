using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Insight;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>
/// Accepts connections and owns their sessions, from the moment the instance lock is held until all of them have ended.
/// </summary>
internal sealed class Listener : IAsyncDisposable
{
    /// <summary>
    /// Threads that accept. A call is one connection, one request and one answer: the thread that accepts it also answers it when
    /// that takes no waiting, so that it meets no queue and wakes no second thread. The last one that is free only
    /// lets in: what one caller does, or what a file system makes of a look at its files, never keeps others out.
    /// </summary>
    public const int Acceptors = 4;

    private const UnixFileMode OwnerOnlyDirectory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly Endpoint _endpoint;
    private readonly RequestDispatcher _dispatcher;
    private readonly Lifecycle _lifecycle;
    private readonly PeerCheck _peers = new();
    private readonly TimeProvider _time;
    private readonly DaemonLog _log;
    private readonly ConcurrentDictionary<Session, (Task Ended, long Since)> _sessions = new();
    private readonly AcceptBackOff _backOff;
    private int _accepting;
    private readonly Heartbeat _heartbeat;

    /// <summary>Held while the socket is opened anew or closed for good.</summary>
    private readonly Lock _opening = new();
    private Socket? _socket;
    private FileStamp _ownSocket;
    private string _lastProblem = "";

    public Listener(Endpoint endpoint, RequestDispatcher dispatcher, Lifecycle lifecycle, TimeProvider time, DaemonLog log)
    {
        _endpoint = endpoint;
        _dispatcher = dispatcher;
        _lifecycle = lifecycle;
        _time = time;
        _log = log;
        _backOff = new AcceptBackOff(time, log, static pause => Libc.Poll([], (int)pause.TotalMilliseconds));
        _heartbeat = new Heartbeat(time, Beat);
    }

    /// <summary>Connections open now.</summary>
    public int Connections => _sessions.Count;

    /// <summary>
    /// Replaces a stale socket and listens. Only the owner of the instance lock may call this. The socket gets its name when
    /// it is ready, so nobody meets one that refuses; and .NET, which deletes the name that a socket was bound to when the
    /// socket is disposed, does not delete the one of a successor.
    /// </summary>
    public void Open()
    {
        const int Backlog = 511;
        string unready = _endpoint.SocketPath + ".new";
        ClearPath();
        File.Delete(unready);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(unready));
            File.SetUnixFileMode(unready, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(Backlog);
            Libc.Stat(unready, follow: false, out _ownSocket);
            File.Move(unready, _endpoint.SocketPath, overwrite: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        // An accept that waits on the former socket ends, and goes on with this one.
        Interlocked.Exchange(ref _socket, socket)?.Dispose();
    }

    /// <summary>
    /// Listens anew when the socket file was deleted, replaced or closed to us: by a cleaner of temporary files, or by a
    /// log-out that empties the runtime directory. Until then every caller tries in vain to start a second daemon.
    /// </summary>
    public void Repair()
    {
        lock (_opening)
        {
            if (_lifecycle.IsEnding || IsOurs())
                return;
            try
            {
                Directory.CreateDirectory(_endpoint.SocketDirectory, OwnerOnlyDirectory);
                Open();
                _log.Write("the socket file was removed or changed: listening on a new one");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException)
            {
                string problem = $"{_endpoint.SocketPath}: can no longer listen there: {e.Message}";
                if (problem != _lastProblem)
                    _log.WriteProblem(problem);
                _lastProblem = problem;
            }
        }
    }

    /// <summary>Begins to accept, which goes on until the daemon ends.</summary>
    public void Start()
    {
        // Threads of our own and in the background: one that is held up by a file system does not hold up leaving.
        for (int i = 0; i < Acceptors; i++)
            new Thread(Accept) { IsBackground = true, Name = "accept" }.Start();
    }

    /// <summary>
    /// Stops listening and removes the socket, so that the next caller starts a new daemon. Sessions go on. Only when the daemon ends: else
    /// <see cref="Repair"/> would listen anew.
    /// </summary>
    public void Close()
    {
        lock (_opening)
        {
            // What is there may belong to the next daemon by now.
            if (IsOurs())
                DaemonLauncher.Remove(_endpoint.SocketPath);
            _socket?.Dispose();
        }
    }

    /// <summary>Waits for the sessions to end, then cuts off those that have not, and returns how many that were.</summary>
    public async Task<int> DrainAsync(TimeSpan deadline)
    {
        Task[] running = [.. _sessions.Values.Select(session => session.Ended)];
        try
        {
            await Task.WhenAll(running).WaitAsync(deadline, _time).ConfigureAwait(false);
            return 0;
        }
        catch (TimeoutException)
        {
            int left = _sessions.Count;
            foreach (Session session in _sessions.Keys)
                session.CutOff();
            await Task.WhenAll(running).ConfigureAwait(false);
            return left;
        }
    }

    /// <summary>Cuts off sessions that hold no lease and wait for nothing.</summary>
    public void CutOffIdle()
    {
        foreach (Session session in _sessions.Keys)
            if (session.IsIdle)
                session.CutOff();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _heartbeat.DisposeAsync();

    /// <summary>True while callers that look for the socket find this daemon's, and may connect.</summary>
    private bool IsOurs() =>
        Libc.Stat(_endpoint.SocketPath, follow: false, out FileStamp now) == 0
        && now.Device == _ownSocket.Device
        && now.Inode == _ownSocket.Inode
        && now.Mode == _ownSocket.Mode
        && Libc.OwnerOf(_endpoint.SocketPath) == Libc.EffectiveUserId;

    /// <summary>Makes room for the socket. A directory goes only when it is empty: what is in it is not ours.</summary>
    private void ClearPath()
    {
        if (Libc.Stat(_endpoint.SocketPath, follow: false, out FileStamp there) == 0 && there.Kind == FileKind.Directory)
            Directory.Delete(_endpoint.SocketPath, recursive: false);
    }

    private void Accept()
    {
        while (!_lifecycle.IsEnding)
        {
            Socket listener = Volatile.Read(ref _socket)!;
            Interlocked.Increment(ref _accepting);
            int failures = _backOff.Failures;
            Socket? peer = null;
            try
            {
                peer = listener.Accept();
                _backOff.Succeeded(failures);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException)
            {
                // Replaced by Repair: go on with the new one. Or closed: the condition above ends it.
                if (!_lifecycle.IsEnding && ReferenceEquals(listener, Volatile.Read(ref _socket)))
                    Failed(AcceptError.Of(e));
            }
            bool last = Interlocked.Decrement(ref _accepting) == 0;
            if (peer is not null)
                StartSession(peer, here: !last);
        }
    }

    private void Failed(AcceptError error)
    {
        if (error.Kind == AcceptErrorKind.GiveUp)
            _lifecycle.Drain($"accept failed for good: {error.Reason}", failed: true);
        else
            _backOff.Failed(error);
    }

    private void StartSession(Socket peer, bool here)
    {
        try
        {
            BypassReason refusal = _peers.Check(peer, out int pid, out int number);
            if (refusal == BypassReason.OtherUser || _sessions.Count >= DescriptorShares.Ours.Connections)
            {
                // What it asks is not read: it would be the first request of the connection.
                _dispatcher.Declined(
                    refusal == BypassReason.None ? BypassReason.TooManyConnections : refusal,
                    pid: 0,
                    new RequestId(number, 1)
                );
                // Before the caller learns of it, so that who comes again finds the room that this one has made.
                if (refusal != BypassReason.OtherUser)
                    MakeRoom();
                peer.Dispose();
                return;
            }
            var session = new Session(peer, refusal, pid, number, _dispatcher, _time);
            // Known before it runs, since it runs right here: it may need heartbeats, or be cut off, meanwhile.
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _sessions[session] = (ended.Task, _time.GetTimestamp());
            _ = session
                .RunAsync(here)
                .ContinueWith(
                    _ =>
                    {
                        _sessions.TryRemove(session, out (Task Ended, long Since) _);
                        session.Dispose();
                        ended.SetResult();
                    },
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default
                );
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            _log.WriteProblem($"a caller disconnected at once: {e.Message}");
            peer.Dispose();
        }
    }

    /// <summary>
    /// Ends connections that are old and idle: someone who opens many and says nothing must not keep the cache from others for ever.
    /// A caller asks as soon as it is connected, and a frame has as long to end.
    /// </summary>
    private void MakeRoom()
    {
        int ended = 0;
        foreach ((Session session, (_, long since)) in _sessions)
        {
            if (session.IsIdle && _time.GetElapsedTime(since) > Session.FrameDeadline)
            {
                session.CutOff();
                ended++;
            }
        }
        if (ended > 0)
            _log.WriteProblem(
                $"{ended} idle connections were closed after more than {Session.FrameDeadline.TotalSeconds:0} s, to make room for others"
            );
    }

    private void Beat()
    {
        foreach (Session session in _sessions.Keys)
            session.Beat();
    }
}
