using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using CacheDaemon.Client.Helm;

namespace CacheDaemon.Daemon.Configuration;

/// <summary>Where an effective value comes from.</summary>
public enum SettingSource
{
    /// <summary>Nobody said anything.</summary>
    Default,

    /// <summary>The configuration file.</summary>
    File,

    /// <summary>The environment.</summary>
    Environment,
}

/// <summary>What one setting is, and why.</summary>
/// <param name="Setting">The setting.</param>
/// <param name="Source">Who said so.</param>
/// <param name="Place"><c>file:line</c>, or the name of the variable; empty for a default.</param>
public sealed record SettingOrigin(Setting Setting, SettingSource Source, string Place);

/// <summary>
/// The effective settings: defaults, then the file, then variables. A bad file, key or value never stops anything: it is a
/// problem to be told, and what it should have changed stays as it was.
/// </summary>
/// <param name="Options">The settings.</param>
/// <param name="Origins">Where each one comes from, in the order of <see cref="Settings.All"/>.</param>
/// <param name="Problems">One line each: where, what is wrong, what is allowed.</param>
public sealed record EffectiveSettings(DaemonOptions Options, IReadOnlyList<SettingOrigin> Origins, IReadOnlyList<string> Problems)
{
    /// <summary>What holds for the daemon that this process is, or that it would start.</summary>
    public static EffectiveSettings ForDaemon() =>
        Load(ConfiguredHelm.File(), static setting => setting.PerCall ? null : Environment.GetEnvironmentVariable(setting.Variable));

    /// <summary>What holds for a call of helm made in this process's environment.</summary>
    public static EffectiveSettings ForCalls() =>
        Load(ConfiguredHelm.File(), static setting => Environment.GetEnvironmentVariable(setting.Variable));

    /// <summary>The settings of a file and of variables.</summary>
    /// <param name="path">The file; it need not exist.</param>
    /// <param name="variable">The value of a setting's variable, or null. An empty one counts as unset.</param>
    public static EffectiveSettings Load(string? path, Func<Setting, string?> variable)
    {
        var problems = new List<string>();
        var options = new DaemonOptions();
        Dictionary<Setting, SettingOrigin> origins = Settings.All.ToDictionary(
            s => s,
            s => new SettingOrigin(s, SettingSource.Default, "")
        );
        IReadOnlyList<FileSetting> inFile = ConfigurationFile.Parse(path, problems);
        // What was not understood may have been meant for the team's cache, and what is meant for it must not be missing: `encrypt_with`,
        // for one.
        string? mistake = problems.FirstOrDefault(),
            sharedMistake = null;
        foreach (FileSetting found in inFile)
        {
            if (found.Values is not { } values || found.Setting.Parse(options, values) is not { } changed)
            {
                Refuse(
                    found.Setting,
                    $"{found.At}: {found.Setting.Refusal(found.Values is null ? null : string.Join(", ", found.Values))}"
                );
                continue;
            }
            options = changed;
            origins[found.Setting] = new SettingOrigin(found.Setting, SettingSource.File, found.Place);
        }
        // As they stand in the file, whatever is wrong with each.
        problems = [.. problems.OrderBy(problem => LineOf(path, problem))];
        foreach (Setting setting in Settings.All)
        {
            if (variable(setting) is not { Length: > 0 } text)
                continue;
            if (setting.Parse(options, Words(setting, text)) is not { } changed)
            {
                string separated =
                    setting.HasColons ? ", separated by commas"
                    : setting.IsList ? ", separated by colons"
                    : "";
                Refuse(setting, $"{setting.Variable}: {setting.Refusal(text)}{separated}");
                continue;
            }
            options = changed;
            origins[setting] = new SettingOrigin(setting, SettingSource.Environment, setting.Variable);
        }
        mistake = sharedMistake ?? (options.Shared.Url is null ? null : mistake);
        if (mistake is not null)
            options = options with { Shared = options.Shared with { Mistake = mistake } };
        return new EffectiveSettings(options, [.. Settings.All.Select(s => origins[s])], problems);

        void Refuse(Setting setting, string problem)
        {
            problems.Add(problem);
            if (setting.Key.StartsWith("shared.", StringComparison.Ordinal))
                sharedMistake ??= problem;
        }
    }

    /// <summary>The line that a problem of the file is about; 0 when it is about the file.</summary>
    private static int LineOf(string? path, string problem) =>
        path is not null
        && problem.StartsWith(path + ":", StringComparison.Ordinal)
        && int.TryParse(problem[(path.Length + 1)..].Split(':')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int line)
            ? line
            : 0;

    private static string[] Words(Setting setting, string text) =>
        setting.HasColons ? text.Split([',', ' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)
        : setting.IsList ? text.Split(':', StringSplitOptions.RemoveEmptyEntries)
        // As the shim takes them: a relative path, and everything but 0 for yes.
        : setting.Key == "helm" ? [Path.GetFullPath(text)]
        : setting.Key == "readonly" ? [text == "0" ? "false" : "true"]
        : setting.Key == "coordinate" ? [text is "0" or "false" ? "false" : "true"]
        : [text];
}
