using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Insight;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>
/// Accepts connections and owns their sessions, from the moment the instance lock is held until all of them have ended.
/// </summary>
internal sealed class Listener : IAsyncDisposable
{
    /// <summary>
    /// Most connections at once: room for a machine-wide build, far below the usual limit of 1,024 descriptors. A caller
    /// above it is closed at once and becomes helm.
    /// </summary>
    public const int MaxConnections = 512;

    /// <summary>Pause after an accept that failed for lack of descriptors or memory: no faster loop would help.</summary>
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(50);

    private readonly Endpoint _endpoint;
    private readonly RequestDispatcher _dispatcher;
    private readonly PeerCheck _peers = new();
    private readonly TimeProvider _time;
    private readonly DaemonLog _log;
    private readonly ConcurrentDictionary<Session, Task> _sessions = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _heartbeat;
    private Socket? _socket;

    public Listener(Endpoint endpoint, RequestDispatcher dispatcher, TimeProvider time, DaemonLog log)
    {
        _endpoint = endpoint;
        _dispatcher = dispatcher;
        _time = time;
        _log = log;
        _heartbeat = time.CreateTimer(_ => Beat(), null, DaemonClient.HeartbeatInterval, DaemonClient.HeartbeatInterval);
    }

    /// <summary>Connections open now.</summary>
    public int Connections => _sessions.Count;

    /// <summary>Replaces a stale socket and listens. Only the owner of the instance lock may call this.</summary>
    public void Open()
    {
        const int Backlog = 511;
        File.Delete(_endpoint.SocketPath);
        _socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _socket.Bind(new UnixDomainSocketEndPoint(_endpoint.SocketPath));
        File.SetUnixFileMode(_endpoint.SocketPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _socket.Listen(Backlog);
    }

    /// <summary>Accepts until <see cref="Close"/>.</summary>
    public async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Socket peer = await _socket!.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                Welcome(peer);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException e)
            {
                if (_stopping.IsCancellationRequested)
                    return;
                _log.Write($"accept: {e.Message}");
                await Task.Delay(AcceptPause, _time).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Stops listening and removes the socket, so that the next caller starts a new daemon. Sessions go on.</summary>
    public void Close()
    {
        _stopping.Cancel();
        File.Delete(_endpoint.SocketPath);
        _socket?.Dispose();
    }

    /// <summary>Waits for the sessions to end, then cuts off those that have not.</summary>
    public async Task DrainAsync(TimeSpan deadline)
    {
        ICollection<Task> running = _sessions.Values;
        try
        {
            await Task.WhenAll(running).WaitAsync(deadline, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            foreach (Session session in _sessions.Keys)
                session.CutOff();
            await Task.WhenAll(running).ConfigureAwait(false);
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
    public async ValueTask DisposeAsync()
    {
        await _heartbeat.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private void Welcome(Socket peer)
    {
        BypassReason verdict = _peers.Check(peer);
        if (verdict == BypassReason.OtherUser || _sessions.Count >= MaxConnections)
        {
            _dispatcher.Declined(verdict == BypassReason.None ? BypassReason.TooManyConnections : verdict);
            peer.Dispose();
            return;
        }
        var session = new Session(peer, verdict, _dispatcher, _time);
        Task running = session.RunAsync();
        _sessions[session] = running;
        _ = running.ContinueWith(_ =>
        {
            _sessions.TryRemove(session, out Task? _);
            session.Dispose();
        }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void Beat()
    {
        foreach (Session session in _sessions.Keys)
            session.Beat();
    }
}
