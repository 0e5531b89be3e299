using System;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Sessions;

/// <summary>Large outputs travel as memory files: what the daemon takes, and what it gives.</summary>
public sealed class DescriptorTests
{
    private static readonly byte[] s_output = Text(700_000);

    [Fact]
    public async Task What_was_published_as_a_file_is_served_as_a_sealed_file_with_the_same_bytes()
    {
        await using var room = new HostFixture();
        HostFixture.Peer peer = room.Connect();
        using MemoryFile file = FileOf(s_output);
        await PublishAsync(room, peer, file, s_output.Length);
        AssertServedAsFile(room, peer);
    }

    [Fact]
    public async Task Caller_that_takes_no_descriptor_gets_the_bytes()
    {
        await using var room = new HostFixture();
        HostFixture.Peer peer = room.Connect();
        using MemoryFile file = FileOf(s_output);
        await PublishAsync(room, peer, file, s_output.Length);
        Assert.Equal(s_output, Assert.IsType<Message.Result>(await peer.AskAsync(room.Site.Request())).Stdout.ToArray());
    }

    [Fact]
    public async Task Large_output_that_came_within_a_message_is_served_as_a_file_too()
    {
        await using var room = new HostFixture();
        HostFixture.Peer peer = room.Connect();
        Message.Lease lease = Assert.IsType<Message.Lease>(await peer.AskAsync(room.Site.Request()));
        Assert.IsType<Message.Published>(await peer.AskAsync(new Message.Publish(lease.LeaseId, 0, 1, default, s_output)));
        AssertServedAsFile(room, peer);
    }

    [Fact]
    public async Task Publisher_cannot_change_what_it_has_published()
    {
        await using var room = new HostFixture();
        HostFixture.Peer peer = room.Connect();
        using MemoryFile file = FileOf(s_output);
        await PublishAsync(room, peer, file, s_output.Length);
        Assert.NotEqual(0, Libc.WriteAll(file.Descriptor, "more"u8));
        Assert.NotEqual(0, Libc.SetLength(file.Descriptor, 3));
    }

    /// <summary>A file on disk, a file that somebody may write to, and a length that is not the file's.</summary>
    [Theory]
    [InlineData("on disk")]
    [InlineData("mapped for writing")]
    [InlineData("longer than said")]
    public async Task Result_whose_file_cannot_be_trusted_ends_the_connection_and_is_not_served(string what)
    {
        await using var room = new HostFixture();
        HostFixture.Peer peer = room.Connect();
        Message.Lease lease = Assert.IsType<Message.Lease>(await peer.AskAsync(room.Site.Request()));
        var publish = new Message.PublishDescriptor(lease.LeaseId, 0, 1, default, s_output.Length);
        using MemoryFile file = FileOf(s_output);
        using FileStream onDisk = File.Create(room.Site.At("output"));
        onDisk.Write(s_output);
        onDisk.Flush();
        using var mapped = new MappedFile(file, what == "mapped for writing");
        switch (what)
        {
            case "on disk":
                peer.Say(publish, (int)onDisk.SafeFileHandle.DangerousGetHandle());
                break;
            case "longer than said":
                peer.Say(publish with { StdoutLength = s_output.Length - 1 }, file.Descriptor);
                break;
            default:
                peer.Say(publish, file.Descriptor);
                break;
        }
        await peer.AssertClosedAsync();
        // The lease went on, to whoever asks next.
        Assert.IsType<Message.Lease>(await room.Connect().AskAsync(room.Site.Request()));
    }

    /// <summary>
    /// A process without a descriptor to spare gets the message and not the file (recvmsg(2), MSG_CTRUNC). The next of those who wait would
    /// fare no better: they do not render in turn.
    /// </summary>
    [Fact]
    public async Task Result_whose_file_was_lost_on_the_way_lets_all_who_wait_go()
    {
        await using var room = new HostFixture();
        HostFixture.Peer peer = room.Connect();
        Message.Lease lease = Assert.IsType<Message.Lease>(await peer.AskAsync(room.Site.Request()));
        HostFixture.Peer[] waiters = [room.Connect(), room.Connect()];
        foreach (HostFixture.Peer waiter in waiters)
            waiter.Say(room.Site.Request());
        await room.StatusReachesAsync("waiting", waiters.Length);
        Message answer = await peer.AskAsync(new Message.PublishDescriptor(lease.LeaseId, 0, 1, default, s_output.Length));
        Assert.Equal(RefuseReason.StoreFailed, Assert.IsType<Message.Published>(answer).Refused);
        foreach (HostFixture.Peer waiter in waiters)
            Assert.Equal(BypassReason.LeaseholderFailed, Assert.IsType<Message.Bypass>(await waiter.HearAsync()).Reason);
        Assert.Equal(1, room.Stats.RefuseReasons["store-failed"]);
        // A lease that this peer does not hold is nobody's business.
        Assert.Equal(
            RefuseReason.LeaseLost,
            Assert.IsType<Message.Published>(await peer.AskAsync(new Message.PublishDescriptor(lease.LeaseId, 0, 1, default, 1))).Refused
        );
        Assert.IsType<Message.Lease>(await room.Connect().AskAsync(room.Site.Request()));
    }

