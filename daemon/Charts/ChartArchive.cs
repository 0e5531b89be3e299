using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Formats.Tar;
using System.IO;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace CacheDaemon.Daemon.Charts;

/// <summary>
/// Lists the entries of a packed chart as helm reads them: names, kinds, contents, in order. Times, owners, modes and
/// compression are left out, because repacking changes them and no template sees them. Anything but the
/// plain archives that packers write is a doubt, and a doubtful archive is not listed at all: Go's and .NET's readers
/// need to agree only on what is accepted here.
/// </summary>
internal static class ChartArchive
{
    /// <summary>helm's limit on a chart's entries together.</summary>
    private const int MaxDecompressedBytes = 100 * 1024 * 1024;

    /// <summary>Room for headers and padding around the contents.</summary>
    private const int MaxTarBytes = MaxDecompressedBytes + 16 * 1024 * 1024;

    private const int MaxDepth = 8,
        BlockBytes = 512;

    /// <summary>gzip: extra field, file name, comment. Not header checksum (2) and the reserved bits.</summary>
    private const byte HarmlessGzipFlags = 0b1_1101;

    private static readonly SearchValues<char> Decimal = SearchValues.Create("0123456789.");

    /// <summary>What one archive and those packed inside it may use together.</summary>
    internal sealed class Budget
    {
        /// <summary>Bytes of tar still allowed.</summary>
        public int TarBytes { get; set; } = MaxTarBytes;

        /// <summary>Archives open around the one being read.</summary>
        public int Depth { get; set; }
    }

    /// <summary>A file, or a link that helm reads as an empty file.</summary>
    /// <param name="Name">As in the archive, with the directory that holds the chart.</param>
    /// <param name="IsLink">Whether it is a link.</param>
    /// <param name="Content">Its bytes, in the unpacked archive.</param>
    internal readonly record struct Entry(byte[] Name, bool IsLink, ReadOnlyMemory<byte> Content)
    {
        /// <summary>The name without its first component, as helm's loader takes it.</summary>
        public ReadOnlySpan<byte> NameInChart => Name.AsSpan(Name.AsSpan().IndexOf((byte)'/') + 1);
    }

    /// <summary>
    /// The entries, or null in doubt. After a list, the caller lowers <see cref="Budget.Depth"/> when it is done with it.
    /// </summary>
    public static List<Entry>? Read(ReadOnlyMemory<byte> gzip, Budget budget)
    {
        if (budget.Depth >= MaxDepth || !HasPlainHeader(gzip.Span))
            return null;
        try
        {
            if (Decompress(gzip, budget) is not { } tar || ReadEntries(tar) is not { Count: > 0 } entries)
                return null;
            budget.Depth++;
            return entries;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or FormatException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static bool HasPlainHeader(ReadOnlySpan<byte> gzip) =>
        gzip.Length >= 18 && gzip is [0x1F, 0x8B, 0x08, ..] && (gzip[3] & ~HarmlessGzipFlags) == 0;

    /// <summary>The whole tar, or null when it is too large or cut off: .NET reads a cut stream without a word, Go fails.</summary>
    private static byte[]? Decompress(ReadOnlyMemory<byte> gzip, Budget budget)
    {
        // The trailer's length is right for one member only; several members, or garbage behind them, are a doubt.
        uint claimed = BinaryPrimitives.ReadUInt32LittleEndian(gzip.Span[^4..]);
        if (claimed > budget.TarBytes || claimed % BlockBytes != 0)
            return null;
        byte[] tar = new byte[claimed];
        ArraySegment<byte> packed = MemoryMarshal.TryGetArray(gzip, out ArraySegment<byte> segment) ? segment : gzip.ToArray();
        using var stream = new GZipStream(
            new MemoryStream(packed.Array!, packed.Offset, packed.Count, writable: false),
            CompressionMode.Decompress
        );
        if (stream.ReadAtLeast(tar, tar.Length, throwOnEndOfStream: false) != tar.Length || stream.ReadByte() >= 0)
            return null;
        budget.TarBytes -= tar.Length;
        return tar;
    }

    private static List<Entry>? ReadEntries(byte[] tar)
    {
        var entries = new List<Entry>();
        using var stream = new MemoryStream(tar, writable: false);
        using var reader = new TarReader(stream);
        int end = 0;
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.EntryType == TarEntryType.GlobalExtendedAttributes)
            {
                if (!HasOnlyComments(entry))
                    return null;
                continue;
            }
            int data = (int)entry.DataOffset;
            if (!AreHeaders(tar, end, data) || !IsPlain(entry, tar.AsSpan(data - BlockBytes, BlockBytes)))
                return null;
            int length = (int)entry.Length;
            end = data + (length + BlockBytes - 1) / BlockBytes * BlockBytes;
            if (end > tar.Length || entries.Count == ChartLimits.MaxNames)
                return null;
            if (entry.EntryType != TarEntryType.Directory) // helm skips these
                entries.Add(new Entry(Encoding.UTF8.GetBytes(entry.Name), IsLink(entry), tar.AsMemory(data, length)));
        }
        // Go stops at two empty blocks; were they missing, a cut file could look like a whole one.
        return tar.Length - end >= 2 * BlockBytes && !tar.AsSpan(end).ContainsAnyExcept((byte)0) ? entries : null;
    }

