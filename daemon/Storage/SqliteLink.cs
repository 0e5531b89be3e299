using System;
using System.Collections.Generic;
using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// One connection with its prepared statements. Parameters are positional (<c>?1</c>, <c>?2</c>, …). For one thread at a
/// time; every method may throw <see cref="SqliteException"/>.
/// </summary>
internal sealed class SqliteLink : IDisposable
{
    /// <summary>
    /// Microsoft.Data.Sqlite repeats a busy statement every 150 ms until the command's timeout; a negative one means
    /// never, which leaves the waiting to SQLite's own busy handler with its finer steps.
    /// </summary>
    private const int NoRetry = -1;

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _prepared = [];

    private SqliteLink(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens <paramref name="path"/>, which must exist.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="busyTimeout">How long a statement waits for another connection's lock.</param>
    public static SqliteLink Open(string path, TimeSpan busyTimeout)
    {
        _ = SqliteNative.Description;
        var text = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false };
        var connection = new SqliteConnection(text.ConnectionString);
        try
        {
            connection.Open();
            var link = new SqliteLink(connection);
            link.Run($"PRAGMA busy_timeout={(long)busyTimeout.TotalMilliseconds}");
            // Finds a damaged cell when its page is read, not when something odd happens later.
            link.Run("PRAGMA cell_size_check=ON");
            link.Run("PRAGMA trusted_schema=OFF");
            return link;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Runs <paramref name="sql"/> once, without keeping it prepared; it may hold several statements.</summary>
    public void Run(string sql)
    {
        using SqliteCommand command = Command(sql);
        using SqliteDataReader rows = command.ExecuteReader();
        do
        {
            // Some pragmas (incremental_vacuum) do one step of their work for each row that is asked for.
            while (rows.Read())
            {
            }
        }
        while (rows.NextResult());
    }

    /// <summary>Runs a prepared statement; answers how many rows it changed itself (triggers not counted).</summary>
    public int Execute(string sql, params object?[] arguments)
    {
        SqliteCommand command = Prepared(sql, arguments);
        try
        {
            return command.ExecuteNonQuery();
        }
        finally
        {
            Forget(command);
        }
    }

    /// <summary>Runs a prepared query; the caller disposes the reader before the next statement of the same text.</summary>
    public SqliteDataReader Query(string sql, params object?[] arguments)
    {
        SqliteCommand command = Prepared(sql, arguments);
        try
        {
            return command.ExecuteReader();
        }
        finally
        {
            Forget(command);
        }
    }

    /// <summary>The number in the first column of the first row; 0 when there is none.</summary>
    public long Number(string sql, params object?[] arguments)
    {
        using SqliteDataReader rows = Query(sql, arguments);
        return rows.Read() && !rows.IsDBNull(0) ? rows.GetInt64(0) : 0;
    }

    /// <summary>What <paramref name="read"/> makes of the first row; the default value when there is none.</summary>
    public T? First<T>(string sql, Func<SqliteDataReader, T> read, params object?[] arguments)
    {
        using SqliteDataReader rows = Query(sql, arguments);
        return rows.Read() ? read(rows) : default;
    }

    /// <summary>The text in the first column of the first row; empty when there is none.</summary>
    public string Text(string sql)
    {
        using SqliteDataReader rows = Query(sql);
        return rows.Read() ? Convert.ToString(rows.GetValue(0), CultureInfo.InvariantCulture) ?? "" : "";
    }

    /// <summary>Runs <paramref name="work"/> in a transaction that takes the write lock at once; all of it happens or nothing.</summary>
    public T InTransaction<T>(Func<SqliteLink, T> work)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            T result = work(this);
            Execute("COMMIT");
            return result;
        }
        catch
        {
            // SQLite has already rolled back by itself after the graver errors.
            if (raw.sqlite3_get_autocommit(_connection.Handle) == 0)
                raw.sqlite3_exec(_connection.Handle, "ROLLBACK");
            throw;
        }
    }

    public void Dispose()
    {
        foreach (SqliteCommand command in _prepared.Values)
            command.Dispose();
        _prepared.Clear();
        _connection.Dispose();
    }

    private SqliteCommand Prepared(string sql, object?[] arguments)
    {
        if (!_prepared.TryGetValue(sql, out SqliteCommand? command))
        {
            command = Command(sql);
            for (int i = 1; i <= arguments.Length; i++)
                command.Parameters.Add(new SqliteParameter { ParameterName = $"?{i}" });
            _prepared.Add(sql, command);
        }
        for (int i = 0; i < arguments.Length; i++)
            command.Parameters[i].Value = arguments[i] ?? DBNull.Value;
        return command;
    }

    /// <summary>SQLite has copied what was bound; a prepared statement must not keep a 100 MB blob alive until its next use.</summary>
    private static void Forget(SqliteCommand command)
    {
        for (int i = 0; i < command.Parameters.Count; i++)
            command.Parameters[i].Value = DBNull.Value;
    }

    private SqliteCommand Command(string sql)
    {
        SqliteCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // Every text is a constant of this room; values are bound.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.CommandTimeout = NoRetry;
        return command;
    }
}