    [Fact]
    public async Task Descriptors_with_messages_that_have_none_are_closed()
    {
        await using var room = new HostFixture();
        HostFixture.Peer peer = room.Connect();
        for (int i = 0; i < 20; i++)
        {
            using var watched = new WatchedDescriptor();
            peer.Say(new Message.Status(), watched.Descriptor);
            Assert.IsType<Message.Json>(await peer.HearAsync());
            watched.AssertClosed();
        }
    }

    [Fact]
    public async Task Descriptors_with_requests_that_are_known_by_their_bytes_are_closed()
    {
        await using var room = new HostFixture();
        HostFixture.Peer peer = room.Connect();
        using MemoryFile output = FileOf(s_output);
        await PublishAsync(room, peer, output, s_output.Length);
        // Old enough for the stamps of its files to be trusted.
        await room.PassAsync(TimeSpan.FromTicks(2 * FileStamp.TrustAfterNanoseconds / 100));
        Message.Render request = room.Site.Request();
        Assert.IsType<Message.Result>(await peer.AskAsync(request));
        for (int i = 0; i < 40; i++)
        {
            using var watched = new WatchedDescriptor();
            peer.Say(request, watched.Descriptor);
            Assert.IsType<Message.Result>(await peer.HearAsync());
            watched.AssertClosed();
        }
    }

    private static void AssertServedAsFile(HostFixture room, HostFixture.Peer peer)
    {
        peer.Say(Asking(room));
        (Message answer, int descriptor) = peer.HearWithDescriptor();
        using var came = new MemoryFile(descriptor);
        Assert.Equal(s_output.Length, Assert.IsType<Message.ResultDescriptor>(answer).StdoutLength);
        Assert.True(Libc.IsSealed(descriptor));
        Assert.Equal(s_output, Blob.Take(came)!.ToArray());
    }

    private static Message.Render Asking(HostFixture room) => room.Site.Request() with { Flags = RenderFlags.TakesDescriptor };

    private static async Task PublishAsync(HostFixture room, HostFixture.Peer peer, MemoryFile file, int length)
    {
        Message.Lease lease = Assert.IsType<Message.Lease>(await peer.AskAsync(room.Site.Request()));
        peer.Say(new Message.PublishDescriptor(lease.LeaseId, 0, 1, default, length), file.Descriptor);
        Assert.Equal(RefuseReason.None, Assert.IsType<Message.Published>(await peer.HearAsync()).Refused);
    }

    private static MemoryFile FileOf(byte[] bytes)
    {
        MemoryFile file = MemoryFile.Create()!;
        Assert.Equal(0, Libc.WriteAll(file.Descriptor, bytes));
        return file;
    }

    private static byte[] Text(int length)
    {
        byte[] text = new byte[length];
        for (int i = 0; i < length; i++)
            text[i] = (byte)('a' + i % 23);
        return text;
    }

    /// <summary>The end of a pipe, whose other end tells when nobody has it any more. A count of open files would be all tests'.</summary>
    private sealed class WatchedDescriptor : IDisposable
    {
        private readonly int _read,
            _write;
        private bool _given;

        public WatchedDescriptor() => Assert.Equal(0, Libc.Pipe(out _read, out _write));

        public int Descriptor => _write;

        public void AssertClosed()
        {
            Libc.Close(_write);
            _given = true;
            Assert.Equal(Libc.POLLHUP, Libc.Poll(_read, Libc.POLLIN, (int)Eventually.Patience.TotalMilliseconds));
        }

        public void Dispose()
        {
            Libc.Close(_read);
            if (!_given)
                Libc.Close(_write);
        }
    }

    /// <summary>A mapping of a file that could be written through.</summary>
    private sealed unsafe class MappedFile : IDisposable
    {
        private readonly byte* _at;

        public MappedFile(MemoryFile file, bool map) => _at = map ? Libc.Map(file.Descriptor, s_output.Length, writable: true) : null;

        public void Dispose()
        {
            if (_at is not null)
                Libc.Unmap(_at, s_output.Length);
        }
    }
}
