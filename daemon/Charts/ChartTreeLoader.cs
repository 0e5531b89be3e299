using System;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Files;

namespace CacheDaemon.Daemon.Charts;

/// <summary>What came of loading a chart.</summary>
internal abstract record ChartLoad<TFacts>
{
    /// <summary>The chart, with the stamps to recognise it by.</summary>
    public sealed record Loaded(ChartSnapshot<TFacts> Snapshot) : ChartLoad<TFacts>
    {
        /// <summary>The chart.</summary>
        public ChartTree<TFacts> Tree => Snapshot.Tree;
    }

    /// <summary>The chart is one that helm must read itself.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="What">The name inside the chart, or the problem; for people.</param>
    public sealed record Declined(BypassReason Reason, string What) : ChartLoad<TFacts>;
}

/// <summary>
/// Loads charts from disk, directories and archives, as helm does (helm-inputs 2.3 and 4). Safe for concurrent use.
/// </summary>
/// <param name="memo">Contents already read.</param>
/// <param name="scan">Runs once per content.</param>
/// <param name="clock">Decides which stamps are old enough to trust.</param>
internal sealed class ChartTreeLoader<TFacts>(DigestMemo<ChartContent<TFacts>> memo, ContentScanner<TFacts> scan, TimeProvider clock)
{
    /// <summary>Loads the chart at <paramref name="path"/>.</summary>
    /// <param name="path">Absolute path as helm sees it (joined to its working directory and cleaned as text), without a final NUL.</param>
    public ChartLoad<TFacts> Load(byte[] path)
    {
        var trust = new ChartTreeTrust(clock.NowNs());
        var contents = new ChartTreeContents<TFacts>(memo, scan);
        BypassReason reason = new ChartTreeLinks().Resolve(path, out _);
        if (reason == BypassReason.ChartSpecialFile)
            return new ChartLoad<TFacts>.Declined(reason, "the chart");
        byte[] terminated = [.. path, 0];
        int error = Libc.Stat(terminated, follow: true, out FileStamp stamp);
        if (error != 0)
            return new ChartLoad<TFacts>.Declined(ReasonOf(error, BypassReason.ChartMissing), "the chart");
        if (reason != BypassReason.None)
            return new ChartLoad<TFacts>.Declined(reason, "the chart");
        return stamp.Kind switch
        {
            FileKind.Directory => new ChartTreeWalk<TFacts>(path, contents, trust).Run(stamp),
            FileKind.Regular => LoadArchive(terminated, stamp, contents, trust),
            _ => new ChartLoad<TFacts>.Declined(BypassReason.ChartNotAFileOrDirectory, "the chart"),
        };
    }

    private static ChartLoad<TFacts> LoadArchive(byte[] path, FileStamp stamp, ChartTreeContents<TFacts> contents, ChartTreeTrust trust)
    {
        if (stamp.Size > ChartTreeLimits.MaxRootArchiveBytes)
            return new ChartLoad<TFacts>.Declined(BypassReason.ChartTooLarge, "the chart");
        bool trusted = trust.Covers(stamp, path);
        int error = contents.Read(path, stamp, trusted, ChartTreeRole.Packed, out ChartContent<TFacts>? content);
        if (error != 0)
            return new ChartLoad<TFacts>.Declined(ReasonOf(error, BypassReason.ChartUnreadable), "the chart");
        var watched = new ChartWatchList();
        watched.Add(path, ChartWatchMode.Target, stamp, trusted);
        var assembly = new ChartTreeAssembly<TFacts>();
        assembly.Add([], [], ChartFileKind.File, content!);
        return new ChartLoad<TFacts>.Loaded(new ChartSnapshot<TFacts>(
            assembly.ToTree("packed chart"u8, content!.Metadata ?? ChartMetadata.Unknown, watched, stamp.Size), watched));
    }

    /// <summary>The reason that an errno stands for.</summary>
    internal static BypassReason ReasonOf(int error, BypassReason otherwise) => error switch
    {
        Libc.EACCES => BypassReason.ChartUnreadable,
        Libc.ELOOP => BypassReason.ChartSymlinkBroken,
        _ => otherwise,
    };
}
