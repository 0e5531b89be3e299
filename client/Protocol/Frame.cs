using System;
using System.Buffers.Binary;
using MessagePack;

namespace CacheDaemon.Client.Protocol;

/// <summary>
/// How messages are cut out of the stream: a 4-byte big-endian length, then that many bytes of MessagePack. No I/O here.
/// </summary>
public static class Frame
{
    /// <summary>Bytes before each message.</summary>
    public const int HeaderBytes = 4;

    /// <summary>
    /// Longest message either side accepts: room for the most standard input that a request may hold, twice. Outputs beyond
    /// <see cref="MaxInlineBytes"/> travel as descriptors. A frame beyond this ends the connection.
    /// </summary>
    public const int MaxMessageBytes = 64 * 1024 * 1024;

    /// <summary>
    /// Most output that is sent within a message; what is longer is passed as a memory file. Measured with a pipe as the caller's
    /// standard output: at 20 kB a descriptor costs 0.02 ms more than the bytes, at 0.7 MB 0.4 ms less, at 4.5 MB 3.4 ms less.
    /// </summary>
    public const int MaxInlineBytes = 64 * 1024;

    /// <summary>Most output (both streams) of one render that is kept: 256 MiB.</summary>
    public const int MaxCapturedBytes = 256 * 1024 * 1024;

    /// <summary>
    /// Most standard error that is kept: it always travels within a message, for which the shim needs several times as much memory,
    /// whatever limit its caller has set. helm's own is lines.
    /// </summary>
    public const int MaxStderrBytes = 1024 * 1024;

    /// <summary>Reads the length of the message that follows.</summary>
    /// <exception cref="MessagePackSerializationException">The length is zero or beyond <see cref="MaxMessageBytes"/>.</exception>
    public static int ReadLength(ReadOnlySpan<byte> header)
    {
        uint length = BinaryPrimitives.ReadUInt32BigEndian(header);
        return length is > 0 and <= MaxMessageBytes
            ? (int)length
            : throw new MessagePackSerializationException($"A message of {length} bytes is not accepted (1 to {MaxMessageBytes}).");
    }

    /// <summary>Writes the length of the message that follows.</summary>
    public static void WriteLength(Span<byte> header, int length) => BinaryPrimitives.WriteInt32BigEndian(header, length);
}
