using System;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>
/// Runs an action every <see cref="DaemonClient.HeartbeatInterval"/> of a clock. A timer alone is not enough: its work waits for a thread
/// of the pool, and they may all be busy with callers, which is when heartbeats are wanted most. So a thread of our own looks after it as
/// often.
/// </summary>
internal sealed class Heartbeat : IAsyncDisposable
{
    /// <summary>A timer and a thread are never exact: what is due within this counts as due.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(20);

    private readonly TimeProvider _time;
    private readonly Action _beat;
    private readonly ITimer _timer;
    private readonly Thread _thread;
    private readonly ManualResetEvent _over = new(false);
    private long _last;

    /// <param name="time">The clock.</param>
    /// <param name="beat">Never throws.</param>
    public Heartbeat(TimeProvider time, Action beat)
    {
        _time = time;
        _beat = beat;
        _last = time.GetTimestamp();
        _timer = time.CreateTimer(_ => BeatIfDue(), null, DaemonClient.HeartbeatInterval, DaemonClient.HeartbeatInterval);
        _thread = new Thread(() =>
        {
            while (!_over.WaitOne(DaemonClient.HeartbeatInterval))
                BeatIfDue();
        })
        {
            IsBackground = true,
            Name = "heartbeat",
        };
        _thread.Start();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        _over.Set();
        _thread.Join();
        _over.Dispose();
    }

    private void BeatIfDue()
    {
        long last = Interlocked.Read(ref _last);
        if (
            _time.GetElapsedTime(last) >= DaemonClient.HeartbeatInterval - Slack
            && Interlocked.CompareExchange(ref _last, _time.GetTimestamp(), last) == last
        )
            _beat();
    }
}
