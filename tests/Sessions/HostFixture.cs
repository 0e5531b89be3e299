using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Hosting;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Sessions;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Sessions;

/// <summary>A whole daemon inside the test's process, with a home and socket of its own and a clock that moves when told.</summary>
internal sealed class HostFixture : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly InstanceLock _lock;
    private readonly DaemonLog _log;
    private readonly List<Peer> _peers = [];

    public HostFixture(TimeSpan? idleExit = null, bool listens = true, LogLevel level = LogLevel.Info)
    {
        Endpoint = Endpoint.ForHome(_directory.At("state"));
        _lock = InstanceLock.TryTake(Endpoint)!;
        if (!listens)
            System.IO.Directory.CreateDirectory(Path.Combine(Endpoint.SocketPath, "not-empty"));
        _log = new DaemonLog(Endpoint.LogPath, Clock, echo: false, level);
        Host = new DaemonHost(
            Endpoint,
            _lock,
            new DaemonOptions { IdleExit = idleExit ?? TimeSpan.Zero },
            [],
            Clock,
            _log,
            static (_, _) => throw new ArmingException("the room's helm is none")
        );
        Running = Host.RunAsync();
    }

    public CallSite Site { get; } = new();

    public ManualClock Clock { get; } = new(DateTimeOffset.UtcNow);

    public Endpoint Endpoint { get; }

    public DaemonHost Host { get; }

    /// <summary>Ends when the daemon has left.</summary>
    public Task Running { get; }

    /// <summary>The directory around the home.</summary>
    public string Directory => _directory.Location;

    /// <summary>The counters and totals.</summary>
    public Stats Stats => Stats.Parse(Host.Stats(reset: false));

    /// <summary>The lines of the log, without the time.</summary>
    public IEnumerable<string> LogLines =>
        File.ReadLines(Endpoint.LogPath).Select(line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]);

    /// <summary>What the log says of the daemon's states, without the time and the request.</summary>
    public IEnumerable<string> States =>
        LogLines.Where(line => line.Contains("state: ", StringComparison.Ordinal)).Select(line => line.Split("state: ")[1]);

    /// <summary>Lets time pass, and the daemon do what is due by then.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        Clock.Advance(time);
        await Host.HousekeepingAsync();
    }

    public Peer Connect()
    {
        var peer = new Peer(Endpoint.SocketPath);
        _peers.Add(peer);
        return peer;
    }

    /// <summary>Waits until a number of <c>status</c> has this value.</summary>
    public Task StatusReachesAsync(string name, long value) =>
        Eventually.IsTrueAsync(
            $"{name} is {value}",
            () =>
            {
                using var status = JsonDocument.Parse(Host.Status());
                return status.RootElement.GetProperty(name).GetInt64() == value;
            }
        );

    public async ValueTask DisposeAsync()
    {
        Host.Lifecycle.Drain("the test says so");
        foreach (Peer peer in _peers)
            peer.Dispose();
        // One that could not begin has been asserted by its test.
        await Running.WaitAsync(Eventually.Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Host.DisposeAsync();
        _log.Dispose();
        _lock.Dispose();
        Site.Dispose();
        _directory.Dispose();
    }

    /// <summary>One client: says any bytes, and reads what comes.</summary>
    internal sealed class Peer : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        public Peer(string path) => _socket.Connect(new UnixDomainSocketEndPoint(path));

        /// <summary>Whether anything has come that was not read yet.</summary>
        public bool HasMail => _socket.Available > 0;

        public void Say(params byte[] bytes)
        {
            for (int sent = 0; sent < bytes.Length; )
                sent += _socket.Send(bytes.AsSpan(sent));
        }

        public void Say(Message message) => Say(MessageCodec.Encode(message));

        /// <summary>Says it with a descriptor, which stays ours.</summary>
        public void Say(Message message, int descriptor)
        {
            byte[] frame = MessageCodec.Encode(message);
            Assert.Equal(frame.Length, Libc.Send((int)_socket.Handle, frame, descriptor));
        }

        /// <summary>The next message that fits into one read, and the descriptor that came with it (-1: none), now the caller's.</summary>
        public (Message Message, int Descriptor) HearWithDescriptor()
        {
            byte[] bytes = new byte[4096];
            Assert.True(_socket.Poll(Eventually.Patience, SelectMode.SelectRead));
            int count = Libc.Receive((int)_socket.Handle, bytes, out int descriptor);
            Assert.Equal(count, Frame.HeaderBytes + Frame.ReadLength(bytes));
            return (MessageCodec.Decode(bytes.AsMemory(Frame.HeaderBytes, count - Frame.HeaderBytes)), descriptor);
        }

        public async Task<Message> HearAsync()
        {
            byte[] header = await ReadAsync(Frame.HeaderBytes);
            return MessageCodec.Decode(await ReadAsync(Frame.ReadLength(header)));
        }

        public Task<Message> AskAsync(Message message)
        {
            Say(message);
            return HearAsync();
        }

        /// <summary>Passes when the other side has closed without another word.</summary>
        public async Task AssertClosedAsync()
        {
            using var timeout = new CancellationTokenSource(Eventually.Patience);
            try
            {
                Assert.Equal(0, await _socket.ReceiveAsync(new byte[1], SocketFlags.None, timeout.Token));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                return; // Closed with words of ours still unread.
            }
        }

        public void Dispose() => _socket.Dispose();

        private async Task<byte[]> ReadAsync(int count)
        {
            byte[] bytes = new byte[count];
            using var timeout = new CancellationTokenSource(Eventually.Patience);
            for (int have = 0; have < count; )
            {
                int got = await _socket.ReceiveAsync(bytes.AsMemory(have), SocketFlags.None, timeout.Token);
                have += got > 0 ? got : throw new EndOfStreamException();
            }
            return bytes;
        }
    }
}
