using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace CacheDaemon.Client.Protocol;

/// <summary>
/// Writes the part of MessagePack that the protocol uses (nil, bool, int, str, bin, array, map) into a growing buffer,
/// each value in its shortest form. Format: the MessagePack specification; checked against the reference
/// implementation for JavaScript by the tests.
/// </summary>
public ref struct MessagePackWriter
{
    private byte[] _buffer;
    private int _length;

    /// <param name="capacity">First size of the buffer in bytes.</param>
    public MessagePackWriter(int capacity) => _buffer = new byte[capacity];

    /// <summary>What was written so far; valid until the next write.</summary>
    public readonly Span<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>Leaves room for bytes that are filled in later, such as a frame's length.</summary>
    public void Skip(int count) => Take(count);

    public void WriteNil() => Take(1)[0] = 0xc0;

    public void Write(bool value) => Take(1)[0] = value ? (byte)0xc3 : (byte)0xc2;

    public void Write(long value)
    {
        if (value >= 0)
        {
            Write((ulong)value);
            return;
        }
        if (value >= -32)
            Take(1)[0] = (byte)value;
        else if (value >= sbyte.MinValue)
            Tagged(0xd0, 1)[0] = (byte)value;
        else if (value >= short.MinValue)
            BinaryPrimitives.WriteInt16BigEndian(Tagged(0xd1, 2), (short)value);
        else if (value >= int.MinValue)
            BinaryPrimitives.WriteInt32BigEndian(Tagged(0xd2, 4), (int)value);
        else
            BinaryPrimitives.WriteInt64BigEndian(Tagged(0xd3, 8), value);
    }

    public void Write(ulong value)
    {
        if (value < 128)
            Take(1)[0] = (byte)value;
        else if (value <= byte.MaxValue)
            Tagged(0xcc, 1)[0] = (byte)value;
        else if (value <= ushort.MaxValue)
            BinaryPrimitives.WriteUInt16BigEndian(Tagged(0xcd, 2), (ushort)value);
        else if (value <= uint.MaxValue)
            BinaryPrimitives.WriteUInt32BigEndian(Tagged(0xce, 4), (uint)value);
        else
            BinaryPrimitives.WriteUInt64BigEndian(Tagged(0xcf, 8), value);
    }

    public void Write(string value)
    {
        int count = Encoding.UTF8.GetByteCount(value);
        WriteLength(count, 0xa0, 32, 0xd9, 0xda, 0xdb);
        Encoding.UTF8.GetBytes(value, Take(count));
    }

    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        WriteBinaryHeader(value.Length);
        value.CopyTo(Take(value.Length));
    }

    /// <summary>Only the header of a bin value: the caller sends the bytes itself.</summary>
    public void WriteBinaryHeader(int length) => WriteLength(length, 0, 0, 0xc4, 0xc5, 0xc6);

    public void WriteArrayHeader(int count) => WriteLength(count, 0x90, 16, 0, 0xdc, 0xdd);

    public void WriteMapHeader(int count) => WriteLength(count, 0x80, 16, 0, 0xde, 0xdf);

    public void Write(IReadOnlyList<string> values)
    {
        WriteArrayHeader(values.Count);
        for (int i = 0; i < values.Count; i++)
            Write(values[i]);
    }

    /// <summary>
    /// Writes the shortest length header: <paramref name="fix"/> for fewer than <paramref name="fixLimit"/> elements,
    /// else the 8-, 16- or 32-bit form. A form whose tag is 0 does not exist for the type.
    /// </summary>
    private void WriteLength(int length, byte fix, int fixLimit, byte tag8, byte tag16, byte tag32)
    {
        if (length < fixLimit)
            Take(1)[0] = (byte)(fix | length);
        else if (tag8 != 0 && length <= byte.MaxValue)
            Tagged(tag8, 1)[0] = (byte)length;
        else if (length <= ushort.MaxValue)
            BinaryPrimitives.WriteUInt16BigEndian(Tagged(tag16, 2), (ushort)length);
        else
            BinaryPrimitives.WriteUInt32BigEndian(Tagged(tag32, 4), (uint)length);
    }

    private Span<byte> Tagged(byte tag, int count)
    {
        Span<byte> room = Take(1 + count);
        room[0] = tag;
        return room[1..];
    }

    private Span<byte> Take(int count)
    {
        int needed = checked(_length + count);
        if (needed > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(needed, (int)Math.Min(2L * _buffer.Length, Array.MaxLength)));
        Span<byte> room = _buffer.AsSpan(_length, count);
        _length = needed;
        return room;
    }
}
