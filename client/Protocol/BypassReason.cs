namespace CacheDaemon.Client.Protocol;

/// <summary>
/// Why the daemon declined to serve a call, so that the caller becomes real helm. The numbers travel on the wire and
/// are persisted in statistics: never renumber, never reuse; append only.
/// </summary>
public enum BypassReason
{
    /// <summary>Not used on the wire.</summary>
    None = 0,

    // Command line (client/Helm, daemon/Invocations).
    UnknownFlag = 1,
    BadFlagValue = 2,
    WrongArgumentCount = 3,
    HelpRequested = 4,
    DebugOutput = 5,
    LoggingFlag = 6,
    ClusterAccess = 7,
    DnsEnabled = 8,
    PostRenderer = 9,
    OutputDirectory = 10,
    DependencyUpdate = 11,
    VerifyRequested = 12,
    NameTemplate = 13,
    TlsFiles = 14,
    Credentials = 15,
    RemoteChart = 16,
    RemoteValues = 17,
    SetFileSyntax = 18,
    NotTemplate = 19,
    FlagBeforeCommand = 20,

    // Environment.
    HelmDriver = 40,
    GoDebug = 41,
    Profiling = 42,
    HomeUnset = 43,
    KubeconfigDoubtful = 44,
    GoVariable = 45,
    PluginDownloads = 46,

    // Caller.
    OtherUser = 60,
    OtherMountNamespace = 61,
    OtherRoot = 62,
    DirectoryMismatch = 63,
    HelmNotABinary = 64,
    ProtocolMismatch = 65,
    Draining = 66,
    TooManyConnections = 67,
    CallerUnknown = 68,
    OtherCredentials = 69,

    // Inputs.
    ChartMissing = 80,
    ChartNotAFileOrDirectory = 81,
    ChartUnreadable = 82,
    ChartTooLarge = 83,
    ChartSpecialFile = 84,
    ChartSymlinkBroken = 85,
    HelmIgnoreInvalid = 86,
    SchemaReference = 87,
    ValuesMissing = 88,
    ValuesNotRegular = 89,
    ValuesThroughProc = 90,
    ValuesTooLarge = 91,
    InputUnreadable = 92,
    NameNotUtf8 = 93,
    ArchiveUnpacked = 94,
    DependenciesDoubtful = 95,
    RemoteNotCached = 96,
    RemoteDoubtful = 97,

    // Repeatability.
    // 110 was for templates that mention an impure function.
    KnownToVary = 111,
    ConfiguredBypass = 112,
    LeaseholderFailed = 113,
    OutputTooLarge = 114,
    InputsKeepChanging = 115,

    // 116 was for results that waited for a proof run.
    LeaseholderSlow = 117,
    Arming = 118,
    Unarmed = 119,

    // Ourselves.
    Faulted = 130,
    TooFewDescriptors = 131,
    CallerLeft = 132,

    // Turns (daemon/Coordination).
    Coordinated = 150,
    CoordinationOff = 151,
    HolderSlow = 152,
    InsideTurn = 153,
}
