using System;
using System.Buffers.Binary;

namespace CacheDaemon.Client.Protocol;

/// <summary>
/// How messages are cut out of the stream: a 4-byte big-endian length, then that many bytes of MessagePack. No I/O here.
/// </summary>
public static class Frame
{
    /// <summary>Bytes before each message.</summary>
    public const int HeaderBytes = 4;

    /// <summary>
    /// Longest message either side accepts. Twice the largest output that is ever captured
    /// (<see cref="MaxCapturedBytes"/>) would be the worst legal case; a frame beyond this ends the connection.
    /// </summary>
    public const int MaxMessageBytes = MaxCapturedBytes + 64 * 1024 * 1024;

    /// <summary>Most output (both streams) of one render that is captured, sent and stored: 256 MiB.</summary>
    public const int MaxCapturedBytes = 256 * 1024 * 1024;

    /// <summary>Reads the length of the message that follows.</summary>
    /// <exception cref="MessagePackException">The length is zero or beyond <see cref="MaxMessageBytes"/>.</exception>
    public static int ReadLength(ReadOnlySpan<byte> header)
    {
        uint length = BinaryPrimitives.ReadUInt32BigEndian(header);
        return length is > 0 and <= MaxMessageBytes
            ? (int)length
            : throw new MessagePackException($"A message of {length} bytes is not accepted (1 to {MaxMessageBytes}).");
    }

    /// <summary>Writes the length of the message that follows.</summary>
    public static void WriteLength(Span<byte> header, int length) =>
        BinaryPrimitives.WriteInt32BigEndian(header, length);
}
