using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using MessagePack;

namespace CacheDaemon.Client.Protocol;

/// <summary>One file that helm wrote below an output directory.</summary>
/// <param name="Path">
/// From the directory's end on, so with a slash in front, as in helm's line <c>wrote DIRECTORY/web/templates/a.yaml</c>.
/// </param>
/// <param name="MayAppend">Whether helm may have added to a file that was there before: it does so for hooks.</param>
/// <param name="Content">All of it.</param>
public readonly record struct OutputFile(string Path, bool MayAppend, ReadOnlyMemory<byte> Content);

/// <summary>
/// What <c>helm template --output-dir</c> wrote, in place of a standard output: the files in the order in which each was begun, the
/// <c>wrote</c> lines, and what is printed after them. MessagePack: <c>[[path, may append, content]…], [index of a file…], tail</c> in an
/// array.
/// </summary>
/// <param name="Files">In the order in which helm wrote to each for the first time.</param>
/// <param name="Lines">For each <c>wrote</c> line the index of its file.</param>
/// <param name="Tail">What standard output has after these lines.</param>
public sealed record OutputTree(IReadOnlyList<OutputFile> Files, IReadOnlyList<int> Lines, ReadOnlyMemory<byte> Tail)
{
    private const int Members = 3;

    private static ReadOnlySpan<byte> Wrote => "wrote "u8;

    /// <summary>As bytes.</summary>
    public ReadOnlyMemory<byte> Encode()
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        var w = new MessagePackWriter(buffer);
        w.WriteArrayHeader(Members);
        w.WriteArrayHeader(Files.Count);
        foreach (OutputFile file in Files)
        {
            w.WriteArrayHeader(Members);
            w.Write(file.Path);
            w.Write(file.MayAppend);
            w.Write(file.Content.Span);
        }
        w.WriteArrayHeader(Lines.Count);
        foreach (int line in Lines)
            w.Write(line);
        w.Write(Tail.Span);
        w.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>What <see cref="Encode"/> made.</summary>
    /// <exception cref="MessagePackSerializationException">The bytes are something else.</exception>
    public static OutputTree Decode(ReadOnlyMemory<byte> bytes)
    {
        var r = new MessagePackReader(bytes);
        try
        {
            Expect(r.ReadArrayHeader());
            // The package checks that so many members can be there before it says how many.
            var files = new OutputFile[r.ReadArrayHeader()];
            for (int i = 0; i < files.Length; i++)
            {
                Expect(r.ReadArrayHeader());
                files[i] = new OutputFile(r.ReadText(), r.ReadBoolean(), r.ReadBinary());
            }
            int[] lines = new int[r.ReadArrayHeader()];
            for (int i = 0; i < lines.Length; i++)
            {
                lines[i] = r.ReadInt32();
                if (lines[i] < 0 || lines[i] >= files.Length)
                    throw new MessagePackSerializationException($"There is no file {lines[i]}.");
            }
            return new OutputTree(files, lines, r.ReadBinary());
        }
        catch (Exception e) when (StrictReading.Damage(e) is { } damage)
        {
            throw damage;
        }

        static void Expect(int count)
        {
            if (count != Members)
                throw new MessagePackSerializationException($"Expected {Members} members, found {count}.");
        }
    }

    /// <summary>The standard output with the paths below <paramref name="directory"/>.</summary>
    /// <param name="directory">As typed.</param>
    public byte[] Output(string directory)
    {
        byte[] start = Encoding.UTF8.GetBytes(directory);
        var output = new ArrayBufferWriter<byte>(256);
        foreach (int line in Lines)
        {
            output.Write(Wrote);
            output.Write(start);
            output.Write(Encoding.UTF8.GetBytes(Files[line].Path));
            output.Write("\n"u8);
        }
        output.Write(Tail.Span);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>
    /// The paths of the <c>wrote</c> lines in <paramref name="output"/>, from the end of <paramref name="directory"/> on, and what follows
    /// the lines.
    /// </summary>
    /// <returns>Null when the lines are not all of such paths, below the directory.</returns>
    public static List<string>? Paths(ReadOnlySpan<byte> output, string directory, out ReadOnlySpan<byte> tail)
    {
        byte[] start = [.. Wrote, .. Encoding.UTF8.GetBytes(directory)];
        var paths = new List<string>();
        while (output.StartsWith(start))
        {
            int end = output.IndexOf((byte)'\n');
            if (end <= start.Length || output[start.Length] != (byte)'/')
                break;
            string path = Encoding.UTF8.GetString(output[start.Length..end]);
            if (path.Contains('\ufffd') || path.Contains("/../", StringComparison.Ordinal) || path.EndsWith('/'))
                break;
            paths.Add(path);
            output = output[(end + 1)..];
        }
        tail = output;
        return output.IndexOf(start.AsSpan(Wrote.Length)) < 0 ? paths : null;
    }

    /// <summary>
    /// Whether a file may hold a hook: helm then adds to what is there. A hook is told by its annotation's name, which stands in the text,
    /// unless a double-quoted scalar or a tag spells it in another way.
    /// </summary>
    public static bool MayHoldHook(ReadOnlySpan<byte> content) =>
        content.IndexOf("helm.sh/hook"u8) >= 0
        || content.IndexOf("!!binary"u8) >= 0
        || content.IndexOf("2002:binary"u8) >= 0
        || content.IndexOf("%TAG"u8) >= 0
        || content.IndexOf("\\x"u8) >= 0
        || content.IndexOf("\\u"u8) >= 0
        || content.IndexOf("\\U"u8) >= 0
        || content.IndexOf("\\/"u8) >= 0
        || content.IndexOf("\\\n"u8) >= 0
        || content.IndexOf("\\\r"u8) >= 0;
}
