using System;
using Microsoft.Extensions.Time.Testing;

namespace CacheDaemon.Tests.Support;

/// <summary>Time that moves only when a test says so, timers included.</summary>
/// <param name="start">What it shows at first; some fixed time by default.</param>
internal sealed class ManualClock(DateTimeOffset? start = null) : FakeTimeProvider(start ?? new(2026, 11, 21, 8, 0, 0, TimeSpan.Zero))
{
    private TimeSpan _setBack;

    public override long GetTimestamp() => base.GetTimestamp() + _setBack.Ticks;

    /// <summary>Someone sets the wall clock back; time goes on as ever.</summary>
    public void SetBack(TimeSpan by)
    {
        AdjustTime(GetUtcNow() - by);
        _setBack += by;
    }
}
