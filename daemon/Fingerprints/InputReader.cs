using System;
using System.Collections.Generic;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Screening;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>What is remembered of an input file's content.</summary>
/// <param name="Digest">SHA-256 of its bytes.</param>
/// <param name="Screen">What its text says about repeatability, should a template execute it.</param>
internal sealed record InputFacts(Digest Digest, ScreenFacts Screen);

/// <summary>A file outside the chart that was looked at, and what was there: the zero stamp for nothing.</summary>
internal readonly record struct InputStamp(string Path, FileStamp Stamp);

/// <summary>An input cannot be read as helm would read it.</summary>
internal sealed class InputException : Exception
{
    public InputException(BypassReason reason, string what) : base(what) => Reason = reason;

    /// <summary>Why the call is left to helm.</summary>
    public BypassReason Reason { get; }
}

/// <summary>
/// Reads the files of one request that are not the chart: values, set-files, start-up state. Remembers which were looked
/// at and under which stamp, so that a second look after the render can tell whether anything changed in between.
/// </summary>
internal sealed class InputReader
{
    /// <summary>Largest input file that is read; helm would take more, but no values file is like that.</summary>
    public const long MaxInputBytes = 64 << 20;

    private const byte Role = 0;

    private readonly DigestMemo<InputFacts> _memo;
    private readonly long _nowNs;
    private readonly List<InputStamp> _seen = [];

    /// <param name="memo">Shared by all requests.</param>
    /// <param name="nowNs">Time of the request in nanoseconds since the Unix epoch.</param>
    public InputReader(DigestMemo<InputFacts> memo, long nowNs)
    {
        _memo = memo;
        _nowNs = nowNs;
    }

    /// <summary>Everything that was looked at, in order.</summary>
    public IReadOnlyList<InputStamp> Seen => _seen;

    /// <summary>Digest and screen of a regular file; null when nothing is there.</summary>
    /// <exception cref="InputException">It is there but cannot be read, is no regular file, or lies where paths mean something else to us.</exception>
    public InputFacts? Facts(string path)
    {
        if (Stamp(path) is not { } stamp)
            return null;
        if (_memo.TryGet(stamp, Role, out InputFacts? facts))
            return facts;
        byte[] content = Read(path, stamp);
        facts = new InputFacts(Digest.Of(content), FileScreen.Scan(content, FileRole.Text));
        if (stamp.IsTrustedAt(_nowNs))
            _memo.Add(stamp, Role, facts);
        return facts;
    }

    /// <summary>Content of a small regular file; null when nothing is there.</summary>
    /// <exception cref="InputException">As for <see cref="Facts"/>.</exception>
    public byte[]? Content(string path) => Stamp(path) is { } stamp ? Read(path, stamp) : null;

    /// <summary>Stamps of the entries of a directory that a start-up lists; empty when there is none.</summary>
    public bool IsDirectory(string path)
    {
        bool exists = Libc.Stat(path, follow: true, out FileStamp stamp) == 0;
        // The directory's own times change when helm or anyone writes beside what matters: what matters is looked at itself.
        _seen.Add(new InputStamp(path, exists ? new FileStamp(stamp.Device, stamp.Inode, 0, 0, 0, stamp.Mode) : default));
        return exists && stamp.Kind == FileKind.Directory;
    }

    private FileStamp? Stamp(string path)
    {
        if (PassesThroughProcess(path))
            throw new InputException(BypassReason.ValuesThroughProc, "");
        int errno = Libc.Stat(path, follow: true, out FileStamp stamp);
        if (errno is Libc.ENOENT or Libc.ENOTDIR)
        {
            _seen.Add(new InputStamp(path, default));
            return null;
        }
        if (errno != 0)
            throw new InputException(BypassReason.InputUnreadable, "");
        if (stamp.Kind != FileKind.Regular)
            throw new InputException(BypassReason.ValuesNotRegular, "");
        if (stamp.Size > MaxInputBytes)
            throw new InputException(BypassReason.ValuesTooLarge, "");
        _seen.Add(new InputStamp(path, stamp));
        return stamp;
    }

    /// <summary>
    /// Below /proc and /dev a path means the process that opens it, and so does a link that leads there
    /// (helm-inputs 5: <c>/dev/fd/N</c>, <c>&lt;(…)</c>, <c>/proc/self/…</c>).
    /// </summary>
    private static bool PassesThroughProcess(string path)
    {
        const int MaxLinks = 8;
        for (int i = 0; i < MaxLinks; i++)
        {
            if (path.StartsWith("/proc/", StringComparison.Ordinal) || path.StartsWith("/dev/", StringComparison.Ordinal)
                || path.Contains("/../proc/", StringComparison.Ordinal) || path.Contains("/../dev/", StringComparison.Ordinal)
                || path.Contains("//proc/", StringComparison.Ordinal) || path.Contains("//dev/", StringComparison.Ordinal))
                return true;
            if (Libc.Stat(path, follow: false, out FileStamp stamp) != 0 || stamp.Kind != FileKind.SymbolicLink)
                return false;
            if (Libc.ReadLink(Libc.PathBytes(path), out byte[] text) != 0)
                return true;
            string target = System.Text.Encoding.UTF8.GetString(text);
            path = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path)!, target);
        }
        return true; // A longer chain of links is nobody's values file.
    }

    private static byte[] Read(string path, FileStamp stamp)
    {
        byte[] buffer = new byte[stamp.Size + 1]; // One more, to notice growth.
        int errno = Libc.ReadFile(Libc.PathBytes(path), stamp, buffer);
        // Changed between two system calls, or unreadable to us: helm will say what it sees.
        return errno == 0 ? buffer[..^1] : throw new InputException(BypassReason.InputUnreadable, "");
    }
}
