using System;
using System.Collections.Generic;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Keys;
using LiteDB;

namespace CacheDaemon.Daemon.Storage;

/// <summary>A stream on its way into the store.</summary>
/// <param name="Digest">Its SHA-256; null for the empty stream, which has no document.</param>
/// <param name="Row">Its document, to be added unless one is there; null when one was there before.</param>
/// <param name="Rest">Another document, with the end of its bytes; null when there is none.</param>
/// <param name="Run">Its chunks, which are written already; null when the document holds the bytes.</param>
/// <param name="Generation">Of the store that the chunks were written to.</param>
internal sealed record PreparedBlob(Digest? Digest, BsonDocument? Row, BsonDocument? Rest, long? Run, int Generation);

/// <summary>
/// Documents of streams: <c>blobs</c>, from digest to bytes. A long one stands in <c>chunks</c>, written in transactions of bounded size
/// before the small document that leads to them is. Chunks that no blob leads to, not yet or no more, are listed in <c>loose</c> and swept
/// away.
/// </summary>
internal sealed class BlobRows(LiteDbStore database)
{
    /// <summary>Chunks in one transaction: a megabyte.</summary>
    private const int ChunksAtOnce = 16;

    private static readonly Blob s_empty = Blob.Of([]);

    /// <summary>Runs that are being written, which nobody may sweep.</summary>
    private readonly HashSet<long> _open = [];

