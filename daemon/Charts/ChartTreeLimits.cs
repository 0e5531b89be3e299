namespace CacheDaemon.Daemon.Charts;

/// <summary>How large a chart may be before the daemon declines it. Guards memory and time; helm's own limits where it has some.</summary>
internal static class ChartTreeLimits
{
    /// <summary>helm's limit per file (helm-inputs 4.4; measured: this size loads, one byte more fails).</summary>
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
