using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using CacheDaemon.Daemon.Files;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Charts;

/// <summary>
/// Collects the names of one chart, directory or archive, in helm's order, and digests them as (kind, form, name,
/// content, link text), each with its length in front so that nothing runs together. Serves one chart.
/// </summary>
internal sealed class ChartAssembly
{
    private readonly List<ChartFile> _files = [];
    private readonly List<ChartFileFacts> _facts = [];
    private readonly List<(int File, byte[] Chart, Digest WithoutTime)> _locks = [];
    private readonly Dictionary<byte[], ChartMetadata> _metadata = new(BytesComparer.Instance);

    /// <summary>The scanner's facts so far.</summary>
    public IReadOnlyList<ChartFileFacts> Facts => _facts;

    /// <summary>What the root's Chart.yaml says.</summary>
    public ChartMetadata Metadata => _metadata.GetValueOrDefault([], ChartMetadata.Unknown);

    /// <summary>Whether any archive was.</summary>
    public bool Opaque { get; private set; }

    /// <summary>Whether any schema does.</summary>
    public bool SchemaReferencesOutside { get; private set; }

    /// <summary>Adds a name with content.</summary>
    /// <param name="name">The name that enters the digest.</param>
    /// <param name="nameInChart">The name by which helm's loader knows it; the same, except in archives.</param>
    /// <param name="kind">How it takes part.</param>
    /// <param name="content">Its content.</param>
    /// <param name="linkText">Text of the link that leads to it.</param>
    public void Add(byte[] name, ReadOnlySpan<byte> nameInChart, ChartFileKind kind, ChartContent content, byte[]? linkText = null)
    {
        ChartFileRole role = ChartFileRoles.Of(nameInChart, out ReadOnlySpan<byte> chart);
        // A second Chart.yaml of one chart (archives can hold one) makes the first one's word doubtful.
        if (role == ChartFileRole.Metadata && !_metadata.TryAdd(chart.ToArray(), content.Metadata ?? ChartMetadata.Unknown))
            _metadata[chart.ToArray()] = ChartMetadata.Unknown;
        if (content.WithoutTime is { } withoutTime)
            _locks.Add((_files.Count, chart.ToArray(), withoutTime));
        _files.Add(new ChartFile(name, kind, content.Form, content.Digest, linkText ?? []));
        foreach (ChartFileFacts facts in content.Facts)
            _facts.Add(facts with { Name = NameOf(name, facts.Name) });
        Opaque |= content.Opaque;
        SchemaReferencesOutside |= content.SchemaReferencesOutside;
    }

    /// <summary>Adds a link that has no content of its own.</summary>
    public void AddLink(byte[] name, ChartFileKind kind, byte[] linkText) =>
        _files.Add(new ChartFile(name, kind, ContentForm.None, default, linkText));

    /// <summary>The digest of all names; call it last.</summary>
    /// <param name="tag">Keeps a directory and an archive apart.</param>
    public Digest ComputeDigest(ReadOnlySpan<byte> tag)
    {
        LeaveOutTimes();
        using var hash = new Sha256();
        Append(hash, "helmcached chart 1"u8);
        Append(hash, tag);
        foreach (ChartFile file in _files)
        {
            hash.Append([(byte)file.Kind, (byte)file.Form]);
            Append(hash, file.Name);
            Append(hash, file.LinkText);
            Digest content = file.Content;
            hash.Append(content.Bytes);
        }
        return hash.Current();
    }

    /// <summary>The finished tree; call it last, and once.</summary>
    /// <param name="tag">Keeps a directory and an archive apart.</param>
    /// <param name="metadata">What the chart's own Chart.yaml says.</param>
    /// <param name="watched">What was met on the way.</param>
    /// <param name="bytes">Size of the files read.</param>
    public ChartTree ToTree(ReadOnlySpan<byte> tag, ChartMetadata metadata, WatchList watched, long bytes) =>
        new()
        {
            Digest = ComputeDigest(tag),
            Files = _files,
            Facts = _facts,
            Metadata = metadata,
            LinkTargets = watched.ComputeLinkTargets(),
            Opaque = Opaque,
            SchemaReferencesOutside = SchemaReferencesOutside,
            Bytes = bytes,
        };

    /// <summary>Entries of archives carry the mark, those of a packed root chart too: that is how their roles are told.</summary>
    private static byte[] NameOf(byte[] file, byte[] entry) => entry.Length == 0 ? file : [.. file, (byte)'!', .. entry];

    private void LeaveOutTimes()
    {
        foreach ((int file, byte[] chart, Digest withoutTime) in _locks)
        {
            if (_metadata.GetValueOrDefault(chart, ChartMetadata.Unknown).ApiVersion == "v2")
                _files[file] = _files[file] with { Form = ContentForm.LockWithoutTime, Content = withoutTime };
        }
    }

    private static void Append(Sha256 hash, ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.Append(length);
        hash.Append(bytes);
    }
}
