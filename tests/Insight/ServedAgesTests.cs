using System;
using CacheDaemon.Daemon.Insight;
using Xunit;

namespace CacheDaemon.Tests.Insight;

public sealed class ServedAgesTests
{
    [Fact]
    public void Of_the_last_ages_the_median_and_the_longest_are_told()
    {
        var ages = new ServedAges();
        Assert.Equal(default, ages.Summary());
        ages.Add(TimeSpan.FromHours(1));
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromHours(1)), ages.Summary());
        for (int i = 1; i <= ServedAges.MaxAges; i++)
            ages.Add(TimeSpan.FromSeconds(i));
        Assert.Equal((TimeSpan.FromSeconds(513), TimeSpan.FromSeconds(1024)), ages.Summary());
        ages.Reset();
        Assert.Equal(default, ages.Summary());
    }
}
