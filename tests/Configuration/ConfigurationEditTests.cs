using System;
using System.IO;
using System.Text.RegularExpressions;
using CacheDaemon.Daemon.Configuration;
using Xunit;

namespace CacheDaemon.Tests.Configuration;

/// <summary>One setting of a file is changed, and not a byte besides.</summary>
public sealed class ConfigurationEditTests
{
    [Theory]
    [InlineData("", "idle_exit", "1h", "idle_exit: 1h\n")]
    [InlineData("{}\n", "idle_exit", "1h", "idle_exit: 1h\n")]
    [InlineData("{}\n", "store.max_size", "1GiB", "store:\n  max_size: 1GiB\n")]
    [InlineData("# a\n\n# b\n", "log.level", "error", "# a\n\n# b\nlog:\n  level: error\n")]
    [InlineData("idle_exit: 3h   # why\nreadonly: true\n", "idle_exit", "1h", "idle_exit: 1h   # why\nreadonly: true\n")]
    [InlineData("idle_exit: '3h'\n", "idle_exit", "1h", "idle_exit: 1h\n")]
    [InlineData("idle_exit:\nreadonly: true\n", "idle_exit", "1h", "idle_exit: 1h\nreadonly: true\n")]
    [InlineData("readonly: true", "idle_exit", "1h", "readonly: true\nidle_exit: 1h")]
    [InlineData(
        "store:\n    max_age: 9d # a\n\n# b\nreadonly: true\n",
        "store.max_size",
        "1GiB",
        "store:\n    max_age: 9d # a\n    max_size: 1GiB\n\n# b\nreadonly: true\n"
    )]
    [InlineData(
        "store:\n  # max_size: 2GiB\nreadonly: true\n",
        "store.max_size",
        "1GiB",
        "store:\n  max_size: 1GiB\n  # max_size: 2GiB\nreadonly: true\n"
    )]
    [InlineData("store: {max_size: 2GiB, max_age: 9d} # c\n", "store.max_size", "1GiB", "store: {max_size: 1GiB, max_age: 9d} # c\n")]
    [InlineData("store: {max_age: 9d} # c\n", "store.max_size", "1GiB", "store: {max_age: 9d, max_size: 1GiB} # c\n")]
    [InlineData("store: {}\n", "store.max_size", "1GiB", "store: {max_size: 1GiB}\n")]
    [InlineData("{readonly: true}\n", "store.max_size", "1GiB", "{readonly: true, store: {max_size: 1GiB}}\n")]
    [InlineData("store.max_size: 2GiB\n", "store.max_size", "1GiB", "store.max_size: 1GiB\n")]
    [InlineData("bypass:\n- web\n- shop # s\n\nreadonly: true\n", "bypass", "[\"x-*\"]", "bypass: [\"x-*\"] # s\n\nreadonly: true\n")]
    [InlineData("bypass:\n  - web\n", "bypass", "web-2", "bypass: [web-2]\n")]
    [InlineData("bypass: [web]\nidle_exit: 1h\n", "bypass", "x-*", "bypass: ['x-*']\nidle_exit: 1h\n")]
    [InlineData("helm: /a/helm\n", "helm", "", "helm: ''\n")]
    [InlineData("noise: 1\nidle_exit: soon\n", "idle_exit", "1h", "noise: 1\nidle_exit: 1h\n")]
    public void Row16_Only_the_value_changes(string before, string key, string value, string after) =>
        Assert.Equal(after, ConfigurationEdit.Set(before, Settings.Find(key)!, [value]));

    [Theory]
    [InlineData("a: 'open\n", "is not YAML")]
    [InlineData("- a\n", "not a list of settings")]
    [InlineData("store: 5\n", "write store.max_size: 1GiB into it by hand")]
    [InlineData("store: &x\n  max_size: 2GiB\nmemory: *x\n", "by hand")]
    [InlineData("a: 1\n---\nb: 2\n", "by hand")]
    public void Row16_What_cannot_be_changed_safely_is_refused(string text, string why)
    {
        IOException refused = Assert.Throws<IOException>(() => ConfigurationEdit.Set(text, Settings.Find("store.max_size")!, ["1GiB"]));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Row16_Every_setting_of_the_example_can_be_set_in_turn()
    {
        string text = CacheDaemon.Daemon.Cli.ConfigCommand.ExampleText();
        int lines = text.Split('\n').Length;
        foreach (Setting setting in Settings.All)
            text = ConfigurationEdit.Set(text, setting, [setting.Example]);
        Assert.Equal(lines + Settings.All.Count, text.Split('\n').Length);
        foreach (Setting setting in Settings.All)
            Assert.Matches($"{setting.Key.Split('.')[^1]}: ('?){Regex.Escape(setting.Example)}\\1\n", text);
    }
}
