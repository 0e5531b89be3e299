namespace CacheDaemon.Daemon.Cli.Checking;

/// <summary>How one check of <c>doctor</c> came out.</summary>
internal enum CheckOutcome
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Something to know; no fault.</summary>
    Note,

    /// <summary>Something is wrong.</summary>
    Fail,
}

/// <summary>One check of <c>doctor</c>.</summary>
/// <param name="Name">What was looked at, for <c>--json</c>: words with hyphens, stable.</param>
/// <param name="Outcome">How it came out.</param>
/// <param name="Says">What was found, as a sentence that names the thing.</param>
/// <param name="Next">What to do about it; empty when there is nothing to do.</param>
internal sealed record DoctorCheck(string Name, CheckOutcome Outcome, string Says, string Next = "")
{
    /// <summary>All is well.</summary>
    public static DoctorCheck Ok(string name, string says) => new(name, CheckOutcome.Ok, says);

    /// <summary>Something is wrong.</summary>
    public static DoctorCheck Fail(string name, string says, string next) => new(name, CheckOutcome.Fail, says, next);
}
