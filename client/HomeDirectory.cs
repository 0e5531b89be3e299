using System;
using System.Collections.Generic;
using System.Text;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Client;

/// <summary>
/// Tells a directory that is helmcached's own from one that somebody keeps other things in: <see cref="Endpoint.HomeVariable"/> may name
/// any. Nothing is made, changed or deleted in a directory that is not ours.
/// </summary>
public static class HomeDirectory
{
    /// <summary>Every file that any part of helmcached makes in a home. Guarded by <c>C2_every_name_in_a_home_is_known</c>.</summary>
    private static readonly string[] s_names =
    [
        "daemon.lock",
        "launch.lock",
        "daemon.sock",
        "daemon.sock.new",
        "daemon.log",
        "daemon.log.1",
        "avoid",
        "start-failed",
        "newcomer",
        "proofs.lock",
        "store.lock",
        "store-log.litedb",
        "store-copy.litedb",
        "store-copy-log.litedb",
    ];

    /// <summary>
    /// What an endpoint apart has (<see cref="Endpoint.Apart"/>): these words, a hyphen, eight hexadecimal digits, and an ending.
    /// </summary>
    private static readonly (string Word, string[] Endings)[] s_apart =
    [
        ("daemon", [".lock", ".sock", ".sock.new", ".log", ".log.1"]),
        ("launch", [".lock"]),
        ("avoid", [""]),
        ("start-failed", [""]),
    ];

    /// <summary>The directories among them, ours with all that is in them.</summary>
    private static readonly string[] s_directories = ["armed", "captures", "proofs"];

    /// <summary>The data files of this and of earlier versions, which may be moved aside, and what then follows their names.</summary>
    private static readonly (string Store, string[] Suffixes)[] s_stores =
    [
        ("store.litedb", ["", "-log"]),
        ("store.db", ["", "-wal", "-shm", "-journal"]),
    ];

    /// <summary>The root of a file system has it, and nobody puts it there (mke2fs(8)).</summary>
    private const string LostAndFound = "lost+found";

    /// <summary>The content of the daemon's lock file: by it a directory is known as ours, whatever else is put there later.</summary>
    private static ReadOnlySpan<byte> Mark => "helmcached keeps its cache in this directory\n"u8;

    /// <summary>True when helmcached gives files or directories of its own this name.</summary>
    public static bool IsOurName(string name)
    {
        if (Array.IndexOf(s_names, name) >= 0 || IsOurDirectory(name))
            return true;
        foreach ((string word, string[] endings) in s_apart)
        {
            foreach (string ending in endings)
            {
                if (IsApart(name, word, ending))
                    return true;
            }
        }
        foreach ((string store, string[] suffixes) in s_stores)
        {
            foreach (string suffix in suffixes)
            {
                if (
                    name.StartsWith(store, StringComparison.Ordinal)
                    && name.EndsWith(suffix, StringComparison.Ordinal)
                    && name.Length >= store.Length + suffix.Length
                    && (
                        name.Length == store.Length + suffix.Length
                        || IsAside(name.AsSpan(store.Length, name.Length - store.Length - suffix.Length))
                    )
                )
                    return true;
            }
        }
        return false;
    }

    /// <summary>True for the name of a directory that is deleted with all that is in it.</summary>
    public static bool IsOurDirectory(string name) => Array.IndexOf(s_directories, name) >= 0;

    /// <summary>
    /// Null when <paramref name="endpoint"/>'s home is ours or not there yet; else what to tell the user. Ours is: the default one, one
    /// with our mark, and one that holds nothing but what we make.
    /// </summary>
    public static string? Problem(Endpoint endpoint)
    {
        string home = endpoint.Home;
        if (Libc.Stat(home, follow: true, out FileStamp stamp) == Libc.ENOENT)
            return null;
        if (stamp.Kind != FileKind.Directory)
            return $"{home} is not a directory; {Advice}";
        if (IsMarked(endpoint) || home == Endpoint.DefaultHome())
            return null;
        var names = new List<byte[]>();
        if (Libc.ReadDirectory(Libc.PathBytes(home), names) is var error and not 0)
            return $"{home} cannot be listed (errno {error}), so its owner is unknown; {Advice}";
        foreach (byte[] bytes in names)
        {
            string name = Encoding.UTF8.GetString(bytes);
            if (name == LostAndFound)
                continue;
            if (!IsOurName(name))
                return $"{home} is not a helmcached directory: it contains {name}; {Advice}";
            if (Libc.OwnerOf(home + "/" + name) != Libc.EffectiveUserId)
                return $"{home} is not a helmcached directory: its {name} belongs to another user; {Advice}";
        }
        return null;
    }

    /// <summary>
    /// Marks a home as ours. Only for whoever holds the daemon's lock. A mark that cannot be written (a full disk) is missed only when
    /// other things are put there.
    /// </summary>
    /// <param name="heldLock">Descriptor of the lock file.</param>
    public static void Claim(int heldLock)
    {
        if (Libc.Length(heldLock) == 0)
            _ = Libc.WriteAll(heldLock, Mark);
    }

    private static string Advice => $"set {Endpoint.HomeVariable} to a directory that is empty or does not exist yet";

    private static bool IsApart(string name, string word, string ending)
    {
        const int Digits = 8;
        if (
            name.Length != word.Length + 1 + Digits + ending.Length
            || name[word.Length] != '-'
            || !name.StartsWith(word, StringComparison.Ordinal)
            || !name.EndsWith(ending, StringComparison.Ordinal)
        )
            return false;
        foreach (char digit in name.AsSpan(word.Length + 1, Digits))
        {
            if (!char.IsAsciiHexDigitLower(digit))
                return false;
        }
        return true;
    }

    private static bool IsMarked(Endpoint endpoint)
    {
        string path = endpoint.Home + "/daemon.lock";
        byte[] content = new byte[Mark.Length + 1];
        return Libc.Stat(path, follow: false, out FileStamp stamp) == 0
            && stamp.Kind == FileKind.Regular
            && stamp.Size == Mark.Length
            && Libc.OwnerOf(path) == Libc.EffectiveUserId
            && Libc.ReadFile(Libc.PathBytes(path), stamp, content) == 0
            && content.AsSpan(0, Mark.Length).SequenceEqual(Mark);
    }

    /// <summary>
    /// What follows the store's name in the name of one that was moved aside: <c>.v2</c>, <c>.damaged-20261126T091500Z</c>.
    /// </summary>
    private static bool IsAside(ReadOnlySpan<char> ending)
    {
        const string Damaged = ".damaged-";
        const int TimeLength = 16; // yyyyMMddTHHmmssZ
        if (ending.StartsWith(".v"))
            return ending.Length > 2 && !ending[2..].ContainsAnyExceptInRange('0', '9');
        return ending.StartsWith(Damaged)
            && ending.Length == Damaged.Length + TimeLength
            && ending[Damaged.Length + 8] == 'T'
            && ending[^1] == 'Z'
            && !ending.Slice(Damaged.Length, 8).ContainsAnyExceptInRange('0', '9')
            && !ending[^7..^1].ContainsAnyExceptInRange('0', '9');
    }
}
