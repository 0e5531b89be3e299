using System;

namespace CacheDaemon.Daemon.Proving;

/// <summary>A proof cannot be carried out; the message says why, for people, and holds no value.</summary>
internal sealed class ProofException : Exception
{
    public ProofException(string message) : base(message)
    {
    }
}
