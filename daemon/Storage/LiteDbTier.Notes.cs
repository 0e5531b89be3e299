using System;
using System.Collections.Generic;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Keys;
using LiteDB;

namespace CacheDaemon.Daemon.Storage;

/// <summary>What else survives a restart: keys known to vary, counters.</summary>
public sealed partial class LiteDbTier
{
    /// <summary>Why the output under a key is known to vary, in words for people; null when it is not.</summary>
    public string? GetVarying(CacheKey key) =>
        Database.TryRead(session => session.Find(LiteDbSchema.Varying, Id(key))?["detail"].AsString, out string? detail) ? detail : null;

    /// <summary>Remembers that the output varies. Does not remove an entry (a store that freezes output keeps it).</summary>
    /// <returns>False when it could not be written down.</returns>
    public bool MarkVarying(CacheKey key, RefuseReason reason, string detail) =>
        Database.TryNote(
            session =>
            {
                if (session.Find(LiteDbSchema.Varying, Id(key)) is null)
                    session.Sums = session.Sums with { Varying = session.Sums.Varying + 1 };
                session.Put(
                    LiteDbSchema.Varying,
                    new BsonDocument
                    {
                        ["_id"] = Id(key),
                        ["seen"] = _time.GetUtcNow().UtcTicks,
                        ["reason"] = (int)reason,
                        ["detail"] = detail,
                    }
                );
                return true;
            },
            out _
        );

    /// <summary>Forgets that the output varies.</summary>
    public bool ForgetVarying(CacheKey key) =>
        Database.TryNote(
            session =>
            {
                if (session.Delete(LiteDbSchema.Varying, Id(key)))
                    session.Sums = session.Sums with { Varying = session.Sums.Varying - 1 };
                return true;
            },
            out _
        );

    /// <summary>The counters as last saved; empty when there are none or the store cannot be read.</summary>
    public IReadOnlyDictionary<string, long> LoadCounters() =>
        Database.TryRead<Dictionary<string, long>>(
            static session =>
            {
                var counters = new Dictionary<string, long>(StringComparer.Ordinal);
                foreach (BsonDocument row in session.Each(LiteDbSchema.Counters))
                    counters[row["name"].AsString] = row["value"].AsInt64;
                return counters;
            },
            out var loaded
        )
            ? loaded
            : new Dictionary<string, long>();

    /// <summary>Adds to the saved counters, all in one transaction. False when nothing was added: keep the deltas and try again.</summary>
    public bool AddCounters(IReadOnlyDictionary<string, long> deltas)
    {
        ArgumentNullException.ThrowIfNull(deltas);
        return Database.TryWrite(
            session =>
            {
                foreach ((string name, long delta) in deltas)
                {
                    string id = LiteDbSchema.KeyText(name);
                    long before = session.Find(LiteDbSchema.Counters, id)?["value"].AsInt64 ?? 0;
                    session.Put(
                        LiteDbSchema.Counters,
                        new BsonDocument
                        {
                            ["_id"] = id,
                            ["name"] = name,
                            ["value"] = before + delta,
                        }
                    );
                }
                return true;
            },
            out _
        );
    }

    /// <summary>Forgets these counters. False when it could not be done.</summary>
    public bool DeleteCounters(IReadOnlyCollection<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return Database.TryWrite(
            session =>
            {
                foreach (string name in names)
                    session.Delete(LiteDbSchema.Counters, LiteDbSchema.KeyText(name));
                return true;
            },
            out _
        );
    }

    /// <summary>Sets every counter back to nothing. False when it could not be done.</summary>
    public bool ResetCounters() => DeleteCounters([.. LoadCounters().Keys]);
}
