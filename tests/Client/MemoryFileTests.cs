using System;
using System.IO;
using System.IO.Pipes;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Client;

/// <summary>Files in memory: sealed for good, and sent to whatever a caller's standard output is.</summary>
public sealed class MemoryFileTests
{
    private static readonly byte[] s_bytes = [.. Enumerable.Range(0, 1_000_000).Select(i => (byte)(i * 31 / 7))];

    [Fact]
    public void Sealed_file_takes_no_change()
    {
        using MemoryFile file = Filled();
        Assert.False(Libc.IsSealed(file.Descriptor));
        Assert.True(Libc.Seal(file.Descriptor));
        Assert.True(Libc.IsSealed(file.Descriptor));
        Assert.NotEqual(0, Libc.WriteAll(file.Descriptor, [1]));
        Assert.NotEqual(0, Libc.SetLength(file.Descriptor, 0));
        Assert.Equal(s_bytes.Length, Libc.Length(file.Descriptor));
        Assert.True(Libc.Seal(file.Descriptor)); // Again is no harm.
    }

    [Fact]
    public void File_on_disk_cannot_be_sealed()
    {
        using var directory = new TemporaryDirectory();
        using FileStream file = File.Create(Path.Combine(directory.Location, "f"));
        Assert.False(Libc.Seal((int)file.SafeFileHandle.DangerousGetHandle()));
    }

    [Fact]
    public async Task Pipe_gets_every_byte_though_its_reader_is_slow()
    {
        using MemoryFile file = Filled();
        Assert.True(Libc.Seal(file.Descriptor));
        using var pipe = new AnonymousPipeServerStream(PipeDirection.In);
        int writing = (int)pipe.ClientSafePipeHandle.DangerousGetHandle();
        Task<int> sending = Task.Run(() => Libc.SendFile(writing, file.Descriptor, s_bytes.Length));
        byte[] got = new byte[s_bytes.Length];
        for (int at = 0; at < got.Length; )
        {
            await Task.Yield();
            at += await pipe.ReadAsync(got.AsMemory(at, Math.Min(10_000, got.Length - at)));
        }
        Assert.Equal(0, await sending);
        Assert.Equal(s_bytes, got);
    }

    [Fact]
    public void Reader_that_has_gone_is_a_broken_pipe()
    {
        using MemoryFile file = Filled();
        using var reading = new AnonymousPipeServerStream(PipeDirection.In);
        using var writing = new AnonymousPipeClientStream(PipeDirection.Out, reading.GetClientHandleAsString());
        reading.Dispose();
        Assert.Equal(Libc.EPIPE, Libc.SendFile((int)writing.SafePipeHandle.DangerousGetHandle(), file.Descriptor, s_bytes.Length));
    }

    /// <summary>A second attempt would meet a broken pipe, of which helm dies; of a reset connection it does not.</summary>
    [Fact]
    public void Connection_that_was_reset_says_so_once()
    {
        using MemoryFile file = Filled();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var writing = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        writing.Connect(listener.LocalEndPoint!);
        using (Socket reading = listener.Accept())
            reading.LingerState = new LingerOption(enable: true, seconds: 0);
        Assert.True(writing.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead)); // The reset has come.
        const int ConnectionReset = 104;
        Assert.Equal(ConnectionReset, Libc.SendFile((int)writing.Handle, file.Descriptor, s_bytes.Length));
    }

    [Fact]
    public void Shorter_file_than_asked_for_is_an_error()
    {
        using var directory = new TemporaryDirectory();
        using MemoryFile file = Filled();
        using FileStream target = File.Create(Path.Combine(directory.Location, "f"));
        Assert.NotEqual(0, Libc.SendFile((int)target.SafeFileHandle.DangerousGetHandle(), file.Descriptor, s_bytes.Length + 1));
    }

    private static MemoryFile Filled()
    {
        MemoryFile file = MemoryFile.Create()!;
        Assert.Equal(0, Libc.WriteAll(file.Descriptor, s_bytes));
        return file;
    }
}
