using System;

namespace CacheDaemon.Daemon.Shared.Sealing;

/// <summary>Why an object from the server is not served. Each is a miss; helm runs.</summary>
internal enum SharedRefusal
{
    /// <summary>It is served.</summary>
    None,

    /// <summary>Longer than <see cref="SealedEntry.MaxBytes"/>, or its output than <see cref="SealedEntry.MaxOutputBytes"/>.</summary>
    TooLarge,

    /// <summary>It is no sealed entry, or is cut short.</summary>
    Malformed,

    /// <summary>A sealed entry of another format.</summary>
    OtherVersion,

    /// <summary>A sealed entry for another key.</summary>
    OtherKey,

    /// <summary>Its writer is not trusted.</summary>
    UnknownSigner,

    /// <summary>It says that a trusted writer made it, who did not.</summary>
    BadSignature,

    /// <summary>Older than <c>shared.max_age</c>.</summary>
    TooOld,

    /// <summary>Made at a time that is still to come.</summary>
    FromTheFuture,

    /// <summary>Encrypted with another key than ours, or we have none.</summary>
    Undecipherable,

    /// <summary>The output is not the one that the writer meant.</summary>
    DigestMismatch,
}

/// <summary>The names of refusals in <c>stats</c> and in the log.</summary>
internal static class SharedRefusalNames
{
    /// <summary><c>unknown-signer</c> for <see cref="SharedRefusal.UnknownSigner"/>.</summary>
    public static string Name(this SharedRefusal refusal) =>
        refusal switch
        {
            SharedRefusal.None => "none",
            SharedRefusal.TooLarge => "too-large",
            SharedRefusal.Malformed => "malformed",
            SharedRefusal.OtherVersion => "other-version",
            SharedRefusal.OtherKey => "other-key",
            SharedRefusal.UnknownSigner => "unknown-signer",
            SharedRefusal.BadSignature => "bad-signature",
            SharedRefusal.TooOld => "too-old",
            SharedRefusal.FromTheFuture => "from-the-future",
            SharedRefusal.Undecipherable => "undecipherable",
            SharedRefusal.DigestMismatch => "digest-mismatch",
            _ => throw new ArgumentOutOfRangeException(nameof(refusal)),
        };
}