    private static bool IsLink(TarEntry entry) => entry.EntryType is TarEntryType.SymbolicLink or TarEntryType.HardLink;

    /// <summary>
    /// Whether the bytes from one entry's end to the next one's content are headers, extensions and their texts included,
    /// with right checksums: Go refuses a wrong one, .NET does not look.
    /// </summary>
    private static bool AreHeaders(byte[] tar, int start, int end)
    {
        while (start < end && end <= tar.Length)
        {
            ReadOnlySpan<byte> header = tar.AsSpan(start, BlockBytes);
            if (Octal(header.Slice(148, 8)) != Checksum(header) || Octal(header.Slice(124, 12)) is not { } size || size > tar.Length)
                return false;
            start += BlockBytes;
            if (start == end)
                return true;
            start += ((int)size + BlockBytes - 1) / BlockBytes * BlockBytes;
        }
        return false;
    }

    /// <summary>The sum of a header's bytes with its own checksum read as blanks.</summary>
    private static long Checksum(ReadOnlySpan<byte> header)
    {
        long sum = 8 * ' ';
        for (int i = 0; i < header.Length; i++)
            sum += i is >= 148 and < 156 ? 0 : header[i];
        return sum;
    }

    /// <summary>Whether Go certainly sees the same file, link or directory.</summary>
    private static bool IsPlain(TarEntry entry, ReadOnlySpan<byte> header) =>
        entry.EntryType switch
        {
            TarEntryType.Directory => IsPlainHeader(header, 0x4000, 0),
            TarEntryType.RegularFile or TarEntryType.V7RegularFile => entry.Length <= ChartLimits.MaxFileBytes
                && IsPlainHeader(header, 0x8000, entry.Length)
                && IsCleanName(entry.Name),
            TarEntryType.SymbolicLink or TarEntryType.HardLink => IsPlainHeader(header, 0xA000, 0) && IsCleanName(entry.Name),
            _ => false,
        } && HasPlainAttributes(entry);

    /// <summary>
    /// A POSIX or GNU header whose numbers are all octal. The mode's type bits can turn a file into a directory for Go
    /// while .NET does not show them; star's and old GNU's variants put other things into the name's second half.
    /// </summary>
    private static bool IsPlainHeader(ReadOnlySpan<byte> header, int type, long size)
    {
        ReadOnlySpan<byte> magic = header.Slice(257, 8);
        bool gnu = magic.SequenceEqual("ustar  \0"u8);
        if (gnu ? header[345] != 0 : !magic.SequenceEqual("ustar\000"u8) || header[508..].SequenceEqual("tar\0"u8))
            return false;
        return Octal(header.Slice(100, 8)) is { } mode
            && (mode & 0xF000) is var bits
            && (bits == 0 || bits == type)
            && Octal(header.Slice(124, 12)) == size
            && Octal(header.Slice(108, 8)) is not null
            && Octal(header.Slice(116, 8)) is not null
            && Octal(header.Slice(136, 12)) is not null
            && Octal(header.Slice(329, 8)) is not null
            && Octal(header.Slice(337, 8)) is not null;
    }

    private static long? Octal(ReadOnlySpan<byte> field)
    {
        long value = 0;
        foreach (byte digit in field.Trim("\0 "u8))
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return null;
            value = (value << 3) | (uint)(digit - '0');
        }
        return value;
    }

    /// <summary>Extended attributes that say nothing about content or layout.</summary>
    private static bool HasPlainAttributes(TarEntry entry)
    {
        if (entry is not PaxTarEntry pax)
            return true;
        foreach ((string key, string value) in pax.ExtendedAttributes)
        {
            bool plain = key switch
            {
                "path" or "linkpath" or "uname" or "gname" or "comment" => true,
                "mtime" or "atime" or "ctime" or "uid" or "gid" => !value.AsSpan().ContainsAnyExcept(Decimal),
                _ => key.StartsWith("LIBARCHIVE.", StringComparison.Ordinal) || key.StartsWith("SCHILY.xattr.", StringComparison.Ordinal),
            };
            if (!plain)
                return false;
        }
        return true;
    }

    private static bool HasOnlyComments(TarEntry entry)
    {
        if (entry is not PaxGlobalExtendedAttributesTarEntry global)
            return false;
        foreach (string key in global.GlobalExtendedAttributes.Keys)
        {
            if (key != "comment")
                return false;
        }
        return true;
    }

    /// <summary>A relative name of at least two ordinary components: helm rewrites or refuses others.</summary>
    private static bool IsCleanName(string name)
    {
        if (!name.Contains('/') || name.AsSpan().ContainsAny("\\\uFFFD\0"))
            return false;
        foreach (Range part in name.AsSpan().Split('/'))
        {
            if (name.AsSpan(part) is "" or "." or "..")
                return false;
        }
        return true;
    }
}
