namespace CacheDaemon.Client.Protocol;

/// <summary>The version of the wire protocol that this build speaks; see <c>docs/protocol.md</c>.</summary>
public static class ProtocolVersion
{
    /// <summary>Sent as the first element of every message. Raised whenever an old peer would misread a new one.</summary>
    public const int Current = 2;
}
