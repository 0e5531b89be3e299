namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>Where the chart of a call comes from. In memory only.</summary>
internal enum ChartOrigin
{
    /// <summary>It lies where the caller says, or there is none.</summary>
    Local,

    /// <summary>It was named by its repository, and helm has it in its content cache.</summary>
    Repository,

    /// <summary>helm downloads it, by its digest.</summary>
    Digest,

    /// <summary>helm downloads it, and what came of it is given again for a while.</summary>
    Window,
}
