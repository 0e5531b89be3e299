using System.Collections.Generic;
using CacheDaemon.Daemon.Keys;
using LiteDB;

namespace CacheDaemon.Daemon.Storage;

/// <summary>What is in it, for people who look.</summary>
public sealed partial class LiteDbTier
{
    /// <summary>All results, in no order; notes are none. Not checked against their seals: nothing is served from here.</summary>
    public List<StoredEntry> List()
    {
        var found = new List<StoredEntry>();
        // Many short reads and not a long one, for which the writer's checkpoints, and with them all hits from disk, would wait.
        foreach (CacheKey key in ResultKeys())
        {
            if (Database.TryRead(session => ReadSummary(session, key), out StoredEntry? entry) && entry is not null)
                found.Add(entry);
        }
        return found;
    }

    private StoredEntry? ReadSummary(LiteDbSession session, CacheKey key) =>
        session.Find(LiteDbSchema.Entries, Id(key)) is { } row && session.Find(LiteDbSchema.Uses, Id(key)) is { } use
            ? new StoredEntry
            {
                Key = key,
                ChartName = row["chart"].AsString,
                ChartVersion = row["version"].AsString,
                Created = Time(row["created"]),
                LastUse = Time(use["used"]),
                Uses = use["uses"].AsInt64,
                RenderMilliseconds = row["ms"].AsDouble,
                HoldsSecret = row["secret"].AsBoolean,
                Bytes = Length(session, row["out"]) + Length(session, row["err"]),
                Tier = Name,
            }
            : null;

    private static long Length(LiteDbSession session, BsonValue blob) =>
        blob.IsBinary && session.Find(LiteDbSchema.Blobs, blob) is { } row ? row["size"].AsInt64 : 0;
}
