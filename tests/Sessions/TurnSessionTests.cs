using System;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Coordination;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Sessions;

/// <summary>Turns over a socket, with a clock that moves when told.</summary>
public sealed class TurnSessionTests
{
    [Fact]
    public async Task Nobody_waits_for_longer_than_the_limit_for_a_run_that_does_not_end()
    {
        await using var room = new HostFixture();
        using var site = new CallSite();
        HostFixture.Peer holder = room.Connect(),
            waiter = room.Connect(),
            late = room.Connect();
        Assert.IsType<Message.Turn>(await holder.AskAsync(Coordinate(site, "dependency update ./web")));
        waiter.Say(Coordinate(site, "dependency build @/work/web"));
        await room.StatusReachesAsync("waiting", 1);
        room.Clock.Advance(Coordinator.MaxHeld - TimeSpan.FromSeconds(1));
        await room.StatusReachesAsync("waiting", 1);
        Assert.Equal(BypassReason.HolderSlow, await BypassAsync(room, waiter));
        // And who comes now does not wait for it either.
        late.Say(Coordinate(site, "dependency update ./web"));
        Assert.Equal(BypassReason.HolderSlow, await BypassAsync(room, late));
        Assert.Equal(2, room.Stats.BypassReasons["holder-slow"]);
    }

    [Fact]
    public async Task A_peer_has_one_turn_at_a_time_and_cannot_end_that_of_another()
    {
        await using var room = new HostFixture();
        using var site = new CallSite();
        HostFixture.Peer peer = room.Connect(),
            other = room.Connect();
        other.Say(new Message.Ran(1, 0, default, default));
        Assert.IsType<Message.Turn>(await peer.AskAsync(Coordinate(site, "dependency update ./web")));
        other.Say(new Message.Ran(1, 0, default, default));
        Assert.IsType<Message.Turn>(await other.AskAsync(Coordinate(site, "pull oci://x/web")));
        peer.Say(Coordinate(site, "dependency update ./web"));
        await room.StatusReachesAsync("waiting", 1);
        Assert.Equal(0, room.Stats.Errors);
    }

    [Theory]
    [InlineData("template r ./web")]
    [InlineData("repo add r http://127.0.0.1")]
    [InlineData("dependency build a b")]
    [InlineData("repo update --nosuch")]
    [InlineData("pull")]
    public async Task What_takes_no_turns_is_left_to_helm(string line)
    {
        await using var room = new HostFixture();
        using var site = new CallSite();
        Assert.IsType<Message.Bypass>(await room.Connect().AskAsync(Coordinate(site, line)));
        Assert.Equal(0, room.Stats.Errors);
    }

    private static Message.Coordinate Coordinate(CallSite site, string line) => new(1, false, site.Request(line));

    /// <summary>Lets time pass until the peer is told to go its own way.</summary>
    private static async Task<BypassReason> BypassAsync(HostFixture room, HostFixture.Peer peer)
    {
        Task<Message> heard = peer.HearAsync();
        while (true)
        {
            await Eventually.IsTrueAsync(
                "a word",
                () =>
                {
                    room.Clock.Advance(TimeSpan.FromSeconds(1));
                    return heard.IsCompleted;
                }
            );
            if (await heard is Message.Bypass bypass)
                return bypass.Reason;
            heard = peer.HearAsync();
        }
    }
}
