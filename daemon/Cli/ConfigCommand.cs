using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Cli.Checking;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Insight;

namespace CacheDaemon.Daemon.Cli;

/// <summary>
/// Shows every setting with where it comes from, and where the running daemon, which read its settings when it started, has
/// another one. Ends with <see cref="ExitCodes.Usage"/> when something is wrong with the configuration.
/// </summary>
internal static class ConfigCommand
{
    public static Command Create()
    {
        var example = new Option<bool>("--example") { Description = "Print a commented configuration file with every setting." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("config", "Show every setting, its value and where it comes from. Never starts the daemon.")
        {
            example,
            json,
            ConfigEditing.Get(),
            ConfigEditing.Set(),
        };
        command.SetAction(parsed => parsed.GetValue(example) ? Example() : Show(parsed.GetValue(json)));
        return command;
    }

    /// <summary>A file of all settings, each commented out at its default: valid as it is, and with any comment sign taken away.</summary>
    public static string ExampleText()
    {
        var text = new StringBuilder("# helmcached settings. Every line is optional; commented-out lines show the defaults.\n").Append(
            "# The daemon reads this file when it starts: run `helmcached stop`, and the next call starts it again.\n"
        );
        string section = "";
        foreach (Setting setting in Settings.All)
        {
            string[] parts = setting.Key.Split('.');
            string indent = parts.Length > 1 ? "  " : "";
            text.Append('\n');
            if (parts.Length > 1 && parts[0] != section)
                text.Append(parts[0]).Append(":\n");
            section = parts.Length > 1 ? parts[0] : "";
            text.Append($"{indent}# {setting.Purpose}\n{indent}# Takes {setting.Allowed}. Variable: {setting.Variable}\n");
            text.Append($"{indent}# {parts[^1]}: {(setting.Default.Length == 0 ? "\"\"" : setting.Default)}\n");
        }
        return text.ToString();
    }

    private static int Example()
    {
        Console.Write(ExampleText());
        return ExitCodes.Ok;
    }

    private static int Show(bool json)
    {
        EffectiveSettings configuration = EffectiveSettings.ForCalls();
        var problems = configuration.Problems.ToList();
        if (configuration.Options.Helm is { } helm && HelmLocator.Problem(helm, out _) is { } problem)
            problems.Add(
                $"{configuration.Origins.First(o => o.Setting.Key == "helm").Place}: helm: {helm} {problem}; name the real helm binary"
            );
        problems.AddRange(SharedChecks.Problems(configuration.Options.Shared).Except(problems));
        IReadOnlyDictionary<string, string> running = Running();
        if (json)
            Console.WriteLine(ToJson(configuration, problems, running));
        else
            Print(configuration, problems, running);
        return problems.Count == 0 ? ExitCodes.Ok : ExitCodes.Usage;
    }

    /// <summary>The settings of the running daemon by key; empty when none runs, or one of a version that does not say.</summary>
    public static IReadOnlyDictionary<string, string> Running()
    {
        try
        {
            return (AdminConnection.Ask(new Message.Status()) is { } status ? StatusReport.Read(status) : new()).SettingValues;
        }
        catch (IOException)
        {
            return new StatusReport().SettingValues; // Hung; `status` is the command that says so.
        }
    }

    /// <summary>What the running daemon has instead; null when it has the same, or when the setting is not the daemon's.</summary>
    private static string? Other(SettingOrigin origin, string value, IReadOnlyDictionary<string, string> running) =>
        !(origin.Setting.PerCall && origin.Source == SettingSource.Environment)
        && origin.Setting.Key != "helm"
        && running.TryGetValue(origin.Setting.Key, out string? has)
        && has != value
            ? has
            : null;

    private static void Print(EffectiveSettings configuration, List<string> problems, IReadOnlyDictionary<string, string> running)
    {
        string? file = ConfiguredHelm.File();
        Console.WriteLine(
            file is null
                ? "file: none; this account has no home directory"
                : $"file: {file}{(Path.Exists(file) ? "" : " (does not exist: `helmcached config --example` prints one to start from)")}"
        );
        Console.WriteLine();
        var rows = new List<string[]>();
        bool outdated = false;
        foreach (SettingOrigin origin in configuration.Origins)
        {
            string value = origin.Setting.Show(configuration.Options);
            string source = origin.Source == SettingSource.Default ? "default" : origin.Place;
            if (Other(origin, value, running) is { } has)
            {
                source += $"; the running daemon uses {has}";
                outdated = true;
            }
            rows.Add([origin.Setting.Key, value.Length == 0 ? WhenEmpty(origin.Setting.Key) : value, source]);
        }
        TextTable.Write(Console.Out, ["setting", "value", "from"], rows);
        if (outdated)
            Console.WriteLine("\nThe daemon reads its settings when it starts: run `helmcached stop`, and the next call starts it again.");
        foreach (string problem in problems)
            Console.Error.WriteLine($"helmcached: configuration: {problem}");
    }

    private static string WhenEmpty(string key) =>
        key switch
        {
            "helm" => "(found on PATH)",
            "armed.directory" => "(in the cache directory)",
            _ => "(none)",
        };

    private static string ToJson(EffectiveSettings configuration, List<string> problems, IReadOnlyDictionary<string, string> running)
    {
        string? file = ConfiguredHelm.File();
        IEnumerable<SettingReport> settings = configuration.Origins.Select(origin =>
        {
            string value = origin.Setting.Show(configuration.Options);
            return new SettingReport(
                origin.Setting.Key,
                value,
                origin.Source.ToString().ToLowerInvariant(),
                origin.Place,
                origin.Setting.Default,
                origin.Setting.Variable,
                Other(origin, value, running)
            );
        });
        return JsonSerializer.Serialize(
            new ConfigReport(file, File.Exists(file), [.. settings], problems),
            ConfigJson.Default.ConfigReport
        );
    }
}
