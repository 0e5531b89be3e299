using System;
using System.Collections.Generic;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Files;

/// <summary>Where a path leads.</summary>
internal enum PathOutcome
{
    /// <summary>To a file or directory.</summary>
    Resolved,

    /// <summary>Nowhere: a link that dangles or loops, a name at which nothing is, a directory that is none.</summary>
    Broken,

    /// <summary>Through /proc or /sys, where a name means something else to each process.</summary>
    OfProcess,
}

/// <summary>
/// Resolves absolute paths the way Go's <c>filepath.EvalSymlinks</c> does, one component after the other, because helm
/// prints the result and because a path through /proc or /sys means something else to each process.
/// Remembers plain directories for its own short life; not safe for concurrent use.
/// </summary>
/// <remarks>
/// Whatever lies on a file system of the kind of /proc is declined wherever that is mounted: the kernel's magic links are all there.
/// </remarks>
internal sealed class PathResolver
{
    /// <summary>The kernel's limit; Go's is 255, but reading the file would then fail anyway (man 7 path_resolution).</summary>
    private const int MaxLinks = 40;

    /// <summary>Directories that are not links; looked up by span, since one load resolves many links side by side.</summary>
    private readonly HashSet<byte[]>.AlternateLookup<ReadOnlySpan<byte>> _plain = new HashSet<byte[]>(
        BytesComparer.Instance
    ).GetAlternateLookup<ReadOnlySpan<byte>>();

    private readonly Dictionary<ulong, bool> _devices = [];
    private readonly List<(byte[] Path, FileStamp Stamp)> _met = [];
    private byte[] _done = new byte[512];
    private int _length;

    /// <summary>The links that the last path led over, each by its own resolved path with a final NUL.</summary>
    public IReadOnlyList<(byte[] Path, FileStamp Stamp)> Met => _met;

    /// <summary>Whether the last path led to a name, <see cref="DonePath"/>, at which nothing is.</summary>
    public bool EndsAtNothing { get; private set; }

    /// <summary>How far the last path could be resolved, with a final NUL.</summary>
    public ReadOnlySpan<byte> DonePath => _done.AsSpan(0, _length + 1);

    /// <summary>
    /// The path without links, dots and doubled slashes, without a final NUL; or why there is none.
    /// </summary>
    /// <param name="path">Absolute path without a final NUL.</param>
    /// <param name="resolved">The result, when the answer is <see cref="PathOutcome.Resolved"/>; good until the next call.</param>
    public PathOutcome Resolve(ReadOnlySpan<byte> path, out ReadOnlySpan<byte> resolved)
    {
        _length = 0;
        _done[0] = 0;
        _met.Clear();
        EndsAtNothing = false;
        resolved = default;
        ReadOnlySpan<byte> rest = path;
        int links = 0;
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)'/');
            ReadOnlySpan<byte> component = end < 0 ? rest : rest[..end];
            ReadOnlySpan<byte> behind = end < 0 ? default : rest[end..];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (component.IsEmpty || component.SequenceEqual("."u8))
                continue;
            int parent = _length;
            if (component.SequenceEqual(".."u8))
            {
                Cut(Math.Max(0, Done.LastIndexOf((byte)'/')));
                continue;
            }
            Append(component);
            if (IsPerProcess(Done))
                return PathOutcome.OfProcess;
            if (_plain.Contains(Done))
                continue;
            int error = Libc.Stat(DonePath, follow: false, out FileStamp stamp);
            if (error != 0)
            {
                EndsAtNothing = error == Libc.ENOENT;
                return PathOutcome.Broken;
            }
            if (IsOfProcesses(stamp, parent))
                return PathOutcome.OfProcess;
            if (stamp.Kind == FileKind.Directory)
                _plain.Add(Done);
            else if (stamp.Kind == FileKind.SymbolicLink)
            {
                if (++links > MaxLinks || Libc.ReadLink(DonePath, out byte[] text) != 0)
                    return PathOutcome.Broken;
                _met.Add((DonePath.ToArray(), stamp));
                Cut(text.AsSpan().StartsWith("/"u8) ? 0 : parent);
                rest = behind.IsEmpty ? text : [.. text, .. behind];
            }
            else if (!behind.IsEmpty)
                return PathOutcome.Broken;
        }
        if (_length == 0)
            Append([]);
        resolved = Done;
        return PathOutcome.Resolved;
    }

    private ReadOnlySpan<byte> Done => _done.AsSpan(0, _length);

    private void Cut(int length)
    {
        _length = length;
        _done[length] = 0;
    }

    /// <summary>
    /// Whether a thing with this stamp, in the directory that the first bytes of the path name, lies on a file system of the kind of /proc.
    /// </summary>
    private bool IsOfProcesses(FileStamp stamp, int parent)
    {
        const long ProcSuperMagic = 0x9fa0; // linux/magic.h
        if (_devices.TryGetValue(stamp.Device, out bool known))
            return known;
        // statfs follows a link, but no link is where another file system is mounted: its directory is on the same one.
        ReadOnlySpan<byte> asked =
            stamp.Kind != FileKind.SymbolicLink ? DonePath
            : parent == 0 ? "/\0"u8
            : [.. Done[..parent], 0];
        bool isProc = Libc.FileSystemType(asked, out long type) != 0 || type == ProcSuperMagic;
        _devices.Add(stamp.Device, isProc);
        return isProc;
    }

    private void Append(ReadOnlySpan<byte> component)
    {
        if (_length + component.Length + 2 > _done.Length)
            Array.Resize(ref _done, Math.Max(_length + component.Length + 2, _done.Length * 2));
        _done[_length++] = (byte)'/';
        component.CopyTo(_done.AsSpan(_length));
        _length += component.Length;
        _done[_length] = 0;
    }

    private static bool IsPerProcess(ReadOnlySpan<byte> path) => path.SequenceEqual("/proc"u8) || path.SequenceEqual("/sys"u8);
}
