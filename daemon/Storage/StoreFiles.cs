using System;
using System.Globalization;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Storage;

#pragma warning disable CA1416 // File modes are Unix only, and so is the daemon for now: the other systems are untested.

/// <summary>
/// The files of the store as files: made private, moved aside, deleted. Never opens the database file once SQLite may
/// have it open: closing any descriptor of a file drops the POSIX locks that SQLite holds on it (sqlite.org/howtocorrupt, 2.2).
/// </summary>
internal sealed class StoreFiles(string path, TimeProvider time)
{
    /// <summary>SQLite's companions of a database file; the first is the file itself.</summary>
    private static readonly string[] s_suffixes = ["", "-wal", "-shm", "-journal"];

    /// <summary>The database file.</summary>
    public string Path { get; } = path;

    /// <summary>
    /// Sees to it that the directory and an (empty or existing) file are there, the file with mode 0600. SQLite gives its
    /// -wal and -shm the mode of the database file, so nothing else is needed for them (findCreateFileMode in os_unix.c).
    /// </summary>
    public void Prepare()
    {
        string? directory = System.IO.Path.GetDirectoryName(Path);
        if (!string.IsNullOrEmpty(directory) && !Directory.Exists(directory))
            Directory.CreateDirectory(directory, SqliteTierOptions.DirectoryMode);
        if (!File.Exists(Path))
        {
            var options = new FileStreamOptions
            {
                Mode = System.IO.FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = SqliteTierOptions.FileMode,
            };
            using var created = new FileStream(Path, options);
        }
        // A umask may have taken our own rights, and an older file may have too many.
        foreach (string suffix in s_suffixes)
        {
            if (File.Exists(Path + suffix) && File.GetUnixFileMode(Path + suffix) != SqliteTierOptions.FileMode)
                File.SetUnixFileMode(Path + suffix, SqliteTierOptions.FileMode);
        }
    }

    /// <summary>Device and inode of the database file now; null when there is none.</summary>
    public (ulong Device, ulong Inode)? Identity =>
        Libc.Stat(Path, follow: true, out FileStamp stamp) == 0 ? (stamp.Device, stamp.Inode) : null;

    /// <summary>Length of the database file in bytes.</summary>
    public long Length => Libc.Stat(Path, follow: true, out FileStamp stamp) == 0 ? stamp.Size : 0;

    /// <summary>
    /// Renames a damaged or foreign store out of the way and answers its new name. Only the latest one is kept: each may
    /// be gigabytes and holds rendered secrets.
    /// </summary>
    public string MoveDamagedAside()
    {
        DeleteAside("damaged-*");
        string stamp = time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        return MoveAside($"damaged-{stamp}");
    }

    /// <summary>Renames a store of a newer daemon out of the way, unchanged, and answers its new name.</summary>
    public string MoveNewerAside(long version) => MoveAside($"v{version}");

    /// <summary>Deletes every store that was moved aside: part of "empty the store".</summary>
    public void DeleteAllAside()
    {
        DeleteAside("damaged-*");
        DeleteAside("v*");
    }

    private string MoveAside(string ending)
    {
        string target = $"{Path}.{ending}";
        foreach (string suffix in s_suffixes)
        {
            File.Delete(target + suffix);
            if (File.Exists(Path + suffix))
                File.Move(Path + suffix, target + suffix);
        }
        return target;
    }

    private void DeleteAside(string pattern)
    {
        string directory = System.IO.Path.GetDirectoryName(Path)!;
        foreach (string file in Directory.GetFiles(directory, $"{System.IO.Path.GetFileName(Path)}.{pattern}"))
            if (HomeDirectory.IsOurName(System.IO.Path.GetFileName(file)))
                File.Delete(file);
    }
}
