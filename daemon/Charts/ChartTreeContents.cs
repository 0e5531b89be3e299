using System;
using System.Buffers;
using System.Collections.Generic;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Files;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Charts;

/// <summary>What one content is worth to the key and to screening, whatever its name.</summary>
internal sealed record ChartContent<TFacts>
{
    /// <summary>Digest of what <see cref="Form"/> says.</summary>
    public required Digest Digest { get; init; }

    /// <summary>Bytes, or entries.</summary>
    public ContentForm Form { get; init; } = ContentForm.Bytes;

    /// <summary>The scanner's facts, for a file: one without a name; for a packed chart: one per entry.</summary>
    public required IReadOnlyList<ChartFileFacts<TFacts>> Facts { get; init; }

    /// <summary>Set for a Chart.yaml.</summary>
    public ChartMetadata? Metadata { get; init; }

    /// <summary>Set for a Chart.lock whose time can be left out.</summary>
    public Digest? WithoutTime { get; init; }

    /// <summary>See <see cref="ChartTree{TFacts}.SchemaReferencesOutside"/>.</summary>
    public bool SchemaReferencesOutside { get; init; }

    /// <summary>See <see cref="ChartTree{TFacts}.Opaque"/>.</summary>
    public bool Opaque { get; init; }
}

/// <summary>
/// Turns file contents into digests and facts: from the memo when the stamp is known, else by reading through one
/// descriptor and checking that the stamp stayed (helm-inputs 12). Serves one load; not safe for concurrent use.
/// </summary>
/// <param name="memo">Shared between loads.</param>
/// <param name="scan">Runs once per content.</param>
internal sealed class ChartTreeContents<TFacts>(DigestMemo<ChartContent<TFacts>> memo, ContentScanner<TFacts> scan)
{
    /// <summary>Reads the file at <paramref name="path"/>, which had <paramref name="stamp"/> just now.</summary>
    /// <param name="path">Absolute path, the last byte NUL.</param>
    /// <param name="stamp">Stamp with links followed.</param>
    /// <param name="trusted">Whether the stamp was old enough to be remembered.</param>
    /// <param name="role">What the file is to helm.</param>
    /// <param name="content">The result when 0 is returned.</param>
    /// <returns>0 or an errno; <see cref="Libc.ESTALE"/> when the file changed meanwhile.</returns>
    public int Read(ReadOnlySpan<byte> path, FileStamp stamp, bool trusted, ChartTreeRole role, out ChartContent<TFacts>? content)
    {
        if (trusted && memo.TryGet(stamp, (byte)role, out content))
            return 0;
        content = null;
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)stamp.Size + 1);
        try
        {
            int error = Libc.ReadFile(path, stamp, buffer);
            if (error != 0)
                return error;
            content = Of(buffer.AsMemory(0, (int)stamp.Size), role, new ChartArchive.Budget());
            if (trusted)
                memo.Add(stamp, (byte)role, content);
            return 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ChartContent<TFacts> Of(ReadOnlyMemory<byte> bytes, ChartTreeRole role, ChartArchive.Budget budget)
    {
        if (role == ChartTreeRole.Packed)
            return OfArchive(bytes, budget);
        ReadOnlySpan<byte> span = bytes.Span;
        return new ChartContent<TFacts>
        {
            Digest = Digest.Of(span),
            Facts = [new ChartFileFacts<TFacts>([], scan(span))],
            Metadata = role == ChartTreeRole.Metadata ? ChartTreeMetadata.Read(span) : null,
            WithoutTime = role == ChartTreeRole.Lock ? ChartTreeLock.WithoutTime(span) : null,
            SchemaReferencesOutside = role == ChartTreeRole.Schema && ChartTreeSchema.RefersOutside(bytes),
        };
    }

    private ChartContent<TFacts> OfArchive(ReadOnlyMemory<byte> bytes, ChartArchive.Budget budget)
    {
        if (ChartArchive.Read(bytes, budget) is not { } entries)
            return new ChartContent<TFacts> { Digest = Digest.Of(bytes.Span), Facts = [], Opaque = true, SchemaReferencesOutside = true };
        var assembly = new ChartTreeAssembly<TFacts>();
        foreach (ChartArchive.Entry entry in entries)
        {
            ReadOnlySpan<byte> name = entry.NameInChart;
            ChartContent<TFacts> content = Of(entry.Content, ChartTreeRoles.Of(name, out _), budget);
            assembly.Add(entry.Name, name, entry.IsLink ? ChartFileKind.ArchivedLink : ChartFileKind.File, content);
        }
        budget.Depth--;
        return new ChartContent<TFacts>
        {
            Digest = assembly.ComputeDigest("archive"u8),
            Form = ContentForm.Entries,
            Facts = assembly.Facts,
            Metadata = assembly.Metadata,
            SchemaReferencesOutside = assembly.SchemaReferencesOutside,
            Opaque = assembly.Opaque,
        };
    }
}
