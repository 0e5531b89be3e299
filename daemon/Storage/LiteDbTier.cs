using System;
using System.Threading;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Keys;
using LiteDB;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// The lasting level: entries and blobs in one file of LiteDB. Equal streams are stored once. Each read is checked byte by
/// byte, streams against their digest and the entry against its seal; what fails is removed and is a miss. Nothing throws: a
/// file that cannot be used makes every call a miss and <see cref="Problem"/> says why. Safe for concurrent use; calls
/// are synchronous, since a transaction of LiteDB belongs to its thread.
/// </summary>
public sealed partial class LiteDbTier : ITier, IDisposable
{
    private readonly TimeProvider _time;
    private readonly UseLog _uses = new();
    private readonly BlobRows _blobs;
    private long _damagedEntries;

    /// <summary>Opens the store, or makes it, or explains in <see cref="Problem"/> why neither was possible.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="time">The clock of "created" and "last use".</param>
    /// <param name="log">Receives one line for each thing that went wrong; never keys' values or output.</param>
    public LiteDbTier(LiteDbTierOptions options, TimeProvider time, Action<string> log)
    {
        _time = time;
        Database = new LiteDbStore(options, time, log);
        _blobs = new BlobRows(Database);
    }

    /// <inheritdoc/>
    public string Name => "disk";

    /// <summary>Why the store is not in use, in one line; null while it is.</summary>
    public string? Problem => Database.Problem;

    /// <inheritdoc cref="LiteDbTierOptions.IsOthers"/>
    public bool IsOthers => Database.IsOthers;

    /// <summary>Entries found damaged by a read since this tier was opened.</summary>
    public long DamagedEntries => Interlocked.Read(ref _damagedEntries);

    /// <summary>The file behind it; for tests, which change it as a bad disk would.</summary>
    internal LiteDbStore Database { get; }

    /// <inheritdoc/>
    public Entry? Get(CacheKey key)
    {
        if (!Database.TryRead<Reading>(session => Read(session, key), out var reading))
            return null;
        // Entry and blobs are read one after the other: what was replaced between looks damaged, but not to the writer.
        if (reading is Reading.Damaged && !Database.TryWrite(session => RemoveDamaged(session, key), out reading))
            return null;
        if (reading is Reading.Damaged)
        {
            Interlocked.Increment(ref _damagedEntries);
            _blobs.Sweep();
        }
        if (reading is not Reading.Sound sound)
            return null;
        Touch(key);
        return sound.Entry;
    }

    /// <inheritdoc/>
    public bool Put(CacheKey key, Entry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        // When the new entry cannot be written the old one must go all the same: it was to be replaced.
        if (Write(key, entry))
            return true;
        Remove(key);
        return false;
    }

    /// <inheritdoc/>
    public bool Remove(CacheKey key)
    {
        bool done = Database.TryWrite(session => EntryRows.Remove(session, key), out _);
        _blobs.Sweep();
        return done;
    }

    /// <summary>Notes a use now, to be written by the next <see cref="FlushUses"/>: a hit never waits for a write.</summary>
    public void Touch(CacheKey key) => _uses.Add(key, _time.GetUtcNow().UtcTicks);

    /// <inheritdoc/>
    public void Dispose()
    {
        FlushUses();
        Database.Dispose();
    }

    private static BsonValue Id(CacheKey key) => EntryRows.Id(key);

    private static Reading Read(LiteDbSession session, CacheKey key)
    {
        if (session.Find(LiteDbSchema.Entries, Id(key)) is not { } row)
            return new Reading.Absent();
        Digest? stdout = EntryRows.DigestOf(row["out"]),
            stderr = EntryRows.DigestOf(row["err"]);
        if (BlobRows.Read(session, stdout) is not { } output)
            return new Reading.Damaged(stdout);
        if (BlobRows.Read(session, stderr) is not { } errors)
            return new Reading.Damaged(stderr);
        return EntryRows.Decode(key, row, stdout, stderr, output, errors) is { } entry
            ? new Reading.Sound(entry)
            : new Reading.Damaged(null);
    }

    private bool Write(CacheKey key, Entry entry)
    {
        // A blob that is there need not be written; once in a while it goes before the entry that was to share it is complete.
        for (int attempt = 0; attempt < 2; attempt++)
        {
            if (_blobs.Prepare(entry.Result?.Stdout, mayShare: attempt == 0) is not { } stdout)
                return false;
            if (_blobs.Prepare(entry.Result is { Stderr: var errors } ? Blob.Of(errors) : null, mayShare: attempt == 0) is not { } stderr)
            {
                _blobs.Discard(stdout);
                return false;
            }
            bool done = Database.TryWrite(session => Publish(session, key, entry, stdout, stderr), out bool published);
            _blobs.Discard(stdout);
            _blobs.Discard(stderr);
            if (published || !done)
                return published;
        }
        return false;
    }

    /// <summary>
    /// The last step of a put: entry, blobs and sums in one small transaction. False when a blob that was to be shared has gone.
    /// </summary>
    private bool Publish(LiteDbSession session, CacheKey key, Entry entry, PreparedBlob stdout, PreparedBlob stderr)
    {
        if (!_blobs.CanPublish(session, stdout) || !_blobs.CanPublish(session, stderr))
            return false;
        // Blobs first, since the old entry may show the same.
        BlobRows.Publish(session, stdout);
        BlobRows.Publish(session, stderr);
        EntryRows.Remove(session, key);
        EntryRows.Insert(session, key, entry, stdout.Digest, stderr.Digest, _time.GetUtcNow().UtcTicks);
        return true;
    }

    /// <summary>
    /// Removes the entry if the writer, too, finds it damaged; with a bad blob also every other entry that shows it, so that it is written
    /// anew.
    /// </summary>
    private static Reading RemoveDamaged(LiteDbSession session, CacheKey key)
    {
        Reading reading = Read(session, key);
        if (reading is not Reading.Damaged damaged)
            return reading;
        EntryRows.Remove(session, key);
        if (damaged.Blob is Digest blob)
        {
            BsonValue id = EntryRows.Id(blob);
            foreach (BsonDocument user in session.Select(LiteDbSchema.Uses, int.MaxValue, null, null))
            {
                if (user["out"] == id || user["err"] == id)
                    EntryRows.Remove(session, user);
            }
            BlobRows.Remove(session, blob);
        }
        return reading;
    }

    private abstract record Reading
    {
        public sealed record Absent : Reading;

        public sealed record Sound(Entry Entry) : Reading;

        /// <param name="Blob">The blob that is not what its digest says; null when the entry itself is damaged.</param>
        public sealed record Damaged(Digest? Blob) : Reading;
    }
}