    /// <summary>The stream, checked against its digest; null when it is not what was stored.</summary>
    public static Blob? Read(LiteDbSession session, Digest? digest)
    {
        if (digest is not { } name)
            return s_empty;
        if (session.Find(LiteDbSchema.Blobs, EntryRows.Id(name)) is not { } row || Stored(session, row) is not { } stored)
            return null;
        try
        {
            Blob? data = BlobCodec.Decode(row["codec"].AsInt32, row["size"].AsInt64, stored);
            return data?.Digest() == name ? data : null;
        }
        // A field of the wrong type or range.
        catch (Exception e) when (e is InvalidCastException or FormatException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>
    /// Does all that can be done before the entry is written: compresses the stream, and writes its chunks when it is long. Null when it
    /// cannot be stored. To be followed by <see cref="Discard"/>.
    /// </summary>
    /// <param name="data">The stream; null like the empty one.</param>
    /// <param name="mayShare">Whether a long one is left alone when it is there already.</param>
    public PreparedBlob? Prepare(Blob? data, bool mayShare)
    {
        if (data is null or { Length: 0 })
            return new PreparedBlob(null, null, null, null, 0);
        if (data.Length > BlobCodec.LargestBytes)
            return null;
        Digest digest = data.Digest();
        BsonValue id = EntryRows.Id(digest);
        if (
            mayShare
            && data.Length > LiteDbSchema.ChunkBytes
            && database.TryRead(s => s.Find(LiteDbSchema.Blobs, id) is not null, out bool there)
            && there
        )
            return new PreparedBlob(digest, null, null, null, 0);
        (int codec, byte[] stored) = data.Read(BlobCodec.Encode);
        var row = new BsonDocument
        {
            ["_id"] = id,
            ["codec"] = codec,
            ["size"] = (long)data.Length,
            ["bytes"] = Charge(stored.Length),
            ["uses"] = 0L,
        };
        if (stored.Length <= LiteDbSchema.ChunkBytes)
        {
            int apart = LiteDbSchema.Apart(stored.Length);
            if (apart == 0)
            {
                row["data"] = stored;
                return new PreparedBlob(digest, row, null, null, 0);
            }
            row["data"] = stored[..^apart];
            row["apart"] = true;
            return new PreparedBlob(digest, row, new BsonDocument { ["_id"] = id, ["data"] = stored[^apart..] }, null, 0);
        }
        if (WriteChunks(stored, out long run, out int chunks, out int generation))
        {
            row["run"] = run;
            row["chunks"] = chunks;
            return new PreparedBlob(digest, row, null, run, generation);
        }
        Close(run);
        return null;
    }

    /// <summary>Whether the blob is there, or can be put there now: not when the file was replaced since its chunks were written.</summary>
    public bool CanPublish(LiteDbSession session, PreparedBlob blob) =>
        blob.Digest is not { } digest
        || (
            blob.Row is null
                ? session.Find(LiteDbSchema.Blobs, EntryRows.Id(digest)) is not null
                : blob.Run is null || blob.Generation == database.Generation
        );

    /// <summary>Sees to it that the blob is there, and counts one more use.</summary>
    public static void Publish(LiteDbSession session, PreparedBlob blob)
    {
        if (blob.Digest is not { } digest)
            return;
        BsonDocument? row = session.Find(LiteDbSchema.Blobs, EntryRows.Id(digest));
        if (row is null)
        {
            row = blob.Row!;
            if (blob.Rest is { } rest)
                session.Put(LiteDbSchema.Chunks, rest);
            session.Sums = session.Sums with { Bytes = session.Sums.Bytes + row["bytes"].AsInt64 };
            if (blob.Run is { } run && session.Delete(LiteDbSchema.Loose, run))
                session.Sums = session.Sums with { LooseRuns = session.Sums.LooseRuns - 1 };
        }
        row["uses"] = row["uses"].AsInt64 + 1;
        session.Put(LiteDbSchema.Blobs, row);
    }

    /// <summary>Ends what <see cref="Prepare"/> began: chunks that were not published go.</summary>
    public void Discard(PreparedBlob blob)
    {
        if (blob.Run is { } run)
            Close(run);
    }

    /// <summary>Counts one use less; the last takes the blob along.</summary>
    public static void Release(LiteDbSession session, Digest digest)
    {
        if (session.Find(LiteDbSchema.Blobs, EntryRows.Id(digest)) is not { } row)
            return;
        row["uses"] = row["uses"].AsInt64 - 1;
        if (row["uses"].AsInt64 <= 0)
            Remove(session, row);
        else
            session.Put(LiteDbSchema.Blobs, row);
    }

    /// <summary>What the blob takes, with what is attached to it, and how many show it; null when there is none.</summary>
    public static BlobShare? Share(LiteDbSession session, BsonValue id) =>
        EntryRows.DigestOf(id) is { } digest && session.Find(LiteDbSchema.Blobs, id) is { } row
            ? new BlobShare(digest, row["bytes"].AsInt64 + ViewRows.Bytes(session, row), row["uses"].AsInt64)
            : null;

    /// <summary>Removes the blob, whoever shows it.</summary>
    public static void Remove(LiteDbSession session, Digest digest)
    {
        if (session.Find(LiteDbSchema.Blobs, EntryRows.Id(digest)) is { } row)
            Remove(session, row);
    }

    /// <summary>Deletes chunks that no blob leads to, in transactions of bounded size.</summary>
    public void Sweep()
    {
        if (database.Sums.LooseRuns == 0)
            return;
        if (!database.TryRead<List<BsonDocument>>(static s => s.Select(LiteDbSchema.Loose, int.MaxValue, null, null), out var runs))
            return;
        foreach (BsonDocument loose in runs)
        {
            long run = loose["_id"].AsInt64;
            lock (_open)
            {
                if (_open.Contains(run))
                    continue;
            }
            int chunks = loose["chunks"].AsInt32;
            for (int first = 0; first < chunks; first += ChunksAtOnce)
            {
                int end = Math.Min(chunks, first + ChunksAtOnce);
                if (!database.TryWrite(session => DeleteChunks(session, run, first, end, last: end == chunks), out _))
                    return;
            }
        }
    }

    private static bool DeleteChunks(LiteDbSession session, long run, int first, int end, bool last)
    {
        // Published since it was seen, or of another file.
        if (session.Find(LiteDbSchema.Loose, run) is null)
            return true;
        for (int n = first; n < end; n++)
            session.Delete(LiteDbSchema.Chunks, ChunkId(run, n));
        if (last)
        {
            session.Delete(LiteDbSchema.Loose, run);
            session.Sums = session.Sums with { LooseRuns = session.Sums.LooseRuns - 1 };
        }
        return true;
    }

    private static void Remove(LiteDbSession session, BsonDocument row)
    {
        session.Delete(LiteDbSchema.Blobs, row["_id"]);
        if (IsInTwo(row))
            session.Delete(LiteDbSchema.Chunks, row["_id"]);
        StoreSums sums = session.Sums with { Bytes = session.Sums.Bytes - row["bytes"].AsInt64 };
        if (row["run"].IsInt64)
        {
            session.Put(LiteDbSchema.Loose, new BsonDocument { ["_id"] = row["run"], ["chunks"] = row["chunks"] });
            sums = sums with { LooseRuns = sums.LooseRuns + 1 };
        }
        session.Sums = sums;
        foreach (Digest view in ViewRows.All(row))
            Release(session, view);
    }

    private static bool IsInTwo(BsonDocument row) => row["apart"].IsBoolean;

    private static long Charge(int stored)
    {
        int apart = LiteDbSchema.Apart(stored);
        return LiteDbSchema.Charge(stored - apart) + (apart == 0 ? 0 : LiteDbSchema.Charge(apart));
    }

    private static BsonValue ChunkId(long run, int n) => (run << 16) + n;

    /// <summary>The bytes as stored, from the document or from its chunks; null when they are not there.</summary>
    private static byte[]? Stored(LiteDbSession session, BsonDocument row)
    {
        if (row["data"].IsBinary)
        {
            if (!IsInTwo(row))
                return row["data"].AsBinary;
            return session.Find(LiteDbSchema.Chunks, row["_id"]) is { } rest && rest["data"].IsBinary
                ? [.. row["data"].AsBinary, .. rest["data"].AsBinary]
                : null;
        }
        if (!row["run"].IsInt64 || !row["chunks"].IsInt32)
            return null;
        var parts = new List<byte[]>();
        long length = 0;
        for (int n = 0; n < row["chunks"].AsInt32; n++)
        {
            if (session.Find(LiteDbSchema.Chunks, ChunkId(row["run"].AsInt64, n)) is not { } chunk || !chunk["data"].IsBinary)
                return null;
            parts.Add(chunk["data"].AsBinary);
            length += parts[^1].Length;
        }
        if (length > BlobCodec.LargestBytes)
            return null;
        byte[] all = GC.AllocateUninitializedArray<byte>((int)length);
        int at = 0;
        foreach (byte[] part in parts)
        {
            part.CopyTo(all, at);
            at += part.Length;
        }
        return all;
    }

    private bool WriteChunks(byte[] stored, out long run, out int chunks, out int generation)
    {
        int count = chunks = (stored.Length + LiteDbSchema.ChunkBytes - 1) / LiteDbSchema.ChunkBytes;
        long number = run = -1;
        int begun = generation = database.Generation;
        for (int first = 0; first < count; first += ChunksAtOnce)
        {
            bool written =
                database.TryWrite(
                    session =>
                    {
                        if (database.Generation != begun)
                            return false;
                        if (number < 0)
                            number = Begin(session, count);
                        for (int n = first; n < Math.Min(count, first + ChunksAtOnce); n++)
                        {
                            int at = n * LiteDbSchema.ChunkBytes;
                            byte[] data = stored.AsSpan(at, Math.Min(LiteDbSchema.ChunkBytes, stored.Length - at)).ToArray();
                            session.Put(LiteDbSchema.Chunks, new BsonDocument { ["_id"] = ChunkId(number, n), ["data"] = data });
                        }
                        return true;
                    },
                    out bool same
                ) && same;
            run = number;
            if (!written)
                return false;
        }
        return true;
    }

    private long Begin(LiteDbSession session, int chunks)
    {
        long run = session.Sums.NextRun;
        lock (_open)
            _open.Add(run);
        session.Put(LiteDbSchema.Loose, new BsonDocument { ["_id"] = run, ["chunks"] = chunks });
        session.Sums = session.Sums with { NextRun = run + 1, LooseRuns = session.Sums.LooseRuns + 1 };
        return run;
    }

    private void Close(long run)
    {
        lock (_open)
            _open.Remove(run);
        Sweep();
    }
}
