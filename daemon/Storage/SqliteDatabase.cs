using System;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Threading;
using Microsoft.Data.Sqlite;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// The connections to one <c>store.db</c>: one writer behind a lock, a few readers that never wait for it (WAL). Runs
/// operations and turns every failure of theirs into an answer: a damaged file is moved aside and work goes on with a
/// fresh one; a file that cannot be opened now is tried again later, by a write, never by a read.
/// </summary>
internal sealed partial class SqliteDatabase : IDisposable
{
    private const int MaxReaders = 4;

    private readonly SqliteTierOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<string> _log;
    private readonly StoreFiles _files;

    /// <summary>Operations hold it shared; opening, closing and replacing the file hold it alone.</summary>
    private readonly ReaderWriterLockSlim _gate = new();
    private readonly Lock _writing = new();
    private readonly SemaphoreSlim _readerSlots = new(MaxReaders);
    private readonly ConcurrentStack<SqliteLink> _readers = new();

    private SqliteLink? _writer;
    private (ulong Device, ulong Inode)? _identity;
    private int _generation;
    private long _failedAt;
    private bool _disposed;
    private string _lastLogged = "";
    private long _lastLoggedAt;

    public SqliteDatabase(SqliteTierOptions options, TimeProvider time, Action<string> log)
    {
        _options = options;
        _time = time;
        _log = log;
        _files = new StoreFiles(options.Path, time);
        _gate.EnterWriteLock();
        try
        {
            Open();
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <summary>Why the store is not in use, in one line; null while it is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Runs a query on a reader. False when it failed; then the failure is logged and dealt with.</summary>
    public bool TryRead<T>(Func<SqliteLink, T> query, [MaybeNullWhen(false)] out T result) =>
        TryRun(query, writing: false, out result);

    /// <summary>Runs a change on the writer, in one transaction. False when nothing was changed.</summary>
    public bool TryWrite<T>(Func<SqliteLink, T> change, [MaybeNullWhen(false)] out T result)
    {
        ReopenWhenDue();
        return TryRun(link => link.InTransaction(change), writing: true, out result);
    }

    /// <summary>Runs upkeep on the writer outside any transaction (checkpoints, vacuum).</summary>
    public bool TryMaintain(Action<SqliteLink> upkeep) => TryRun(
        link =>
        {
            upkeep(link);
            return true;
        }, writing: true, out _);

    /// <summary>When the file was deleted or replaced under us, closes what is open and opens what is there.</summary>
    public void ReopenWhenReplaced()
    {
        if (_writer is null || _files.Identity == _identity)
            return;
        Replace(_generation, () => Log("the file was replaced by someone else; opening it anew"));
    }

    /// <summary>Deletes every store that was moved aside; what cannot be deleted is logged.</summary>
    public void DeleteAside()
    {
        try
        {
            _files.DeleteAllAside();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log(e.Message);
        }
    }

    public void Dispose()
    {
        _gate.EnterWriteLock();
        try
        {
            _disposed = true;
            Close();
        }
        finally
        {
            _gate.ExitWriteLock();
        }
        // The gate stays usable: a late operation finds no writer and is answered "no", instead of meeting a disposed lock.
    }

    /// <summary>
    /// SQLite reports damage as CORRUPT or NOTADB; an ERROR means that our fixed statements no longer fit the tables.
    /// Everything else (BUSY, FULL, IOERR, READONLY, CANTOPEN) may pass, and says nothing against the file.
    /// </summary>
    private static bool IsDamage(SqliteException failure) => failure.SqliteErrorCode is
        SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB or SQLitePCL.raw.SQLITE_ERROR;

    private bool TryRun<T>(Func<SqliteLink, T> work, bool writing, [MaybeNullWhen(false)] out T result)
    {
        SqliteException failure;
        _gate.EnterReadLock();
        int generation = _generation;
        try
        {
            if (_writer is null)
            {
                result = default;
                return false;
            }
            result = writing ? Locked(work) : Read(work);
            return true;
        }
        catch (SqliteException e)
        {
            failure = e;
        }
        // What the reader of a row throws when a column has another type, length or range than was written.
        catch (Exception e) when (e is InvalidCastException or ArgumentException or OverflowException)
        {
            Log($"A row cannot be read: {e.Message}");
            result = default;
            return false;
        }
        finally
        {
            _gate.ExitReadLock();
        }
        result = default;
        if (IsDamage(failure))
            Replace(generation, () => SetAside(failure.Message));
        else
            Log(failure.Message);
        return false;
    }

    private T Locked<T>(Func<SqliteLink, T> work)
    {
        lock (_writing)
            return work(_writer!);
    }

    private T Read<T>(Func<SqliteLink, T> work)
    {
        _readerSlots.Wait();
        try
        {
            if (!_readers.TryPop(out SqliteLink? reader))
            {
                reader = SqliteLink.Open(_options.Path, _options.ReaderPatience);
                reader.Run("PRAGMA query_only=ON");
            }
            try
            {
                return work(reader);
            }
            finally
            {
                _readers.Push(reader);
            }
        }
        finally
        {
            _readerSlots.Release();
        }
    }

    private void ReopenWhenDue()
    {
        if (_writer is not null || _disposed || _time.GetElapsedTime(Volatile.Read(ref _failedAt)) < _options.RetryAfter)
            return;
        Replace(_generation, () => { });
    }

    /// <summary>
    /// Closes everything, lets <paramref name="whileClosed"/> act on the files, opens again. Every connection is closed first:
    /// the last one to close a database deletes its log by name, which by then would be the new file's.
    /// </summary>
    private void Replace(int generation, Action whileClosed)
    {
        _gate.EnterWriteLock();
        try
        {
            if (_disposed || generation != _generation)
                return;
            Close();
            try
            {
                whileClosed();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Fail(e.Message);
                return;
            }
            Open();
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    private void Close()
    {
        _generation++;
        while (_readers.TryPop(out SqliteLink? reader))
            reader.Dispose();
        _writer?.Dispose();
        _writer = null;
    }

    /// <summary>One line; the same line again only after a minute, since a full disk fails every write alike.</summary>
    private void Log(string message)
    {
        long now = _time.GetTimestamp();
        if (message == _lastLogged && _time.GetElapsedTime(_lastLoggedAt, now) < TimeSpan.FromMinutes(1))
            return;
        _lastLogged = message;
        _lastLoggedAt = now;
        _log($"{_options.Path}: {message}");
    }
}
