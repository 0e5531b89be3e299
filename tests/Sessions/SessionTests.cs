using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Rendering;
using CacheDaemon.Daemon.Sessions;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Sessions;

/// <summary>What peers may do to a session, and what none of them may do to the others.</summary>
public sealed class SessionTests
{
    public static TheoryData<string> Garbage => [.. s_garbage.Keys];

    private const byte Version = ProtocolVersion.Current;

    private static readonly Dictionary<string, byte[]> s_garbage = new()
    {
        ["no MessagePack"] = [0, 0, 0, 4, 0xc1, 0xc1, 0xc1, 0xc1],
        ["no array"] = [0, 0, 0, 1, 0x01],
        ["an array cut short"] = [0, 0, 0, 2, 0x92, Version],
        ["an unknown kind"] = [0, 0, 0, 3, 0x92, Version, 0x3f],
        ["a reply"] = [0, 0, 0, 3, 0x92, Version, 67],
        ["length zero"] = [0, 0, 0, 0],
        ["a length beyond the cap"] = [0x14, 0, 0, 1],
        ["the longest length"] = [0xff, 0xff, 0xff, 0xff],
        ["another protocol"] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(),
        ["a string longer than its frame"] = [0, 0, 0, 8, 0x93, Version, 0x46, 0xdb, 0x7f, 0xff, 0xff, 0xff],
    };

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_ends_its_own_connection_and_nothing_else(string what)
    {
        await using var room = new HostFixture();
        HostFixture.Peer bystander = room.Connect(),
            babbler = room.Connect();
        babbler.Say(s_garbage[what]);
        await babbler.AssertClosedAsync();
        Assert.IsType<Message.Json>(await bystander.AskAsync(new Message.Status()));
        Assert.Equal(1, room.Stats.Errors);
        Assert.False(room.Running.IsCompleted);
    }

    [Fact]
    public async Task Older_client_is_left_to_helm_which_is_counted_as_no_error()
    {
        await using var room = new HostFixture();
        HostFixture.Peer older = room.Connect();
        older.Say(0, 0, 0, 3, 0x92, 0x00, 0x05);
        await older.AssertClosedAsync();
        Assert.Equal((0, 1), (room.Stats.Errors, room.Stats.BypassReasons["protocol-mismatch"]));
        Assert.False(room.Running.IsCompleted);
    }

    [Fact]
    public async Task Newer_client_asks_the_daemon_to_leave()
    {
        await using var room = new HostFixture();
        HostFixture.Peer newer = room.Connect();
        newer.Say(0, 0, 0, 3, 0x92, ProtocolVersion.Current + 1, 0x05);
        await newer.AssertClosedAsync();
        await room.Running.WaitAsync(Eventually.Patience);
    }

    [Fact]
    public async Task Frame_that_comes_byte_by_byte_is_understood()
    {
        await using var room = new HostFixture();
        HostFixture.Peer peer = room.Connect();
        foreach (byte b in MessageCodec.Encode(new Message.Stats(false)))
            peer.Say(b);
        Assert.IsType<Message.Json>(await peer.HearAsync());
    }

