using System;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>
/// What goes back on the wire: a message; or, for a result, its head and its streams already encoded, so that a hit
/// costs one copy into the socket.
/// </summary>
/// <param name="Frame">A whole frame, or the head of one.</param>
/// <param name="Tail">The rest of the frame; empty when <paramref name="Frame"/> is whole.</param>
public readonly record struct Answer(ReadOnlyMemory<byte> Frame, ReadOnlyMemory<byte> Tail)
{
    /// <summary>The frame of a message.</summary>
    public static Answer Of(Message message) => new(MessageCodec.Encode(message), default);
}
