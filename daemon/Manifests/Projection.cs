using System;
using System.Buffers;
using System.Collections.Generic;
using CacheDaemon.Client.Protocol;
using MessagePack;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>
/// A render as <see cref="ManifestReader"/> read it, in MessagePack: <c>[version, digest of the output, [problem], [[source, document,
/// line, members]]]</c>. It names the output that it is of, so that one that lies in a wrong place is no answer.
/// </summary>
internal static class Projection
{
    /// <summary>
    /// Raised whenever <see cref="ManifestReader"/> or this file gives something else for an output: what an earlier version wrote is read
    /// no more.
    /// </summary>
    public const int Version = 1;

    /// <summary>Largest that is made: aliases can stand for far more than what was printed.</summary>
    public const int MaxBytes = 16 << 20;

    private const int Parts = 4,
        ManifestParts = 4;

    /// <summary>As deep as <see cref="YamlReader"/> reads.</summary>
    private const int MaxDepth = 500;

    /// <summary>The bytes; null where there would be too many.</summary>
    /// <param name="output">SHA-256 of the output.</param>
    /// <param name="manifests">What it holds.</param>
    /// <param name="problems">What of it could not be read.</param>
    public static byte[]? Write(ReadOnlySpan<byte> output, List<Manifest> manifests, List<string> problems)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var w = new MessagePackWriter(buffer);
        w.WriteArrayHeader(Parts);
        w.Write(Version);
        w.Write(output);
        w.WriteArrayHeader(problems.Count);
        foreach (string problem in problems)
            w.Write(problem);
        w.WriteArrayHeader(manifests.Count);
        int room = MaxBytes;
        foreach (Manifest manifest in manifests)
        {
            w.WriteArrayHeader(ManifestParts);
            w.Write(manifest.Source);
            w.Write(manifest.Document);
            w.Write(manifest.Line);
            if (!Write(ref w, manifest.Members, ref room))
                return null;
        }
        w.Flush();
        return buffer.WrittenCount <= MaxBytes ? buffer.WrittenSpan.ToArray() : null;
    }

    /// <summary>
    /// Reads what was written of this output. False when it is of another one, of another version, or damaged; then
    /// <paramref name="problems"/> is as it was.
    /// </summary>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, ReadOnlySpan<byte> output, List<Manifest> manifests, List<string> problems)
    {
        try
        {
            var r = new MessagePackReader(bytes);
            if (r.ReadArrayHeader() != Parts || r.ReadInt32() != Version || !r.ReadBinary().Span.SequenceEqual(output))
                return false;
            string[] told = new string[r.ReadArrayHeader()];
            for (int i = 0; i < told.Length; i++)
                told[i] = r.ReadText();
            int count = r.ReadArrayHeader();
            var found = new List<Manifest>(count);
            for (int i = 0; i < count; i++)
            {
                if (r.ReadArrayHeader() != ManifestParts)
                    return false;
                string source = r.ReadText();
                int document = r.ReadInt32(),
                    line = r.ReadInt32();
                if (Read(ref r, 0) is not Dictionary<string, object?> members)
                    return false;
                found.Add(new Manifest(source, document, line, members));
            }
            if (!r.End)
                return false;
            manifests.AddRange(found);
            problems.AddRange(told);
            return true;
        }
        catch (Exception e) when (StrictReading.Damage(e) is not null)
        {
            return false;
        }
    }

    private static bool Write(ref MessagePackWriter w, object? value, ref int room)
    {
        // Rounded up: what a value costs besides its text.
        if ((room -= sizeof(long) + 1) < 0)
            return false;
        switch (value)
        {
            case Dictionary<string, object?> members:
                w.WriteMapHeader(members.Count);
                foreach ((string name, object? member) in members)
                {
                    room -= name.Length;
                    w.Write(name);
                    if (!Write(ref w, member, ref room))
                        return false;
                }
                return true;
            case List<object?> items:
                w.WriteArrayHeader(items.Count);
                foreach (object? item in items)
                    if (!Write(ref w, item, ref room))
                        return false;
                return true;
            case string text:
                room -= text.Length;
                w.Write(text);
                return room >= 0;
            case bool yes:
                w.Write(yes);
                return true;
            case long number:
                w.Write(number);
                return true;
            case double number:
                w.Write(number);
                return true;
            default:
                w.WriteNil();
                return true;
        }
    }

    private static object? Read(ref MessagePackReader r, int depth)
    {
        if (depth > MaxDepth)
            throw new MessagePackSerializationException("Too deep.");
        switch (r.NextMessagePackType)
        {
            case MessagePackType.Map:
                int members = r.ReadMapHeader();
                var map = new Dictionary<string, object?>(members, StringComparer.Ordinal);
                for (int i = 0; i < members; i++)
                    map[r.ReadText()] = Read(ref r, depth + 1);
                return map;
            case MessagePackType.Array:
                int items = r.ReadArrayHeader();
                var list = new List<object?>(items);
                for (int i = 0; i < items; i++)
                    list.Add(Read(ref r, depth + 1));
                return list;
            case MessagePackType.String:
                return r.ReadText();
            case MessagePackType.Boolean:
                return r.ReadBoolean();
            case MessagePackType.Integer:
                return r.ReadInt64();
            case MessagePackType.Float:
                return r.ReadDouble();
            default:
                r.ReadNil();
                return null;
        }
    }
}
