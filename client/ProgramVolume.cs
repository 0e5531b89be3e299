using System;
using System.IO;
using System.Text;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Client;

/// <summary>
/// A directory that <c>helmcached install --into</c> filled for another container: <c>helm</c> (the shim), <c>helmcached</c>, and below
/// <c>libexec</c> a copy of real helm. There the shim is mounted alone, as one file, over real helm (Kubernetes' <c>subPath</c>): nothing
/// lies beside it, and what it covers cannot be reached. So it carries the directory's path behind its own last byte.
/// </summary>
public static class ProgramVolume
{
    /// <summary>Length of the note, whatever the path's is.</summary>
    private const int NoteBytes = 512;

    /// <summary>How a note begins; the path follows, and zeros.</summary>
    private static ReadOnlySpan<byte> Begin => "\0helmcached-volume:6d0b2a5e1f47:"u8;

    /// <summary>The copy of real helm in a directory.</summary>
    public static string HelmIn(string directory) => directory + "/libexec/helm";

    /// <summary>What the shim of <paramref name="directory"/> has behind its last byte; null when the path is too long for that.</summary>
    public static byte[]? Note(string directory)
    {
        byte[] note = new byte[NoteBytes];
        Begin.CopyTo(note);
        return
            Encoding.UTF8.GetByteCount(directory) < NoteBytes - Begin.Length
            && Encoding.UTF8.TryGetBytes(directory, note.AsSpan(Begin.Length), out _)
            ? note
            : null;
    }

    /// <summary>The directory that a shim was laid out for; null for any other file.</summary>
    public static string? Of(string file)
    {
        if (Libc.Open(Libc.PathBytes(file), out int descriptor) != 0)
            return null;
        try
        {
            Span<byte> note = stackalloc byte[NoteBytes];
            long start = Libc.Length(descriptor) - NoteBytes;
            if (start < 0 || Libc.ReadAt(descriptor, note, start) != NoteBytes || !note.StartsWith(Begin))
                return null;
            ReadOnlySpan<byte> path = note[Begin.Length..];
            return path.IndexOf((byte)0) is var end and > 0 && path[0] == (byte)'/' ? Encoding.UTF8.GetString(path[..end]) : null;
        }
        finally
        {
            Libc.Close(descriptor);
        }
    }

    /// <summary>
    /// The directory that this program belongs to: the one that the shim was laid out for, or for <c>helmcached</c> the one that the shim
    /// beside it was; null for programs in any other place.
    /// </summary>
    public static string? Own() =>
        Of("/proc/self/exe")
        ?? (OwnPath() is { } self && Path.GetFileName(self.AsSpan()) is "helmcached" ? Of(Beside(self, "helm")) : null);

    /// <summary>Path of this program, links resolved; null without <c>/proc</c>.</summary>
    public static string? OwnPath() => Libc.ReadLink("/proc/self/exe\0"u8, out byte[] self) == 0 ? Encoding.UTF8.GetString(self) : null;

    /// <summary>Another file in a file's directory.</summary>
    public static string Beside(string file, string name) => Path.Join(Path.GetDirectoryName(file), name);
}
