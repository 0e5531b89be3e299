using System;
using System.Buffers.Binary;
using System.Text;

namespace CacheDaemon.Client.Protocol;

/// <summary>
/// Reads MessagePack from one complete message. Accepts every legal form of a value, whatever its width, so that any
/// MessagePack library may be the writer; checks each length against what is left before anything is allocated.
/// </summary>
public ref struct MessagePackReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _data;
    private int _position;

    /// <param name="data">The message, without the frame's length.</param>
    public MessagePackReader(ReadOnlySpan<byte> data)
    {
        _data = data;
        _position = 0;
    }

    /// <summary>Bytes not read yet.</summary>
    public readonly int Remaining => _data.Length - _position;

    /// <summary>Offset of the next byte in the message.</summary>
    public readonly int Position => _position;

    /// <summary>Consumes a nil if one is next.</summary>
    public bool TryReadNil()
    {
        if (Remaining == 0 || _data[_position] != 0xc0)
            return false;
        _position++;
        return true;
    }

    public bool ReadBoolean() => ReadByte() switch
    {
        0xc2 => false,
        0xc3 => true,
        byte tag => throw Unexpected("a boolean", tag),
    };

    public ulong ReadUInt64()
    {
        byte tag = ReadByte();
        switch (tag)
        {
            case < 0x80: return tag;
            case 0xcc: return ReadByte();
            case 0xcd: return BinaryPrimitives.ReadUInt16BigEndian(Take(2));
            case 0xce: return BinaryPrimitives.ReadUInt32BigEndian(Take(4));
            case 0xcf: return BinaryPrimitives.ReadUInt64BigEndian(Take(8));
            case >= 0xd0 and <= 0xd3:
                _position--;
                long value = ReadInt64();
                return value >= 0 ? (ulong)value : throw new MessagePackException("Expected an unsigned integer, found a negative one.");
            default: throw Unexpected("an unsigned integer", tag);
        }
    }

    public long ReadInt64()
    {
        byte tag = ReadByte();
        switch (tag)
        {
            case < 0x80: return tag;
            case >= 0xe0: return (sbyte)tag;
            case 0xd0: return (sbyte)ReadByte();
            case 0xd1: return BinaryPrimitives.ReadInt16BigEndian(Take(2));
            case 0xd2: return BinaryPrimitives.ReadInt32BigEndian(Take(4));
            case 0xd3: return BinaryPrimitives.ReadInt64BigEndian(Take(8));
            case >= 0xcc and <= 0xcf:
                _position--;
                ulong value = ReadUInt64();
                return value <= long.MaxValue ? (long)value : throw new MessagePackException("Integer out of the range of 64 signed bits.");
            default: throw Unexpected("an integer", tag);
        }
    }

    public int ReadInt32()
    {
        long value = ReadInt64();
        return value is >= int.MinValue and <= int.MaxValue
            ? (int)value
            : throw new MessagePackException("Integer out of the range of 32 signed bits.");
    }

    public string ReadString()
    {
        byte tag = ReadByte();
        int length = tag switch
        {
            >= 0xa0 and < 0xc0 => tag & 0x1f,
            0xd9 => ReadByte(),
            0xda => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xdb => Length32(),
            _ => throw Unexpected("a string", tag),
        };
        try
        {
            return StrictUtf8.GetString(Take(length));
        }
        catch (DecoderFallbackException)
        {
            throw new MessagePackException("A string is not UTF-8.");
        }
    }

    /// <summary>The bytes of a bin value, a slice of the message.</summary>
    public ReadOnlySpan<byte> ReadBinary()
    {
        byte tag = ReadByte();
        return Take(tag switch
        {
            0xc4 => ReadByte(),
            0xc5 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xc6 => Length32(),
            _ => throw Unexpected("binary", tag),
        });
    }

    /// <summary>The number of elements that follow; never more than the bytes that are left.</summary>
    public int ReadArrayHeader()
    {
        byte tag = ReadByte();
        return Plausible(tag switch
        {
            >= 0x90 and < 0xa0 => tag & 0x0f,
            0xdc => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xdd => Length32(),
            _ => throw Unexpected("an array", tag),
        }, bytesPerElement: 1);
    }

    /// <summary>The number of pairs that follow; never more than half of the bytes that are left.</summary>
    public int ReadMapHeader()
    {
        byte tag = ReadByte();
        return Plausible(tag switch
        {
            >= 0x80 and < 0x90 => tag & 0x0f,
            0xde => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xdf => Length32(),
            _ => throw Unexpected("a map", tag),
        }, bytesPerElement: 2);
    }

    private readonly int Plausible(int count, int bytesPerElement) =>
        count <= Remaining / bytesPerElement
            ? count
            : throw new MessagePackException($"A collection of {count} elements does not fit into the {Remaining} bytes left.");

    private int Length32()
    {
        uint length = BinaryPrimitives.ReadUInt32BigEndian(Take(4));
        return length <= int.MaxValue ? (int)length : throw new MessagePackException($"Length {length} is beyond the message.");
    }

    private byte ReadByte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > Remaining)
            throw new MessagePackException($"Expected {count} more bytes, only {Remaining} are left.");
        ReadOnlySpan<byte> taken = _data.Slice(_position, count);
        _position += count;
        return taken;
    }

    private readonly MessagePackException Unexpected(string expected, byte tag) =>
        new($"Expected {expected}, found type 0x{tag:x2} at offset {_position - 1}.");
}
