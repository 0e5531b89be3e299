using System;
using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Daemon.Fingerprints;
using Microsoft.Data.Sqlite;

namespace CacheDaemon.Daemon.Storage;

/// <summary>How the store stays small, and what it can tell about its entries.</summary>
public sealed partial class SqliteTier
{
    /// <summary>Entries deleted in one transaction: small, so that a put waits milliseconds for an eviction. Hits never wait.</summary>
    private const int BatchEntries = 64;

    /// <summary>A batch also ends at this many freed bytes, since each of them is overwritten (secure_delete).</summary>
    private const long BatchBytes = 8L << 20;

    /// <summary>Pages given back to the file system in one step.</summary>
    private const int VacuumPages = 2048;

    /// <summary>The memory of varying keys and of digests keeps the newest rows up to this number each.</summary>
    private const int MaxNotes = 100_000;

    /// <summary>Entries and bytes kept; a single row, kept true by triggers.</summary>
    public StoreTotals Totals() =>
        _database.TryRead(link => link.First("SELECT entries, bytes FROM totals", r => new StoreTotals(r.GetInt64(0), r.GetInt64(1))),
            out StoreTotals totals)
            ? totals
            : default;

    /// <summary>
    /// Removes what <paramref name="request"/> asks for, in small batches, then overwrites it and gives the space back, so
    /// that no byte of it is left in the file or its log.
    /// </summary>
    /// <param name="request">What to remove.</param>
    /// <param name="now">The time that ages are counted back from.</param>
    /// <param name="removed">Told each key that went, for tiers above.</param>
    public PruneResult Prune(PruneRequest request, DateTimeOffset now, Action<CacheKey>? removed = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        FlushUses();
        PruneResult result = Evict(EvictionPolicy.LimitsOf(request, now), request.Chart, request.DryRun, removed);
        if (request.DryRun)
            return result;
        if (request.All)
            ForgetNotes();
        GiveSpaceBack();
        return result;
    }

    /// <summary>
    /// Upkeep, meant for a background thread: writes down uses, evicts down to the limits of normal running if they are
    /// passed, and begins anew when someone deleted the file.
    /// </summary>
    /// <param name="maxBytes">Size limit; null for none.</param>
    /// <param name="maxAge">Longest time since the last use; null for none.</param>
    /// <param name="now">The time that ages are counted back from.</param>
    public PruneResult EvictToLimits(long? maxBytes, TimeSpan? maxAge, DateTimeOffset now)
    {
        _database.ReopenWhenReplaced();
        FlushUses();
        BringBackFromTheFuture(now);
        PruneResult result = default;
        if (maxAge is TimeSpan age)
            result += Evict(EvictionPolicy.LimitsOf(new PruneRequest(OlderThan: age), now), null, dryRun: false, null);
        if (maxBytes is long most && Totals().Bytes > most)
            result += Evict(new EvictionLimits(null, most / 100 * EvictionPolicy.RefillPercent, false), null, dryRun: false, null);
        TrimNotes();
        return result;
    }

    /// <summary>Removes every entry that holds a secret: for a store that is no longer allowed to keep them.</summary>
    public PruneResult RemoveSecrets()
    {
        PruneResult total = default;
        while (_database.TryWrite(DeleteSecrets, out PruneResult batch) && batch.Entries > 0)
            total += batch;
        if (total.Entries > 0)
            GiveSpaceBack();
        return total;

        static PruneResult DeleteSecrets(SqliteLink link)
        {
            long before = link.Number("SELECT bytes FROM totals");
            int entries = link.Execute(
                $"DELETE FROM entries WHERE id IN (SELECT id FROM entries WHERE holds_secret <> 0 LIMIT {BatchEntries})");
            return new PruneResult(entries, before - link.Number("SELECT bytes FROM totals"));
        }
    }

    /// <summary>Writes down the uses noted since the last call.</summary>
    public void FlushUses()
    {
        foreach (var batch in _uses.Take().Chunk(512))
        {
            _database.TryWrite(link =>
            {
                foreach ((CacheKey key, UseLog.Use use) in batch)
                {
                    link.Execute("UPDATE entries SET last_use = max(last_use, ?2), uses = uses + ?3 WHERE key = ?1",
                        Bytes(key), use.LastTicks, use.Count);
                }
                return true;
            }, out _);
        }
    }

    /// <summary>The most recently used entries of a chart, newest first, without their output: neighbours for <c>explain</c>.</summary>
    public IReadOnlyList<StoredMaterial> RecentByChart(string chartName, int limit) =>
        _database.TryRead<List<StoredMaterial>>(link => ReadMaterial(link, chartName, limit), out var found) ? found : [];

    /// <summary>Keys of all entries with a result.</summary>
    public IReadOnlySet<CacheKey> ResultKeys() =>
        _database.TryRead<HashSet<CacheKey>>(ReadResultKeys, out var found) ? found : new HashSet<CacheKey>();

    private static HashSet<CacheKey> ReadResultKeys(SqliteLink link)
    {
        var keys = new HashSet<CacheKey>();
        using SqliteDataReader rows = link.Query("SELECT key FROM entries WHERE is_note = 0");
        while (rows.Read())
        {
            if (DigestAt(rows, 0) is Digest key)
                keys.Add(new CacheKey(key));
        }
        return keys;
    }

