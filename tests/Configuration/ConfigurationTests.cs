using System;
using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Daemon.Cli;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Configuration;

/// <summary>Which of default, file and variable holds, and that each setting can be said in both ways.</summary>
public sealed class ConfigurationTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Keys => [.. Settings.All.Select(setting => setting.Key)];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Keys))]
    public void Every_setting_is_known_by_file_and_by_variable(string key)
    {
        Setting setting = Settings.Find(key)!;
        string[] parts = key.Split('.');
        string text = parts.Length == 1 ? $"{key}: {setting.Example}\n" : $"{parts[0]}:\n  {parts[1]}: {setting.Example}\n";
        var byFile = Load(text);
        Assert.Empty(byFile.Problems);
        Assert.NotEqual(setting.Default, setting.Show(byFile.Options));
        SettingOrigin origin = byFile.Origins.Single(o => o.Setting.Key == key);
        Assert.Equal((SettingSource.File, $"{_directory.At("config.yaml")}:{parts.Length}"), (origin.Source, origin.Place));
        Assert.All(byFile.Origins.Where(o => o.Setting.Key != key), o => Assert.Equal(SettingSource.Default, o.Source));

        string word =
            setting.HasColons ? setting.Example.Trim('[', ']')
            : setting.IsList ? "scratch-*:/home/me/experiments"
            : setting.Example;
        var byVariable = Load("{}\n", (setting.Variable, word));
        Assert.Empty(byVariable.Problems);
        Assert.Equal(setting.Show(byFile.Options), setting.Show(byVariable.Options));
        origin = byVariable.Origins.Single(o => o.Setting.Key == key);
        Assert.Equal((SettingSource.Environment, setting.Variable), (origin.Source, origin.Place));
    }

    /// <summary>What <c>config</c> shows can be copied into the file.</summary>
    [Theory]
    [MemberData(nameof(Keys))]
    public void What_is_shown_is_what_can_be_written(string key)
    {
        Setting setting = Settings.Find(key)!;
        foreach (string value in (string[])[setting.Default, setting.Example])
        {
            string[] values = !setting.IsList
                ? [value]
                : [.. value.Trim('[', ']').Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(v => v.Trim('"'))];
            DaemonOptions? options = setting.Parse(new DaemonOptions(), values);
            Assert.NotNull(options);
            Assert.Equal(
                setting.Show(options),
                setting.Show(
                    setting.Parse(
                        new DaemonOptions(),
                        setting.IsList ? [.. options.Bypass, .. options.Shared.Trust] : [setting.Show(options)]
                    )!
                )
            );
        }
    }

    [Fact]
    public void Variable_goes_before_the_file_which_goes_before_the_default()
    {
        var loaded = Load("idle_exit: 1h\nlog.level: debug\n", ("HELMCACHED_IDLE_EXIT", "2h"), ("HELMCACHED_LOG_LEVEL", ""));
        Assert.Equal(
            (TimeSpan.FromHours(2), LogLevel.Debug, 2L << 30),
            (loaded.Options.IdleExit, loaded.Options.LogLevel, loaded.Options.StoreMaxBytes)
        );
    }

    [Fact]
    public void Bad_variable_is_named_with_what_is_allowed_and_leaves_the_file_s_value()
    {
        var loaded = Load("idle_exit: 1h\n", ("HELMCACHED_IDLE_EXIT", "soon"), ("HELMCACHED_BYPASS", "a:b/c"));
        Assert.Equal(TimeSpan.FromHours(1), loaded.Options.IdleExit);
        Assert.Equal(2, loaded.Problems.Count);
        Assert.StartsWith(
            "HELMCACHED_IDLE_EXIT: idle_exit: invalid value \"soon\"; expected a time",
            loaded.Problems[0],
            StringComparison.Ordinal
        );
        Assert.EndsWith("separated by colons", loaded.Problems[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("yes", true)]
    [InlineData("0", false)]
    [InlineData("", true)]
    public void Readonly_variable_is_read_as_the_shim_reads_it(string value, bool expected) =>
        Assert.Equal(expected, Load("readonly: true\n", ("HELMCACHED_READONLY", value)).Options.ReadOnly);

    [Fact]
    public void Example_is_a_good_file_as_it_is_and_with_every_line_taken_in()
    {
        string example = ConfigCommand.ExampleText();
        Assert.Empty(Load(example).Problems);
        Assert.All(Load(example).Origins, origin => Assert.Equal(SettingSource.Default, origin.Source));
        IEnumerable<string> all = example
            .Split('\n')
            .Select(line => IsSetting(line) ? line.Replace("# ", "", StringComparison.Ordinal) : line);
        var taken = Load(string.Join('\n', all));
        Assert.Empty(taken.Problems);
        Assert.All(taken.Origins, origin => Assert.Equal(SettingSource.File, origin.Source));
        Assert.All(taken.Origins, origin => Assert.Equal(origin.Setting.Default, origin.Setting.Show(taken.Options)));

        static bool IsSetting(string line) =>
            Settings.All.Any(s => line.TrimStart().StartsWith($"# {s.Key.Split('.')[^1]}: ", StringComparison.Ordinal));
    }

    private EffectiveSettings Load(string text, params (string Name, string Value)[] variables) =>
        EffectiveSettings.Load(
            _directory.Write("config.yaml", text),
            setting => variables.FirstOrDefault(v => v.Name == setting.Variable).Value
        );
}
