using System;
using System.Threading;
using CacheDaemon.Daemon.Fingerprints;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// The lasting level: entries and blobs in one SQLite file. Equal streams are stored once. Each read is checked byte by
/// byte, streams against their digest and the row against its seal; what fails is removed and is a miss. Nothing throws: a
/// file that cannot be used makes every call a miss and <see cref="Problem"/> says why. Safe for concurrent use; calls
/// are synchronous, since SQLite is.
/// </summary>
public sealed partial class SqliteTier : ITier, IStampLedger, IDisposable
{
    private static readonly Blob s_empty = Blob.Of([]);

    private readonly SqliteDatabase _database;
    private readonly TimeProvider _time;
    private readonly UseLog _uses = new();
    private long _damagedEntries;

    /// <summary>Opens the store, or makes it, or explains in <see cref="Problem"/> why neither was possible.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="time">The clock of "created" and "last use".</param>
    /// <param name="log">Receives one line for each thing that went wrong; never keys' values or output.</param>
    public SqliteTier(SqliteTierOptions options, TimeProvider time, Action<string> log)
    {
        _time = time;
        _database = new SqliteDatabase(options, time, log);
    }

    /// <inheritdoc/>
    public string Name => "disk";

    /// <summary>Why the store is not in use, in one line; null while it is.</summary>
    public string? Problem => _database.Problem;

    /// <summary>Entries found damaged by a read since this tier was opened.</summary>
    public long DamagedEntries => Interlocked.Read(ref _damagedEntries);

    /// <inheritdoc/>
    public Entry? Get(CacheKey key) => Get(key, out _);

