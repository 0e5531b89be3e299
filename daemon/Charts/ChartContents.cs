using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Files;
using CacheDaemon.Daemon.Keys;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CacheDaemon.Daemon.Charts;

/// <summary>What one content is worth to the key and to screening, whatever its name.</summary>
internal sealed record ChartContent
{
    /// <summary>Digest of what <see cref="Form"/> says.</summary>
    public required Digest Digest { get; init; }

    /// <summary>Bytes, or entries.</summary>
    public ContentForm Form { get; init; } = ContentForm.Bytes;

    /// <summary>The scanner's facts, for a file: one without a name; for a packed chart: one per entry.</summary>
    public required IReadOnlyList<ChartFileFacts> Facts { get; init; }

    /// <summary>Set for a Chart.yaml.</summary>
    public ChartMetadata? Metadata { get; init; }

    /// <summary>Set for a Chart.lock whose time can be left out.</summary>
    public Digest? WithoutTime { get; init; }

    /// <summary>See <see cref="ChartTree.SchemaReferencesOutside"/>.</summary>
    public bool SchemaReferencesOutside { get; init; }

    /// <summary>See <see cref="ChartTree.Opaque"/>.</summary>
    public bool Opaque { get; init; }
}

/// <summary>
/// Turns file contents into digests and facts: from the memo when the stamp is known, else by reading through one descriptor and checking
/// that the stamp stayed (docs/key.md, "How a file counts as unchanged"). Serves one load; not safe for concurrent use.
/// </summary>
/// <param name="memo">Shared between loads.</param>
/// <param name="scan">Runs once per content.</param>
internal sealed class ChartContents(StampMemo<ChartContent> memo, ContentScanner scan)
{
    /// <summary>Reads the file at <paramref name="path"/>, which had <paramref name="stamp"/> just now.</summary>
    /// <param name="path">Absolute path, the last byte NUL.</param>
    /// <param name="stamp">Stamp with links followed.</param>
    /// <param name="trusted">Whether the stamp was old enough to be remembered.</param>
    /// <param name="role">What the file is to helm.</param>
    /// <param name="content">The result when 0 is returned.</param>
    /// <returns>0 or an errno; <see cref="Libc.ESTALE"/> when the file changed meanwhile.</returns>
    public int Read(ReadOnlySpan<byte> path, FileStamp stamp, bool trusted, ChartFileRole role, out ChartContent? content)
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

    private ChartContent Of(ReadOnlyMemory<byte> bytes, ChartFileRole role, ChartArchive.Budget budget)
    {
        if (role == ChartFileRole.Packed)
            return OfArchive(bytes, budget);
        ReadOnlySpan<byte> span = bytes.Span;
        return new ChartContent
        {
            Digest = Digest.Of(span),
            Facts = [new ChartFileFacts([], scan(span))],
            Metadata = role == ChartFileRole.Metadata ? ChartMetadataReader.Read(span) : null,
            WithoutTime = role == ChartFileRole.Lock ? ChartLock.WithoutTime(span) : null,
            SchemaReferencesOutside = role == ChartFileRole.Schema && ChartSchema.RefersOutside(bytes),
        };
    }

