using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// A SHA-256 over a key and everything in its row that is served. Blob digests guard the streams; the seal guards the rest
/// (exit code, which blobs, flags, material), so that a damaged page can neither change an answer nor hand the row of one
/// key to another.
/// </summary>
internal static class EntrySeal
{
    public static Digest Of(CacheKey key, Entry entry, Digest? stdout, Digest? stderr)
    {
        using var text = new MemoryStream(512 + entry.Material.Length);
        text.Write(key.Value.ToArray());
        text.WriteByte(entry.Result is null ? (byte)1 : (byte)0);
        text.WriteByte(entry.HoldsSecret ? (byte)1 : (byte)0);
        Write(text, entry.Result?.ExitCode ?? 0);
        Write(text, entry.Created.UtcTicks);
        Write(text, BitConverter.DoubleToInt64Bits(entry.RenderMilliseconds));
        Write(text, stdout?.ToArray() ?? []);
        Write(text, stderr?.ToArray() ?? []);
        Write(text, Encoding.UTF8.GetBytes(entry.ChartName));
        Write(text, Encoding.UTF8.GetBytes(entry.ChartVersion));
        Write(text, entry.Material);
        if (entry.SignedBy.Length > 0)
            Write(text, Encoding.UTF8.GetBytes(entry.SignedBy));
        return Digest.Of(text.GetBuffer().AsSpan(0, (int)text.Length));
    }

    private static void Write(MemoryStream text, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        text.Write(bytes);
    }

    private static void Write(MemoryStream text, byte[] bytes)
    {
        Write(text, bytes.Length);
        text.Write(bytes);
    }
}
