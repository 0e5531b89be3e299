namespace CacheDaemon.Daemon.Cli;

/// <summary>Exit codes of <c>helmcached</c>, as scripts may rely on them.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>The command could not do its work; the reason is on standard error.</summary>
    public const int Failed = 1;

    /// <summary><c>verify</c>: some entry was wrong. No other outcome of <c>verify</c> has this code.</summary>
    public const int Differs = 1;

    /// <summary>The command line or the configuration is wrong.</summary>
    public const int Usage = 2;

    /// <summary><c>status</c>: no daemon runs (the code that init scripts use for it).</summary>
    public const int NotRunning = 3;

    /// <summary><c>verify</c>: there are entries, and not one of them could be verified.</summary>
    public const int NothingVerified = 4;

    /// <summary>
    /// <c>verify</c>: it could not finish, as when the daemon does not answer. Nothing is known of the entries that are left.
    /// </summary>
    public const int NotVerified = 5;

    /// <summary>
    /// <c>serve</c>: the daemon could accept no callers any more, and stopped; its log says why. The next call starts another.
    /// </summary>
    public const int ServingFailed = 6;
}
