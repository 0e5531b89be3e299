using System.Linq;
using CacheDaemon.Daemon.Blobs;
using Xunit;

namespace CacheDaemon.Tests.Blobs;

public sealed class DescriptorSharesTests
{
    /// <summary>What the daemon has open when it does nothing, with all readers of the store: counted in /proc.</summary>
    private const int Idle = 23;

    [Fact]
    public void Everything_that_is_allowed_at_once_fits_under_the_limit()
    {
        foreach (int limit in Enumerable.Range(40, 5_000).Append(20_000).Append(1_048_576).Append(int.MaxValue))
        {
            DescriptorShares shares = DescriptorShares.Of(limit);
            // Each connection may bring a file along. Then, some are left for charts.
            long most = Idle + 2L * shares.Connections + shares.Outputs;
            Assert.True(most + 8 <= limit, $"{limit}: {shares}");
        }
    }

    [Theory]
    [InlineData(0, 2, 0)]
    [InlineData(40, 2, 1)]
    [InlineData(256, 81, 54)]
    [InlineData(1024, 360, 240)]
    [InlineData(4096, 512, 984)]
    public void Shares(int limit, int connections, int outputs) =>
        Assert.Equal(new DescriptorShares(connections, outputs), DescriptorShares.Of(limit));
}
