namespace CacheDaemon.Client.Protocol;

/// <summary>
/// Why a finished render was given to its caller but not stored. Numbers travel on the wire and are persisted:
/// append only.
/// </summary>
public enum RefuseReason
{
    None = 0,
    HelmFailed = 1,
    InputsChanged = 2,
    Interrupted = 3,
    OutputTooLarge = 4,
    NotRepeatable = 5,

    // 6 was for results that nothing could prove.
    ReadOnly = 7,
    LeaseLost = 8,
    StoreFailed = 9,
    SecretsNever = 10,
}
