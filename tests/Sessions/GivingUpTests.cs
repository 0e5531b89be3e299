using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Sessions;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Sessions;

/// <summary>A daemon whose socket is of no use any more ends as one that was told to, so that the next call starts another.</summary>
public sealed class GivingUpTests
{
    [Fact]
    public async Task Daemon_that_can_accept_nobody_finishes_its_work_and_ends()
    {
        await using var room = new HostFixture();
        HostFixture.Peer holder = room.Connect(),
            waiter = room.Connect(),
            idle = room.Connect();
        Message.Lease lease = Assert.IsType<Message.Lease>(await holder.AskAsync(room.Site.Request()));
        waiter.Say(room.Site.Request());
        await room.StatusReachesAsync("waiting", 1);
        ListeningSocket.ShutDown(Environment.ProcessId, room.Endpoint.Home);
        await idle.AssertClosedAsync();
        Assert.False(File.Exists(room.Endpoint.SocketPath));
        Assert.IsType<Message.Published>(await holder.AskAsync(new Message.Publish(lease.LeaseId, 0, 1, default, "a: 1\n"u8.ToArray())));
        Assert.Equal("coalesced", Assert.IsType<Message.Result>(await waiter.HearAsync()).Source);
        await room.Running.WaitAsync(Eventually.Patience);
        Assert.Equal((DaemonState.Stopped, true), (room.Host.Lifecycle.State, room.Host.Lifecycle.HasFailed));
        Assert.Equal(
            [
                "serving -> draining: accept failed for good: the socket does not listen any more (EINVAL)",
                "draining -> stopped: all callers were answered",
            ],
            room.States.Skip(1)
        );
    }

    /// <summary>The former socket is closed under the threads that accept on it, which looks like a fault of it.</summary>
    [Fact]
    public async Task Listening_anew_is_no_reason_to_give_up()
    {
        await using var room = new HostFixture();
        for (int i = 0; i < 20; i++)
        {
            File.Delete(room.Endpoint.SocketPath);
            await room.PassAsync(TimeSpan.FromSeconds(1));
            using HostFixture.Peer peer = room.Connect();
            Assert.IsType<Message.Json>(await peer.AskAsync(new Message.Status()));
        }
        Assert.Equal(DaemonState.Serving, room.Host.Lifecycle.State);
        Assert.DoesNotContain(room.LogLines, line => line.Contains("accept:", StringComparison.Ordinal));
    }
}
