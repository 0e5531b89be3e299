using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Unicode;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Files;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>What is remembered of an input file's content.</summary>
/// <param name="Digest">SHA-256 of its bytes.</param>
internal sealed record InputFacts(Digest Digest);

/// <summary>A file outside the chart that was looked at, and what was there: the zero stamp for nothing.</summary>
internal readonly record struct InputStamp(string Path, FileStamp Stamp);

/// <summary>An input cannot be read as helm would read it.</summary>
internal sealed class InputException : Exception
{
    public InputException(BypassReason reason, string what)
        : base(what) => Reason = reason;

    /// <summary>Why the call is passed to helm.</summary>
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

    private readonly StampMemo<InputFacts> _memo;
    private readonly StampTrust _trust;
    private readonly PathResolver _links = new();
    private readonly List<InputStamp> _seen = [];

    /// <param name="memo">Shared by all requests.</param>
    /// <param name="nowNs">Time of the request in nanoseconds since the Unix epoch.</param>
    public InputReader(StampMemo<InputFacts> memo, long nowNs)
    {
        _memo = memo;
        _trust = new StampTrust(nowNs);
    }

    /// <summary>From <see cref="MountTable"/>: stamps of another generation may be those of other files.</summary>
    public long MountGeneration { get; init; }

    /// <summary>
    /// Everything that was asked of the file system, with the answers: while those are the same, so is all that was read.
    /// </summary>
    public WatchList Evidence { get; } = new();

    /// <summary>Everything that was looked at, in order.</summary>
    public IReadOnlyList<InputStamp> Seen => _seen;

    /// <summary>Digest and screen of a regular file; null when nothing is there.</summary>
    /// <exception cref="InputException">
    /// It is there but cannot be read, is no regular file, or lies where paths mean something else to us.
    /// </exception>
    public InputFacts? Facts(string path)
    {
        if (Stamp(path) is not { } stamp)
            return null;
        if (_memo.TryGet(stamp, Role, out InputFacts? facts))
            return facts;
        byte[] content = Read(path, stamp);
        facts = new InputFacts(Digest.Of(content));
        if (_trust.Covers(stamp, Libc.PathBytes(path)))
            _memo.Add(stamp, Role, facts);
        return facts;
    }

    /// <summary>Content of a small regular file; null when nothing is there.</summary>
    /// <exception cref="InputException">As for <see cref="Facts"/>.</exception>
    public byte[]? Content(string path) => Stamp(path) is { } stamp ? Read(path, stamp) : null;

    /// <summary>Content of a file whose facts were asked for; reads it, but is no look of its own.</summary>
    /// <exception cref="InputException">It is another one now, or cannot be read.</exception>
    public byte[] ContentOf(string path, InputFacts facts)
    {
        byte[] content = Read(path, _seen.FindLast(seen => seen.Path == path).Stamp);
        return Digest.Of(content) == facts.Digest ? content : throw new InputException(BypassReason.InputUnreadable, "");
    }

    /// <summary>Stamps of the entries of a directory that a start-up lists; empty when there is none.</summary>
    /// <exception cref="InputException">The way to it means something else to us.</exception>
    public bool IsDirectory(string path)
    {
        int errno = Look(path, out FileStamp stamp);
        bool exists = errno == 0;
        // The directory's own times change when helm or anyone writes beside what matters: what matters is looked at itself.
        _seen.Add(new InputStamp(path, exists ? new FileStamp(stamp.Device, stamp.Inode, 0, 0, 0, stamp.Mode, stamp.Mount) : default));
        return exists && stamp.Kind == FileKind.Directory;
    }

    /// <summary>What is at <paramref name="path"/>; null for nothing.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="follow">Whether a link at its end is followed.</param>
    /// <exception cref="InputException">That cannot be told, or the way to it means something else to us.</exception>
    public FileKind? Kind(string path, bool follow = true)
    {
        int errno = Look(path, out FileStamp stamp, follow);
        if (errno is not (0 or Libc.ENOENT))
            throw new InputException(BypassReason.InputUnreadable, "");
        // As for IsDirectory, its times are not part of the answer.
        _seen.Add(new InputStamp(path, errno == 0 ? new FileStamp(stamp.Device, stamp.Inode, 0, 0, 0, stamp.Mode, stamp.Mount) : default));
        return errno == 0 ? stamp.Kind : null;
    }

