using System.Collections.Generic;
using System.Linq;
using Microsoft.Data.Sqlite;

namespace CacheDaemon.Daemon.Storage;

/// <summary>What an existing database file turned out to be.</summary>
internal abstract record SchemaState
{
    private SchemaState() { }

    /// <summary>No tables yet.</summary>
    public sealed record Empty : SchemaState;

    /// <summary>Ours, of this version.</summary>
    public sealed record Current : SchemaState;

    /// <summary>Ours, written by a newer daemon.</summary>
    public sealed record Newer(long Version) : SchemaState;

    /// <summary>A database that is not ours, or ours with parts missing.</summary>
    public sealed record Unknown(string Why) : SchemaState;
}

/// <summary>
/// The tables of <c>store.db</c>. To change them: raise <see cref="Version"/>, let <see cref="Inspect"/> name the older
/// version as a state of its own, bring such a file forward in one transaction, and add a test that opens one.
/// </summary>
internal static class SqliteSchema
{
    /// <summary>Stored as <c>user_version</c>.</summary>
    public const int Version = 1;

    /// <summary>Stored as <c>application_id</c> ("hmcd"): tells our file from any other SQLite database.</summary>
    public const int ApplicationId = 0x68_6D_63_64;

    private const int RowOverhead = 320;

    /// <summary>SQLite's default page size, which a new file has.</summary>
    public const int PageBytes = 4096;

    /// <summary>
    /// What a row with <paramref name="payload"/> bytes of material or blob takes in the file: small rows share a page,
    /// larger ones fill theirs. Measured with 100,000 entries: the sum is within 10 % of the length of the file.
    /// </summary>
    public static long Charge(long payload)
    {
        long bytes = payload + RowOverhead;
        return bytes <= PageBytes / 3 ? bytes : (bytes + PageBytes - 1) / PageBytes * PageBytes;
    }

    // Triggers keep blob use counts and totals true whichever statement removes an entry, inside the same transaction.
    // Streams that are empty are NULL, which spares the usual empty stderr a blob and a lookup.
    private const string Tables = """
        CREATE TABLE entries (
            id INTEGER PRIMARY KEY,
            key BLOB NOT NULL UNIQUE,
            seal BLOB NOT NULL,
            is_note INTEGER NOT NULL,
            exit INTEGER NOT NULL,
            stdout BLOB,
            stderr BLOB,
            created INTEGER NOT NULL,
            last_use INTEGER NOT NULL,
            uses INTEGER NOT NULL,
            render_ms REAL NOT NULL,
            chart TEXT NOT NULL,
            chart_version TEXT NOT NULL,
            holds_secret INTEGER NOT NULL,
            own_bytes INTEGER NOT NULL,
            material BLOB NOT NULL);
        CREATE INDEX entries_by_use ON entries (last_use);
        CREATE INDEX entries_by_chart ON entries (chart, last_use);
        CREATE INDEX entries_with_secret ON entries (id) WHERE holds_secret <> 0;

        CREATE TABLE blobs (
            id INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE,
            codec INTEGER NOT NULL,
            size INTEGER NOT NULL,
            stored_bytes INTEGER NOT NULL,
            uses INTEGER NOT NULL,
            data BLOB NOT NULL);

        CREATE TABLE varying (
            key BLOB PRIMARY KEY,
            seen INTEGER NOT NULL,
            reason INTEGER NOT NULL,
            detail TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE stamps (
            device INTEGER NOT NULL,
            inode INTEGER NOT NULL,
            size INTEGER NOT NULL,
            modified INTEGER NOT NULL,
            changed INTEGER NOT NULL,
            mode INTEGER NOT NULL,
            digest BLOB NOT NULL,
            flags INTEGER NOT NULL,
            seen INTEGER NOT NULL,
            PRIMARY KEY (device, inode)) WITHOUT ROWID;

        CREATE TABLE totals (id INTEGER PRIMARY KEY CHECK (id = 1), entries INTEGER NOT NULL, bytes INTEGER NOT NULL);
        INSERT INTO totals VALUES (1, 0, 0);
        CREATE TRIGGER entry_comes AFTER INSERT ON entries BEGIN
            UPDATE blobs SET uses = uses + 1 WHERE digest = new.stdout;
            UPDATE blobs SET uses = uses + 1 WHERE digest = new.stderr;
            UPDATE totals SET entries = entries + 1, bytes = bytes + new.own_bytes;
        END;
        CREATE TRIGGER entry_goes AFTER DELETE ON entries BEGIN
            UPDATE blobs SET uses = uses - 1 WHERE digest = old.stdout;
            UPDATE blobs SET uses = uses - 1 WHERE digest = old.stderr;
            DELETE FROM blobs WHERE digest IN (old.stdout, old.stderr) AND uses <= 0;
            UPDATE totals SET entries = entries - 1, bytes = bytes - old.own_bytes;
        END;
        CREATE TRIGGER blob_comes AFTER INSERT ON blobs BEGIN
            UPDATE totals SET bytes = bytes + new.stored_bytes;
        END;
        CREATE TRIGGER blob_goes AFTER DELETE ON blobs BEGIN
            UPDATE totals SET bytes = bytes - old.stored_bytes;
        END;
        """;

    private static readonly string[] s_names =
    [
        "blob_comes", "blob_goes", "blobs", "counters", "entries", "entries_by_chart", "entries_by_use",
        "entries_with_secret", "entry_comes", "entry_goes", "stamps", "totals", "varying",
    ];

    /// <summary>Looks at the file without changing it.</summary>
    public static SchemaState Inspect(SqliteLink link)
    {
        long application = link.Number("PRAGMA application_id");
        long version = link.Number("PRAGMA user_version");
        var names = new HashSet<string>();
        using (SqliteDataReader rows = link.Query("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"))
        {
            while (rows.Read())
                names.Add(rows.GetString(0));
        }
        if (names.Count == 0 && version == 0 && (application is 0 or ApplicationId))
            return new SchemaState.Empty();
        if (application != ApplicationId)
            return new SchemaState.Unknown("it is not a store of helmcached");
        if (version > Version)
            return new SchemaState.Newer(version);
        return version == Version && s_names.All(names.Contains)
            ? new SchemaState.Current()
            : new SchemaState.Unknown("tables are missing");
    }

    /// <summary>Writes the tables into an empty file.</summary>
    public static void Create(SqliteLink link)
    {
        // Must come before the first page is written: lets a prune give disk space back in small steps.
        link.Run("PRAGMA auto_vacuum=INCREMENTAL");
        link.InTransaction(l =>
        {
            l.Run($"PRAGMA application_id={ApplicationId}");
            l.Run(Tables);
            l.Run($"PRAGMA user_version={Version}");
            return 0;
        });
    }
}