    [Fact]
    public async Task Frames_that_come_together_are_answered_in_order()
    {
        await using var room = new HostFixture();
        HostFixture.Peer peer = room.Connect();
        peer.Say([
            .. MessageCodec.Encode(new Message.Stats(false)),
            .. MessageCodec.Encode(room.Site.Request("lint x")),
            .. MessageCodec.Encode(new Message.Status()),
        ]);
        Assert.Contains("\"hits\"", Assert.IsType<Message.Json>(await peer.HearAsync()).Text, StringComparison.Ordinal);
        Assert.IsType<Message.Bypass>(await peer.HearAsync());
        Assert.Contains("\"pid\"", Assert.IsType<Message.Json>(await peer.HearAsync()).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    public async Task Half_a_frame_is_cut_off_and_silence_between_frames_is_not(int bytes)
    {
        await using var room = new HostFixture();
        HostFixture.Peer quiet = room.Connect(),
            half = room.Connect();
        half.Say(MessageCodec.Encode(new Message.Stats(false))[..bytes]);
        await room.StatusReachesAsync("connections", 2);
        Task closed = half.AssertClosedAsync();
        // The session may not have met the bytes before the first of these.
        await Eventually.IsTrueAsync(
            "the connection is closed",
            async () =>
            {
                await room.PassAsync(Session.FrameDeadline + DaemonClient.HeartbeatInterval);
                return closed.IsCompletedSuccessfully;
            }
        );
        Assert.IsType<Message.Json>(await quiet.AskAsync(new Message.Status()));
    }

    [Fact]
    public async Task Waiter_hears_that_the_daemon_lives()
    {
        await using var room = new HostFixture();
        HostFixture.Peer holder = room.Connect(),
            waiter = room.Connect();
        Message.Lease lease = Assert.IsType<Message.Lease>(await holder.AskAsync(room.Site.Request()));
        waiter.Say(room.Site.Request());
        await room.StatusReachesAsync("waiting", 1);
        Assert.False(waiter.HasMail);
        for (int beat = 0; beat < 3; beat++)
        {
            await room.PassAsync(DaemonClient.HeartbeatInterval);
            Assert.IsType<Message.Waiting>(await waiter.HearAsync());
        }
        Assert.False(holder.HasMail);
        Assert.IsType<Message.Published>(await holder.AskAsync(new Message.Publish(lease.LeaseId, 0, 1, default, "a: 1\n"u8.ToArray())));
        Assert.IsType<Message.Result>(await waiter.HearAsync());
        await room.PassAsync(DaemonClient.HeartbeatInterval);
        Assert.False(waiter.HasMail);
    }

    [Fact]
    public async Task Waiter_that_does_not_read_holds_up_nobodys_heartbeat()
    {
        await using var room = new HostFixture();
        HostFixture.Peer holder = room.Connect(),
            stopped = room.Connect(),
            waiter = room.Connect();
        // In all more than a socket's buffer holds of them, and in each round as many as come while one waits at most.
        const int Rounds = 2;
        int beats = (int)(RenderPipeline.MaxWait / DaemonClient.HeartbeatInterval) - 10;
        for (int round = 0; round < Rounds; round++)
        {
            Message.Render request = room.Site.Request($"template round{round} ./web");
            Message.Lease lease = Assert.IsType<Message.Lease>(await holder.AskAsync(request));
            waiter.Say(request);
            await room.StatusReachesAsync("waiting", 1);
            stopped.Say(request);
            // Later it may be full already, and is not heard.
            if (round == 0)
                await room.StatusReachesAsync("waiting", 2);
            for (int beat = 0; beat < beats; beat++)
            {
                await room.PassAsync(DaemonClient.HeartbeatInterval);
                Assert.IsType<Message.Waiting>(await waiter.HearAsync());
            }
            await holder.AskAsync(new Message.Publish(lease.LeaseId, 1, 1, default, default));
            Assert.IsType<Message.Bypass>(await waiter.HearAsync());
        }
    }

    [Fact]
    public async Task Leaseholder_that_disconnects_hands_on_to_a_waiter()
    {
        await using var room = new HostFixture();
        HostFixture.Peer holder = room.Connect(),
            waiter = room.Connect();
        Message.Lease first = Assert.IsType<Message.Lease>(await holder.AskAsync(room.Site.Request()));
        waiter.Say(room.Site.Request());
        await room.StatusReachesAsync("waiting", 1);
        holder.Dispose();
        Assert.NotEqual(first.LeaseId, Assert.IsType<Message.Lease>(await waiter.HearAsync()).LeaseId);
    }

    [Fact]
    public async Task Waiters_that_disconnect_are_passed_over()
    {
        await using var room = new HostFixture();
        HostFixture.Peer holder = room.Connect(),
            gone = room.Connect(),
            alsoGone = room.Connect(),
            last = room.Connect();
        await holder.AskAsync(room.Site.Request());
        foreach (HostFixture.Peer waiter in (HostFixture.Peer[])[gone, alsoGone])
            waiter.Say(room.Site.Request());
        await room.StatusReachesAsync("waiting", 2);
        last.Say(room.Site.Request());
        await room.StatusReachesAsync("waiting", 3);
        gone.Dispose();
        alsoGone.Dispose();
        holder.Dispose();
        Assert.IsType<Message.Lease>(await last.HearAsync());
        await room.StatusReachesAsync("renders", 1);
        await room.StatusReachesAsync("connections", 1);
    }

    [Fact]
    public async Task L_only_callers_that_take_the_result_of_another_count_as_coalesced()
    {
        await using var room = new HostFixture();
        HostFixture.Peer holder = room.Connect(),
            gone = room.Connect(),
            waiter = room.Connect();
        Message.Lease lease = Assert.IsType<Message.Lease>(await holder.AskAsync(room.Site.Request()));
        gone.Say(room.Site.Request());
        waiter.Say(room.Site.Request());
        await room.StatusReachesAsync("waiting", 2);
        gone.Dispose();
        Assert.IsType<Message.Published>(await holder.AskAsync(new Message.Publish(lease.LeaseId, 0, 1, default, "a: 1\n"u8.ToArray())));
        Assert.IsType<Message.Result>(await waiter.HearAsync());
        await room.StatusReachesAsync("connections", 2);
        await Eventually.IsTrueAsync("both are counted", () => room.Stats is { Coalesced: 1, Bypasses: 1 });
        Assert.Equal(1, room.Stats.BypassReasons["caller-left"]);
    }

    [Fact]
    public async Task Callers_above_the_limit_are_turned_away_until_there_is_room()
    {
        await using var room = new HostFixture();
        var peers = new List<HostFixture.Peer>();
        for (int i = 0; i < DescriptorShares.Ours.Connections; i++)
            peers.Add(room.Connect());
        await room.StatusReachesAsync("connections", DescriptorShares.Ours.Connections);
        await room.Connect().AssertClosedAsync();
        Assert.Equal(1, room.Stats.BypassReasons["too-many-connections"]);
        Assert.IsType<Message.Json>(await peers[^1].AskAsync(new Message.Status()));
        peers[0].Dispose();
        await room.StatusReachesAsync("connections", DescriptorShares.Ours.Connections - 1);
        Assert.IsType<Message.Json>(await room.Connect().AskAsync(new Message.Status()));
    }

    /// <summary>Connections are closed by whoever opened them; these are somebody's who never will.</summary>
    [Fact]
    public async Task Silent_connections_keep_nobody_out_for_ever()
    {
        await using var room = new HostFixture();
        HostFixture.Peer holder = room.Connect(),
            waiter = room.Connect();
        Message.Lease lease = Assert.IsType<Message.Lease>(await holder.AskAsync(room.Site.Request()));
        waiter.Say(room.Site.Request());
        await room.StatusReachesAsync("waiting", 1);
        var silent = new List<HostFixture.Peer>();
        for (int i = 0; i < DescriptorShares.Ours.Connections - 2; i++)
            silent.Add(room.Connect());
        await room.StatusReachesAsync("connections", DescriptorShares.Ours.Connections);
        // As long as they may still be about to ask, they stay.
        await room.Connect().AssertClosedAsync();
        await room.StatusReachesAsync("connections", DescriptorShares.Ours.Connections);
        await room.PassAsync(Session.FrameDeadline + TimeSpan.FromSeconds(1));
        await room.Connect().AssertClosedAsync();
        await room.StatusReachesAsync("connections", 2);
        await silent[0].AssertClosedAsync();
        Assert.IsType<Message.Json>(await room.Connect().AskAsync(new Message.Status()));

        // Who renders, and who waits for that, says nothing either.
        Assert.IsType<Message.Published>(await holder.AskAsync(new Message.Publish(lease.LeaseId, 0, 1, default, "a: 1\n"u8.ToArray())));
        Message answer;
        do answer = await waiter.HearAsync();
        while (answer is Message.Waiting);
        Assert.IsType<Message.Result>(answer);
    }
}
