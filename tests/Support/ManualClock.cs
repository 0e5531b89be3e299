using System;
using System.Collections.Generic;
using System.Threading;

namespace CacheDaemon.Tests.Support;

/// <summary>Time that moves only when a test says so, timers included.</summary>
/// <param name="start">What it shows at first; some fixed time by default.</param>
internal sealed class ManualClock(DateTimeOffset? start = null) : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _wall = start ?? new(2026, 11, 21, 8, 0, 0, TimeSpan.Zero);

    /// <summary>Since the machine was started: no time stamp is 0.</summary>
    private TimeSpan _elapsed = TimeSpan.FromDays(1);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
            return _wall;
    }

    public override long GetTimestamp()
    {
        lock (_lock)
            return _elapsed.Ticks;
    }

    /// <summary>Someone sets the wall clock back; time goes on as ever.</summary>
    public void SetBack(TimeSpan by)
    {
        lock (_lock)
            _wall -= by;
    }

    public void Advance(TimeSpan by)
    {
        ManualTimer[] timers;
        lock (_lock)
        {
            _wall += by;
            _elapsed += by;
            timers = [.. _timers];
        }
        foreach (ManualTimer timer in timers)
            timer.FireIfDue(GetTimestamp());
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state, GetTimestamp() + dueTime.Ticks, period);
        lock (_lock)
            _timers.Add(timer);
        timer.FireIfDue(GetTimestamp());
        return timer;
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state, long due, TimeSpan period) : ITimer
    {
        private long _due = due;

        public void FireIfDue(long now)
        {
            if (now < _due)
                return;
            _due = now + period.Ticks;
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod) => throw new NotSupportedException();

        public void Dispose()
        {
            lock (clock._lock)
                clock._timers.Remove(this);
        }

        public System.Threading.Tasks.ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
