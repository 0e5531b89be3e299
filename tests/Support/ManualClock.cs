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
    private DateTimeOffset _now = start ?? new(2026, 11, 21, 8, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
            return _now;
    }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public void Advance(TimeSpan by)
    {
        ManualTimer[] timers;
        lock (_lock)
        {
            _now += by;
            timers = [.. _timers];
        }
        foreach (ManualTimer timer in timers)
            timer.FireIfDue(GetUtcNow());
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state, GetUtcNow() + dueTime, period);
        lock (_lock)
            _timers.Add(timer);
        timer.FireIfDue(GetUtcNow());
        return timer;
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state, DateTimeOffset due, TimeSpan period) : ITimer
    {
        private DateTimeOffset _due = due;

        public void FireIfDue(DateTimeOffset now)
        {
            if (now < _due)
                return;
            _due = now + period;
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
