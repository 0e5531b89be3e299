using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using CacheDaemon.Daemon.Keys;
using LiteDB;

namespace CacheDaemon.Daemon.Storage;

/// <summary>How the store stays small, and what it can tell about its entries.</summary>
public sealed partial class LiteDbTier
{
    /// <summary>Entries deleted in one transaction: small, so that a put waits milliseconds for an eviction. Hits never wait.</summary>
    private const int BatchEntries = 64;

    /// <summary>A batch also ends at this many freed bytes, since each of them is overwritten.</summary>
    private const long BatchBytes = 2L << 20;

    /// <summary>The memory of varying keys and of digests keeps the newest rows up to this number each.</summary>
    private const int MaxNotes = 100_000;

    /// <summary>Results and bytes kept; a single document, kept true by each transaction.</summary>
    public StoreTotals Totals() => new(Database.Sums.Results, Database.Sums.Bytes);

    /// <summary>
    /// Removes what <paramref name="request"/> asks for, in small batches, and gives the space back; or, when that is everything, begins
    /// a new file. No byte of it is left in the file or its log.
    /// </summary>
    /// <param name="request">What to remove.</param>
    /// <param name="now">The time that ages are counted back from.</param>
    /// <param name="removed">Told each key that went, for tiers above; not when everything went.</param>
    public PruneResult Prune(PruneRequest request, DateTimeOffset now, Action<CacheKey>? removed = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.All)
            return Empty(request.DryRun);
        FlushUses();
        PruneResult result = Evict(EvictionPolicy.LimitsOf(request, now), request.Chart, request.DryRun, removed);
        if (request.DryRun)
            return result;
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
        Database.ReopenWhenReplaced();
        FlushUses();
        BringBackFromTheFuture(now);
        PruneResult result = default;
        if (maxAge is TimeSpan age)
            result += Evict(EvictionPolicy.LimitsOf(new PruneRequest(OlderThan: age), now), null, dryRun: false, null);
        if (maxBytes is long most && Totals().Bytes > most)
            result += Evict(new EvictionLimits(null, most / 100 * EvictionPolicy.RefillPercent, false), null, dryRun: false, null);
        TrimVarying();
        _blobs.Sweep();
        Database.Checkpoint();
        return result;
    }

    /// <summary>Removes every entry that holds a secret: for a store that is no longer allowed to keep them.</summary>
    public PruneResult RemoveSecrets()
    {
        PruneResult total = default;
        bool some = false;
        while (Database.TryWrite(DeleteSecrets, out (int Keys, PruneResult Gone) batch) && batch.Keys > 0)
            (some, total) = (true, total + batch.Gone);
        if (some)
            GiveSpaceBack();
        return total;

        static (int, PruneResult) DeleteSecrets(LiteDbSession session)
        {
            StoreSums before = session.Sums;
            List<BsonDocument> secrets = session.Select(LiteDbSchema.Secrets, BatchEntries, null, null);
            foreach (BsonDocument secret in secrets)
            {
                if (session.Find(LiteDbSchema.Uses, secret["_id"]) is { } use)
                    EntryRows.Remove(session, use);
                session.Delete(LiteDbSchema.Secrets, secret["_id"]);
            }
            return (secrets.Count, Gone(before, session.Sums));
        }
    }

    /// <summary>Writes down the uses noted since the last call.</summary>
    public void FlushUses()
    {
        foreach (var batch in _uses.Take().Chunk(BatchEntries))
        {
            Database.TryWrite(
                session =>
                {
                    foreach ((CacheKey key, UseLog.Use use) in batch)
                    {
                        if (session.Find(LiteDbSchema.Uses, Id(key)) is not { } row)
                            continue;
                        row["uses"] = row["uses"].AsInt64 + use.Count;
                        SetLastUse(session, row, Math.Max(row["used"].AsInt64, use.LastTicks));
                    }
                    return true;
                },
                out _
            );
        }
    }

    /// <summary>The most recently used entries of a chart, newest first, without their output: neighbours for <c>explain</c>.</summary>
    /// <param name="chartName">The chart.</param>
    /// <param name="limit">Most entries.</param>
    /// <param name="maxBytes">Material beyond so many bytes is not read.</param>
    public IReadOnlyList<StoredMaterial> RecentByChart(string chartName, int limit, long maxBytes = long.MaxValue) =>
        Database.TryWalk<List<StoredMaterial>>(session => ReadMaterial(session, chartName, limit, maxBytes), out var found) ? found : [];

    /// <summary>Keys of all entries with a result.</summary>
    public IReadOnlySet<CacheKey> ResultKeys() =>
        Database.TryWalk<HashSet<CacheKey>>(ReadResultKeys, out var found) ? found : new HashSet<CacheKey>();

    private static HashSet<CacheKey> ReadResultKeys(LiteDbSession session)
    {
        var keys = new HashSet<CacheKey>();
        foreach (BsonDocument use in session.Each(LiteDbSchema.Uses))
        {
            if (!use["note"].AsBoolean && EntryRows.DigestOf(use["_id"]) is { } key)
                keys.Add(new CacheKey(key));
        }
        return keys;
    }

    private static List<StoredMaterial> ReadMaterial(LiteDbSession session, string chartName, int limit, long maxBytes)
    {
        var found = new List<StoredMaterial>();
        foreach (BsonDocument use in Recent(session, chartName, Query.Descending).Take(limit))
        {
            if (maxBytes <= 0)
                break;
            if (EntryRows.DigestOf(use["_id"]) is { } key && session.Find(LiteDbSchema.Entries, use["_id"]) is { } row)
            {
                found.Add(new StoredMaterial(new CacheKey(key), Time(row["created"]), row["material"].AsBinary));
                maxBytes -= found[^1].Material.Length;
            }
        }
        return found;
    }

    private static DateTimeOffset Time(BsonValue ticks) =>
        new(Math.Clamp(ticks.AsInt64, 0, DateTimeOffset.MaxValue.UtcTicks), TimeSpan.Zero);

    /// <summary>What <c>uses</c> holds of a chart, by last use.</summary>
    private static IEnumerable<BsonDocument> Recent(LiteDbSession session, string chart, int direction) =>
        session.Each(
            LiteDbSchema.Uses,
            "recent",
            LiteDbSchema.RecentText(chart, 0),
            LiteDbSchema.RecentText(chart, long.MaxValue),
            direction
        );

    private static void SetLastUse(LiteDbSession session, BsonDocument use, long ticks)
    {
        use["used"] = ticks;
        use["recent"] = LiteDbSchema.RecentText(use["chart"].AsString, ticks);
        session.Put(LiteDbSchema.Uses, use);
    }

    private static PruneResult Gone(StoreSums before, StoreSums after) => new(before.Results - after.Results, before.Bytes - after.Bytes);

    private PruneResult Empty(bool dryRun)
    {
        StoreSums before = Database.Sums;
        if (!dryRun)
        {
            _uses.Take();
            Database.Empty();
            Database.DeleteAside();
        }
        return Gone(before, default);
    }

    private PruneResult Evict(EvictionLimits limits, string? chart, bool dryRun, Action<CacheKey>? removed)
    {
        PruneResult total = default;
        while (true)
        {
            // A dry run chooses all victims at once and lets them be; otherwise choosing goes on from what is left.
            int most = dryRun ? int.MaxValue : BatchEntries;
            if (!Choose(limits, chart, most, out List<Victim>? victims) || victims.Count == 0)
                return total;
            if (dryRun)
                return new PruneResult(victims.Count(v => !v.Candidate.IsNote), victims.Sum(v => v.FreedBytes));
            if (!Database.TryWrite(session => Delete(session, victims), out PruneResult batch))
                return total;
            total += batch;
            _blobs.Sweep();
            foreach (Victim victim in victims)
                removed?.Invoke(victim.Candidate.Key);
        }
    }

    private bool Choose(EvictionLimits limits, string? chart, int most, [NotNullWhen(true)] out List<Victim>? victims) =>
        most == int.MaxValue
            ? Database.TryWalk(session => Choose(session, limits, chart, most), out victims)
            : Database.TryRead(session => Choose(session, limits, chart, most), out victims);

    private static List<Victim> Choose(LiteDbSession session, EvictionLimits limits, string? chart, int most)
    {
        var victims = new List<Victim>();
        long freed = 0;
        foreach (Victim victim in EvictionPolicy.Victims(OldestFirst(session, chart), session.Sums.Bytes, limits))
        {
            victims.Add(victim);
            freed += victim.FreedBytes;
            if (victims.Count >= most || (most < int.MaxValue && freed >= BatchBytes))
                break;
        }
        return victims;
    }

    private static IEnumerable<EvictionCandidate> OldestFirst(LiteDbSession session, string? chart)
    {
        IEnumerable<BsonDocument> uses = chart is null ? session.Each(LiteDbSchema.Uses, "used") : Recent(session, chart, Query.Ascending);
        foreach (BsonDocument use in uses)
        {
            yield return new EvictionCandidate(
                new CacheKey(EntryRows.DigestOf(use["_id"]) ?? default),
                use["used"].AsInt64,
                use["bytes"].AsInt64,
                use["note"].AsBoolean,
                BlobRows.Share(session, use["out"]),
                BlobRows.Share(session, use["err"])
            );
        }
    }

    /// <summary>Deletes what was last used when it was chosen: an entry written or used since stays.</summary>
    private static PruneResult Delete(LiteDbSession session, List<Victim> victims)
    {
        StoreSums before = session.Sums;
        foreach (Victim victim in victims)
        {
            if (session.Find(LiteDbSchema.Uses, Id(victim.Candidate.Key)) is { } use && use["used"].AsInt64 == victim.Candidate.LastUse)
                EntryRows.Remove(session, use);
        }
        return Gone(before, session.Sums);
    }

    /// <summary>
    /// After a clock that was ahead was set back, what was used meanwhile would count as young until the clock is there again,
    /// perhaps for years, and everything used since would have to leave before it. From now on it was used just now.
    /// </summary>
    private void BringBackFromTheFuture(DateTimeOffset now)
    {
        long ticks = now.UtcTicks;
        while (
            Database.TryWrite(
                session =>
                {
                    int changed = 0;
                    foreach (BsonDocument use in session.Select(LiteDbSchema.Uses, BatchEntries, "used > @0", "used", ticks))
                    {
                        SetLastUse(session, use, ticks);
                        changed++;
                    }
                    foreach (BsonDocument note in session.Select(LiteDbSchema.Varying, BatchEntries, "seen > @0", "seen", ticks))
                    {
                        note["seen"] = ticks;
                        session.Put(LiteDbSchema.Varying, note);
                        changed++;
                    }
                    return changed;
                },
                out int some
            )
            && some > 0
        ) { }
    }

    /// <summary>The oldest notes of keys known to vary go when there are too many, down to nine tenths.</summary>
    private void TrimVarying()
    {
        if (Database.Sums.Varying <= MaxNotes)
            return;
        while (
            Database.TryWrite(
                session =>
                {
                    long over = Math.Min(BatchEntries, session.Sums.Varying - MaxNotes * 9 / 10);
                    if (over <= 0)
                        return 0;
                    List<BsonDocument> oldest = session.Select(LiteDbSchema.Varying, (int)over, "seen >= @0", "seen", BsonValue.MinValue);
                    foreach (BsonDocument note in oldest)
                        session.Delete(LiteDbSchema.Varying, note["_id"]);
                    session.Sums = session.Sums with { Varying = session.Sums.Varying - oldest.Count };
                    return oldest.Count;
                },
                out int gone
            )
            && gone > 0
        ) { }
    }

    /// <summary>
    /// Copies the log into the file, since until then both show pages as they were before they were overwritten, and shortens the file
    /// when most of it is empty.
    /// </summary>
    private void GiveSpaceBack()
    {
        _blobs.Sweep();
        Database.Checkpoint();
        Database.Compact();
    }
}
