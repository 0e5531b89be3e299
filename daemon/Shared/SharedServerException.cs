using System;

namespace CacheDaemon.Daemon.Shared;

/// <summary>A server of the team's cache could not be asked. The message is short, in words, and holds no credentials.</summary>
internal sealed class SharedServerException : Exception
{
    public SharedServerException(string message, Exception? inner = null)
        : base(message, inner) { }

    /// <summary>The object is there and longer than was asked for: refused, but the server works.</summary>
    public bool IsTooLarge { get; init; }
}
