using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using CacheDaemon.Client;
using CacheDaemon.Daemon.Storage;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CacheDaemon.Daemon;

/// <summary>
/// Reads the one configuration file. A bad file or value never stops anything: it is a problem to be told, and the
/// defaults hold for what could not be read.
/// </summary>
public static class ConfigurationFile
{
    /// <summary>Name of the variable that names the file.</summary>
    public const string Variable = "HELMCACHED_CONFIG";

    private static readonly (string Unit, long Factor)[] SizeUnits =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("kB", 1000), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("K", 1L << 10), ("M", 1L << 20), ("G", 1L << 30), ("B", 1),
    ];

    private static readonly (string Unit, TimeSpan Factor)[] TimeUnits =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1)), ("w", TimeSpan.FromDays(7)),
    ];

    /// <summary>Where the file is, whether or not it exists: <c>HELMCACHED_CONFIG</c>, else below the account's home.</summary>
    public static string? Location() =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen ? Path.GetFullPath(chosen)
        : Endpoint.AccountHome() is { } home ? home + "/.config/helmcached/config.yaml"
        : null;

    /// <summary>Options and problems of the file at <paramref name="path"/>; the defaults when there is none.</summary>
    /// <param name="path">From <see cref="Location"/>.</param>
    /// <param name="problems">One line each: file:line:column, what is wrong, what is allowed.</param>
    public static DaemonOptions Read(string? path, out IReadOnlyList<string> problems)
    {
        var found = new List<string>();
        problems = found;
        if (path is null || !File.Exists(path))
            return new DaemonOptions();
        try
        {
            using var text = new StreamReader(path);
            var yaml = new YamlStream();
            yaml.Load(text);
            if (yaml.Documents.Count == 0)
                return new DaemonOptions();
            if (yaml.Documents[0].RootNode is not YamlMappingNode root)
            {
                found.Add($"{At(path, yaml.Documents[0].RootNode.Start)}: the file is not a mapping of settings; start with a line such as idle_exit: 3h");
                return new DaemonOptions();
            }
            return Apply(new DaemonOptions(), root, "", path, found);
        }
        catch (YamlException e)
        {
            found.Add($"{At(path, e.Start)}: not YAML: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            found.Add($"{path}: cannot be read: {e.Message}");
        }
        return new DaemonOptions();
    }

    /// <summary>Reads a size such as <c>2GiB</c>, <c>500MB</c> or <c>1048576</c> into bytes.</summary>
    public static bool TryParseSize(string text, out long bytes)
    {
        foreach ((string unit, long factor) in SizeUnits)
            if (text.EndsWith(unit, StringComparison.Ordinal))
                return TryScale(text[..^unit.Length], factor, out bytes);
        return TryScale(text, 1, out bytes);
    }

    /// <summary>Reads a length of time such as <c>90s</c>, <c>3h</c> or <c>7d</c>.</summary>
    public static bool TryParseTime(string text, out TimeSpan time)
    {
        foreach ((string unit, TimeSpan factor) in TimeUnits)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal) && TryScale(text[..^unit.Length], factor.Ticks, out long ticks))
            {
                time = TimeSpan.FromTicks(ticks);
                return true;
            }
        }
        time = default;
        return text == "0";
    }

    private static DaemonOptions Apply(DaemonOptions options, YamlMappingNode mapping, string prefix, string path, List<string> problems)
    {
        foreach ((YamlNode nameNode, YamlNode valueNode) in mapping.Children)
        {
            string name = prefix + (nameNode as YamlScalarNode)?.Value;
            if (valueNode is YamlMappingNode section && name is ("store" or "memory"))
            {
                options = Apply(options, section, name + ".", path, problems);
                continue;
            }
            string value = (valueNode as YamlScalarNode)?.Value ?? "";
            (DaemonOptions? changed, string allowed) = Set(options, name, value);
            if (changed is null)
                problems.Add($"{At(path, (allowed.Length == 0 ? nameNode : valueNode).Start)}: " + (allowed.Length == 0
                    ? $"{name} is not a setting; known are idle_exit, impure, memory.max_size, readonly, store.max_age, store.max_size, store.secrets"
                    : $"{name}: this value is not understood; allowed: {allowed}"));
            options = changed ?? options;
        }
        return options;
    }

    /// <summary>The options with one setting changed; null when the value is bad (with what is allowed) or the name unknown (with nothing).</summary>
    private static (DaemonOptions? Changed, string Allowed) Set(DaemonOptions options, string name, string value)
    {
        const string Size = "a size such as 512MiB or 2GiB";
        const string Time = "a time such as 90s, 3h or 7d; 0 for never";
        const string Truth = "true or false";
        switch (name)
        {
            case "store.max_size": return (TryParseSize(value, out long store) ? options with { StoreMaxBytes = store } : null, Size);
            case "store.max_age": return (TryParseTime(value, out TimeSpan age) ? options with { StoreMaxAge = age == default ? null : age } : null, Time);
            case "memory.max_size": return (TryParseSize(value, out long memory) ? options with { MemoryMaxBytes = memory } : null, Size);
            case "idle_exit": return (TryParseTime(value, out TimeSpan idle) ? options with { IdleExit = idle } : null, Time);
            case "readonly": return (bool.TryParse(value, out bool readOnly) ? options with { ReadOnly = readOnly } : null, Truth);
            case "store.secrets":
                return (value switch
                {
                    "disk" => options with { Secrets = SecretsPolicy.Disk },
                    "memory" => options with { Secrets = SecretsPolicy.Memory },
                    "never" => options with { Secrets = SecretsPolicy.Never },
                    _ => null,
                }, "disk, memory or never");
            case "impure":
                return (value switch
                {
                    "bypass" => options with { Impure = ImpurePolicy.Bypass },
                    "freeze" => options with { Impure = ImpurePolicy.Freeze },
                    _ => null,
                }, "bypass or freeze");
            default: return (null, "");
        }
    }

    private static bool TryScale(string number, long factor, out long result)
    {
        result = 0;
        if (!decimal.TryParse(number.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value) || value > long.MaxValue / (decimal)factor)
            return false;
        result = (long)(value * factor);
        return true;
    }

    private static string At(string path, Mark mark) => $"{path}:{mark.Line}:{mark.Column}";
}
