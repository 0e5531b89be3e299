using System;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Threading;
using CacheDaemon.Client.Native;
using LiteDB;
using LiteDB.Engine;

namespace CacheDaemon.Daemon.Storage;

/// <summary>How the file is opened, looked over, compacted, and moved out of the way when it cannot be used.</summary>
internal sealed partial class LiteDbStore
{
    /// <summary>Between two looks at a lock that another process holds.</summary>
    private static readonly TimeSpan s_lockLook = TimeSpan.FromMilliseconds(5);

    /// <summary>A file that is no more than this longer than what it holds, and no more than twice as long, stays as it is.</summary>
    private const long SpareBytes = 1L << 20;

    /// <summary>Documents copied in one transaction; of those that hold outputs, a chunk each at most.</summary>
    private const int CopiedDocuments = 256,
        CopiedLong = 16;

    private enum Gravity
    {
        /// <summary>Says nothing against the file, which is still open.</summary>
        Passing,

        /// <summary>Says nothing against the file, but LiteDB has closed it.</summary>
        Closed,

        /// <summary>The file cannot be trusted.</summary>
        Damage,
    }

    /// <summary>
    /// When the file is much longer than what it holds, copies that into a new file, which takes its place: LiteDB's files never shrink.
    /// Writes wait meanwhile, reads for the change at the end only.
    /// </summary>
    public void Compact()
    {
        string copy = _files.CopyPath;
        int generation = _generation;
        long writes = 0;
        bool copied =
            TryRun(
                session =>
                {
                    if (_files.Length <= SpareBytes + 2 * session.Sums.Bytes)
                        return false;
                    _files.DeleteCopy();
                    StoreFiles.MakePrivate(copy);
                    using LiteDbSession target = LiteDbSession.Open(copy);
                    LiteDbSchema.Create(target);
                    foreach (string name in session.Collections())
                        CopyAll(session, target, name);
                    target.Checkpoint();
                    writes = _writes;
                    return true;
                },
                Timeout.InfiniteTimeSpan,
                writing: true,
                out bool due
            ) && due;
        // What was written between the copy and here is in the old file only, which then stays.
        if (copied)
            Replace(
                generation,
                () =>
                {
                    if (_writes == writes)
                        _files.TakeCopy();
                }
            );
        TryDelete(_files.DeleteCopy);
    }

    private static void CopyAll(LiteDbSession source, LiteDbSession target, string name)
    {
        using var documents = source.Each(name).GetEnumerator();
        bool more = documents.MoveNext();
        int most = name is LiteDbSchema.Chunks or LiteDbSchema.Blobs or LiteDbSchema.Entries ? CopiedLong : CopiedDocuments;
        while (more)
        {
            target.InTransaction(t =>
            {
                for (int n = 0; more && n < most; n++, more = documents.MoveNext())
                    t.Put(name, documents.Current);
                return 0;
            });
            target.Checkpoint();
        }
    }

    private static Gravity Grave(Exception failure) =>
        failure switch
        {
            IOException or UnauthorizedAccessException or OutOfMemoryException => Gravity.Closed,
            // .NET's word for a file that would grow beyond the limit on the size of files (EFBIG of ftruncate).
            ArgumentOutOfRangeException when failure.Message.StartsWith("Specified file length was too large", StringComparison.Ordinal) =>
                Gravity.Closed,
            LiteException { ErrorCode: LiteException.LOCK_TIMEOUT or LiteException.FILE_SIZE_EXCEEDED } => Gravity.Passing,
            LiteException { ErrorCode: LiteException.ENGINE_DISPOSED } or ObjectDisposedException => Gravity.Closed,
            // The one failure that LiteDB gives no number of its own.
            LiteException { ErrorCode: 0 } full when full.Message.StartsWith("Maximum data file size", StringComparison.Ordinal) =>
                Gravity.Passing,
            _ => Gravity.Damage,
        };

    private static string Describe(Exception failure) => $"{failure.GetType().Name}: {failure.Message}".ReplaceLineEndings(" ");

    private void SetAside(string why)
    {
        string kept = _files.MoveDamagedAside();
        Log($"{why} It was kept as {kept}, and a new store was created.");
    }

