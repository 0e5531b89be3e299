using System;
using System.Collections.Generic;
using CacheDaemon.Client.Native;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using Microsoft.Data.Sqlite;

namespace CacheDaemon.Daemon.Storage;

/// <summary>What else survives a restart: keys known to vary, counters, digests of large files.</summary>
public sealed partial class SqliteTier
{
    /// <summary>The note on a key whose output is known to vary; null when there is none.</summary>
    public VaryingNote? GetVarying(CacheKey key) => _database.TryRead(
        link => link.First("SELECT seen, reason, detail FROM varying WHERE key = ?1",
            r => new VaryingNote(Time(r, 0), (RefuseReason)r.GetInt32(1), r.GetString(2)), Bytes(key)),
        out VaryingNote? note) ? note : null;

    /// <summary>Remembers that the output varies. Does not remove an entry (a store that freezes output keeps it).</summary>
    /// <returns>False when it could not be written down.</returns>
    public bool MarkVarying(CacheKey key, RefuseReason reason, string detail) => _database.TryWrite(
        link => link.Execute("""
            INSERT INTO varying (key, seen, reason, detail) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (key) DO UPDATE SET seen = excluded.seen, reason = excluded.reason, detail = excluded.detail
            """, Bytes(key), _time.GetUtcNow().UtcTicks, (int)reason, detail), out _);

    /// <summary>Forgets that the output varies.</summary>
    public bool ForgetVarying(CacheKey key) =>
        _database.TryWrite(link => link.Execute("DELETE FROM varying WHERE key = ?1", Bytes(key)), out _);

    /// <summary>The counters as last saved; empty when there are none or the store cannot be read.</summary>
    public IReadOnlyDictionary<string, long> LoadCounters() => _database.TryRead<Dictionary<string, long>>(
        link =>
        {
            var counters = new Dictionary<string, long>(StringComparer.Ordinal);
            using SqliteDataReader rows = link.Query("SELECT name, value FROM counters");
            while (rows.Read())
                counters[rows.GetString(0)] = rows.GetInt64(1);
            return counters;
        }, out var loaded) ? loaded : new Dictionary<string, long>();

    /// <summary>Adds to the saved counters, all in one transaction. False when nothing was added: keep the deltas and try again.</summary>
    public bool AddCounters(IReadOnlyDictionary<string, long> deltas)
    {
        ArgumentNullException.ThrowIfNull(deltas);
        return _database.TryWrite(
            link =>
            {
                foreach ((string name, long delta) in deltas)
                {
                    link.Execute("""
                        INSERT INTO counters (name, value) VALUES (?1, ?2)
                        ON CONFLICT (name) DO UPDATE SET value = value + excluded.value
                        """, name, delta);
                }
                return true;
            }, out _);
    }

    /// <summary>Forgets these counters. False when it could not be done.</summary>
    public bool DeleteCounters(IReadOnlyCollection<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return _database.TryWrite(
            link =>
            {
                foreach (string name in names)
                    link.Execute("DELETE FROM counters WHERE name = ?1", name);
                return true;
            }, out _);
    }

    /// <summary>Sets every counter back to nothing. False when it could not be done.</summary>
    public bool ResetCounters() => _database.TryWrite(link => link.Execute("DELETE FROM counters"), out _);

    /// <summary>The digest remembered for exactly this stamp. Whether the stamp may be trusted is the caller's question.</summary>
    public bool TryGetStamp(FileStamp stamp, out Digest digest, out int flags)
    {
        bool read = _database.TryRead(
            link => link.First("""
                SELECT digest, flags FROM stamps
                WHERE device = ?1 AND inode = ?2 AND size = ?3 AND modified = ?4 AND changed = ?5 AND mode = ?6
                """,
                r => (Digest: DigestAt(r, 0), Flags: r.GetInt32(1)),
                (long)stamp.Device, (long)stamp.Inode, stamp.Size, stamp.ModifiedNs, stamp.ChangedNs, (long)stamp.Mode),
            out (Digest? Digest, int Flags) found);
        digest = found.Digest ?? default;
        flags = found.Flags;
        return read && found.Digest is not null;
    }

    /// <summary>Remembers a digest for a stamp, in place of what was known of that file. False when it could not be written.</summary>
    public bool PutStamp(FileStamp stamp, Digest digest, int flags) => _database.TryWrite(
        link => link.Execute("INSERT OR REPLACE INTO stamps VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            (long)stamp.Device, (long)stamp.Inode, stamp.Size, stamp.ModifiedNs, stamp.ChangedNs, (long)stamp.Mode,
            digest.ToArray(), flags, _time.GetUtcNow().UtcTicks), out _);
}

/// <summary>Why a key is known to vary.</summary>
/// <param name="When">When it was found out.</param>
/// <param name="Reason">What was refused then.</param>
/// <param name="Detail">Free text for people: names a function or a check, never a value.</param>
public sealed record VaryingNote(DateTimeOffset When, RefuseReason Reason, string Detail);
