using System;

namespace CacheDaemon.Client.Protocol;

/// <summary>The bytes are not the MessagePack that was expected: damaged, of another version, or hostile.</summary>
public sealed class MessagePackException : Exception
{
    /// <param name="message">What was expected and what was found.</param>
    public MessagePackException(string message) : base(message)
    {
    }
}