    private void Open()
    {
        if (_options.IsOthers)
        {
            Problem = "the store belongs to the daemon of callers that see other files or have other rights";
            return;
        }
        try
        {
            _files.Prepare();
            if (!TryLock())
            {
                Fail("The store is in use by another process.");
                return;
            }
            if (_files.RemoveEarlier() is { } removed)
                Log($"removed {removed}, the store of an earlier version, which is no longer used");
            _files.DeleteCopy();
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
        catch (Exception e) when (Grave(e) != Gravity.Damage)
        {
            Fail(e.Message);
        }
    }

    /// <summary>One process at a time: LiteDB's own locks do not keep a second one out on Linux.</summary>
    private bool TryLock()
    {
        using var never = new ManualResetEventSlim();
        for (TimeSpan waited = TimeSpan.Zero; ; waited += s_lockLook)
        {
            _lock = Libc.TryLock(Libc.PathBytes(_files.LockPath), out int errno);
            if (errno != 0)
                throw new IOException($"{_files.LockPath} cannot be opened (errno {errno}).");
            if (_lock >= 0 || waited >= _options.WriterPatience)
                return _lock >= 0;
            never.Wait(s_lockLook);
        }
    }

    /// <summary>Opens the file that is there; when it cannot be used, moves it aside and answers false.</summary>
    private bool TryOpenOnce([NotNullWhen(false)] out string? why)
    {
        LiteDbSession? session = null;
        FileState state = LiteDbSchema.Inspect(_options.Path, wholeLength: _files.LogLength == 0);
        switch (state)
        {
            case FileState.Newer newer:
                why = $"Format {newer.Version} is newer than this daemon knows ({LiteDbSchema.Version}).";
                Log($"{why} It was kept, unchanged, as {_files.MoveNewerAside(newer.Version)} and a new store was created.");
                return false;
            case FileState.Unknown unknown:
                SetAside(why = $"The file cannot be used: {unknown.Why}.");
                return false;
            case FileState.Empty:
                // The log of a file that somebody deleted would be written into the new one.
                _files.EmptyLog();
                break;
        }
        try
        {
            session = LiteDbSession.Open(_options.Path);
            if (state is FileState.Empty)
                LiteDbSchema.Create(session);
            session = CopyLog(session);
            why =
                LiteDbSchema.Missing(session)
                ?? (_files.LogLength > 0 ? null : LiteDbSchema.Inspect(_options.Path, wholeLength: true) as FileState.Unknown)?.Why;
            if (why is null)
            {
                Limit(session);
                Begin(session);
                _session = session;
                return true;
            }
            why = $"The file cannot be used: {why}.";
        }
#pragma warning disable CA1031 // As in TryRun: damage shows as any exception.
        catch (Exception e) when (Grave(e) == Gravity.Damage)
#pragma warning restore CA1031
        {
            why = Describe(e);
        }
        catch
        {
            CloseSession(session, broken: true);
            throw;
        }
        CloseSession(session, broken: true);
        SetAside(why);
        return false;
    }

    /// <summary>Copies what a crash left in the log. On a full disk the log stays, and what is in it can be read all the same.</summary>
    private LiteDbSession CopyLog(LiteDbSession session)
    {
        try
        {
            session.Checkpoint();
            return session;
        }
        catch (IOException e)
        {
            Log(e.Message);
            CloseSession(session, broken: true);
            return LiteDbSession.Open(_options.Path);
        }
    }

    private void Limit(LiteDbSession session)
    {
        // A file that is already longer than a limit that was lowered keeps its length, and no more.
        long least = Math.Max(64 * LiteDbSchema.PageBytes, _files.Length);
        if (_files.LogLength > 0)
            return;
        session.SetPragma(Pragmas.LIMIT_SIZE, Math.Max(least, _options.MaxFileBytes));
        session.Checkpoint();
    }

    /// <summary>
    /// A look at both ends of each index: a start must not read the whole store. Deeper damage shows when an entry is read.
    /// </summary>
    private static void Begin(LiteDbSession session)
    {
        session.Sums = StoreSums.Of(session.Find(LiteDbSchema.Totals, 1));
        foreach (int direction in (int[])[Query.Ascending, Query.Descending])
        {
            foreach (string field in (string[])["_id", "used", "recent"])
                session.Select(LiteDbSchema.Uses, 1, $"{field} >= @0", field, direction, BsonValue.MinValue);
            session.Select(LiteDbSchema.Blobs, 1, "_id >= @0", "_id", direction, BsonValue.MinValue);
        }
    }

    private void CloseSession(LiteDbSession? session, bool broken)
    {
        if (session is null)
            return;
        try
        {
            if (!broken)
                session.Checkpoint();
        }
#pragma warning disable CA1031 // What the log holds is found by the next start.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (Problem is null && e is IOException)
                Log(e.Message);
        }
        session.Dispose();
    }

    private void Fail(string why)
    {
        Close();
        Problem = why;
        Volatile.Write(ref _failedAt, _time.GetTimestamp());
        Log(why);
    }
}
