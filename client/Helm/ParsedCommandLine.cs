using System.Collections.Generic;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Client.Helm;

/// <summary>One occurrence of a flag.</summary>
/// <param name="Flag">Index in the command's <see cref="HelmCommand.Flags"/>.</param>
/// <param name="Value">
/// The value as typed; <c>true</c> or <c>false</c> for a boolean, however it was spelled; null only for a flag with optional value that
/// stood bare.
/// </param>
public readonly record struct FlagUse(int Flag, string? Value);

/// <summary>A command line taken apart: flags in order, positional arguments in order, or the reason why it is not served.</summary>
/// <param name="command">The command that the flags are of.</param>
public sealed class ParsedCommandLine(HelmCommand command)
{
    /// <summary>The command.</summary>
    public HelmCommand Command => command;

    /// <summary>Each occurrence of a flag, in order.</summary>
    public List<FlagUse> Flags { get; } = [];

    /// <summary>The row of a flag.</summary>
    public ref readonly HelmFlag Row(FlagUse use) => ref command.Flags[use.Flag];

    /// <summary>Positional arguments, in order, without the words of the command.</summary>
    public List<string> Positionals { get; } = [];

    /// <summary>Whether there is a <c>--</c>, after which nothing is a flag.</summary>
    public bool EndsFlags { get; internal set; }

    /// <summary>None, or what is wrong: <c>UnknownFlag</c>, <c>BadFlagValue</c>, <c>HelpRequested</c>.</summary>
    public BypassReason Error { get; internal set; }

    /// <summary>
    /// For people: the table's name of the flag that is wrong. Empty for an unknown one: its text may be anything, a secret included.
    /// </summary>
    public string ErrorFlag { get; internal set; } = "";
}