    /// <summary>The names in a directory, in byte order; its own stamp, which each new or lost name moves, is evidence.</summary>
    /// <exception cref="InputException">It cannot be read, is being changed, or has a name that is no UTF-8.</exception>
    public List<string> Names(string directory)
    {
        int errno = Look(directory, out FileStamp stamp);
        var names = new List<byte[]>();
        if (errno != 0 || Libc.ReadDirectory(Libc.PathBytes(directory), stamp, names) != 0)
            throw new InputException(BypassReason.InputUnreadable, "");
        _seen.Add(new InputStamp(directory, stamp));
        names.Sort(static (x, y) => x.AsSpan().SequenceCompareTo(y));
        var texts = new List<string>(names.Count);
        foreach (byte[] name in names)
            texts.Add(Utf8.IsValid(name) ? Encoding.UTF8.GetString(name) : throw new InputException(BypassReason.NameNotUtf8, ""));
        return texts;
    }

    /// <summary>Whether anything is at <paramref name="path"/>, for callers that then ask for its content.</summary>
    public bool Exists(string path) => Stat(path) is not null;

    /// <summary>Whether Go's <c>os.Stat</c> finds anything at <paramref name="path"/>; the answer is noted.</summary>
    /// <exception cref="InputException">The way to it means something else to us.</exception>
    public bool IsFound(string path)
    {
        bool found = Look(path, out FileStamp stamp) == 0;
        // As for IsDirectory, its times are not part of the answer.
        _seen.Add(new InputStamp(path, found ? new FileStamp(stamp.Device, stamp.Inode, 0, 0, 0, stamp.Mode, stamp.Mount) : default));
        return found;
    }

    /// <summary>The stamp of what is at <paramref name="path"/>; null for nothing, or nothing that can be reached.</summary>
    /// <exception cref="InputException">The way to it means something else to us.</exception>
    public FileStamp? Stat(string path) => Look(path, out FileStamp stamp) == 0 ? stamp : null;

    /// <summary>Notes that these paths were seen to be one file or directory, or only which one it was.</summary>
    public void WatchIdentity(string path, FileStamp stamp) =>
        Evidence.Add(Libc.PathBytes(path), WatchMode.TargetIdentity, stamp, trusted: true);

    /// <summary>Notes the stamp under which a file was known; its content was somebody else's to read.</summary>
    public void WatchFile(string path, FileStamp stamp)
    {
        byte[] bytes = Libc.PathBytes(path);
        Evidence.Add(bytes, WatchMode.Target, stamp, _trust.Covers(stamp, bytes));
    }

    /// <summary>
    /// Looks at a path, and notes all that the answer rests on. Each component is resolved by us first: below /proc a name means the
    /// process that opens it, and so does a link that leads there, from wherever, also when nothing is there to us.
    /// </summary>
    private int Look(string path, out FileStamp stamp, bool follow = true)
    {
        byte[] bytes = Libc.PathBytes(path);
        if (_links.Resolve(bytes.AsSpan(0, bytes.Length - 1), out _) == PathOutcome.OfProcess)
            throw new InputException(BypassReason.ValuesThroughProc, "");
        foreach ((byte[] link, FileStamp own) in _links.Met)
            Evidence.Add(link, WatchMode.Itself, own, _trust.Covers(own, link));
        int errno = Libc.Stat(bytes, follow, out stamp);
        if (errno == 0)
            Evidence.Add(bytes, follow ? WatchMode.Target : WatchMode.Itself, stamp, _trust.Covers(stamp, bytes));
        else if (errno != Libc.ENOENT || !_links.EndsAtNothing)
            Evidence.Distrust();
        else
            WatchNothing(_links.DonePath);
        return errno;
    }

    // Nothing at a name, in a directory that is still the same one.
    private void WatchNothing(ReadOnlySpan<byte> name)
    {
        int slash = name.LastIndexOf((byte)'/');
        byte[] directory = slash == 0 ? [(byte)'/', 0] : [.. name[..slash], 0];
        if (Libc.Stat(directory, follow: false, out FileStamp stamp) != 0)
            Evidence.Distrust();
        else
            Evidence.Add(directory, WatchMode.TargetIdentity, stamp, trusted: true);
        Evidence.AddAbsent(name);
    }

    private FileStamp? Stamp(string path)
    {
        int errno = Look(path, out FileStamp stamp);
        // A file where a directory should be is no absence to Go, and so to helm.
        if (errno == Libc.ENOENT)
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

    private static byte[] Read(string path, FileStamp stamp)
    {
        byte[] buffer = new byte[stamp.Size + 1]; // One more, to notice growth.
        int errno = Libc.ReadFile(Libc.PathBytes(path), stamp, buffer);
        // Changed between two system calls, or unreadable to us: helm will say what it sees.
        return errno == 0 ? buffer[..^1] : throw new InputException(BypassReason.InputUnreadable, "");
    }
}
