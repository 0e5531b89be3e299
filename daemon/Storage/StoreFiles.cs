using System;
using System.Globalization;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Storage;

#pragma warning disable CA1416 // File modes are Unix only, and so is the daemon for now: the other systems are untested.

/// <summary>The files of the store as files: made private, moved aside, deleted.</summary>
internal sealed class StoreFiles(string path, TimeProvider time)
{
    /// <summary>Name of the store before LiteDB held it; removed when it is met.</summary>
    private const string EarlierName = "store.db";

    /// <summary>The data file.</summary>
    public string Path { get; } = path;

    /// <summary>LiteDB's log of transactions that are not in the data file yet: <c>store-log.litedb</c>.</summary>
    public string LogPath { get; } = WithEnding(path, "-log");

    /// <summary>Where a compacted copy is made.</summary>
    public string CopyPath { get; } = WithEnding(path, "-copy");

    /// <summary>The file whose lock the owner of the store holds.</summary>
    public string LockPath { get; } = System.IO.Path.ChangeExtension(path, ".lock");

    /// <summary>Length of the log in bytes; 0 when there is none.</summary>
    public long LogLength => Libc.Stat(LogPath, follow: true, out FileStamp stamp) == 0 ? stamp.Size : 0;

    /// <summary>Sees to it that the directory, the data file and its log are there, the files with mode 0600 whatever the umask.</summary>
    public void Prepare()
    {
        string? directory = System.IO.Path.GetDirectoryName(Path);
        if (!string.IsNullOrEmpty(directory) && !Directory.Exists(directory))
            Directory.CreateDirectory(directory, LiteDbTierOptions.DirectoryMode);
        MakePrivate(Path);
        MakePrivate(LogPath);
    }

    /// <summary>Makes an empty file when there is none; either way it is this user's alone.</summary>
    public static void MakePrivate(string path)
    {
        if (!File.Exists(path))
        {
            var options = new FileStreamOptions
            {
                Mode = System.IO.FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = LiteDbTierOptions.FileMode,
            };
            using var created = new FileStream(path, options);
        }
        // A umask may have taken our own rights, and an older file may have too many.
        if (File.GetUnixFileMode(path) != LiteDbTierOptions.FileMode)
            File.SetUnixFileMode(path, LiteDbTierOptions.FileMode);
    }

    /// <summary>Device and inode of the data file now; null when there is none.</summary>
    public (ulong Device, ulong Inode)? Identity =>
        Libc.Stat(Path, follow: true, out FileStamp stamp) == 0 ? (stamp.Device, stamp.Inode) : null;

    /// <summary>Length of the data file in bytes.</summary>
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

    /// <summary>Deletes the store and whatever was moved aside. The log first: without its data file it must never be read.</summary>
    public void DeleteAll()
    {
        File.Delete(LogPath);
        File.Delete(Path);
        DeleteAllAside();
    }

    /// <summary>Cuts the log to nothing.</summary>
    public void EmptyLog()
    {
        if (LogLength > 0)
            File.WriteAllBytes(LogPath, []);
    }

    /// <summary>Puts the compacted copy into the place of the data file, which is gone then, with its log.</summary>
    public void TakeCopy()
    {
        File.Delete(LogPath);
        File.Move(CopyPath, Path, overwrite: true);
        DeleteCopy();
    }

    /// <summary>Deletes a compacted copy that is not wanted, or was not completed.</summary>
    public void DeleteCopy()
    {
        File.Delete(CopyPath);
        File.Delete(WithEnding(CopyPath, "-log"));
    }

    /// <summary>Deletes the store of an earlier version, with what belongs to it; answers its path, or null when there was none.</summary>
    public string? RemoveEarlier()
    {
        string earlier = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, EarlierName);
        if (!File.Exists(earlier))
            return null;
        foreach (string file in Directory.GetFiles(System.IO.Path.GetDirectoryName(Path)!, EarlierName + "*"))
        {
            if (HomeDirectory.IsOurName(System.IO.Path.GetFileName(file)))
                File.Delete(file);
        }
        return earlier;
    }

    private static string WithEnding(string path, string ending) =>
        System.IO.Path.Combine(
            System.IO.Path.GetDirectoryName(path)!,
            System.IO.Path.GetFileNameWithoutExtension(path) + ending + System.IO.Path.GetExtension(path)
        );

    private string MoveAside(string ending)
    {
        string target = $"{Path}.{ending}";
        File.Delete(target + "-log");
        // An empty one says nothing.
        if (LogLength > 0)
            File.Move(LogPath, target + "-log");
        File.Move(Path, target, overwrite: true);
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
