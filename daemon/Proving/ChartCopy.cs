using System;
using System.Collections.Generic;
using System.Formats.Tar;
using System.IO;
using System.IO.Compression;
using System.Text;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Screening;

namespace CacheDaemon.Daemon.Proving;

/// <summary>
/// Makes the private copy of a chart in which every call of an impure function is a call of <c>fail</c>. The copy holds
/// exactly the files that helm loads, links replaced by what they lead to.
/// </summary>
internal sealed class ChartCopy
{
    /// <summary>Most bytes of content that a copy may hold. Charts are megabytes at most; a larger one is left unproved.</summary>
    public const long MaxBytes = 256L << 20;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly bool _inTextToo;
    private long _bytesLeft = MaxBytes;

    /// <param name="inTextToo">Whether text that <c>tpl</c> may run is changed as well, see <see cref="Verdict.Mentions"/>.</param>
    public ChartCopy(bool inTextToo) => _inTextToo = inTextToo;

    /// <summary>Copies the chart at <paramref name="source"/> to <paramref name="target"/>, which must not exist.</summary>
    /// <exception cref="ProofException">The chart is too large, holds what cannot be copied, or changed meanwhile.</exception>
    public void Write(string source, ChartTree<ChartFileScreen> tree, string target)
    {
        if (File.Exists(source))
        {
            WriteFile(target, Repack(ReadFile(source)));
            return;
        }
        foreach (ChartFile file in tree.Files)
        {
            if (file.Kind is not (ChartFileKind.File or ChartFileKind.LinkToFile))
                continue;
            string name = Decode(file.Name);
            byte[] content = ReadFile(source + "/" + name);
            WriteFile(target + "/" + name, file.Form == ContentForm.Entries ? Repack(content) : Substitution.Apply(content, FileRoles.Of(name), _inTextToo));
        }
    }

    /// <summary>A copy of one file that is not part of the chart: values, set-file, standard input.</summary>
    public void WriteText(string target, ReadOnlySpan<byte> content) =>
        WriteFile(target, Substitution.Apply(content, FileRole.Text, _inTextToo));

    /// <summary>Content of a regular file as it is now.</summary>
    /// <exception cref="ProofException">It cannot be read, or is too much.</exception>
    public byte[] ReadFile(string path)
    {
        byte[] name = Libc.PathBytes(path);
        if (Libc.Stat(name, follow: true, out FileStamp stamp) != 0 || stamp.Kind != FileKind.Regular)
            throw new ProofException("a file of the chart has gone");
        _bytesLeft -= stamp.Size;
        if (_bytesLeft < 0)
            throw new ProofException($"the chart and its inputs are above {MaxBytes >> 20} MiB");
        byte[] buffer = new byte[stamp.Size + 1];
        return Libc.ReadFile(name, stamp, buffer) == 0 ? buffer[..^1] : throw new ProofException("a file of the chart is changing");
    }

    private static void WriteFile(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
        file.Write(content);
    }

    /// <summary>A packed chart with its entries substituted, names and order kept.</summary>
    private byte[] Repack(byte[] gzip) => Repack(gzip, new ChartArchive.Budget());

    private byte[] Repack(ReadOnlyMemory<byte> gzip, ChartArchive.Budget budget)
    {
        List<ChartArchive.Entry> entries = ChartArchive.Read(gzip, budget) ?? throw new ProofException("a packed chart cannot be read");
        using var packed = new MemoryStream();
        using (var compressed = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(compressed, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (ChartArchive.Entry entry in entries)
            {
                _bytesLeft -= entry.Content.Length;
                if (_bytesLeft < 0)
                    throw new ProofException($"the chart and its inputs are above {MaxBytes >> 20} MiB");
                string name = Decode(entry.Name);
                // Helm reads a link inside an archive as an empty file.
                byte[] content = entry.IsLink ? [] : Entry(entry, budget);
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
            }
        }
        budget.Depth--;
        return packed.ToArray();
    }

    private byte[] Entry(ChartArchive.Entry entry, ChartArchive.Budget budget)
    {
        string name = Decode(entry.NameInChart);
        bool isPackedSubchart = name.Contains("charts/", StringComparison.Ordinal) && name.EndsWith(".tgz", StringComparison.Ordinal);
        return isPackedSubchart ? Repack(entry.Content, budget) : Substitution.Apply(entry.Content.Span, FileRoles.Of(name), _inTextToo);
    }

    private static string Decode(ReadOnlySpan<byte> name)
    {
        try
        {
            return StrictUtf8.GetString(name);
        }
        catch (DecoderFallbackException)
        {
            throw new ProofException("a name in the chart is not UTF-8");
        }
    }
}
