using System;
using System.Collections.Generic;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>Decides, as helm's <c>LocateChart</c> does (helm-inputs 2.3), whether a CHART argument is a local chart, and where.</summary>
internal static class ChartTreePath
{
    /// <summary>
    /// The absolute path that helm loads from, or why this is not a local chart:
    /// <see cref="BypassReason.RemoteChart"/> or <see cref="BypassReason.ChartMissing"/>.
    /// </summary>
    /// <param name="reference">The argument as typed.</param>
    /// <param name="directory">
    /// The caller's working directory as Go sees it: $PWD when that names the current directory, else the kernel's path.
    /// </param>
    /// <param name="path">The path, without a final NUL.</param>
    public static BypassReason Locate(ReadOnlySpan<byte> reference, ReadOnlySpan<byte> directory, out byte[] path)
    {
        path = [];
        ReadOnlySpan<byte> name = HelmIgnore.Trim(reference);
        bool rooted = name.StartsWith("/"u8);
        if (name.Contains((byte)0))
            return BypassReason.ChartMissing;
        // The kernel follows links before "..", while the path that is loaded is shortened as text: both have to work.
        byte[] asTyped = rooted ? [.. name, 0] : [.. directory, (byte)'/', .. name, 0];
        if (name.IsEmpty || Libc.Stat(asTyped, follow: true, out _) != 0)
            return rooted || name.StartsWith("."u8) ? BypassReason.ChartMissing : BypassReason.RemoteChart;
        path = Absolute(name, directory);
        return BypassReason.None;
    }

    /// <summary>Go's <c>filepath.Abs</c>: joined to the directory and cleaned as text, without looking at the disk.</summary>
    public static byte[] Absolute(ReadOnlySpan<byte> name, ReadOnlySpan<byte> directory)
    {
        byte[] joined = name.StartsWith("/"u8) ? name.ToArray() : [.. directory, (byte)'/', .. name];
        var kept = new List<Range>();
        ReadOnlySpan<byte> all = joined;
        foreach (Range range in all.Split((byte)'/'))
        {
            ReadOnlySpan<byte> component = all[range];
            if (component.SequenceEqual(".."u8))
            {
                if (kept.Count > 0)
                    kept.RemoveAt(kept.Count - 1);
            }
            else if (!component.IsEmpty && !component.SequenceEqual("."u8))
                kept.Add(range);
        }
        var cleaned = new List<byte>(joined.Length);
        foreach (Range range in kept)
        {
            cleaned.Add((byte)'/');
            cleaned.AddRange(all[range]);
        }
        return cleaned.Count == 0 ? [(byte)'/'] : cleaned.ToArray();
    }
}