    /// <summary>As <see cref="Get(CacheKey)"/>, and says whether the entry was there but damaged.</summary>
    public Entry? Get(CacheKey key, out bool wasDamaged)
    {
        wasDamaged = false;
        if (!_database.TryRead<Reading>(link => ReadEntry(link, key), out var reading))
            return null;
        if (reading is Reading.Damaged damaged)
        {
            wasDamaged = true;
            Interlocked.Increment(ref _damagedEntries);
            RemoveDamaged(damaged);
            return null;
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
        if (_database.TryWrite(link => WriteEntry(link, key, entry), out bool written) && written)
            return true;
        Remove(key);
        return false;
    }

    /// <inheritdoc/>
    public bool Remove(CacheKey key) =>
        _database.TryWrite(link => link.Execute("DELETE FROM entries WHERE key = ?1", Bytes(key)), out _);

    /// <summary>Notes a use now, to be written by the next <see cref="FlushUses"/>: a hit never waits for a write.</summary>
    public void Touch(CacheKey key) => _uses.Add(key, _time.GetUtcNow().UtcTicks);

    /// <inheritdoc/>
    public void Dispose()
    {
        FlushUses();
        _database.Dispose();
    }

    private static byte[] Bytes(CacheKey key)
    {
        Digest value = key.Value;
        return value.ToArray();
    }

    private static byte[]? Bytes(Digest? digest) => digest?.ToArray();

    /// <summary>One statement, so that one snapshot: an entry is never seen with the blobs of another moment.</summary>
    private static Reading ReadEntry(SqliteLink link, CacheKey key)
    {
        using SqliteDataReader row = link.Query("""
            SELECT e.id, e.seal, e.is_note, e.exit, e.stdout, e.stderr, e.created, e.render_ms, e.chart, e.chart_version,
                   e.holds_secret, e.material, o.codec, o.size, o.data, x.codec, x.size, x.data
            FROM entries e LEFT JOIN blobs o ON o.digest = e.stdout LEFT JOIN blobs x ON x.digest = e.stderr
            WHERE e.key = ?1
            """, Bytes(key));
        if (!row.Read())
            return new Reading.Absent();
        long id = row.GetInt64(0);
        try
        {
            Digest? stdout = DigestAt(row, 4), stderr = DigestAt(row, 5);
            bool note = row.GetInt64(2) != 0;
            if (!TryStream(row, stdout, 12, out Blob output))
                return new Reading.Damaged(id, stdout);
            if (!TryStream(row, stderr, 15, out Blob errors))
                return new Reading.Damaged(id, stderr);
            var entry = new Entry
            {
                Result = note ? null : new RenderResult(checked((int)row.GetInt64(3)), output, errors.ToArray()),
                Created = new DateTimeOffset(row.GetInt64(6), TimeSpan.Zero),
                RenderMilliseconds = row.GetDouble(7),
                ChartName = row.GetString(8),
                ChartVersion = row.GetString(9),
                HoldsSecret = row.GetInt64(10) != 0,
                Material = row.GetFieldValue<byte[]>(11),
            };
            return DigestAt(row, 1) == EntrySeal.Of(key, entry, stdout, stderr)
                ? new Reading.Sound(entry)
                : new Reading.Damaged(id, null);
        }
        // A column of the wrong type, length or range: the page is readable, the row is not what was written.
        catch (Exception e) when (e is InvalidCastException or InvalidOperationException or ArgumentException or OverflowException)
        {
            return new Reading.Damaged(id, null);
        }
    }

    private static Digest? DigestAt(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : Digest.FromBytes(raw.sqlite3_column_blob(row.Handle, column));

    /// <summary>The stream whose codec, size and data stand at <paramref name="column"/>; false when it is not what was stored.</summary>
    private static bool TryStream(SqliteDataReader row, Digest? digest, int column, out Blob stream)
    {
        stream = s_empty;
        if (digest is null)
            return true;
        if (row.IsDBNull(column + 2))
            return false;
        Blob? data = BlobCodec.Decode(
            checked((int)row.GetInt64(column)), row.GetInt64(column + 1), raw.sqlite3_column_blob(row.Handle, column + 2));
        if (data is null || data.Digest() != digest)
            return false;
        stream = data;
        return true;
    }

    private bool WriteEntry(SqliteLink link, CacheKey key, Entry entry)
    {
        if (entry.Result is { } result && Math.Max(result.Stdout.Length, result.Stderr.Length) > BlobCodec.LargestBytes)
            return false;
        // First, since it may take a blob with it that the new entry brings back.
        link.Execute("DELETE FROM entries WHERE key = ?1", Bytes(key));
        Digest? stdout = WriteBlob(link, entry.Result?.Stdout);
        Digest? stderr = WriteBlob(link, entry.Result is { Stderr: var errors } ? Blob.Of(errors) : null);
        link.Execute("""
            INSERT INTO entries (key, seal, is_note, exit, stdout, stderr, created, last_use, uses, render_ms, chart,
                                 chart_version, holds_secret, own_bytes, material)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?10, ?11, ?12, ?13, ?14)
            """,
            Bytes(key), Bytes((Digest?)EntrySeal.Of(key, entry, stdout, stderr)), entry.Result is null ? 1 : 0,
            entry.Result?.ExitCode ?? 0, Bytes(stdout), Bytes(stderr), entry.Created.UtcTicks, _time.GetUtcNow().UtcTicks,
            entry.RenderMilliseconds, entry.ChartName, entry.ChartVersion, entry.HoldsSecret ? 1 : 0,
            SqliteSchema.Charge(entry.Material.Length), entry.Material);
        return true;
    }

    /// <summary>Sees to it that the blob is there and answers its digest; null for the empty stream.</summary>
    private static Digest? WriteBlob(SqliteLink link, Blob? data)
    {
        if (data is null or { Length: 0 })
            return null;
        Digest digest = data.Digest();
        byte[] name = digest.ToArray();
        if (link.Number("SELECT count(*) FROM blobs WHERE digest = ?1", name) == 0)
        {
            (int codec, byte[] stored) = data.Read(BlobCodec.Encode);
            link.Execute("INSERT INTO blobs (digest, codec, size, stored_bytes, uses, data) VALUES (?1, ?2, ?3, ?4, 0, ?5)",
                name, codec, data.Length, SqliteSchema.Charge(stored.Length), stored);
        }
        return digest;
    }

    /// <summary>Removes the entry by row; with a bad blob also every other entry that shows it, so that it is written anew.</summary>
    private void RemoveDamaged(Reading.Damaged damaged) => _database.TryWrite(
        link =>
        {
            link.Execute("DELETE FROM entries WHERE id = ?1", damaged.Id);
            if (damaged.Blob is Digest blob)
            {
                link.Execute("DELETE FROM entries WHERE stdout = ?1 OR stderr = ?1", blob.ToArray());
                link.Execute("DELETE FROM blobs WHERE digest = ?1", blob.ToArray());
            }
            return true;
        }, out _);

    private abstract record Reading
    {
        public sealed record Absent : Reading;

        public sealed record Sound(Entry Entry) : Reading;

        /// <param name="Id">Row of the entry.</param>
        /// <param name="Blob">The blob that is not what its digest says; null when the row itself is damaged.</param>
        public sealed record Damaged(long Id, Digest? Blob) : Reading;
    }
}
