using System;
using System.IO;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Blobs;

/// <summary>Room for the bytes of a blob whose length is known, filled by one thread: a long one is written where it will stay.</summary>
internal sealed unsafe class BlobBuilder : IDisposable
{
    private readonly int _length;
    private readonly byte[]? _array;
    private readonly MemoryFile? _file;
    private byte* _mapped;

    /// <param name="length">Bytes of the blob.</param>
    public BlobBuilder(int length)
    {
        _length = length;
        if (length is > Frame.MaxInlineBytes and <= Frame.MaxCapturedBytes && MemoryFile.Create() is { } file)
        {
            if (Libc.SetLength(file.Descriptor, length) == 0 && (_mapped = Libc.Map(file.Descriptor, length, writable: true)) is not null)
                _file = file;
            else
                file.Dispose();
        }
        if (_file is null)
            _array = GC.AllocateUninitializedArray<byte>(length);
    }

    /// <summary>All of the room, until <see cref="Build"/>.</summary>
    public Span<byte> Room => _array ?? new Span<byte>(_mapped, _length);

    /// <summary>
    /// The blob. In an array after all when the kernel will not seal the file now, as while it moves a page of it to another place.
    /// </summary>
    /// <exception cref="IOException">The file, which is in memory, cannot be read.</exception>
    public Blob Build()
    {
        Unmap();
        if (_array is not null)
            return Blob.Of(_array);
        return Libc.Seal(_file!.Descriptor) ? Blob.Take(_file)! : Blob.Of(Read(_file));
    }

    /// <summary>Gives the room back; a file that became no blob is closed by the collector.</summary>
    public void Dispose() => Unmap();

    private byte[] Read(MemoryFile file)
    {
        byte[] all = GC.AllocateUninitializedArray<byte>(_length);
        for (int at = 0; at < all.Length; )
        {
            int count = Libc.ReadAt(file.Descriptor, all.AsSpan(at), at);
            at += count > 0 ? count : throw new IOException($"A file in memory cannot be read (errno {-count}).");
        }
        file.Dispose();
        return all;
    }

    private void Unmap()
    {
        if (_mapped is not null)
            Libc.Unmap(_mapped, _length);
        _mapped = null;
    }
}
