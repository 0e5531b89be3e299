using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Sealing;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Configuration;

/// <summary>The one table of all settings (<c>docs/configuration.md</c> explains them).</summary>
public static class Settings
{
    /// <summary>No store is larger; and twice as much must still be a number.</summary>
    private const long MaxSizeBytes = 1L << 50;

    private const string Size = "a size such as 512MiB or 2GiB, at most 1024TiB";
    private const string Time = "a time such as 90s, 3h or 7d; 0 for never";

    /// <summary>All settings, in the order in which people are shown them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        new(
            "helm",
            "The real helm. Empty: the first helm on PATH that is not this one.",
            "an absolute path, or nothing",
            "/usr/local/bin/helm",
            static (options, value) =>
                value[0].StartsWith('/') ? options with { Helm = value[0] }
                : value[0].Length == 0 ? options with { Helm = null }
                : null,
            static options => options.Helm ?? ""
        )
        {
            PerCall = true,
        },
        new(
            "store.max_size",
            "Size limit: the least recently used entries are deleted first. The file never exceeds twice this.",
            Size,
            "500MiB",
            static (options, value) => TrySize(value[0], out long size) ? options with { StoreMaxBytes = size } : null,
            static options => ShowSize(options.StoreMaxBytes)
        ),
        new(
            "store.max_age",
            "Entries not used for this long are deleted. 0: no limit.",
            Time,
            "30d",
            static (options, value) =>
                ConfigurationFile.TryParseTime(value[0], out TimeSpan age)
                    ? options with
                    {
                        StoreMaxAge = age == default ? null : age,
                    }
                    : null,
            static options => ShowTime(options.StoreMaxAge ?? default)
        ),
        new(
            "store.secrets",
            "Where entries with a Kubernetes Secret may live.",
            "disk, memory or never",
            "memory",
            static (options, value) =>
                value[0] switch
                {
                    "disk" => options with { Secrets = SecretsPolicy.Disk },
                    "memory" => options with { Secrets = SecretsPolicy.Memory },
                    "never" => options with { Secrets = SecretsPolicy.Never },
                    _ => null,
                },
            static options => Lower(options.Secrets)
        ),
        new(
            "memory.max_size",
            "Memory for entries; an entry larger than a quarter of it stays on disk only.",
            Size,
            "64MiB",
            static (options, value) => TrySize(value[0], out long size) ? options with { MemoryMaxBytes = size } : null,
            static options => ShowSize(options.MemoryMaxBytes)
        ),
        new(
            "idle_exit",
            "Time without a call after which the daemon exits. 0: never.",
            Time,
            "12h",
            static (options, value) =>
                ConfigurationFile.TryParseTime(value[0], out TimeSpan idle) ? options with { IdleExit = idle } : null,
            static options => ShowTime(options.IdleExit)
        ),
        new(
            "armed.directory",
            "Where armed copies of helm are kept. Empty: in armed, below the daemon's home.",
            "an absolute path, or nothing",
            "/var/lib/helmcached/armed",
            static (options, value) =>
                value[0].StartsWith('/') ? options with { ArmedDirectory = value[0] }
                : value[0].Length == 0 ? options with { ArmedDirectory = null }
                : null,
            static options => options.ArmedDirectory ?? ""
        ),
        new(
            "armed.max_age",
            "Armed copies of helm not used for this long are deleted. 0: never.",
            Time,
            "90d",
            static (options, value) =>
                ConfigurationFile.TryParseTime(value[0], out TimeSpan age) ? options with { ArmedMaxAge = age } : null,
            static options => ShowTime(options.ArmedMaxAge)
        ),
        new(
            "bypass",
            "Charts that are never cached, by name or by absolute path (including everything below it).",
            "names of charts or absolute paths, with * ? and [a-z]",
            "[\"scratch-*\", /home/me/experiments]",
            static (options, value) => value.All(ChartExclusions.IsPattern) ? options with { Bypass = [.. value] } : null,
            static options =>
                options.Bypass.Count == 0 ? "[]" : "[" + string.Join(", ", options.Bypass.Select(static p => $"\"{p}\"")) + "]"
        )
        {
            IsList = true,
        },
        new(
            "remote.fresh_for",
            "How long to reuse a result for a chart that helm downloads on each call. 0: never.",
            Time,
            "10m",
            static (options, value) =>
                ConfigurationFile.TryParseTime(value[0], out TimeSpan window) ? options with { RemoteFreshFor = window } : null,
            static options => ShowTime(options.RemoteFreshFor)
        ),
        new(
            "remote.digest",
            "Whether results for charts named by digest (oci://…@sha256:…) are kept without a time limit.",
            "true or false",
            "true",
            static (options, value) => bool.TryParse(value[0], out bool keeps) ? options with { RemoteDigest = keeps } : null,
            static options => Lower(options.RemoteDigest)
        ),
        new(
            "shared.url",
            "The team's cache: a server that takes GET and PUT, or Redis. Empty: none.",
            "http://, https://, redis:// or rediss://, a host, and no user (of http), question mark or hash; or nothing",
            "https://cache.example.com/helm",
            static (options, value) =>
                value[0].Length == 0 ? Changed(options, options.Shared with { Url = null })
                : SharedSettings.ParseUrl(value[0]) is { } url ? Changed(options, options.Shared with { Url = url })
                : null,
            static options => options.Shared.Url is { } url ? SharedSettings.Shown(url) : ""
        ),
        new(
            "shared.mode",
            "Whether what this machine renders is written to the team's cache.",
            "read or write",
            "write",
            static (options, value) =>
                value[0] is "read" or "write" ? Changed(options, options.Shared with { MayWrite = value[0] == "write" }) : null,
            static options => options.Shared.MayWrite ? "write" : "read"
        ),
        new(
            "shared.trust",
            "Whose entries are served from the team's cache.",
            "public keys (hc1:…) or absolute paths of files with such keys",
            "[/etc/helmcached/ci.pub]",
            static (options, value) =>
                value.All(static item => item.StartsWith('/') || PublicKey.IsLine(item))
                    ? Changed(options, options.Shared with { Trust = [.. value] })
                    : null,
            static options =>
                options.Shared.Trust.Count == 0
                    ? "[]"
                    : "[" + string.Join(", ", options.Shared.Trust.Select(static item => $"\"{item}\"")) + "]"
        )
        {
            IsList = true,
            HasColons = true,
        },
        PathOf(
            "sign_with",
            "The private key that written entries are signed with: a file of mode 0600.",
            "/run/secrets/signing.key",
            static shared => shared.SignWith,
            static (shared, path) => shared with { SignWith = path }
        ),
        PathOf(
            "encrypt_with",
            "The team key that entries are encrypted with: a file of mode 0600. Empty: they are not encrypted.",
            "/etc/helmcached/team.key",
            static shared => shared.EncryptWith,
            static (shared, path) => shared with { EncryptWith = path }
        ),
        PathOf(
            "names_from",
            "The team key that names on the server come from: a file of mode 0600. Empty: that of encrypt_with.",
            "/etc/helmcached/team.key",
            static shared => shared.NamesFrom,
            static (shared, path) => shared with { NamesFrom = path }
        ),
        PathOf(
            "headers_from",
            "Header lines for the server, such as Authorization: a file of mode 0600.",
            "/etc/helmcached/headers",
            static shared => shared.HeadersFrom,
            static (shared, path) => shared with { HeadersFrom = path }
        ),
        PathOf(
            "password_from",
            "The password for Redis: a file of mode 0600.",
            "/etc/helmcached/redis-password",
            static shared => shared.PasswordFrom,
            static (shared, path) => shared with { PasswordFrom = path }
        ),
        PathOf(
            "ca_file",
            "Certificates (PEM) of the authorities that may vouch for the server, in place of those that the system trusts.",
            "/etc/ssl/company-ca.pem",
            static shared => shared.CaFile,
            static (shared, path) => shared with { CaFile = path }
        ),
        new(
            "shared.max_age",
            "Entries of the team's cache that are older are not served.",
            "a time such as 7d or 12h, at most 3650d",
            "7d",
            static (options, value) =>
                ConfigurationFile.TryParseTime(value[0], out TimeSpan age) && age > TimeSpan.Zero && age <= SharedSettings.LongestMaxAge
                    ? Changed(options, options.Shared with { MaxAge = age })
                    : null,
            static options => ShowTime(options.Shared.MaxAge)
        ),
        new(
            "shared.secrets",
            "Whether entries with a Kubernetes Secret go to the team's cache: not at all, or encrypted with encrypt_with.",
            "never or encrypted",
            "encrypted",
            static (options, value) =>
                value[0] is "never" or "encrypted" ? Changed(options, options.Shared with { Secrets = value[0] == "encrypted" }) : null,
            static options => options.Shared.Secrets ? "encrypted" : "never"
        ),
        new(
            "log.level",
            "What to log: nothing, errors, also starts and stops, also each call.",
            "off, error, info or debug",
            "debug",
            static (options, value) =>
                value[0] switch
                {
                    "off" => options with { LogLevel = LogLevel.Off },
                    "error" => options with { LogLevel = LogLevel.Error },
                    "info" => options with { LogLevel = LogLevel.Info },
                    "debug" => options with { LogLevel = LogLevel.Debug },
                    _ => null,
                },
            static options => Lower(options.LogLevel)
        ),
        new(
            "readonly",
            "Serve hits, store nothing.",
            "true or false",
            "true",
            static (options, value) => bool.TryParse(value[0], out bool readOnly) ? options with { ReadOnly = readOnly } : null,
            static options => Lower(options.ReadOnly)
        )
        {
            PerCall = true,
        },
        new(
            "coordinate",
            "Whether repo update, dependency build and update, and pull take turns.",
            "true or false",
            "false",
            static (options, value) => bool.TryParse(value[0], out bool coordinate) ? options with { Coordinate = coordinate } : null,
            static options => Lower(options.Coordinate)
        )
        {
            PerCall = true,
        },
    ];

    /// <summary>The setting of this name, or null.</summary>
    public static Setting? Find(string key) => All.FirstOrDefault(setting => setting.Key == key);

    /// <summary>What a person is told who named a setting that does not exist.</summary>
    public static string Unknown(string key)
    {
        IEnumerable<string> keys = All.Select(static setting => setting.Key);
        // Right but for the section: max_size.
        string[] elsewhere = [.. keys.Where(known => known.EndsWith("." + key, StringComparison.Ordinal))];
        string? meant = CloseMatch.Of(key, keys) ?? (elsewhere.Length > 0 ? string.Join(" or ", elsewhere) : null);
        return $"unknown setting {key}; " + (meant is null ? "`helmcached config` lists them all" : $"did you mean {meant}?");
    }

    /// <summary>Bytes in the largest unit that needs no fraction.</summary>
    public static string ShowSize(long bytes)
    {
        (string, long)[] units = [("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10)];
        foreach ((string unit, long factor) in units)
            if (bytes != 0 && bytes % factor == 0)
                return (bytes / factor).ToString(CultureInfo.InvariantCulture) + unit;
        return bytes.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A time in the largest unit that needs no fraction; <c>0</c> for none.</summary>
    public static string ShowTime(TimeSpan time)
    {
        (string, long)[] units =
        [
            ("d", TimeSpan.TicksPerDay),
            ("h", TimeSpan.TicksPerHour),
            ("m", TimeSpan.TicksPerMinute),
            ("s", TimeSpan.TicksPerSecond),
        ];
        if (time == TimeSpan.Zero)
            return "0";
        foreach ((string unit, long factor) in units)
            if (time.Ticks % factor == 0)
                return (time.Ticks / factor).ToString(CultureInfo.InvariantCulture) + unit;
        return time.TotalMilliseconds.ToString(CultureInfo.InvariantCulture) + "ms";
    }

    private static Setting PathOf(
        string name,
        string purpose,
        string example,
        Func<SharedSettings, string?> get,
        Func<SharedSettings, string?, SharedSettings> set
    ) =>
        new(
            "shared." + name,
            purpose,
            "an absolute path, or nothing",
            example,
            (options, value) =>
                value[0].StartsWith('/') ? Changed(options, set(options.Shared, value[0]))
                : value[0].Length == 0 ? Changed(options, set(options.Shared, null))
                : null,
            options => get(options.Shared) ?? ""
        );

    private static DaemonOptions Changed(DaemonOptions options, SharedSettings shared) => options with { Shared = shared };

    private static bool TrySize(string text, out long bytes) => ConfigurationFile.TryParseSize(text, out bytes) && bytes <= MaxSizeBytes;

    private static string Lower(object value) => value.ToString()!.ToLowerInvariant();
}
