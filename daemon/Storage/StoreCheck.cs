using System;
using System.IO;
using Microsoft.Data.Sqlite;

namespace CacheDaemon.Daemon.Storage;

/// <summary>Looks a store over without changing it, beside a daemon that uses it or without one.</summary>
internal static class StoreCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// SQLite's <c>quick_check</c> (all but that indexes agree with their tables), and whether it is a store of ours at all. Null when all is
    /// well, else what is wrong, as one line. Takes about a second per gigabyte.
    /// </summary>
    /// <param name="path">The database file, which must exist.</param>
    public static string? Run(string path)
    {
        try
        {
            using SqliteLink link = SqliteLink.Open(path, Patience);
            switch (SqliteSchema.Inspect(link))
            {
                case SchemaState.Unknown unknown: return unknown.Why;
                case SchemaState.Newer newer: return $"its schema {newer.Version} is newer than this version knows ({SqliteSchema.Version})";
            }
            string answer = link.Text("PRAGMA quick_check(1)");
            return answer == "ok" ? null : answer.ReplaceLineEndings(" ");
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException or DllNotFoundException or TypeInitializationException)
        {
            return e.Message.ReplaceLineEndings(" ");
        }
    }
}
