using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Sessions;
using Xunit;

namespace CacheDaemon.Tests.Sessions;

/// <summary>The thread that lets a caller in also answers it: whatever callers make of that, others are let in and answered.</summary>
[Trait("Needs", "programs")]
public sealed class AcceptingTests
{
    /// <summary>More than there are threads that accept.</summary>
    private const int Crowd = 3 * Listener.Acceptors;

    [Fact]
    public async Task Callers_that_never_pause_keep_nobody_out()
    {
        await using var room = new HostFixture();
        // So that looking at the files takes longer than asking: there is always a request to be read.
        for (int i = 0; i < 500; i++)
            room.Site.Write($"work/web/files/{i}", "");
        Message.Render known = await KnownAsync(room, new byte[100]);
        byte[] frame = MessageCodec.Encode(known),
            ahead = [.. Enumerable.Repeat(frame, 100).SelectMany(f => f)];
        using var stop = new CancellationTokenSource();
        Task[] busy =
        [
            .. Enumerable
                .Range(0, Listener.Acceptors)
                .Select(_ =>
                {
                    HostFixture.Peer peer = room.Connect();
                    peer.Say(ahead);
                    return Task.Factory.StartNew(
                        () =>
                        {
                            while (!stop.IsCancellationRequested)
                            {
                                Assert.IsType<Message.Result>(peer.HearAsync().GetAwaiter().GetResult());
                                peer.Say(frame);
                            }
                        },
                        CancellationToken.None,
                        TaskCreationOptions.LongRunning,
                        TaskScheduler.Default
                    );
                }),
        ];
        for (int i = 0; i < 20; i++)
            await AssertServedAsync(room, known);
        await stop.CancelAsync();
        await Task.WhenAll(busy);
    }

    [Fact]
    public async Task Callers_that_say_nothing_or_half_of_it_keep_nobody_out()
    {
        await using var room = new HostFixture();
        Message.Render known = await KnownAsync(room, new byte[2000]);
        byte[] frame = MessageCodec.Encode(known);
        for (int i = 0; i < 10 * Crowd; i++)
            room.Connect().Say(frame[..(i % frame.Length)]);
        await AssertServedAsync(room, known);
    }

    [Fact]
    public async Task Callers_that_take_nothing_of_a_large_answer_keep_nobody_out()
    {
        await using var room = new HostFixture();
        Message.Render known = await KnownAsync(room, new byte[5_000_000]);
        HostFixture.Peer[] stopped = [.. Enumerable.Range(0, Crowd).Select(_ => room.Connect())];
        foreach (HostFixture.Peer peer in stopped)
            peer.Say(known);
        await AssertServedAsync(room, known);
        // And when they do take it, it is all there.
        foreach (HostFixture.Peer peer in stopped)
            Assert.Equal(5_000_000, Assert.IsType<Message.Result>(await peer.HearAsync()).Stdout.Length);
    }

    [Fact]
    public async Task Callers_of_a_known_request_whose_entry_is_gone_wait_and_keep_nobody_out()
    {
        await using var room = new HostFixture();
        Message.Render known = await KnownAsync(room, new byte[2000]);
        await room.Connect().AskAsync(new Message.Prune(true, null, null, null, false));
        HostFixture.Peer holder = room.Connect();
        Message.Lease lease = Assert.IsType<Message.Lease>(await holder.AskAsync(known));
        HostFixture.Peer[] waiters = [.. Enumerable.Range(0, Crowd).Select(_ => room.Connect())];
        foreach (HostFixture.Peer peer in waiters)
            peer.Say(known);
        await room.StatusReachesAsync("waiting", Crowd);
        await AssertServedAsync(room, room.Site.Request("lint x"));
        Assert.IsType<Message.Published>(await holder.AskAsync(new Message.Publish(lease.LeaseId, 0, 1, default, new byte[300])));
        foreach (HostFixture.Peer peer in waiters)
            Assert.Equal(300, Assert.IsType<Message.Result>(await peer.HearAsync()).Stdout.Length);
    }

    [Fact]
    public async Task Requests_said_at_once_on_one_connection_are_answered_in_order_known_or_not()
    {
        await using var room = new HostFixture();
        Message.Render known = await KnownAsync(room, new byte[2000]);
        HostFixture.Peer peer = room.Connect();
        byte[] frame = MessageCodec.Encode(known);
        peer.Say([.. frame, .. frame, .. MessageCodec.Encode(new Message.Status()), .. frame, .. frame[..9]]);
        Assert.IsType<Message.Result>(await peer.HearAsync());
        Assert.IsType<Message.Result>(await peer.HearAsync());
        Assert.IsType<Message.Json>(await peer.HearAsync());
        Assert.IsType<Message.Result>(await peer.HearAsync());
        peer.Say(frame[9..]);
        Assert.IsType<Message.Result>(await peer.HearAsync());
    }

    /// <summary>A request that the daemon answers by its bytes alone.</summary>
    private static async Task<Message.Render> KnownAsync(HostFixture room, byte[] output)
    {
        await room.PassAsync(TimeSpan.FromTicks(2 * FileStamp.TrustAfterNanoseconds / 100));
        Message.Render request = room.Site.Request();
        HostFixture.Peer peer = room.Connect();
        Message.Lease lease = Assert.IsType<Message.Lease>(await peer.AskAsync(request));
        Assert.IsType<Message.Published>(await peer.AskAsync(new Message.Publish(lease.LeaseId, 0, 1, default, output)));
        Assert.IsType<Message.Result>(await peer.AskAsync(request));
        peer.Dispose();
        return request;
    }

    private static async Task AssertServedAsync(HostFixture room, Message.Render request)
    {
        using HostFixture.Peer peer = room.Connect();
        Assert.True(await peer.AskAsync(request) is Message.Result or Message.Bypass);
    }
}
