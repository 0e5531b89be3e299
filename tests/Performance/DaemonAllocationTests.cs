using System;
using System.IO;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Performance;

/// <summary>Gates what a warm hit allocates in the daemon as it is installed: connection, dispatcher, counters and all.</summary>
[Trait("Needs", "programs")]
public sealed class DaemonAllocationTests
{
    private const int Hits = 1000,
        Rounds = 5,
        MaxBytesPerHit = 1000;

    /// <summary>However long the output: one that is passed as a file is not even read.</summary>
    [Theory]
    [InlineData(20_000, RenderFlags.None, typeof(Message.Result))]
    [InlineData(1_000_000, RenderFlags.TakesDescriptor, typeof(Message.ResultDescriptor))]
    public async Task A_hit_over_a_kept_connection_allocates_less_than_a_kilobyte(int bytes, RenderFlags flags, Type answer)
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        using var site = new CallSite();
        DateTime written = DateTime.UtcNow;
        await home.StartAsync();
        await Eventually.StampsAgeAsync(written);
        using DaemonClient client = DaemonClient.TryConnect(Endpoint.ForHome(home.State), out _)!;
        Message.Render request = site.Request() with { Flags = flags };
        Message.Lease lease = Assert.IsType<Message.Lease>(Ask(client, request));
        Assert.IsType<Message.Published>(Ask(client, new Message.Publish(lease.LeaseId, 0, 1000, default, new byte[bytes])));
        // Answered when what was published is on disk: writing it is no part of a hit.
        Assert.IsType<Message.Json>(Ask(client, new Message.Prune(false, null, null, "no such chart", DryRun: true)));
        for (int i = 0; i < 3; i++)
            Assert.IsType(answer, Ask(client, request));

        // What the daemon does every second allocates, too: on a busy machine these hits take many seconds, and the quickest few tell.
        long perHit = long.MaxValue;
        for (int round = 0; round < Rounds && perHit >= MaxBytesPerHit; round++)
        {
            long before = Allocated(client);
            for (int i = 0; i < Hits; i++)
                Assert.IsType(answer, Ask(client, request));
            perHit = Math.Min(perHit, (Allocated(client) - before) / Hits);
        }
        Assert.True(perHit < MaxBytesPerHit, $"{perHit} bytes per hit");
    }

    [Fact]
    public async Task A_long_frame_that_has_only_begun_takes_memory_for_what_came_of_it()
    {
        const int Announced = 60_000_000,
            Sent = 200_000;
        await using var home = new DaemonHome(RealHelms.Helm3);
        await home.StartAsync();
        using DaemonClient client = DaemonClient.TryConnect(Endpoint.ForHome(home.State), out _)!;
        // Asking allocates, too, and on a busy machine it is done many times; the first time also for what later answers share.
        Allocated(client);
        long asking = Allocated(client);
        asking = Allocated(client) - asking;
        long before = Allocated(client),
            asked = 0;
        using var peer = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await peer.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(home.State, "daemon.sock")));
        byte[] begun = new byte[Frame.HeaderBytes + Sent];
        Frame.WriteLength(begun, Announced);
        for (int sent = 0; sent < begun.Length; )
            sent += await peer.SendAsync(begun.AsMemory(sent));
        // More than a socket holds: it has been read but for the rest.
        await Eventually.IsTrueAsync("it is being read", () => Allocated(client) - before - ++asked * asking > Sent / 2);
        Assert.InRange(Allocated(client) - before - ++asked * asking, 0, 10 * Sent);
    }

    private static long Allocated(DaemonClient client)
    {
        using var status = JsonDocument.Parse(Assert.IsType<Message.Json>(Ask(client, new Message.Status())).Text);
        return status.RootElement.GetProperty("allocated_bytes").GetInt64();
    }

    private static Message Ask(DaemonClient client, Message message)
    {
        Assert.True(client.TrySend(message, Eventually.Patience));
        return client.ReceiveAnswer(out _)!;
    }
}
