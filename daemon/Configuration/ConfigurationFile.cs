using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Native;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CacheDaemon.Daemon.Configuration;

/// <summary>
/// Reads the one configuration file. A bad file never stops anything: it is a problem to be told, and the rest of it holds.
/// </summary>
public static class ConfigurationFile
{
    /// <summary>Name of the variable that names the file.</summary>
    public const string Variable = "HELMCACHED_CONFIG";

    private static readonly (string Unit, long Factor)[] SizeUnits =
    [
        ("KiB", 1L << 10),
        ("MiB", 1L << 20),
        ("GiB", 1L << 30),
        ("TiB", 1L << 40),
        ("kB", 1000),
        ("KB", 1000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
        ("K", 1L << 10),
        ("M", 1L << 20),
        ("G", 1L << 30),
        ("B", 1),
    ];

    private static readonly (string Unit, TimeSpan Factor)[] TimeUnits =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("d", TimeSpan.FromDays(1)),
        ("w", TimeSpan.FromDays(7)),
    ];

    /// <summary>Options and problems of the file alone; the defaults when there is none.</summary>
    /// <param name="path">From <see cref="ConfiguredHelm.File"/>.</param>
    /// <param name="problems">One line each: file:line:column, what is wrong, what is allowed.</param>
    public static DaemonOptions Read(string? path, out IReadOnlyList<string> problems)
    {
        EffectiveSettings configuration = EffectiveSettings.Load(path, static _ => null);
        problems = configuration.Problems;
        return configuration.Options;
    }

    /// <summary>What stands in the file, in its order; nothing when there is none. Never throws.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problems">Receives one line for each thing that is no setting.</param>
    internal static IReadOnlyList<FileSetting> Parse(string? path, List<string> problems)
    {
        if (path is null || Libc.Stat(path, follow: true, out FileStamp stamp) != 0)
            return [];
        if (stamp.Kind == FileKind.Directory)
        {
            problems.Add($"{path} is a directory; name a file in it");
            return [];
        }
        // A pipe would be waited for; /dev/null is how people say "none".
        if (stamp.Kind != FileKind.Regular)
        {
            if (path != "/dev/null")
                problems.Add($"{path} is not a regular file");
            return [];
        }
        try
        {
            using var text = new StreamReader(path);
            return ParseText(path, text, problems);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{path}: cannot be read: {e.Message}");
            return [];
        }
    }

    /// <summary>What stands in a text, in its order. Never throws but for what reading throws.</summary>
    /// <param name="path">Where the text is from, for messages.</param>
    /// <param name="text">The text.</param>
    /// <param name="problems">Receives one line for each thing that is no setting.</param>
    internal static IReadOnlyList<FileSetting> ParseText(string path, TextReader text, List<string> problems)
    {
        var found = new List<FileSetting>();
        try
        {
            var yaml = new YamlStream();
            yaml.Load(text);
            if (yaml.Documents.Count == 0)
                return found;
            if (yaml.Documents[0].RootNode is YamlMappingNode root)
                Collect(root, "", path, found, problems);
            else
                problems.Add(
                    $"{At(path, yaml.Documents[0].RootNode.Start)}: the file is not a mapping of settings; start with a line such "
                        + "as idle_exit: 3h"
                );
        }
        catch (YamlException e)
        {
            problems.Add($"{At(path, e.Start)}: not YAML: {e.Message}");
        }
        return found;
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

    private static void Collect(YamlMappingNode mapping, string prefix, string path, List<FileSetting> found, List<string> problems)
    {
        foreach ((YamlNode nameNode, YamlNode valueNode) in mapping.Children)
        {
            string name = prefix + (nameNode as YamlScalarNode)?.Value;
            bool isSection = Settings.All.Any(setting => setting.Key.StartsWith(name + ".", StringComparison.Ordinal));
            if (isSection && valueNode is YamlMappingNode section)
                Collect(section, name + ".", path, found, problems);
            // A section whose lines are all commented out is none.
            else if (isSection && valueNode is YamlScalarNode { Value: null or "" })
                continue;
            else if (name == "impure")
                problems.Add(
                    $"{At(path, nameNode.Start)}: impure is each caller's choice now; set HELMCACHED_IMPURE=freeze in the "
                        + "environment of the calls that want it, and remove this line"
                );
            else if (isSection)
                problems.Add(
                    $"{At(path, nameNode.Start)}: {name} is a group of settings, not one; write each on a line below it: "
                        + $"{string.Join(", ", InSection(name))}"
                );
            else if (Settings.Find(name) is not { } setting)
                problems.Add($"{At(path, nameNode.Start)}: {Settings.Unknown(name)}");
            else
                found.Add(
                    new FileSetting(
                        setting,
                        ValuesOf(valueNode, setting.IsList),
                        $"{path}:{nameNode.Start.Line}",
                        At(path, valueNode.Start)
                    )
                );
        }
    }

    private static IEnumerable<string> InSection(string name) =>
        Settings
            .All.Where(setting => setting.Key.StartsWith(name + ".", StringComparison.Ordinal))
            .Select(setting => setting.Key[(name.Length + 1)..]);

    private static string[]? ValuesOf(YamlNode node, bool isList) =>
        node switch
        {
            YamlScalarNode scalar => [scalar.Value ?? ""],
            YamlSequenceNode items when isList => [.. items.Select(item => (item as YamlScalarNode)?.Value ?? "")],
            _ => null,
        };

    private static bool TryScale(string number, long factor, out long result)
    {
        result = 0;
        if (
            !decimal.TryParse(number.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value)
            || value > long.MaxValue / (decimal)factor
        )
            return false;
        result = (long)(value * factor);
        return true;
    }

    private static string At(string path, Mark mark) => $"{path}:{mark.Line}:{mark.Column}";
}
