using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Threading;
using CacheDaemon.Client.Native;
using LiteDB;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// The one door to <c>store.litedb</c>: one writer behind a lock, readers that never wait for it but for a short checkpoint. Runs
/// operations and turns every failure of theirs into an answer: a damaged file is moved aside and work goes on with a
/// fresh one; a file that cannot be opened now is tried again later, by a write, never by a read.
/// </summary>
internal sealed partial class LiteDbStore : IDisposable
{
    /// <summary>LiteDB gives up at 100 open transactions, and each reader has one.</summary>
    private const int MaxReaders = 16;

    /// <summary>Bytes of log at which the writer copies it into the data file: readers wait for that, so it stays short.</summary>
    private const long CheckpointBytes = 2L << 20;

    private readonly LiteDbTierOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<string> _log;
    private readonly StoreFiles _files;

    /// <summary>Operations hold it shared; opening, closing and replacing the file hold it alone.</summary>
    private readonly ReaderWriterLockSlim _gate = new();
    private readonly object _writing = new();
    private readonly SemaphoreSlim _readerSlots = new(MaxReaders);

    private LiteDbSession? _session;
    private int _lock = -1;
    private (ulong Device, ulong Inode)? _identity;
    private int _generation;
    private long _writes;
    private int _walks;
    private long _failedAt;
    private bool _disposed;
    private string _lastLogged = "";
    private long _lastLoggedAt;

    public LiteDbStore(LiteDbTierOptions options, TimeProvider time, Action<string> log)
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

    /// <summary>
    /// Changes whenever another file takes the place of this one: what was written in parts before is not completed after.
    /// </summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>What the store holds; nothing while it is not in use.</summary>
    public StoreSums Sums => _session?.Sums ?? default;

    /// <summary>Runs a query. False when it failed; then the failure is logged and dealt with.</summary>
    public bool TryRead<T>(Func<LiteDbSession, T> query, [MaybeNullWhen(false)] out T result) =>
        TryRun(query, Timeout.InfiniteTimeSpan, writing: false, out result);

    /// <summary>
    /// The same for a query that looks at many documents: the writer lets its log grow rather than wait, and keep other readers waiting.
    /// </summary>
    public bool TryWalk<T>(Func<LiteDbSession, T> query, [MaybeNullWhen(false)] out T result)
    {
        Interlocked.Increment(ref _walks);
        try
        {
            return TryRead(query, out result);
        }
        finally
        {
            Interlocked.Decrement(ref _walks);
        }
    }

    /// <summary>Runs a change in one transaction, however long the writer is busy. False when nothing was changed.</summary>
    public bool TryWrite<T>(Func<LiteDbSession, T> change, [MaybeNullWhen(false)] out T result) =>
        TryWrite(change, Timeout.InfiniteTimeSpan, out result);

    /// <summary>The same for what a caller waits for: false, too, when the writer is busy for longer than its patience.</summary>
    public bool TryNote<T>(Func<LiteDbSession, T> change, [MaybeNullWhen(false)] out T result) =>
        TryWrite(change, _options.WriterPatience, out result);

    /// <summary>Copies the log into the data file, so that neither shows what was deleted.</summary>
    public void Checkpoint() =>
        TryRun(
            static session =>
            {
                session.Checkpoint();
                return true;
            },
            Timeout.InfiniteTimeSpan,
            writing: true,
            out _
        );

    /// <summary>When the file was deleted or replaced under us, closes what is open and opens what is there.</summary>
    public void ReopenWhenReplaced()
    {
        if (_session is null || _files.Identity == _identity)
            return;
        Replace(_generation, () => Log("the file was replaced by someone else; opening it anew"));
    }

    /// <summary>
    /// Deletes the files and begins fresh ones, which takes milliseconds however much there was, and leaves nothing to be overwritten.
    /// The counters stay.
    /// </summary>
    public void Empty()
    {
        if (
            !TryRead<List<BsonDocument>>(
                static session => session.Select(LiteDbSchema.Counters, int.MaxValue, null, null),
                out var counters
            )
        )
            return;
        Replace(_generation, _files.DeleteAll);
        TryWrite(
            session =>
            {
                foreach (BsonDocument counter in counters)
                    session.Put(LiteDbSchema.Counters, counter);
                return true;
            },
            out _
        );
    }

