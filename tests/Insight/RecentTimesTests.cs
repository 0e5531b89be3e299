using System;
using CacheDaemon.Daemon.Insight;
using Xunit;

namespace CacheDaemon.Tests.Insight;

public sealed class RecentTimesTests
{
    [Fact]
    public void Of_the_last_times_the_median_and_the_longest_are_told()
    {
        const int Kept = 1024;
        var times = new RecentTimes(Kept);
        Assert.Null(times.Summary());
        times.Add(TimeSpan.FromHours(1));
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromHours(1)), times.Summary());
        for (int i = 1; i <= Kept; i++)
            times.Add(TimeSpan.FromSeconds(i));
        Assert.Equal((TimeSpan.FromSeconds(513), TimeSpan.FromSeconds(1024)), times.Summary());
        times.Reset();
        Assert.Null(times.Summary());
    }
}
