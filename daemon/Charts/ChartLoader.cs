using System;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Files;

namespace CacheDaemon.Daemon.Charts;

/// <summary>What came of loading a chart.</summary>
internal abstract record ChartLoad
{
    /// <summary>The chart, with the stamps to recognise it by.</summary>
    public sealed record Loaded(ChartSnapshot Snapshot) : ChartLoad
    {
        /// <summary>The chart.</summary>
        public ChartTree Tree => Snapshot.Tree;
    }

    /// <summary>The chart is one that helm must read itself.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="What">The name inside the chart, or the problem; for people.</param>
    public sealed record Declined(BypassReason Reason, string What) : ChartLoad;
}

/// <summary>
/// Loads charts from disk, directories and archives, as helm does. Safe for concurrent use.
/// </summary>
/// <param name="memo">Contents already read.</param>
/// <param name="scan">Runs once per content.</param>
/// <param name="clock">Decides which stamps are old enough to trust.</param>
internal sealed class ChartLoader(StampMemo<ChartContent> memo, ContentScanner scan, TimeProvider clock)
{
    /// <summary>Loads the chart at <paramref name="path"/>.</summary>
    /// <param name="path">Absolute path as helm sees it (joined to its working directory and cleaned as text), without a final NUL.</param>
    public ChartLoad Load(byte[] path)
    {
        var trust = new StampTrust(clock.NowNs());
        var contents = new ChartContents(memo, scan);
        PathOutcome way = new PathResolver().Resolve(path, out _);
        if (way == PathOutcome.OfProcess)
            return new ChartLoad.Declined(BypassReason.ChartSpecialFile, "the chart");
        byte[] terminated = [.. path, 0];
        int error = Libc.Stat(terminated, follow: true, out FileStamp stamp);
        if (error != 0)
            return new ChartLoad.Declined(ReasonOf(error, BypassReason.ChartMissing), "the chart");
        if (way == PathOutcome.Broken)
            return new ChartLoad.Declined(BypassReason.ChartSymlinkBroken, "the chart");
        return stamp.Kind switch
        {
            FileKind.Directory => new ChartWalk(path, contents, trust).Run(stamp),
            FileKind.Regular => LoadArchive(terminated, stamp, contents, trust),
            _ => new ChartLoad.Declined(BypassReason.ChartNotAFileOrDirectory, "the chart"),
        };
    }

    private static ChartLoad LoadArchive(byte[] path, FileStamp stamp, ChartContents contents, StampTrust trust)
    {
        if (stamp.Size > ChartLimits.MaxRootArchiveBytes)
            return new ChartLoad.Declined(BypassReason.ChartTooLarge, "the chart");
        bool trusted = trust.Covers(stamp, path);
        int error = contents.Read(path, stamp, trusted, ChartFileRole.Packed, out ChartContent? content);
        if (error != 0)
            return new ChartLoad.Declined(ReasonOf(error, BypassReason.ChartUnreadable), "the chart");
        var watched = new WatchList();
        watched.Add(path, WatchMode.Target, stamp, trusted);
        var assembly = new ChartAssembly();
        assembly.Add([], [], ChartFileKind.File, content!);
        return new ChartLoad.Loaded(
            new ChartSnapshot(assembly.ToTree("packed chart"u8, content!.Metadata ?? ChartMetadata.Unknown, watched, stamp.Size), watched)
        );
    }

    /// <summary>The reason that an errno stands for.</summary>
    internal static BypassReason ReasonOf(int error, BypassReason otherwise) =>
        error switch
        {
            Libc.EACCES => BypassReason.ChartUnreadable,
            Libc.ELOOP => BypassReason.ChartSymlinkBroken,
            _ => otherwise,
        };
}

/// <summary>How large a chart may be before the daemon declines it. Guards memory and time; helm's own limits where it has some.</summary>
internal static class ChartLimits
{
    /// <summary>helm's limit per file (measured: this size loads, one byte more fails).</summary>
    public const int MaxFileBytes = 5_242_880;

    /// <summary>Names met in one chart: files, directories, links, ignored ones too.</summary>
    public const int MaxNames = 100_000;

    /// <summary>Bytes of content in one chart directory.</summary>
    public const long MaxTotalBytes = 1L << 30;

    /// <summary>Bytes of a packed root chart; helm allows 100 MiB of content when unpacked.</summary>
    public const long MaxRootArchiveBytes = 100L << 20;

    /// <summary>Directories inside each other; the walk is recursive.</summary>
    public const int MaxDepth = 256;

    /// <summary>How often a file or directory that changes while being read is read again.</summary>
    public const int MaxAttempts = 3;
}
