using System;
using System.IO;

namespace CacheDaemon.Daemon.Storage;

/// <summary>Where the store lives and how patient it is.</summary>
public sealed record LiteDbTierOptions
{
    /// <summary>Name of the data file inside the home.</summary>
    public const string FileName = "store.litedb";

    /// <summary>Full path of the data file; its directory is made (mode 0700) when it is missing.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// How long opening waits while another process (an admin command) has the store, and a note for the writer. Default 1 s.
    /// </summary>
    public TimeSpan WriterPatience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>After a failure to open, the time until the next try. Default 30 s.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The data file never grows beyond this many bytes, whatever the eviction limit: a write that would is refused.
    /// Default 4 GiB.
    /// </summary>
    public long MaxFileBytes { get; init; } = 4L << 30;

    /// <summary>Whether the store is left to the daemon of other callers: nothing is opened, made or tried again. Default false.</summary>
    public bool IsOthers { get; init; }

    /// <summary>The store in <paramref name="home"/>, with the defaults.</summary>
    public static LiteDbTierOptions In(string home) => new() { Path = System.IO.Path.Combine(home, FileName) };

    internal const UnixFileMode DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    internal const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
}
