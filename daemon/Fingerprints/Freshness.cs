using System;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>How long a result may be given again whose chart helm downloads, and which is in no key.</summary>
/// <param name="For">Counted from the start of the run; null for ever, since the name holds the content's digest.</param>
internal sealed record Freshness(TimeSpan? For);

/// <summary>What the user allows for charts that helm downloads each time.</summary>
/// <param name="FreshFor">How long a result may be given again; zero for never.</param>
/// <param name="Digest">Whether results for charts that are named by digest are kept for good.</param>
internal sealed record RemotePolicy(TimeSpan FreshFor, bool Digest)
{
    /// <summary>Nothing.</summary>
    public static RemotePolicy None { get; } = new(TimeSpan.Zero, Digest: false);

    /// <summary>What holds for one chart; null when real helm has to answer.</summary>
    /// <param name="isDigest">Whether it is named by its digest.</param>
    public Freshness? Of(bool isDigest) =>
        isDigest && Digest ? new Freshness(null)
        : FreshFor > TimeSpan.Zero ? new Freshness(FreshFor)
        : null;
}
