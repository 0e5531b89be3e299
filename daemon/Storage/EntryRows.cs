using System;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Keys;
using LiteDB;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// Documents of entries. What is served stands in <c>entries</c> and never changes; what changes with each use, and what eviction asks for,
/// stands under the same key in <c>uses</c>.
/// </summary>
internal static class EntryRows
{
    public static BsonValue Id(CacheKey key) => Id(key.Value);

    public static BsonValue Id(Digest digest) => new(digest.ToArray());

    public static Digest? DigestOf(BsonValue value) =>
        value.IsBinary && value.AsBinary.Length == 32 ? Digest.FromBytes(value.AsBinary) : null;

    /// <summary>The entry, if the document is what was written under this key; else null.</summary>
    public static Entry? Decode(CacheKey key, BsonDocument row, Digest? stdout, Digest? stderr, Blob output, Blob errors)
    {
        try
        {
            var entry = new Entry
            {
                Result = row["note"].AsBoolean ? null : new RenderResult(row["exit"].AsInt32, output, errors.ToArray()),
                Created = new DateTimeOffset(row["created"].AsInt64, TimeSpan.Zero),
                RenderMilliseconds = row["ms"].AsDouble,
                ChartName = row["chart"].AsString,
                ChartVersion = row["version"].AsString,
                HoldsSecret = row["secret"].AsBoolean,
                Material = row["material"].AsBinary,
                SignedBy = row["signer"] is { IsString: true } signer ? signer.AsString : "",
            };
            return DigestOf(row["seal"]) == EntrySeal.Of(key, entry, stdout, stderr) ? entry : null;
        }
        // A field of the wrong type, length or range: the page is readable, the document is not what was written.
        catch (Exception e)
            when (e is InvalidCastException or FormatException or ArgumentException or OverflowException or NullReferenceException)
        {
            return null;
        }
    }

    /// <summary>Adds the documents of an entry whose blobs are there; none may be under this key.</summary>
    public static void Insert(LiteDbSession session, CacheKey key, Entry entry, Digest? stdout, Digest? stderr, long now)
    {
        long bytes = LiteDbSchema.Charge(entry.Material.Length);
        var row = new BsonDocument
        {
            ["_id"] = Id(key),
            ["seal"] = Id(EntrySeal.Of(key, entry, stdout, stderr)),
            ["note"] = entry.Result is null,
            ["exit"] = entry.Result?.ExitCode ?? 0,
            ["out"] = Optional(stdout),
            ["err"] = Optional(stderr),
            ["created"] = entry.Created.UtcTicks,
            ["ms"] = entry.RenderMilliseconds,
            ["chart"] = entry.ChartName,
            ["version"] = entry.ChartVersion,
            ["secret"] = entry.HoldsSecret,
            ["material"] = entry.Material,
        };
        if (entry.SignedBy.Length > 0)
            row["signer"] = entry.SignedBy;
        session.Put(LiteDbSchema.Entries, row);
        session.Put(
            LiteDbSchema.Uses,
            new BsonDocument
            {
                ["_id"] = Id(key),
                ["used"] = now,
                ["recent"] = LiteDbSchema.RecentText(entry.ChartName, now),
                ["uses"] = 0L,
                ["chart"] = LiteDbSchema.KeyText(entry.ChartName),
                ["note"] = entry.Result is null,
                ["out"] = Optional(stdout),
                ["err"] = Optional(stderr),
                ["bytes"] = bytes,
            }
        );
        if (entry.HoldsSecret)
            session.Put(LiteDbSchema.Secrets, new BsonDocument { ["_id"] = Id(key) });
        session.Sums = session.Sums with
        {
            Results = session.Sums.Results + (entry.Result is null ? 0 : 1),
            Bytes = session.Sums.Bytes + bytes,
        };
    }

    /// <summary>Removes the entry, and the blobs that only it shows. False when it was not there.</summary>
    public static bool Remove(LiteDbSession session, CacheKey key) =>
        session.Find(LiteDbSchema.Uses, Id(key)) is { } use && Remove(session, use);

    /// <summary>The same, given its document in <c>uses</c>.</summary>
    public static bool Remove(LiteDbSession session, BsonDocument use)
    {
        BsonValue id = use["_id"];
        session.Delete(LiteDbSchema.Entries, id);
        session.Delete(LiteDbSchema.Uses, id);
        session.Delete(LiteDbSchema.Secrets, id);
        session.Sums = session.Sums with
        {
            Results = session.Sums.Results - (use["note"].AsBoolean ? 0 : 1),
            Bytes = session.Sums.Bytes - use["bytes"].AsInt64,
        };
        foreach (string stream in (string[])["out", "err"])
        {
            if (DigestOf(use[stream]) is { } blob)
                BlobRows.Release(session, blob);
        }
        return true;
    }

    private static BsonValue Optional(Digest? digest) => digest is { } there ? Id(there) : BsonValue.Null;
}
