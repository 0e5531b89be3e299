using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Sessions;

/// <summary>
/// Peers that do not see the files that we see. Each is a process of its own (a line of Perl: part of every base system, and able
/// to change its root after it was loaded), started as root by the system's own tools.
/// </summary>
[Trait("Needs", "programs")]
public sealed class StrangerTests
{
    /// <summary>chroot, connect, say all of standard input, print all that comes.</summary>
    private const string Client = """
        use Socket; binmode STDIN; binmode STDOUT; socket(S, PF_UNIX, SOCK_STREAM, 0) or exit 3;
        if (@ARGV > 1) { chroot($ARGV[1]) or exit 4; chdir "/"; }
        connect(S, pack_sockaddr_un($ARGV[0])) or exit 5;
        { local $/; my $request = <STDIN>; local $SIG{PIPE} = "IGNORE"; syswrite S, $request; }
        shutdown(S, 1); while (sysread(S, my $bytes, 4096)) { print $bytes; }
        """;

    [Fact]
    public async Task Peer_of_our_own_is_served()
    {
        await using var room = new HostFixture();
        Assert.IsType<Message.Lease>(Decode(await RunAsync(room, [])));
    }

    [PrivilegedFact("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")]
    public async Task Other_user_hears_nothing_even_where_modes_would_let_it()
    {
        await using var room = new HostFixture();
        const UnixFileMode Everyone = (UnixFileMode)0b111_111_111;
        foreach (string path in (string[])[room.Directory, room.Endpoint.Home, room.Endpoint.SocketPath])
            File.SetUnixFileMode(path, Everyone);
        CommandResult result = await RunAsync(room, ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
        Assert.Equal((0, 0), (result.ExitCode, result.Stdout.Length));
        Assert.Equal(1, room.Stats.BypassReasons["other-user"]);
    }

    [PrivilegedFact("setpriv", "--regid=65534", "--clear-groups")]
    public async Task Other_group_hears_nothing()
    {
        await using var room = new HostFixture();
        CommandResult result = await RunAsync(room, ["setpriv", "--regid=65534", "--clear-groups"]);
        Assert.Equal((0, 0), (result.ExitCode, result.Stdout.Length));
        Assert.Equal(1, room.Stats.BypassReasons["other-user"]);
    }

    [PrivilegedFact("unshare", "--mount")]
    public async Task Other_mount_namespace_is_declined()
    {
        await using var room = new HostFixture();
        AssertBypass(BypassReason.OtherMountNamespace, await RunAsync(room, ["unshare", "--mount"]));
        Assert.Equal(1, room.Stats.BypassReasons["other-mount-namespace"]);
    }

    [PrivilegedFact("setpriv", "--clear-groups")]
    public async Task Other_root_is_declined()
    {
        await using var room = new HostFixture();
        string socket = room.Endpoint.SocketPath[room.Directory.Length..];
        AssertBypass(BypassReason.OtherRoot, await RunAsync(room, [], socket, room.Directory));
    }

    [PrivilegedFact("setpriv", "--bounding-set=-all", "--inh-caps=-all")]
    public async Task A5_without_our_capabilities_is_declined()
    {
        await using var room = new HostFixture();
        AssertBypass(BypassReason.OtherCredentials, await RunAsync(room, ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]));
        Assert.Equal(1, room.Stats.BypassReasons["other-credentials"]);
    }

    [PrivilegedFact("setpriv", "--groups=4242")]
    public async Task A5_with_other_groups_is_declined()
    {
        await using var room = new HostFixture();
        AssertBypass(BypassReason.OtherCredentials, await RunAsync(room, ["setpriv", "--groups=4242"]));
    }

    [PrivilegedFact("unshare", "--user")]
    public async Task A5_in_another_user_namespace_is_declined()
    {
        await using var room = new HostFixture();
        AssertBypass(BypassReason.OtherCredentials, await RunAsync(room, ["unshare", "--user"]));
    }

    [PrivilegedFact("unshare", "--mount")]
    public async Task F_nothing_about_a_file_is_told_to_who_is_declined()
    {
        await using var room = new HostFixture();
        Message answer = Decode(await RunAsync(room, ["unshare", "--mount"], request: new Message.Explain(room.Site.Request())));
        using (var report = JsonDocument.Parse(Assert.IsType<Message.Json>(answer).Text))
            Assert.Equal(
                ("bypass", "other-mount-namespace", ""),
                (Text(report, "outcome"), Text(report, "reason"), Text(report, "chart_name"))
            );
        foreach (Message request in (Message[])[new Message.Verify(), new Message.Recall(new byte[32]), new Message.Forget(new byte[32])])
            Assert.Equal(
                "other-mount-namespace",
                Assert.IsType<Message.Failed>(Decode(await RunAsync(room, ["unshare", "--mount"], request: request))).Reason
            );

        static string? Text(JsonDocument report, string name) => report.RootElement.GetProperty(name).GetString();
    }

    [PrivilegedFact("unshare", "--mount")]
    public async Task M_status_tells_who_asks_that_it_is_declined()
    {
        await using var room = new HostFixture();
        Assert.Equal(
            "other-mount-namespace",
            Declines(Decode(await RunAsync(room, ["unshare", "--mount"], request: new Message.Status())))
        );
        Assert.Equal("", Declines(Decode(await RunAsync(room, [], request: new Message.Status()))));

        static string? Declines(Message answer)
        {
            using var status = JsonDocument.Parse(Assert.IsType<Message.Json>(answer).Text);
            return status.RootElement.GetProperty("declines_caller").GetString();
        }
    }

    [PrivilegedFact("unshare", "--mount")]
    public async Task M_declined_calls_do_not_keep_a_daemon_from_leaving()
    {
        await using var room = new HostFixture(idleExit: TimeSpan.FromMinutes(1));
        await room.PassAsync(TimeSpan.FromSeconds(40));
        AssertBypass(BypassReason.OtherMountNamespace, await RunAsync(room, ["unshare", "--mount"]));
        await room.StatusReachesAsync("connections", 0);
        await room.PassAsync(TimeSpan.FromSeconds(40));
        await room.Running.WaitAsync(Eventually.Patience);
    }

    private static async Task<CommandResult> RunAsync(
        HostFixture room,
        string[] before,
        string? socket = null,
        string? root = null,
        Message? request = null
    )
    {
        List<string> words = [.. before, "perl", "-e", Client.ReplaceLineEndings(" "), socket ?? room.Endpoint.SocketPath];
        if (root is not null)
            words.Add(root);
        return await new Command("/usr/bin/env", words)
        {
            Environment = new Dictionary<string, string?> { ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin" },
            Stdin = MessageCodec.Encode(request ?? room.Site.Request()),
        }.RunAsync();
    }

    private static void AssertBypass(BypassReason reason, CommandResult result) =>
        Assert.Equal(reason, Assert.IsType<Message.Bypass>(Decode(result)).Reason);

    private static Message Decode(CommandResult result)
    {
        Assert.True(
            result.ExitCode == 0 && result.Stdout.Length > Frame.HeaderBytes,
            result.ToString() + Encoding.UTF8.GetString(result.Stdout.Span)
        );
        return MessageCodec.Decode(result.Stdout[Frame.HeaderBytes..]);
    }
}