    /// <inheritdoc cref="LiteDbTierOptions.IsOthers"/>
    public bool IsOthers => _options.IsOthers;

    /// <summary>Deletes every store that was moved aside; what cannot be deleted is logged.</summary>
    public void DeleteAside() => TryDelete(_files.DeleteAllAside);

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
        // The gate stays usable: a late operation finds no session and is answered "no", instead of meeting a disposed lock.
    }

    private void TryDelete(Action delete)
    {
        try
        {
            if (Directory.Exists(System.IO.Path.GetDirectoryName(_options.Path)))
                delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log(e.Message);
        }
    }

    private bool TryWrite<T>(Func<LiteDbSession, T> change, TimeSpan patience, [MaybeNullWhen(false)] out T result)
    {
        ReopenWhenDue();
        return TryRun(
            session =>
            {
                _writes++;
                T made = session.InTransaction(change);
                if (_files.LogLength >= CheckpointBytes && Volatile.Read(ref _walks) == 0)
                    session.Checkpoint();
                return made;
            },
            patience,
            writing: true,
            out result
        );
    }

    private bool TryRun<T>(Func<LiteDbSession, T> work, TimeSpan patience, bool writing, [MaybeNullWhen(false)] out T result)
    {
        Exception failure;
        result = default;
        _gate.EnterReadLock();
        int generation = _generation;
        try
        {
            return _session is not null && (writing ? Locked(work, patience, out result) : Read(work, out result));
        }
        // Damage shows as any exception, from deep inside LiteDB; each becomes a miss, a line in the log, and a fresh store.
#pragma warning disable CA1031
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }
        finally
        {
            _gate.ExitReadLock();
        }
        switch (Grave(failure))
        {
            case Gravity.Passing:
                Log(failure.Message);
                break;
            case Gravity.Closed:
                // LiteDB closes itself when another thread meets damage: what that was is said there, or by the next opening.
                Replace(
                    generation,
                    () =>
                    {
                        if (failure is not (LiteException or ObjectDisposedException))
                            Log(failure.Message);
                    },
                    broken: true
                );
                break;
            default:
                Replace(generation, () => SetAside(Describe(failure)), broken: true);
                break;
        }
        return false;
    }

    private bool Locked<T>(Func<LiteDbSession, T> work, TimeSpan patience, [MaybeNullWhen(false)] out T result)
    {
        result = default;
        if (!Monitor.TryEnter(_writing, patience))
            return false;
        try
        {
            result = work(_session!);
            return true;
        }
        finally
        {
            Monitor.Exit(_writing);
        }
    }

    private bool Read<T>(Func<LiteDbSession, T> work, [MaybeNullWhen(false)] out T result)
    {
        _readerSlots.Wait();
        try
        {
            result = work(_session!);
            return true;
        }
        finally
        {
            _readerSlots.Release();
        }
    }

    private void ReopenWhenDue()
    {
        if (
            _session is not null
            || _disposed
            || _options.IsOthers
            || _time.GetElapsedTime(Volatile.Read(ref _failedAt)) < _options.RetryAfter
        )
            return;
        Replace(_generation, static () => { });
    }

    /// <summary>Closes the file, lets <paramref name="whileClosed"/> act on it, opens what is there then.</summary>
    /// <param name="generation">Of the file that is meant: nothing happens when another thread has done it already.</param>
    /// <param name="whileClosed">What to do between.</param>
    /// <param name="broken">Whether it is of no use to copy the log first.</param>
    private void Replace(int generation, Action whileClosed, bool broken = false)
    {
        _gate.EnterWriteLock();
        try
        {
            if (_disposed || generation != _generation)
                return;
            Close(broken);
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

    /// <summary>The files after it: the data file alone, when all went well.</summary>
    private void Close(bool broken = false)
    {
        _generation++;
        CloseSession(_session, broken);
        _session = null;
        if (_lock >= 0)
            Libc.Close(_lock);
        _lock = -1;
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
