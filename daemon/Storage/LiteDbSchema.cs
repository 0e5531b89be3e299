using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using System.Text;
using CacheDaemon.Daemon.Keys;
using LiteDB;

namespace CacheDaemon.Daemon.Storage;

/// <summary>What an existing data file turned out to be.</summary>
internal abstract record FileState
{
    private FileState() { }

    /// <summary>Nothing in it yet.</summary>
    public sealed record Empty : FileState;

    /// <summary>Ours, of this version.</summary>
    public sealed record Current : FileState;

    /// <summary>Ours, written by a newer daemon.</summary>
    public sealed record Newer(int Version) : FileState;

    /// <summary>A file that is not ours, or is no longer whole.</summary>
    public sealed record Unknown(string Why) : FileState;
}

/// <summary>
/// The collections of <c>store.litedb</c>, described in ARCHITECTURE.md. To change them: raise <see cref="Version"/>, let
/// <see cref="Inspect"/> name the older version as a state of its own, bring such a file forward in one transaction, and add a test that
/// opens one.
/// </summary>
internal static class LiteDbSchema
{
    public const string Entries = "entries",
        Uses = "uses",
        Secrets = "secrets",
        Blobs = "blobs",
        Chunks = "chunks",
        Loose = "loose",
        Varying = "varying",
        Counters = "counters",
        Totals = "totals";

    /// <summary>Low byte of LiteDB's user version.</summary>
    public const int Version = 1;

    /// <summary>"hmc", the three high bytes of LiteDB's user version: tells our file from any other of LiteDB.</summary>
    public const int Application = 0x68_6D_63_00;

    /// <summary>LiteDB's page: the unit of its files, header included.</summary>
    public const int PageBytes = 8192;

    /// <summary>Stored bytes of one chunk document. Below 85,000, where .NET's heap for large objects begins.</summary>
    public const int ChunkBytes = 64 * 1024;

    // Offsets in the header page of LiteDB 5 (file format 8).
    private const int AtMagic = 32,
        AtFormat = 59,
        AtLastPage = 64,
        AtUserVersion = 76,
        AtInvalid = 191;
    private const byte Format = 8;
    private const string Magic = "** This is a LiteDB file **";

    /// <summary>Keys of an index may be no longer than 1,023 bytes.</summary>
    private const int LongestKeyText = 200;

    /// <summary>Document, data block and index nodes of one row, and the room that pages leave empty.</summary>
    private const int RowOverhead = 600;

    private static readonly string[] s_names = [Entries, Uses, Secrets, Blobs, Chunks, Loose, Varying, Counters, Totals];

    /// <summary>
    /// What a row with <paramref name="payload"/> bytes of material or blob takes in the file: a document fills pages of its own and
    /// shares the last; one of more than half a page shares it with nothing of its size.
    /// </summary>
    public static long Charge(long payload)
    {
        long bytes = payload + RowOverhead,
            rest = bytes % PageBytes;
        return rest > PageBytes / 2 ? bytes - rest + PageBytes : bytes;
    }

    /// <summary>
    /// How many of <paramref name="stored"/> bytes stand in a document beside the blob's own, so that the last pages of three such
    /// documents are one page and not three half empty ones; 0 for none.
    /// </summary>
    public static int Apart(int stored)
    {
        int last = (stored + RowOverhead) % PageBytes;
        return last is > PageBytes / 2 and <= PageBytes * 2 / 3 ? last / 2 : 0;
    }

    /// <summary>A text as a key: itself, or its digest when it is too long for one.</summary>
    public static string KeyText(string text) =>
        Encoding.UTF8.GetByteCount(text) <= LongestKeyText ? text : "sha256:" + Digest.Of(Encoding.UTF8.GetBytes(text));

    /// <summary>Sorts by chart, then by last use.</summary>
    public static string RecentText(string chart, long lastUse) => $"{KeyText(chart)}\n{lastUse:x16}";

    /// <summary>Looks at the header of the file without LiteDB, which makes a fresh database of many a file that is none.</summary>
    /// <param name="path">The data file.</param>
    /// <param name="wholeLength">Whether the file must be as long as it says: not while a log waits to be copied into it.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static FileState Inspect(string path, bool wholeLength)
    {
        Span<byte> header = stackalloc byte[256];
        using var file = new FileStream(
            path,
            System.IO.FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete,
            bufferSize: 0
        );
        long length = file.Length;
        if (length == 0)
            return new FileState.Empty();
        int read = file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (
            read < header.Length
            || !header.Slice(AtMagic, Magic.Length).SequenceEqual(Encoding.ASCII.GetBytes(Magic))
            || header[AtFormat] != Format
        )
            return new FileState.Unknown("it is not a store of helmcached");
        int user = BinaryPrimitives.ReadInt32LittleEndian(header[AtUserVersion..]);
        int version = user & 0xFF;
        if ((user & ~0xFF) != Application || version == 0)
            return new FileState.Unknown("it is not a store of helmcached");
        if (version > Version)
            return new FileState.Newer(version);
        if (header[AtInvalid] != 0)
            return new FileState.Unknown("it was found damaged before");
        long due = (BinaryPrimitives.ReadUInt32LittleEndian(header[AtLastPage..]) + 1L) * PageBytes;
        return length % PageBytes != 0 || (wholeLength && length != due)
            ? new FileState.Unknown($"it is {length} bytes long and should be {due}")
            : new FileState.Current();
    }

    /// <summary>Null when all collections are there; else what is wrong.</summary>
    public static string? Missing(LiteDbSession session)
    {
        var names = session.Collections().ToHashSet();
        return s_names.All(names.Contains) ? null : "collections are missing";
    }

    /// <summary>Makes the collections and their indexes in an empty file.</summary>
    public static void Create(LiteDbSession session)
    {
        // No checkpoint by itself, in the midst of somebody's read: the writer makes small ones.
        session.SetPragma(LiteDB.Engine.Pragmas.CHECKPOINT, 0);
        // Seconds; what waits for longer waits for a reader that was lost in a damaged file.
        session.SetPragma(LiteDB.Engine.Pragmas.TIMEOUT, 5);
        session.SetPragma(LiteDB.Engine.Pragmas.USER_VERSION, Application | Version);
        foreach (string name in s_names)
        {
            // A collection comes to be with its first document, and stays when that goes.
            session.Put(name, new BsonDocument { ["_id"] = 0 });
            session.Delete(name, 0);
        }
        foreach ((string collection, string field) in ((string, string)[])[(Uses, "used"), (Uses, "recent"), (Varying, "seen")])
            session.Index(collection, field);
        session.Checkpoint();
    }
}
