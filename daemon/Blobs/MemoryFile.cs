using System;
using System.Threading;
using CacheDaemon.Client.Native;
using Microsoft.Win32.SafeHandles;

namespace CacheDaemon.Daemon.Blobs;

/// <summary>
/// An open file in memory, closed when nobody refers to it any more. Its bytes are outside the collector's heap, so the
/// collector is asked to look for such files when many bytes may belong to forgotten ones.
/// </summary>
public sealed class MemoryFile : SafeHandleMinusOneIsInvalid
{
    /// <summary>Forgotten bytes up to this are not worth a collection.</summary>
    private const long WorthCollecting = 16L << 20;

    /// <summary>Nor is this part of the bytes that are in use.</summary>
    private const int TolerableShare = 8;

    private static readonly Lock s_collecting = new();
    private static long s_bytes;
    private static long s_files;
    private static long s_collectAt = WorthCollecting;
    private long _bytes;

    /// <summary>Takes over an open descriptor; not negative.</summary>
    public MemoryFile(int descriptor)
        : base(ownsHandle: true)
    {
        SetHandle(descriptor);
        Interlocked.Increment(ref s_files);
    }

    /// <summary>Bytes in all files that were not closed yet.</summary>
    public static long OpenBytes => Interlocked.Read(ref s_bytes);

    /// <summary>Files that were not closed yet.</summary>
    public static long OpenFiles => Interlocked.Read(ref s_files);

    /// <summary>False when so many files are open that outputs should be kept otherwise.</summary>
    public static bool IsRoom => OpenFiles < DescriptorShares.Ours.Outputs;

    /// <summary>The open descriptor, as long as this object is in use.</summary>
    public int Descriptor => (int)handle;

    /// <summary>An empty file; null when there are too many, or the system has none to give.</summary>
    public static MemoryFile? Create() => IsRoom && Libc.MemoryFile() is var descriptor and >= 0 ? new MemoryFile(descriptor) : null;

    /// <summary>
    /// Seals the file: nobody, not even who made it, can change it from here on. Answers its length; -1 when it cannot be sealed, because
    /// it is no memory file or somebody may still write to it, or when it is longer than <paramref name="most"/>.
    /// </summary>
    public int Seal(int most)
    {
        long length = Libc.Seal(Descriptor) ? Libc.Length(Descriptor) : -1;
        if (length < 0 || length > most)
            return -1;
        _bytes = length;
        if (Interlocked.Add(ref s_bytes, length) > Interlocked.Read(ref s_collectAt))
            CollectForgotten();
        return (int)length;
    }

    /// <summary>Closes the files that nobody refers to any more, without waiting until there are many bytes of them.</summary>
    public static void CloseForgotten()
    {
        if (OpenFiles > 0)
            CollectForgotten();
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Libc.Close((int)handle);
        Interlocked.Decrement(ref s_files);
        Interlocked.Add(ref s_bytes, -_bytes);
        return true;
    }

    /// <summary>
    /// The heap is small, since large outputs are not in it: this takes a few milliseconds, once for each eighth of the bytes in use.
    /// </summary>
    private static void CollectForgotten()
    {
        if (!s_collecting.TryEnter())
            return;
        try
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Interlocked.Exchange(ref s_collectAt, OpenBytes + Math.Max(OpenBytes / TolerableShare, WorthCollecting));
        }
        finally
        {
            s_collecting.Exit();
        }
    }
}
