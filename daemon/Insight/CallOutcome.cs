namespace CacheDaemon.Daemon.Insight;

/// <summary>What became of one call.</summary>
internal enum CallOutcome
{
    /// <summary>Answered from the store.</summary>
    Hit,

    /// <summary>Answered with the result of an equal call at the same time.</summary>
    Coalesced,

    /// <summary>Rendered by the caller, for us.</summary>
    Miss,

    /// <summary>Left to real helm.</summary>
    Bypass,
}
