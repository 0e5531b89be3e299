using System;
using System.IO;
using CacheDaemon.Client.Native;
using CacheDaemon.Daemon.Keys;
using LiteDB;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// Looks a store over without changing it. While a daemon has it, only its header can be looked at: the daemon checks what it reads.
/// </summary>
internal static class StoreCheck
{
    /// <summary>
    /// Whether the file is a store of ours and can be read from end to end, each blob as its digest says. Null when all is
    /// well, else what is wrong, as one line. Takes a few seconds per gigabyte.
    /// </summary>
    /// <param name="path">The data file, which must exist.</param>
    /// <param name="time">The clock of the store's files.</param>
    public static string? Run(string path, TimeProvider time)
    {
        int held = -1;
        try
        {
            var files = new StoreFiles(path, time);
            held = Libc.TryLock(Libc.PathBytes(files.LockPath), out _);
            switch (LiteDbSchema.Inspect(path, wholeLength: held >= 0 && files.LogLength == 0))
            {
                case FileState.Unknown unknown:
                    return unknown.Why;
                case FileState.Newer newer:
                    return $"its format {newer.Version} is newer than this version knows ({LiteDbSchema.Version})";
            }
            return held >= 0 ? Walk(path) : null;
        }
#pragma warning disable CA1031 // Damage shows as any exception; here it becomes the answer.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e.Message.ReplaceLineEndings(" ");
        }
        finally
        {
            if (held >= 0)
                Libc.Close(held);
        }
    }

    private static string? Walk(string path)
    {
        if (new FileInfo(path).Length == 0)
            return null;
        using LiteDbSession session = LiteDbSession.Open(path, readOnly: true);
        if (LiteDbSchema.Missing(session) is { } missing)
            return missing;
        foreach (string name in session.Collections())
        {
            foreach (BsonDocument row in session.Each(name))
            {
                if (
                    name == LiteDbSchema.Blobs
                    && (EntryRows.DigestOf(row["_id"]) is not Digest digest || BlobRows.Read(session, digest) is null)
                )
                    return "an output is not what was stored";
            }
        }
        return null;
    }
}
