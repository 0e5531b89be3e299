using System;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Sessions;

/// <summary>Which lines of the log name a request, and how.</summary>
public sealed class RequestIdTests
{
    private static readonly string Us = $"id={Environment.ProcessId}";

    [Fact]
    public async Task Each_message_of_a_connection_has_a_number()
    {
        await using var room = new HostFixture(level: LogLevel.Debug);
        HostFixture.Peer one = room.Connect(),
            other = room.Connect();
        await one.AskAsync(room.Site.Request("lint x"));
        await one.AskAsync(new Message.Status());
        await one.AskAsync(room.Site.Request("lint x"));
        await other.AskAsync(room.Site.Request("lint x"));
        Assert.Equal(
            [$"{Us}.1 call:", $"{Us}.3 call:", $"{Us}.1 call:"],
            Calls(room).Select(line => string.Join(' ', line.Split(' ')[..2]))
        );
    }

    /// <summary>Whether it is decoded or known by its bytes, which take two ways through a session.</summary>
    [Fact]
    public async Task Miss_hit_and_known_hit_have_theirs()
    {
        await using var room = new HostFixture(level: LogLevel.Debug);
        HostFixture.Peer peer = room.Connect();
        var lease = Assert.IsType<Message.Lease>(await peer.AskAsync(room.Site.Request()));
        await peer.AskAsync(new Message.Publish(lease.LeaseId, 0, 1, default, new byte[30]));
        for (int i = 0; i < 3; i++)
        {
            HostFixture.Peer next = i == 0 ? peer : room.Connect();
            Assert.IsType<Message.Result>(await next.AskAsync(room.Site.Request()));
        }
        Assert.Equal(
            [$"{Us}.1 call: miss", $"{Us}.3 call: hit", $"{Us}.1 call: hit", $"{Us}.1 call: hit"],
            Calls(room).Select(line => string.Join(' ', line.Split(' ')[..3]).TrimEnd(','))
        );
        string report = room.Host.Calls(4);
        Assert.Contains($"\"id\":\"{Environment.ProcessId}.3\"", report, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0000000101")]
    [InlineData("ffffffff")]
    public async Task Message_that_is_none_is_named(string bytes)
    {
        await using var room = new HostFixture();
        HostFixture.Peer babbler = room.Connect();
        await babbler.AskAsync(new Message.Status());
        babbler.Say(Convert.FromHexString(bytes));
        await babbler.AssertClosedAsync();
        Assert.StartsWith($"{Us}.2 session: closed: ", room.LogLines.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Caller_of_another_version_and_what_it_makes_the_daemon_do_are_named()
    {
        await using var room = new HostFixture(level: LogLevel.Debug);
        HostFixture.Peer newer = room.Connect();
        newer.Say(0, 0, 0, 3, 0x92, ProtocolVersion.Current + 1, 0x05);
        await newer.AssertClosedAsync();
        await room.Running.WaitAsync(Eventually.Patience);
        Assert.Equal(3, room.LogLines.Count(line => line.StartsWith($"{Us}.1 ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Stop_command_is_named_and_what_no_request_does_is_not()
    {
        await using var room = new HostFixture();
        await room.Connect().AskAsync(new Message.Stop());
        await room.Running.WaitAsync(Eventually.Patience);
        string[] lines = [.. room.LogLines];
        Assert.Equal(3, lines.Length);
        Assert.Equal($"{Us}.1 state: serving -> draining: stop command", lines[1]);
        Assert.All((string[])[lines[0], lines[2]], line => Assert.StartsWith("state: ", line, StringComparison.Ordinal));
    }

    private static string[] Calls(HostFixture room) => [.. room.LogLines.Where(line => line.Contains(" call: ", StringComparison.Ordinal))];
}
