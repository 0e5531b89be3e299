using System;
using System.IO;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Blobs;

/// <summary>
/// The bytes of one stream, which never change: short ones in an array, long ones in a sealed file in memory, which callers are
/// given as it is and which no copy of was ever made on the way from helm.
/// </summary>
public sealed class Blob
{
    private readonly byte[]? _array;

    private Blob(byte[]? array, MemoryFile? file, int length)
    {
        _array = array;
        File = file;
        Length = length;
    }

    /// <summary>What to do with the bytes while they are at hand.</summary>
    public delegate T Reader<out T>(ReadOnlySpan<byte> bytes);

    /// <summary>Number of bytes.</summary>
    public int Length { get; }

    /// <summary>The sealed file that holds them; null when they are in an array.</summary>
    public MemoryFile? File { get; }

    /// <summary>A blob of these bytes, which belong to it from now on.</summary>
    public static Blob Of(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return new Blob(bytes, null, bytes.Length);
    }

    /// <summary>A blob of a copy of these bytes, kept as their number demands.</summary>
    public static Blob Copy(ReadOnlySpan<byte> bytes)
    {
        using var builder = new BlobBuilder(bytes.Length);
        bytes.CopyTo(builder.Room);
        return builder.Build();
    }

    /// <inheritdoc cref="Of"/>
    public static implicit operator Blob(byte[] bytes) => Of(bytes);

    /// <summary>
    /// A blob of a memory file, which belongs to it from now on; null when it cannot be trusted to stay as it is
    /// (<see cref="MemoryFile.Seal"/>). When there are many files already, the bytes are copied instead.
    /// </summary>
    public static Blob? Take(MemoryFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        bool isRoom = MemoryFile.IsRoom;
        int length = file.Seal(Frame.MaxCapturedBytes);
        if (length >= 0 && isRoom)
            return new Blob(null, file, length);
        byte[]? copy = length < 0 ? null : new Blob(null, file, length).ToArray();
        file.Dispose();
        return copy is null ? null : Of(copy);
    }

    /// <summary>Answers what <paramref name="read"/> makes of the bytes, which are gone when it returns.</summary>
    /// <exception cref="IOException">There is no room for a long blob in the address space.</exception>
    public unsafe T Read<T>(Reader<T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        if (File is null)
            return read(_array);
        if (Length == 0)
            return read(default);
        byte* at = Libc.Map(File.Descriptor, Length, writable: false);
        if (at is null)
            throw new IOException($"An output of {Length} bytes cannot be looked at.");
        try
        {
            return read(new ReadOnlySpan<byte>(at, Length));
        }
        finally
        {
            Libc.Unmap(at, Length);
            GC.KeepAlive(File);
        }
    }

    /// <summary>Copies bytes from <paramref name="offset"/> on; answers how many, 0 at the end.</summary>
    /// <exception cref="IOException">The file, which is in memory, cannot be read.</exception>
    public int CopyTo(Span<byte> target, int offset)
    {
        int count = Math.Min(target.Length, Length - offset);
        if (File is null)
        {
            _array.AsSpan(offset, count).CopyTo(target);
            return count;
        }
        int read = Libc.ReadAt(File.Descriptor, target[..count], offset);
        GC.KeepAlive(File);
        return read >= 0 ? read : throw new IOException($"A file in memory cannot be read (errno {-read}).");
    }

    /// <summary>A copy of the bytes.</summary>
    public byte[] ToArray() => Read(static bytes => bytes.ToArray());

    /// <summary>Their SHA-256.</summary>
    public Digest Digest() => Read(Keys.Digest.Of);
}
