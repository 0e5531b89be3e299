using System;
using System.Buffers;
using System.IO;
using System.Text;
using MessagePack;

namespace CacheDaemon.Client.Protocol;

/// <summary>Reads MessagePack as strictly as we write it, where the package is more lenient.</summary>
public static class StrictReading
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>A string. The package would also take nil, and put other characters in the place of what is not UTF-8.</summary>
    public static string ReadText(this ref MessagePackReader reader)
    {
        if (!reader.TryReadStringSpan(out ReadOnlySpan<byte> text))
            text = reader.ReadStringSequence() is { } pieces
                ? pieces.ToArray()
                : throw new MessagePackSerializationException("Expected a string, found nil.");
        return s_utf8.GetString(text);
    }

    /// <summary>
    /// The bytes of a bin value: a slice of what is read where they lie in one piece, else a copy. The package would also take a
    /// string, or nil.
    /// </summary>
    public static ReadOnlyMemory<byte> ReadBinary(this ref MessagePackReader reader)
    {
        if (reader.NextCode is not (MessagePackCode.Bin8 or MessagePackCode.Bin16 or MessagePackCode.Bin32))
            throw new MessagePackSerializationException($"Expected binary, found type 0x{reader.NextCode:x2}.");
        ReadOnlySequence<byte> bytes = reader.ReadBytes().GetValueOrDefault();
        return bytes.IsSingleSegment ? bytes.First : bytes.ToArray();
    }

    /// <summary>
    /// The one exception for bytes that are not the MessagePack that was expected, whichever the reader threw; null for a failure of
    /// another kind. Besides its own, the package throws what says: cut short, a number beyond its type, a negative length.
    /// </summary>
    public static MessagePackSerializationException? Damage(Exception thrown) =>
        thrown switch
        {
            MessagePackSerializationException damage => damage,
            EndOfStreamException or OverflowException or ArgumentOutOfRangeException or DecoderFallbackException => new(
                thrown.Message,
                thrown
            ),
            _ => null,
        };
}
