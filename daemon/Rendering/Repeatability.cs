using System;
using CacheDaemon.Daemon.Screening;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>What it takes to keep the output of a render (<c>docs/repeatability.md</c>).</summary>
internal enum ProofNeed
{
    /// <summary>Nothing that can vary is mentioned: kept at once.</summary>
    None,

    /// <summary>Something is mentioned: kept when a proof run shows that it was not called.</summary>
    Proof,

    /// <summary>No reading of the text can tell: never kept.</summary>
    Hopeless,
}

/// <summary>Decides from the screen what it takes to keep a render's output.</summary>
internal static class Repeatability
{
    /// <summary>What it takes.</summary>
    /// <remarks>
    /// A second render that gives the same bytes is no way out of a doubt: a clock that shows days gives the same bytes
    /// all day and is wrong tomorrow.
    /// </remarks>
    public static ProofNeed Of(Verdict verdict) => verdict switch
    {
        Verdict.Pure => ProofNeed.None,
        Verdict.Mentions { Doubt: null } => ProofNeed.Proof,
        _ => ProofNeed.Hopeless,
    };

    /// <summary>What stands against keeping the output: function or doubt, file and line; empty when nothing does.</summary>
    public static string Describe(Verdict verdict) => verdict switch
    {
        Verdict.Mentions { Doubt: { } doubt } => Describe(doubt),
        Verdict.Mentions mention => $"{mention.Function} at {Shown(mention.File)}:{mention.Line}",
        Verdict.Doubtful doubt => $"{doubt.Reason} at {Shown(doubt.File)}:{doubt.Line}",
        _ => "",
    };

    /// <summary>Files of a packed root chart have the mark of archive entries in front, with no archive to name.</summary>
    private static string Shown(string file) => file.TrimStart('!');

    /// <summary>Why a render is not repeatable by its output alone; null when nothing shows.</summary>
    public static string? Telltale(ReadOnlySpan<byte> stdout) =>
        PrintedAddress.In(stdout) ? "an address of the process is printed" : null;
}
