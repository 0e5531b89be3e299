using CacheDaemon.Daemon.Storage;
using Microsoft.Data.Sqlite;

namespace CacheDaemon.Tests.Support;

/// <summary>Connections of someone else to a store: a person with a shell, a careless backup.</summary>
internal static class StoreConnection
{
    /// <summary>
    /// Opens one, which waits a minute for a lock, as long as a slow disk may take. The library is chosen before: one that is loaded by the first
    /// connection, and then by the choice, is two of them at once, each with handles of the other, and ends the process.
    /// </summary>
    /// <param name="file">The database.</param>
    /// <param name="readOnly">Whether nothing may be written.</param>
    public static SqliteConnection Open(string file, bool readOnly = false)
    {
        _ = SqliteNative.Description;
        var connection = new SqliteConnection($"Data Source={file};Pooling=False;Default Timeout=60;Mode={(readOnly ? "ReadOnly" : "ReadWriteCreate")}");
        connection.Open();
        return connection;
    }
}
