using System;
using System.Globalization;
using System.IO;
using System.Linq;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Storage;
using Xunit;
using static CacheDaemon.Tests.Storage.StoreFixture;

namespace CacheDaemon.Tests.Blobs;

/// <summary>Short bytes in arrays, long ones in sealed files; the same bytes either way.</summary>
public sealed class BlobTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Frame.MaxInlineBytes)]
    [InlineData(Frame.MaxInlineBytes + 1)]
    [InlineData(5_000_000)]
    public void Bytes_come_back_by_every_way(int length)
    {
        byte[] bytes = Bytes(length);
        var blob = Blob.Copy(bytes);
        Assert.Equal((length, length > Frame.MaxInlineBytes), (blob.Length, blob.File is not null));
        Assert.Equal(bytes, blob.ToArray());
        Assert.Equal(Digest.Of(bytes), blob.Digest());
        byte[] part = new byte[100];
        int count = blob.CopyTo(part, length / 2);
        Assert.Equal(bytes.AsSpan(length / 2, count).ToArray(), part[..count]);
        Assert.Equal(0, blob.CopyTo(part, length));
        Assert.True(blob.File is null || Libc.IsSealed(blob.File.Descriptor));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(3_000_000)]
    public void Stored_form_comes_back_whatever_its_length_and_shape(int length)
    {
        foreach (byte[] bytes in (byte[][])[Bytes(length), [.. Noise(length).Select(c => (byte)c)]])
        {
            (int codec, byte[] stored) = BlobCodec.Encode(bytes);
            Blob decoded = BlobCodec.Decode(codec, length, stored)!;
            Assert.Equal(bytes, decoded.ToArray());
            Assert.Equal(length > Frame.MaxInlineBytes, decoded.File is not null);
            Assert.Null(BlobCodec.Decode(codec, length + 1, stored));
            Assert.Null(BlobCodec.Decode(codec + 7, length, stored));
        }
    }

    /// <summary>The kernel may refuse for a moment; what was read from disk is no less whole for that.</summary>
    [Fact]
    public unsafe void File_that_cannot_be_sealed_becomes_an_array()
    {
        byte[] bytes = Bytes(1_234_567);
        using var builder = new BlobBuilder(bytes.Length);
        bytes.CopyTo(builder.Room);
        int file = Directory
            .EnumerateFiles("/proc/self/fd")
            .Select(fd => int.Parse(Path.GetFileName(fd), CultureInfo.InvariantCulture))
            .Single(fd =>
                Libc.ReadLink(Libc.PathBytes($"/proc/self/fd/{fd}"), out byte[] target) == 0
                && target.AsSpan().StartsWith("/memfd:"u8)
                && Libc.Length(fd) == bytes.Length
            );
        byte* other = Libc.Map(file, bytes.Length, writable: true);
        Blob blob = builder.Build();
        Libc.Unmap(other, bytes.Length);
        Assert.Null(blob.File);
        Assert.Equal(bytes, blob.ToArray());
    }

    [Fact]
    public void Large_entry_is_in_a_file_from_either_tier()
    {
        using var fixture = new StoreFixture();
        LiteDbTier disk = fixture.Open();
        Entry entry = Render("") with { Result = new RenderResult(0, Blob.Copy(Bytes(1_000_000)), []) };
        Assert.True(disk.Put(Key(1), entry));
        Entry found = disk.Get(Key(1))!;
        AssertSame(entry, found);
        Assert.NotNull(found.Result!.Stdout.File);
    }

    private static byte[] Bytes(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i % 251))];
}
