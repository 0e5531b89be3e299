using System;
using System.Collections.Generic;
using System.Formats.Tar;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Keys;
using Xunit;

namespace CacheDaemon.Tests.Charts;

/// <summary>Packed charts count by their entries; what is in doubt counts by its bytes.</summary>
public sealed class ChartArchiveTests
{
    private static readonly (string Name, string Content)[] Kid =
    [
        ("kid/Chart.yaml", "apiVersion: v2\nname: kid\nversion: 1.0.0\n"),
        ("kid/values.yaml", "k: 1\n"),
        ("kid/templates/k.yaml", "k: {{ .Values.k }}\n"),
    ];

    [Fact]
    public void Repacking_keeps_the_digest_and_other_entries_change_it()
    {
        using var chart = new ChartDirectory();
        Digest before = With(Pack(Kid));
        Assert.Equal(before, With(Pack(Kid, time: DateTimeOffset.UnixEpoch)));
        Assert.Equal(before, With(Pack(Kid, level: CompressionLevel.NoCompression)));
        Assert.Equal(before, With(Pack(Kid, format: TarEntryFormat.Gnu)));
        Assert.Equal(before, With(Pack(Kid, format: TarEntryFormat.Pax)));
        Assert.Equal(before, With(Pack(Kid, mode: UnixFileMode.UserRead, owner: 4711)));
        Assert.Equal(before, With(Pack(Kid, directories: true)));
        Assert.NotEqual(before, With(Pack(Kid.Reverse())));
        Assert.NotEqual(before, With(Pack(Kid.Append(Kid[1]))));
        Assert.NotEqual(before, With(Pack(Kid.Append(("kid/extra", "")))));
        Assert.NotEqual(before, With(Pack(Kid.Select(f => (f.Name, f.Content.Replace('1', '2'))))));
        Assert.NotEqual(before, With(Pack(Kid.Select(f => (f.Name.Replace("kid/", "kit/", StringComparison.Ordinal), f.Content)))));

        Digest With(byte[] kid)
        {
            ChartTree tree = chart.Write("charts/kid-1.0.0.tgz", kid).Tree();
            Assert.False(tree.Opaque);
            return tree.Digest;
        }
    }

    [Fact]
    public void Entries_are_scanned_under_names_that_tell_where_they_are()
    {
        using var chart = new ChartDirectory();
        byte[] deep = Pack([("deep/Chart.yaml", "name: deep\n"), ("deep/templates/d.yaml", "12345")]);
        byte[] kid = Pack([.. Kid.Select(f => (f.Name, Encoding.UTF8.GetBytes(f.Content))), ("kid/charts/deep.tgz", deep)]);
        ChartTree tree = chart.Write("charts/kid.tgz", kid).Tree();
        string[] names = tree.Facts.Select(f => Encoding.UTF8.GetString(f.Name)).ToArray();
        Assert.Contains("charts/kid.tgz!kid/templates/k.yaml", names);
        Assert.Equal(
            5,
            tree.Facts.Single(f =>
                Encoding.UTF8.GetString(f.Name) == "charts/kid.tgz!kid/charts/deep.tgz!deep/templates/d.yaml"
            ).Obstacle?.Line
        );
        Assert.False(tree.Opaque);
    }

    [Fact]
    public void Archive_inside_an_archive_may_be_repacked_too()
    {
        using var chart = new ChartDirectory();
        byte[] Nest(byte[] deep) => Pack([.. Kid.Select(f => (f.Name, Encoding.UTF8.GetBytes(f.Content))), ("kid/charts/deep.tgz", deep)]);
        Digest before = chart.Write("charts/kid.tgz", Nest(Pack(Kid))).Tree().Digest;
        Assert.Equal(before, chart.Write("charts/kid.tgz", Nest(Pack(Kid, level: CompressionLevel.NoCompression))).Tree().Digest);
        Assert.NotEqual(before, chart.Write("charts/kid.tgz", Nest(Pack(Kid.Reverse()))).Tree().Digest);
    }

    [Fact]
    public void Archive_that_templates_can_read_counts_by_its_bytes()
    {
        using var chart = new ChartDirectory();
        foreach (string at in new[] { "files/kid.tgz", "kid.tgz", "charts/_kid.tgz", "charts/kid/files/kid.tgz" })
        {
            Digest before = chart.Write(at, Pack(Kid)).Tree().Digest;
            Assert.NotEqual(before, chart.Write(at, Pack(Kid, level: CompressionLevel.NoCompression)).Tree().Digest);
            Assert.False(chart.Tree().Opaque);
            File.Delete(chart.At(at));
        }
    }

