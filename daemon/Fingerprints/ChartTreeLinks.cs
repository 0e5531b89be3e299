using System;
using System.Collections.Generic;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>
/// Resolves absolute paths the way Go's <c>filepath.EvalSymlinks</c> does, one component after the other, because helm
/// prints the result and because a path through /proc or /sys means something else to each process (helm-inputs 5).
/// Remembers plain directories for its own short life; not safe for concurrent use.
/// </summary>
internal sealed class ChartTreeLinks
{
    /// <summary>The kernel's limit; Go's is 255, but reading the file would then fail anyway (man 7 path_resolution).</summary>
    private const int MaxLinks = 40;

    private readonly HashSet<byte[]> _plain = new(BytesComparer.Instance);

    /// <summary>
    /// The path without links, dots and doubled slashes, without a final NUL; or why not:
    /// <see cref="BypassReason.ChartSymlinkBroken"/> or <see cref="BypassReason.ChartSpecialFile"/>.
    /// </summary>
    /// <param name="path">Absolute path without a final NUL.</param>
    /// <param name="resolved">The result, when the answer is <see cref="BypassReason.None"/>.</param>
    public BypassReason Resolve(ReadOnlySpan<byte> path, out byte[] resolved)
    {
        resolved = [];
        var done = new List<byte>(path.Length + 1);
        byte[] rest = path.ToArray();
        int links = 0;
        for (int start = 0; start < rest.Length;)
        {
            int end = Array.IndexOf(rest, (byte)'/', start);
            end = end < 0 ? rest.Length : end;
            ReadOnlySpan<byte> component = rest.AsSpan(start, end - start);
            int next = Math.Min(end + 1, rest.Length);
            start = next;
            if (component.IsEmpty || component.SequenceEqual("."u8))
                continue;
            int parentLength = done.Count;
            if (component.SequenceEqual(".."u8))
            {
                DropLast(done);
                continue;
            }
            done.Add((byte)'/');
            done.AddRange(component);
            byte[] here = [.. done];
            if (IsPerProcess(here))
                return BypassReason.ChartSpecialFile;
            if (_plain.Contains(here))
                continue;
            byte[] herePath = [.. here, 0];
            if (Libc.Stat(herePath, follow: false, out FileStamp stamp) != 0)
                return BypassReason.ChartSymlinkBroken;
            if (stamp.Kind == FileKind.Directory)
                _plain.Add(here);
            if (stamp.Kind != FileKind.SymbolicLink)
            {
                if (stamp.Kind != FileKind.Directory && end < rest.Length)
                    return BypassReason.ChartSymlinkBroken;
                continue;
            }
            if (++links > MaxLinks || Libc.ReadLink(herePath, out byte[] text) != 0)
                return BypassReason.ChartSymlinkBroken;
            done.RemoveRange(parentLength, done.Count - parentLength);
            if (text.AsSpan().StartsWith("/"u8))
                done.Clear();
            rest = [.. text, .. rest.AsSpan(end)];
            start = 0;
        }
        resolved = done.Count == 0 ? [(byte)'/'] : [.. done];
        return BypassReason.None;
    }

    private static void DropLast(List<byte> path)
    {
        int slash = path.LastIndexOf((byte)'/');
        if (slash >= 0)
            path.RemoveRange(slash, path.Count - slash);
    }

    private static bool IsPerProcess(ReadOnlySpan<byte> path) => path.SequenceEqual("/proc"u8) || path.SequenceEqual("/sys"u8);
}