    private static List<StoredMaterial> ReadMaterial(SqliteLink link, string chartName, int limit)
    {
        var found = new List<StoredMaterial>();
        using SqliteDataReader rows = link.Query("""
            SELECT key, chart, chart_version, created, last_use, uses, render_ms, material FROM entries
            WHERE chart = ?1 ORDER BY last_use DESC LIMIT ?2
            """, chartName, limit);
        while (rows.Read())
        {
            if (DigestAt(rows, 0) is Digest key)
            {
                found.Add(new StoredMaterial(new CacheKey(key), rows.GetString(1), rows.GetString(2), Time(rows, 3), Time(rows, 4),
                    rows.GetInt64(5), rows.GetDouble(6), rows.GetFieldValue<byte[]>(7)));
            }
        }
        return found;
    }

    private static DateTimeOffset Time(SqliteDataReader row, int column) =>
        new(Math.Clamp(row.GetInt64(column), 0, DateTimeOffset.MaxValue.UtcTicks), TimeSpan.Zero);

    private PruneResult Evict(EvictionLimits limits, string? chart, bool dryRun, Action<CacheKey>? removed)
    {
        PruneResult total = default;
        while (true)
        {
            // A dry run chooses all victims at once and lets them be; otherwise choosing goes on from what is left.
            int most = dryRun ? int.MaxValue : BatchEntries;
            if (!_database.TryRead<List<Victim>>(link => Choose(link, limits, chart, most), out var victims) || victims.Count == 0)
                return total;
            if (dryRun)
                return new PruneResult(victims.Count, victims.Sum(v => v.FreedBytes));
            if (!_database.TryWrite(link => Delete(link, victims), out PruneResult batch))
                return total;
            total += batch;
            foreach (Victim victim in victims)
                removed?.Invoke(victim.Candidate.Key);
        }
    }

    private static List<Victim> Choose(SqliteLink link, EvictionLimits limits, string? chart, int most)
    {
        var victims = new List<Victim>();
        long stored = link.Number("SELECT bytes FROM totals");
        long freed = 0;
        foreach (Victim victim in EvictionPolicy.Victims(OldestFirst(link, chart), stored, limits))
        {
            victims.Add(victim);
            freed += victim.FreedBytes;
            if (victims.Count >= most || (most < int.MaxValue && freed >= BatchBytes))
                break;
        }
        return victims;
    }

    private static IEnumerable<EvictionCandidate> OldestFirst(SqliteLink link, string? chart)
    {
        const string Columns = """
            SELECT e.id, e.key, e.last_use, e.own_bytes, o.id, o.stored_bytes, o.uses, x.id, x.stored_bytes, x.uses
            FROM entries e LEFT JOIN blobs o ON o.digest = e.stdout LEFT JOIN blobs x ON x.digest = e.stderr
            """;
        using SqliteDataReader rows = chart is null
            ? link.Query(Columns + " ORDER BY e.last_use")
            : link.Query(Columns + " WHERE e.chart = ?1 ORDER BY e.last_use", chart);
        while (rows.Read())
        {
            yield return new EvictionCandidate(rows.GetInt64(0), new CacheKey(DigestAt(rows, 1) ?? default), rows.GetInt64(2),
                rows.GetInt64(3), Share(rows, 4), Share(rows, 7));
        }

        static BlobShare? Share(SqliteDataReader row, int column) => row.IsDBNull(column)
            ? null
            : new BlobShare(row.GetInt64(column), row.GetInt64(column + 1), row.GetInt64(column + 2));
    }

    /// <summary>Deletes by row and last use: an entry written or used since it was chosen stays.</summary>
    private static PruneResult Delete(SqliteLink link, List<Victim> victims)
    {
        long before = link.Number("SELECT bytes FROM totals");
        long entries = 0;
        foreach (Victim victim in victims)
            entries += link.Execute("DELETE FROM entries WHERE id = ?1 AND last_use = ?2", victim.Candidate.Id, victim.Candidate.LastUse);
        return new PruneResult(entries, before - link.Number("SELECT bytes FROM totals"));
    }

    private void ForgetNotes()
    {
        _database.TryWrite(link => link.Execute("DELETE FROM varying") + link.Execute("DELETE FROM stamps"), out _);
        _database.DeleteAside();
    }

    /// <summary>
    /// After a clock that was ahead was set back, what was used meanwhile would count as young until the clock is there again,
    /// perhaps for years, and everything used since would have to leave before it. From now on it was used just now.
    /// </summary>
    private void BringBackFromTheFuture(DateTimeOffset now) => _database.TryWrite(
        link => link.Execute("UPDATE entries SET last_use = ?1 WHERE last_use > ?1", now.UtcTicks)
            + link.Execute("UPDATE varying SET seen = ?1 WHERE seen > ?1", now.UtcTicks)
            + link.Execute("UPDATE stamps SET seen = ?1 WHERE seen > ?1", now.UtcTicks),
        out _);

    private void TrimNotes() => _database.TryWrite(link =>
    {
        foreach (string table in (string[])["varying", "stamps"])
        {
            if (link.Number($"SELECT count(*) FROM {table}") > MaxNotes)
                link.Execute($"DELETE FROM {table} WHERE seen <= (SELECT seen FROM {table} ORDER BY seen DESC LIMIT 1 OFFSET {MaxNotes * 9 / 10})");
        }
        return true;
    }, out _);

    /// <summary>
    /// Shrinks the file step by step, then copies the log into the file and cuts it to nothing: until then the log still
    /// shows the pages as they were before they were overwritten.
    /// </summary>
    private void GiveSpaceBack()
    {
        long before, free = long.MaxValue;
        do
        {
            before = free;
            free = 0;
            _database.TryMaintain(link =>
            {
                link.Run($"PRAGMA incremental_vacuum({VacuumPages})");
                free = link.Number("PRAGMA freelist_count");
            });
        }
        while (free > 0 && free < before);
        _database.TryMaintain(link => link.Number("PRAGMA wal_checkpoint(TRUNCATE)"));
    }
}
