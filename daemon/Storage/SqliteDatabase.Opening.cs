using System;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Threading;
using Microsoft.Data.Sqlite;

namespace CacheDaemon.Daemon.Storage;

/// <summary>How the file is opened, looked over, and moved out of the way when it cannot be used.</summary>
internal sealed partial class SqliteDatabase
{
    private const string NoLibrary =
        "No SQLite library can be loaded; install the system's (libsqlite3-0) or keep libe_sqlite3.so beside the daemon.";

    private void SetAside(string why)
    {
        string kept = _files.MoveDamagedAside();
        Log($"{why} It was kept as {kept} and a fresh store begun.");
    }

    private void Open()
    {
        try
        {
            for (int attempt = 0; ; attempt++)
            {
                _files.Prepare();
                if (TryOpenOnce(out string? why))
                    break;
                if (attempt > 0)
                {
                    Fail(why);
                    return;
                }
            }
            _identity = _files.Identity;
            Problem = null;
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException
            or DllNotFoundException or EntryPointNotFoundException or TypeInitializationException)
        {
            Fail(e is SqliteException or IOException or UnauthorizedAccessException ? e.Message : NoLibrary);
        }
    }

    /// <summary>Opens the file that is there; when it cannot be used, moves it aside and answers false.</summary>
    private bool TryOpenOnce([NotNullWhen(false)] out string? why)
    {
        SqliteLink? link = null;
        try
        {
            link = SqliteLink.Open(_options.Path, _options.WriterPatience);
            SchemaState state = SqliteSchema.Inspect(link);
            switch (state)
            {
                case SchemaState.Newer newer:
                    link.Dispose();
                    why = $"Schema {newer.Version} is newer than this daemon knows ({SqliteSchema.Version}).";
                    Log($"{why} It was kept, unchanged, as {_files.MoveNewerAside(newer.Version)} and a fresh store begun.");
                    return false;
                case SchemaState.Unknown unknown:
                    link.Dispose();
                    SetAside(why = $"The file cannot be used: {unknown.Why}.");
                    return false;
                case SchemaState.Empty:
                    SqliteSchema.Create(link);
                    break;
            }
            Configure(link);
            Probe(link);
            _writer = link;
            why = null;
            return true;
        }
        catch (SqliteException e)
        {
            link?.Dispose();
            if (!IsDamage(e))
                throw;
            SetAside(why = e.Message);
            return false;
        }
    }

    private void Configure(SqliteLink link)
    {
        link.Text("PRAGMA journal_mode=WAL");
        // In WAL mode NORMAL loses the last commits at a power cut, never the file: right for a cache.
        link.Run("PRAGMA synchronous=NORMAL");
        link.Run("PRAGMA secure_delete=ON");
        link.Run("PRAGMA journal_size_limit=16777216");
        link.Number($"PRAGMA max_page_count={Math.Max(64, _options.MaxFileBytes / SqliteSchema.PageBytes)}");
    }

    /// <summary>
    /// A quick look at both ends of each index and at the length of the file: a start must not read the whole store.
    /// Deeper damage shows when an entry is read, where every byte is checked.
    /// </summary>
    private void Probe(SqliteLink link)
    {
        bool sound = link.Number("SELECT count(*) FROM totals WHERE entries >= 0 AND bytes >= 0") == 1;
        foreach (string end in (string[])["min(key)", "max(key)", "min(last_use)", "max(last_use)", "min(chart)", "max(chart)"])
            link.Text($"SELECT {end} FROM entries");
        link.Text("SELECT max(digest) FROM blobs");

        // The file may be short of pages that are still in the log only, so ask after all of the log was copied.
        bool copied = link.First("PRAGMA wal_checkpoint(PASSIVE)", r => r.GetInt64(0) == 0 && r.GetInt64(1) == r.GetInt64(2));
        long due = link.Number("PRAGMA page_count") * link.Number("PRAGMA page_size");
        if (!sound || (copied && _files.Length < due))
            throw new SqliteException("The file is shorter than it says, or its totals are missing.", SQLitePCL.raw.SQLITE_CORRUPT);
    }

    private void Fail(string why)
    {
        Close();
        Problem = why;
        Volatile.Write(ref _failedAt, _time.GetTimestamp());
        Log(why);
    }
}
