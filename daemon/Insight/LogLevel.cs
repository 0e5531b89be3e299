namespace CacheDaemon.Daemon.Insight;

/// <summary>How much goes into the log (<c>log.level</c>); each level includes those above it.</summary>
public enum LogLevel
{
    /// <summary>Nothing.</summary>
    Off,

    /// <summary>What went wrong.</summary>
    Error,

    /// <summary>Starts, stops and repairs.</summary>
    Info,

    /// <summary>Each call: outcome, chart, caller; never values.</summary>
    Debug,
}