    private ChartContent OfArchive(ReadOnlyMemory<byte> bytes, ChartArchive.Budget budget)
    {
        if (ChartArchive.Read(bytes, budget) is not { } entries)
            return new ChartContent
            {
                Digest = Digest.Of(bytes.Span),
                Facts = [],
                Opaque = true,
                SchemaReferencesOutside = true,
            };
        var assembly = new ChartAssembly();
        foreach (ChartArchive.Entry entry in entries)
        {
            ReadOnlySpan<byte> name = entry.NameInChart;
            ChartContent content = Of(entry.Content, ChartFileRoles.Of(name, out _), budget);
            assembly.Add(entry.Name, name, entry.IsLink ? ChartFileKind.ArchivedLink : ChartFileKind.File, content);
        }
        budget.Depth--;
        return new ChartContent
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

/// <summary>Reads a Chart.yaml tolerantly: what it cannot read is empty, and helm is the one to complain.</summary>
internal static class ChartMetadataReader
{
    /// <summary>Name, version and API version at the top of the first document; one given twice counts as unknown.</summary>
    public static ChartMetadata Read(ReadOnlySpan<byte> content)
    {
        string? name = null,
            version = null,
            apiVersion = null;
        try
        {
            var parser = new Parser(new StringReader(Encoding.UTF8.GetString(content).TrimStart('\uFEFF')));
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _) || !parser.TryConsume<MappingStart>(out _))
                return ChartMetadata.Unknown;
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                if (!parser.TryConsume<Scalar>(out Scalar? key))
                {
                    parser.SkipThisAndNestedEvents();
                    parser.SkipThisAndNestedEvents();
                }
                else if (!parser.TryConsume<Scalar>(out Scalar? value))
                    parser.SkipThisAndNestedEvents();
                else if (key.Value == "name")
                    name = name is null ? value.Value : "";
                else if (key.Value == "version")
                    version = version is null ? value.Value : "";
                else if (key.Value == "apiVersion")
                    apiVersion = apiVersion is null ? value.Value : "";
            }
        }
        catch (YamlException)
        {
            return ChartMetadata.Unknown;
        }
        return new ChartMetadata(name ?? "", version ?? "", apiVersion ?? "");
    }
}

/// <summary>
/// Takes the time of creation out of a Chart.lock: <c>helm dependency build</c> writes a new one each time, and no
/// template can see it (measured on helm 3.17.3 and 4.1.4, see <c>Chart_lock_is_never_shown</c>). Only a
/// line that surely holds a time helm can read is touched, since helm fails on others.
/// </summary>
internal static class ChartLock
{
    private static ReadOnlySpan<byte> LineStart => "generated: \""u8;

    /// <summary>Digest of the content around the time, or null when the file must be taken as it is.</summary>
    public static Digest? WithoutTime(ReadOnlySpan<byte> content)
    {
        int line = FindOnlyLine(content);
        if (line < 0)
            return null;
        ReadOnlySpan<byte> rest = content[(line + LineStart.Length)..];
        int end = rest.IndexOf((byte)'\n');
        ReadOnlySpan<byte> quoted = end < 0 ? rest : rest[..end];
        if (!quoted.EndsWith("\""u8) || !IsTime(quoted[..^1]))
            return null;
        byte[] without = [.. content[..(line + LineStart.Length)], .. rest[(quoted.Length - 1)..]];
        return Digest.Of(without);
    }

    private static int FindOnlyLine(ReadOnlySpan<byte> content)
    {
        int found = -1;
        for (int start = 0; start < content.Length; )
        {
            ReadOnlySpan<byte> rest = content[start..];
            if (rest.StartsWith("generated"u8) || rest.StartsWith("\"generated"u8) || rest.StartsWith("'generated"u8))
            {
                if (found >= 0 || !rest.StartsWith(LineStart))
                    return -1;
                found = start;
            }
            int end = rest.IndexOf((byte)'\n');
            if (end < 0)
                break;
            start += end + 1;
        }
        return found;
    }

    /// <summary>RFC 3339 as narrowly as every Go version reads it: no lower case, no comma, no leap second.</summary>
    private static bool IsTime(ReadOnlySpan<byte> text)
    {
        const string Seconds = "yyyy-MM-dd'T'HH:mm:ss";
        if (text.Length is < 20 or > 35)
            return false;
        string time = Encoding.Latin1.GetString(text);
        if (!DateTime.TryParseExact(time[..19], Seconds, CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
            return false;
        ReadOnlySpan<char> rest = time.AsSpan(19);
        if (rest[0] == '.')
        {
            int digits = rest[1..].IndexOfAnyExceptInRange('0', '9');
            if (digits is < 1 or > 9)
                return false;
            rest = rest[(digits + 1)..];
        }
        return rest is "Z"
            || (
                rest.Length == 6
                && rest[0] is '+' or '-'
                && TimeSpan.TryParseExact(rest[1..], "hh\\:mm", CultureInfo.InvariantCulture, out _)
            );
    }
}
