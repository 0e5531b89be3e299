using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Hosting;
using CacheDaemon.Daemon.Sessions;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Sessions;

/// <summary>When the daemon leaves, and how.</summary>
public sealed class DaemonHostTests
{
    [Fact]
    public async Task Each_call_begins_the_quiet_time_anew()
    {
        await using var room = new HostFixture(idleExit: TimeSpan.FromHours(1));
        await room.PassAsync(TimeSpan.FromMinutes(59));
        Assert.IsType<Message.Bypass>(await room.Connect().AskAsync(room.Site.Request("lint x")));
        await room.PassAsync(TimeSpan.FromMinutes(59));
        Assert.False(room.Running.IsCompleted);
    }

    /// <summary>What was counted today is in the week until it is over, and in no row of the store after that.</summary>
    [Fact]
    public async Task Days_pass_while_the_daemon_runs()
    {
        await using var room = new HostFixture();
        // From the beginning of a day, so that a second more is the same day.
        await room.PassAsync(TimeSpan.FromDays(1) - room.Clock.GetUtcNow().TimeOfDay);
        await room.Connect().AskAsync(room.Site.Request("lint x"));
        await room.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal((1, 1), (Bypasses(room, "today"), Bypasses(room, "last_7_days")));
        Assert.Single(StoredDays(room));
        await room.PassAsync(TimeSpan.FromDays(1));
        Assert.Equal((0, 1), (Bypasses(room, "today"), Bypasses(room, "last_7_days")));
        await room.PassAsync(TimeSpan.FromDays(7));
        Assert.Equal((0, 0), (Bypasses(room, "today"), Bypasses(room, "last_7_days")));
        Assert.Empty(StoredDays(room));
        Assert.Equal(1, room.Stats.Bypasses);
    }

    [Fact]
    public async Task Daemon_leaves_after_its_quiet_time_and_takes_its_socket_away()
    {
        await using var room = new HostFixture(idleExit: TimeSpan.FromHours(1));
        Assert.True(File.Exists(room.Endpoint.SocketPath));
        await room.PassAsync(TimeSpan.FromMinutes(61));
        await room.Running.WaitAsync(Eventually.Patience);
        Assert.False(File.Exists(room.Endpoint.SocketPath));
        Assert.Equal(["serving -> draining: idle for 01:01:00", "draining -> stopped: all callers were answered"], room.States.Skip(1));
        Assert.False(room.Host.Lifecycle.HasFailed);
    }

    [Fact]
    public async Task Daemon_leaves_when_its_home_was_removed()
    {
        await using var room = new HostFixture();
        Directory.Delete(room.Endpoint.Home, recursive: true);
        await room.PassAsync(TimeSpan.FromSeconds(1));
        await room.Running.WaitAsync(Eventually.Patience);
        Assert.StartsWith("the cache directory was removed: ", room.Host.Lifecycle.Reason, StringComparison.Ordinal);
        Assert.Equal(DaemonState.Stopped, room.Host.Lifecycle.State);
    }

    [Fact]
    public async Task Daemon_that_cannot_listen_says_so_in_its_log()
    {
        await using var room = new HostFixture(listens: false);
        await Assert.ThrowsAnyAsync<IOException>(() => room.Running);
        Assert.StartsWith("starting -> stopped: cannot listen: ", room.States.Single(), StringComparison.Ordinal);
        Assert.True(room.Host.Lifecycle.HasFailed);
    }

    [Fact]
    public async Task Daemon_with_a_connection_stays()
    {
        await using var room = new HostFixture(idleExit: TimeSpan.FromHours(1));
        HostFixture.Peer peer = room.Connect();
        await room.StatusReachesAsync("connections", 1);
        await room.PassAsync(TimeSpan.FromHours(5));
        Assert.IsType<Message.Json>(await peer.AskAsync(new Message.Status()));
        Assert.False(room.Running.IsCompleted);
    }

    [Fact]
    public async Task Zero_means_never()
    {
        await using var room = new HostFixture(idleExit: TimeSpan.Zero);
        await room.PassAsync(TimeSpan.FromDays(400));
        Assert.IsType<Message.Json>(await room.Connect().AskAsync(new Message.Status()));
    }

