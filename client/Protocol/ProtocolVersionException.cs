using System;

namespace CacheDaemon.Client.Protocol;

/// <summary>The peer speaks another version of the protocol.</summary>
public sealed class ProtocolVersionException : Exception
{
    /// <param name="version">The peer's version.</param>
    public ProtocolVersionException(int version)
        : base($"The peer speaks protocol version {version}, this build speaks {ProtocolVersion.Current}.") => Version = version;

    /// <summary>The peer's version.</summary>
    public int Version { get; }
}