    [Fact]
    public void Root_archive_has_its_metadata_and_marks_its_entries()
    {
        using var chart = new ChartDirectory();
        string path = Path.Combine(chart.Parent, "kid.any");
        File.WriteAllBytes(path, Pack(Kid));
        ChartTree tree = chart.Tree(path);
        Assert.Equal(new ChartMetadata("kid", "1.0.0", "v2"), tree.Metadata);
        Assert.Contains("!kid/values.yaml", tree.Facts.Select(f => Encoding.UTF8.GetString(f.Name)));
        Digest before = tree.Digest;
        File.WriteAllBytes(path, Pack(Kid, level: CompressionLevel.NoCompression));
        Assert.Equal(before, chart.Tree(path).Digest);
    }

    [Fact]
    public void Subchart_archive_does_not_pass_for_the_chart_itself()
    {
        using var chart = new ChartDirectory();
        chart.Write("charts/kid.tgz", Pack(Kid));
        Assert.Equal("c", chart.Tree().Metadata.Name);
    }

    [Fact]
    public void Links_and_global_headers_are_plain()
    {
        byte[] Archive(string target) =>
            Pack(
                Kid,
                more: tar =>
                {
                    tar.WriteEntry(new PaxGlobalExtendedAttributesTarEntry(new Dictionary<string, string> { ["comment"] = "a commit" }));
                    tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "kid/link") { LinkName = target });
                }
            );
        using var chart = new ChartDirectory();
        ChartTree tree = chart.Write("charts/kid.tgz", Archive("values.yaml")).Tree();
        Assert.False(tree.Opaque);
        Assert.Equal(0, tree.Facts.Single(f => f.Name.AsSpan().EndsWith("kid/link"u8)).Obstacle?.Line);
        Assert.Equal(tree.Digest, chart.Write("charts/kid.tgz", Archive("Chart.yaml")).Tree().Digest);
    }

    [Fact]
    public void Schema_inside_an_archive_is_looked_at()
    {
        using var chart = new ChartDirectory();
        Assert.False(chart.Write("charts/kid.tgz", Pack(Kid.Append(("kid/values.schema.json", "{}")))).Tree().SchemaReferencesOutside);
        Assert.True(
            chart.Write("charts/kid.tgz", Pack(Kid.Append(("kid/values.schema.json", "{\"$ref\":\"/x\"}")))).Tree().SchemaReferencesOutside
        );
    }

    [Fact]
    public void Doubtful_archives_are_opaque_and_count_by_their_bytes()
    {
        byte[] plain = Pack(Kid);
        byte[] tar = Unzip(plain);
        var doubtful = new Dictionary<string, byte[]>
        {
            ["empty"] = [],
            ["not gzip"] = Encoding.UTF8.GetBytes("kid"),
            ["cut gzip"] = plain[..^20],
            ["cut trailer"] = plain[..^1],
            ["bad checksum of gzip"] = [.. plain[..^8], (byte)(plain[^8] ^ 1), .. plain[^7..]],
            ["two members"] = [.. plain, .. plain],
            ["garbage behind"] = [.. plain, 0],
            ["gzip with a header checksum"] = [.. plain[..3], 2, .. plain[4..]],
            ["no end marker"] = Zip(tar[..^1024]),
            ["half an end marker"] = Zip([.. tar[..^1024], .. new byte[512]]),
            ["garbage behind the end"] = Zip([.. tar, .. Enumerable.Repeat((byte)1, 512)]),
            ["half a block"] = Zip([.. tar, .. new byte[100]]),
            ["no entries"] = Zip(new byte[1024]),
            ["bad header checksum"] = Zip(Patched(tar, 0, "x", fix: false)),
            ["directory by mode"] = Zip(Patched(tar, 100, "0040755\0")),
            ["number that is not octal"] = Zip(Patched(tar, 136, "9")),
            ["old header"] = Zip(Patched(tar, 257, "\0\0\0\0\0\0\0\0")),
            ["star header"] = Zip(Patched(tar, 508, "tar\0")),
            ["name up"] = Pack(Kid.Append(("kid/../x", ""))),
            ["name with a dot"] = Pack(Kid.Append(("kid/./x", ""))),
            ["name with two slashes"] = Pack(Kid.Append(("kid//x", ""))),
            ["absolute name"] = Pack(Kid.Append(("/kid/x", ""))),
            ["name without directory"] = Pack(Kid.Append(("x", ""))),
            ["backslash"] = Pack(Kid.Append(("kid\\x", ""))),
            ["fifo"] = Pack(Kid, more: t => t.WriteEntry(new UstarTarEntry(TarEntryType.Fifo, "kid/pipe"))),
            ["device"] = Pack(Kid, more: t => t.WriteEntry(new UstarTarEntry(TarEntryType.CharacterDevice, "kid/null"))),
            ["sparse file"] = Pack(
                Kid,
                more: t =>
                    t.WriteEntry(
                        new PaxTarEntry(TarEntryType.RegularFile, "kid/s", new Dictionary<string, string> { ["GNU.sparse.major"] = "1" })
                    )
            ),
            ["global path"] = Pack(
                Kid,
                more: t => t.WriteEntry(new PaxGlobalExtendedAttributesTarEntry(new Dictionary<string, string> { ["path"] = "kid/z" }))
            ),
            ["entry over helm's limit"] = Pack([
                .. Kid.Select(f => (f.Name, Encoding.UTF8.GetBytes(f.Content))),
                ("kid/big", new byte[ChartLimits.MaxFileBytes + 1]),
            ]),
        };
        using var chart = new ChartDirectory();
        foreach ((string what, byte[] archive) in doubtful)
        {
            ChartTree tree = chart.Write("charts/kid.tgz", archive).Tree();
            Assert.True(tree.Opaque, what);
            Assert.True(tree.SchemaReferencesOutside, what);
            Assert.Equal(Digest.Of(archive), tree.Files.Single(f => f.Name.AsSpan().SequenceEqual("charts/kid.tgz"u8)).Content);
        }
        Assert.False(chart.Write("charts/kid.tgz", Zip(tar)).Tree().Opaque);
        Assert.False(chart.Write("charts/kid.tgz", Zip([.. tar, .. new byte[9 * 1024]])).Tree().Opaque);
    }

    [Fact]
    public void Bomb_is_opaque()
    {
        using var chart = new ChartDirectory();
        byte[] inner = Zip(new byte[200 << 20]);
        Assert.True(chart.Write("charts/kid.tgz", inner).Tree().Opaque);

        byte[] nested = Pack(Kid);
        for (int i = 0; i < 12; i++)
            nested = Pack([("kid/Chart.yaml", Encoding.UTF8.GetBytes("name: kid\n")), ("kid/charts/kid.tgz", nested)]);
        Assert.True(chart.Write("charts/kid.tgz", nested).Tree().Opaque);
    }

    [Fact]
    public void Any_damaged_byte_gives_another_digest_or_the_same_entries()
    {
        byte[] packed = Pack(Kid);
        using var chart = new ChartDirectory();
        ChartTree before = chart.Write("charts/kid.tgz", packed).Tree();
        int same = 0;
        for (int i = 0; i < packed.Length; i++)
        {
            byte[] damaged = [.. packed];
            damaged[i] ^= 0x10;
            ChartTree tree = chart.Write("charts/kid.tgz", damaged).Tree();
            Assert.True(tree.Opaque || tree.Digest == before.Digest, $"byte {i}");
            same += tree.Opaque ? 0 : 1;
        }
        // The bytes of the gzip header that carry time, level and system, the padding behind the last bit, and now and then bits of the
        // compressed stream that no symbol uses: the packed times differ from run to run.
        Assert.InRange(same, 0, 12);
    }

    private static byte[] Patched(byte[] tar, int at, string field, bool fix = true)
    {
        byte[] patched = [.. tar];
        Encoding.Latin1.GetBytes(field).CopyTo(patched, at);
        if (fix)
        {
            patched.AsSpan(148, 8).Fill((byte)' ');
            int sum = patched.AsSpan(0, 512).ToArray().Sum(b => b);
            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(patched, 148);
        }
        return patched;
    }

    private static byte[] Unzip(byte[] gzip)
    {
        using var stream = new GZipStream(new MemoryStream(gzip), CompressionMode.Decompress);
        using var tar = new MemoryStream();
        stream.CopyTo(tar);
        return tar.ToArray();
    }

    private static byte[] Zip(byte[] tar, CompressionLevel level = CompressionLevel.Fastest)
    {
        using var buffer = new MemoryStream();
        using (var zip = new GZipStream(buffer, level, leaveOpen: true))
            zip.Write(tar);
        return buffer.ToArray();
    }

    private static byte[] Pack(
        IEnumerable<(string Name, string Content)> files,
        CompressionLevel level = CompressionLevel.Optimal,
        TarEntryFormat format = TarEntryFormat.Ustar,
        DateTimeOffset? time = null,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        int owner = 0,
        bool directories = false,
        Action<TarWriter>? more = null
    )
    {
        using var buffer = new MemoryStream();
        using (var tar = new TarWriter(buffer, format, leaveOpen: true))
        {
            if (directories)
                tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "kid/"));
            foreach ((string name, string content) in files)
            {
                TarEntry entry = format switch
                {
                    TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, name),
                    _ => new UstarTarEntry(TarEntryType.RegularFile, name),
                };
                entry.ModificationTime = time ?? DateTimeOffset.UtcNow;
                entry.Mode = mode;
                entry.Uid = owner;
                entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
                tar.WriteEntry(entry);
            }
            more?.Invoke(tar);
        }
        return Zip(buffer.ToArray(), level);
    }

    private static byte[] Pack(IEnumerable<(string Name, byte[] Content)> files) =>
        Pack(
            [],
            more: tar =>
            {
                foreach ((string name, byte[] content) in files)
                    tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
            }
        );
}
