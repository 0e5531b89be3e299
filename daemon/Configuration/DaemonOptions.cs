using System;
using System.Collections.Generic;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Configuration;

/// <summary>
/// Every setting with its unit and default. <see cref="EffectiveSettings"/> fills it; nothing else reads the file or its variables.
/// </summary>
public sealed record DaemonOptions
{
    /// <summary>Largest size of the store in bytes. Default 2 GiB.</summary>
    public long StoreMaxBytes { get; init; } = 2L << 30;

    /// <summary>Age (since last use) after which an entry goes. Null (default): no age limit.</summary>
    public TimeSpan? StoreMaxAge { get; init; }

    /// <summary>Where entries that hold a Secret may live. Default: on disk.</summary>
    public SecretsPolicy Secrets { get; init; } = SecretsPolicy.Disk;

    /// <summary>Size of the memory tier in bytes. Default 128 MiB.</summary>
    public long MemoryMaxBytes { get; init; } = 128L << 20;

    /// <summary>Quiet time after which the daemon leaves. Default 3 hours; zero: never.</summary>
    public TimeSpan IdleExit { get; init; } = TimeSpan.FromHours(3);

    /// <summary>Absolute path of the directory of armed copies; null (default): below the daemon's home.</summary>
    public string? ArmedDirectory { get; init; }

    /// <summary>Age (since last use) after which an armed copy goes. Default 30 days; zero: never.</summary>
    public TimeSpan ArmedMaxAge { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Absolute path of the real helm; null: found on PATH. For the shim; the daemon runs none.</summary>
    public string? Helm { get; init; }

    /// <summary>Patterns of charts that are never cached (<see cref="ChartExclusions"/>). Default: none.</summary>
    public IReadOnlyList<string> Bypass { get; init; } = [];

    /// <summary>True (default): calls that write what others read take turns.</summary>
    public bool Coordinate { get; init; } = true;

    /// <summary>
    /// How long an answer for a chart that helm downloads each time may be given again, from the start of the run. Default zero: never.
    /// </summary>
    public TimeSpan RemoteFreshFor { get; init; }

    /// <summary>Whether answers for charts that are named by digest are kept for good. Default: no.</summary>
    public bool RemoteDigest { get; init; }

    /// <summary>How much goes into the log. Default: what went wrong, starts and stops.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Info;

    /// <summary>The team's cache. Default: none.</summary>
    internal SharedSettings Shared { get; init; } = new();

    /// <summary>True: serve hits, store nothing.</summary>
    public bool ReadOnly { get; init; }
}
