using System;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Performance;

/// <summary>Gates what a warm hit allocates in the daemon as it is installed: connection, dispatcher, counters and all.</summary>
public sealed class DaemonAllocationTests
{
    private const int Hits = 1000, MaxBytesPerHit = 1000;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_hit_over_a_kept_connection_allocates_less_than_a_kilobyte()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        using var site = new CallSite();
        DateTime written = DateTime.UtcNow;
        await home.StartAsync();
        await Eventually.IsTrueAsync("the stamps have aged", () => DateTime.UtcNow - written > TimeSpan.FromTicks(FileStamp.TrustAfterNanoseconds / 100) + TimeSpan.FromSeconds(0.1));
        using DaemonClient client = DaemonClient.TryConnect(Endpoint.ForHome(home.State), out _)!;
        Message.Render request = site.Request();
        Message.Lease lease = Assert.IsType<Message.Lease>(Ask(client, request));
        Assert.IsType<Message.Published>(Ask(client, new Message.Publish(lease.LeaseId, 0, 1000, default, new byte[20_000])));
        for (int i = 0; i < 3; i++)
            Assert.IsType<Message.Result>(Ask(client, request));

        long before = Allocated(client);
        for (int i = 0; i < Hits; i++)
            Assert.IsType<Message.Result>(Ask(client, request));
        long perHit = (Allocated(client) - before) / Hits;

        Assert.True(perHit < MaxBytesPerHit, $"{perHit} bytes per hit");
    }

    private static long Allocated(DaemonClient client)
    {
        using var status = JsonDocument.Parse(Assert.IsType<Message.Json>(Ask(client, new Message.Status())).Text);
        return status.RootElement.GetProperty("allocated_bytes").GetInt64();
    }

    private static Message Ask(DaemonClient client, Message message)
    {
        Assert.True(client.TrySend(message, s_patience));
        return client.ReceiveAnswer(out _)!;
    }
}