    [Fact]
    public async Task Stop_lets_a_render_end_and_its_waiter_have_the_result()
    {
        await using var room = new HostFixture();
        HostFixture.Peer holder = room.Connect(),
            waiter = room.Connect(),
            idle = room.Connect(),
            admin = room.Connect();
        Message.Lease lease = Assert.IsType<Message.Lease>(await holder.AskAsync(room.Site.Request()));
        waiter.Say(room.Site.Request());
        await room.StatusReachesAsync("waiting", 1);
        Assert.IsType<Message.Json>(await admin.AskAsync(new Message.Stop()));
        await idle.AssertClosedAsync();
        Assert.False(File.Exists(room.Endpoint.SocketPath));
        Assert.Equal(
            BypassReason.Draining,
            Assert.IsType<Message.Bypass>(await holder.AskAsync(room.Site.Request("template other ./web"))).Reason
        );
        Assert.False(room.Running.IsCompleted);
        string status = Assert.IsType<Message.Json>(await holder.AskAsync(new Message.Status())).Text;
        Assert.Contains("\"state\":\"draining\",\"state_reason\":\"stop command\"", status, StringComparison.Ordinal);

        Message.Published published = Assert.IsType<Message.Published>(
            await holder.AskAsync(new Message.Publish(lease.LeaseId, 0, 1, default, "a: 1\n"u8.ToArray()))
        );
        Assert.Equal(RefuseReason.None, published.Refused);
        Assert.Equal("coalesced", Assert.IsType<Message.Result>(await waiter.HearAsync()).Source);
        // Whoever was waited for is let go, and not only by itself.
        foreach (HostFixture.Peer peer in (HostFixture.Peer[])[admin, holder, waiter])
            await peer.AssertClosedAsync();
        await room.Running.WaitAsync(Eventually.Patience);
    }

    [Fact]
    public async Task Stop_waits_for_a_render_no_longer_than_the_deadline()
    {
        await using var room = new HostFixture();
        HostFixture.Peer holder = room.Connect(),
            waiter = room.Connect();
        await holder.AskAsync(room.Site.Request());
        waiter.Say(room.Site.Request());
        await room.StatusReachesAsync("waiting", 1);
        room.Host.Lifecycle.Drain("the test says so");
        // The wait may not have begun before the first of these.
        await Eventually.IsTrueAsync(
            "the daemon has left",
            async () =>
            {
                await room.PassAsync(DaemonHost.DrainDeadline);
                return room.Running.IsCompletedSuccessfully;
            }
        );
        Assert.Equal(
            [
                "serving -> draining: the test says so",
                "draining -> stopped: connections closed after 10 s although their work was not done: 2",
            ],
            room.States.Skip(1)
        );
    }

    [Fact]
    public async Task Counters_stay_when_they_are_written_down_and_go_when_reset()
    {
        await using var room = new HostFixture();
        await room.Connect().AskAsync(room.Site.Request("lint x"));
        Assert.Equal(1, room.Stats.Bypasses);
        await room.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(1, room.Stats.Bypasses);
        Assert.Contains(
            "\"bypasses\":1",
            Assert.IsType<Message.Json>(await room.Connect().AskAsync(new Message.Stats(Reset: true))).Text,
            StringComparison.Ordinal
        );
        Assert.Equal(0, room.Stats.Bypasses);
    }

    [Fact]
    public async Task Second_daemon_for_one_home_does_not_get_the_lock()
    {
        await using var room = new HostFixture();
        Assert.Null(InstanceLock.TryTake(room.Endpoint));
    }

    private static long Bypasses(HostFixture room, string span)
    {
        using var stats = JsonDocument.Parse(room.Host.Stats(reset: false));
        return stats.RootElement.GetProperty(span).GetProperty("bypasses").GetInt64();
    }

    /// <summary>Counters by day, as they stand in a copy of the store, which itself belongs to the daemon.</summary>
    private static string[] StoredDays(HostFixture room)
    {
        using var copy = new TemporaryDirectory();
        foreach (string file in Directory.GetFiles(room.Endpoint.Home, "store*.litedb"))
            File.Copy(file, copy.At(Path.GetFileName(file)));
        using var store = new LiteDbTier(LiteDbTierOptions.In(copy.Location), room.Clock, static _ => { });
        return [.. store.LoadCounters().Keys.Where(name => name.StartsWith("day/bypasses/", StringComparison.Ordinal))];
    }
}
