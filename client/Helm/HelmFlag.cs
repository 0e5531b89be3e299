using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Client.Helm;

/// <summary>How a flag takes its value (pflag's <c>NoOptDefVal</c>, seen on helm 3.17.3 and 4.1.4).</summary>
public enum FlagArity : byte
{
    /// <summary>Needs a value: after <c>=</c>, glued to the shorthand, or the next word.</summary>
    Value,

    /// <summary>Bare means true; another value only after <c>=</c>, in Go's <c>strconv.ParseBool</c> spellings.</summary>
    Switch,

    /// <summary>May stand bare; a value only after <c>=</c>, any text.</summary>
    OptionalByEquals,
}

/// <summary>What helm makes of a flag that is given more than once.</summary>
public enum FlagRepeat : byte
{
    /// <summary>The last one wins.</summary>
    LastWins,

    /// <summary>Each value is one CSV record; the items are appended.</summary>
    Csv,

    /// <summary>Each value is one item, commas included.</summary>
    Each,
}

/// <summary>What a flag means to a call; the daemon's parser has one branch for each.</summary>
public enum FlagRole : byte
{
    /// <summary>The last value enters the key.</summary>
    KeyScalar,

    /// <summary>
    /// Each occurrence enters the key, in order: helm validates, warns or counts each one, so a lost one could turn a
    /// failing call into a hit.
    /// </summary>
    KeyEvery,

    /// <summary>The items enter the key, in order.</summary>
    KeyList,

    /// <summary>Only the fact that it was given enters the key: the value has no effect on a local render, or is secret.</summary>
    KeyPresence,

    Set,
    SetString,
    SetJson,
    SetLiteral,
    SetFile,
    ValuesFile,
    Namespace,
    NameTemplate,
    DryRun,

    /// <summary>Path of a kubeconfig.</summary>
    Kubeconfig,

    /// <summary>Context of the kubeconfig.</summary>
    KubeContext,

    /// <summary>
    /// Overrides a part of the kubeconfig. Without effect on a local render whose namespace is explicit; otherwise it can make a
    /// kubeconfig valid or invalid, and so decide which namespace is found. The value may be secret: presence only.
    /// </summary>
    KubeOverride,

    RegistryConfig,
    RepositoryConfig,
    RepositoryCache,

    /// <summary>Address of the repository that the chart is of: with it the chart is no local path.</summary>
    Repository,

    /// <summary>When finally true, what helm 3 says has the time in it: a bypass there. It is in the key.</summary>
    Debug,

    /// <summary>Where files are written: that they are is in the key, where is not.</summary>
    OutputDirectory,

    /// <summary>
    /// A JSONPath expression: enters the key when it names one place, is a bypass when it may walk a map, whose order varies.
    /// </summary>
    JsonPath,

    /// <summary>Bypass with the row's reason when finally true; false enters the key.</summary>
    BypassWhenTrue,

    /// <summary>Always bypass with the row's reason.</summary>
    Bypass,
}

/// <summary>One row of the table of helm's flags.</summary>
/// <param name="Name">Long name without dashes; what is given to people as detail (never a value).</param>
/// <param name="Shorthand">One letter, or NUL.</param>
/// <param name="Arity">How it takes a value.</param>
/// <param name="Repeat">What several occurrences mean.</param>
/// <param name="Role">What it means to a render.</param>
/// <param name="IsGlobal">A persistent flag of the root command: may stand before the subcommand.</param>
/// <param name="Reason">Why it bypasses, for the two bypass roles.</param>
/// <param name="Group">
/// Label of the key entry that several flags share because their order among each other counts: helm stores them in one variable, or prints
/// a line for each; null when the flag stands alone.
/// </param>
public readonly record struct HelmFlag(
    string Name,
    char Shorthand,
    FlagArity Arity,
    FlagRepeat Repeat,
    FlagRole Role,
    bool IsGlobal,
    BypassReason Reason,
    string? Group
);
