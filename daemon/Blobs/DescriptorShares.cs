using System;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Blobs;

/// <summary>
/// How the descriptors that a process may have open are shared out, so that all that is allowed fits in at once: each connection takes one
/// and may bring another with a result, long outputs are kept in files, and the rest is for charts, the store, the log and the runtime.
/// </summary>
/// <param name="Connections">Most connections open at once; at least 2.</param>
/// <param name="Outputs">Most outputs kept in memory files; others are kept in arrays. May be 0.</param>
internal readonly record struct DescriptorShares(int Connections, int Outputs)
{
    /// <summary>
    /// Most connections, however many descriptors there are: room for a machine-wide build. A caller above it is closed at once and becomes
    /// helm, and those that have been idle for long make room for the next.
    /// </summary>
    public const int MostConnections = 512;

    /// <summary>
    /// What the daemon has open besides: 23 with all readers of the store, and one or two for each request that is looked at.
    /// </summary>
    private const int Fixed = 32;

    /// <summary>Where there are more callers, more files of charts are open: one part in so many on top.</summary>
    private const int FixedShare = 32;

    /// <summary>The shares of this process, under the limit that holds when this is first asked for.</summary>
    public static DescriptorShares Ours { get; } = Of(Libc.MaxDescriptors);

    /// <summary>The shares of a process that may have <paramref name="limit"/> descriptors open. From 40 on, they fit.</summary>
    public static DescriptorShares Of(long limit)
    {
        long rest = Math.Max(0, limit - Fixed - limit / FixedShare);
        long connections = Math.Clamp(rest * 3 / 8, 2, MostConnections);
        return new DescriptorShares((int)connections, (int)Math.Clamp(rest - 2 * connections, 0, rest / 4));
    }
}
