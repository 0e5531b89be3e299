using System;
using CacheDaemon.Daemon.Shared.Sealing;

namespace CacheDaemon.Daemon.Shared;

/// <summary>How it went to ask the server.</summary>
internal enum SharedOutcome
{
    /// <summary>The server failed before, and is left alone.</summary>
    NotAsked,

    /// <summary>A good entry.</summary>
    Hit,

    /// <summary>The server has nothing under this key.</summary>
    Miss,

    /// <summary>An object that is not served.</summary>
    Refused,

    /// <summary>No answer, or not in time.</summary>
    Failed,
}

/// <summary>What came of asking the server.</summary>
/// <param name="Outcome">How it went.</param>
/// <param name="Entry">The entry of a <see cref="SharedOutcome.Hit"/>.</param>
/// <param name="Signer">Who signed that: the id of his key.</param>
/// <param name="Refusal">Why an object is refused.</param>
/// <param name="Took">How long the server took to answer; null where it gave no whole answer.</param>
internal readonly record struct SharedAnswer(
    SharedOutcome Outcome,
    SharedEntry? Entry = null,
    string Signer = "",
    SharedRefusal Refusal = SharedRefusal.None,
    TimeSpan? Took = null
);
