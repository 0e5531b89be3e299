using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;
using CacheDaemon.Client.Protocol;
using MessagePack;

namespace CacheDaemon.Daemon.Keys;

/// <summary>One input of a key: what it is, and a digest of what it held. Never the value itself.</summary>
/// <param name="Label">What it is, for people: <c>values[1]</c>, <c>--set[2]</c>, <c>chart templates/a.yaml</c>.</param>
/// <param name="Digest">First 8 bytes of its digest as a number: enough to tell two versions of one input apart.</param>
public readonly record struct MaterialItem(string Label, ulong Digest);

/// <summary>
/// Builds a key: each input enters as (tag, label, length, bytes), so that neighbours cannot run together, and leaves its
/// label and digest behind so that a miss can be explained.
/// </summary>
public sealed class KeyMaterial : IDisposable
{
    private readonly Sha256 _hash = new();
    private readonly List<MaterialItem> _items = [];

    /// <summary>The labelled inputs so far.</summary>
    public IReadOnlyList<MaterialItem> Items => _items;

    /// <summary>Adds an input by its bytes.</summary>
    public void Add(string tag, string label, ReadOnlySpan<byte> value)
    {
        Append(tag);
        Append(label);
        AppendLength(value.Length);
        _hash.Append(value);
        _items.Add(new MaterialItem(Name(tag, label), Short(Digest.Of(value))));
    }

    /// <summary>Adds an input by its text.</summary>
    public void Add(string tag, string label, string value) => Add(tag, label, Encoding.UTF8.GetBytes(value));

    /// <summary>Adds an input by its digest.</summary>
    public void Add(string tag, string label, Digest digest)
    {
        Append(tag);
        Append(label);
        AppendLength(Digest.SizeInBytes);
        _hash.Append(digest.Bytes);
        _items.Add(new MaterialItem(Name(tag, label), Short(digest)));
    }

    /// <summary>Notes a part of an input that is in the key already, for explanations only.</summary>
    public void Note(string label, Digest digest) => _items.Add(new MaterialItem(label, Short(digest)));

    /// <summary>The key over everything added.</summary>
    public CacheKey ToKey()
    {
        return new CacheKey(_hash.Current());
    }

    /// <summary>The labelled inputs as bytes, to be stored beside the entry.</summary>
    public byte[] Serialise()
    {
        var buffer = new ArrayBufferWriter<byte>(64 + _items.Count * 48);
        var w = new MessagePackWriter(buffer);
        w.WriteArrayHeader(_items.Count);
        foreach (MaterialItem item in _items)
        {
            w.Write(item.Label);
            w.Write(item.Digest);
        }
        w.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads what <see cref="Serialise"/> wrote.</summary>
    /// <exception cref="MessagePackSerializationException">The bytes are something else.</exception>
    public static IReadOnlyList<MaterialItem> Deserialise(ReadOnlyMemory<byte> bytes)
    {
        var r = new MessagePackReader(bytes);
        try
        {
            int count = r.ReadArrayHeader();
            var items = new List<MaterialItem>(count);
            for (int i = 0; i < count; i++)
                items.Add(new MaterialItem(r.ReadText(), r.ReadUInt64()));
            return items;
        }
        catch (Exception e) when (StrictReading.Damage(e) is { } damage)
        {
            throw damage;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private static string Name(string tag, string label) => label.Length == 0 ? tag : tag + " " + label;

    private static ulong Short(Digest digest) => BinaryPrimitives.ReadUInt64BigEndian(digest.Bytes);

    private void Append(string text)
    {
        Span<byte> buffer = stackalloc byte[512];
        int count = Encoding.UTF8.GetByteCount(text);
        Span<byte> bytes = count <= buffer.Length ? buffer[..count] : new byte[count];
        Encoding.UTF8.GetBytes(text, bytes);
        AppendLength(count);
        _hash.Append(bytes);
    }

    private void AppendLength(int length)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        _hash.Append(bytes);
    }
}
