using System;
using System.IO;

namespace CacheDaemon.Daemon.Storage;

/// <summary>Where the store lives and how patient it is.</summary>
public sealed record SqliteTierOptions
{
    /// <summary>Name of the database inside the home.</summary>
    public const string FileName = "store.db";

    /// <summary>Full path of the database file; its directory is made (mode 0700) when it is missing.</summary>
    public required string Path { get; init; }

    /// <summary>How long a write waits while another process (an admin command) holds the write lock. Default 1 s.</summary>
    public TimeSpan WriterPatience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a read waits; in WAL mode it has to only while the log is being recovered. Default 20 ms.</summary>
    public TimeSpan ReaderPatience { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>After a failure to open, the time until the next try. Default 30 s.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The file never grows beyond this many bytes, whatever the eviction limit: a write that would is refused.
    /// Default 4 GiB.
    /// </summary>
    public long MaxFileBytes { get; init; } = 4L << 30;

    /// <summary>The store in <paramref name="home"/>, with the defaults.</summary>
    public static SqliteTierOptions In(string home) => new() { Path = System.IO.Path.Combine(home, FileName) };

    internal const UnixFileMode DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    internal const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
}
