using System;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>What goes back on the wire: a message; or the head of a result, whose standard output is sent from where it lies.</summary>
/// <param name="Frame">A whole frame, or the head of one.</param>
/// <param name="Tail">The rest of the frame; null when <paramref name="Frame"/> is whole.</param>
/// <param name="Attached">The file that is passed along with <paramref name="Frame"/>; null when none is.</param>
public readonly record struct Answer(ReadOnlyMemory<byte> Frame, Blob? Tail, MemoryFile? Attached)
{
    /// <summary>Told once whether the peer took it; null when nobody asks.</summary>
    public Action<bool>? Sent { get; init; }

    /// <summary>The frame of a message.</summary>
    public static Answer Of(Message message) => new(MessageCodec.Encode(message), null, null);
}
