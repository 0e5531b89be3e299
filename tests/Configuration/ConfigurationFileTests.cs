using System;
using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Configuration;

/// <summary>A good file is obeyed; a bad one is told about by line and column, and stops nothing.</summary>
public sealed class ConfigurationFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Every_setting_is_read()
    {
        DaemonOptions options = Read(
            """
            store:
              max_size: 3GiB
              max_age: 30d
              secrets: memory
            memory:
              max_size: 64MiB
            idle_exit: 90m
            readonly: true
            helm: /opt/helm
            log: {level: debug}
            armed: {directory: /var/armed, max_age: 9d}
            """,
            out IReadOnlyList<string> problems
        );
        Assert.Empty(problems);
        Assert.Equal(
            new DaemonOptions
            {
                StoreMaxBytes = 3L << 30,
                StoreMaxAge = TimeSpan.FromDays(30),
                Secrets = SecretsPolicy.Memory,
                MemoryMaxBytes = 64 << 20,
                IdleExit = TimeSpan.FromMinutes(90),
                ReadOnly = true,
                Helm = "/opt/helm",
                LogLevel = LogLevel.Debug,
                ArmedDirectory = "/var/armed",
                ArmedMaxAge = TimeSpan.FromDays(9),
            },
            options
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("{}\n")]
    public void File_that_says_nothing_means_the_defaults(string text)
    {
        Assert.Equal(new DaemonOptions(), Read(text, out IReadOnlyList<string> problems));
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("bypass: [scratch-*, /home/me]", new[] { "scratch-*", "/home/me" })]
    [InlineData("bypass:\n- web\n", new[] { "web" })]
    [InlineData("bypass: web", new[] { "web" })]
    [InlineData("bypass: []", new string[0])]
    public void Bypass_takes_one_pattern_or_a_list(string text, string[] patterns)
    {
        Assert.Equal(patterns, Read(text + "\n", out IReadOnlyList<string> problems).Bypass);
        Assert.Empty(problems);
    }

    [Fact]
    public void Missing_file_means_the_defaults()
    {
        Assert.Equal(new DaemonOptions(), ConfigurationFile.Read(_directory.At("none"), out IReadOnlyList<string> problems));
        Assert.Empty(problems);
        Assert.Equal(new DaemonOptions(), ConfigurationFile.Read(null, out problems));
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("idle_exit: 1h\nstore:\n  max_sise: 1GiB\n", ":3:3:", "unknown setting store.max_sise; did you mean store.max_size?")]
    [InlineData("colour: blue\n", ":1:1:", "unknown setting colour; `helmcached config` lists them all")]
    [InlineData("store: 5\n", ":1:1:", "store is a group of settings")]
    [InlineData("max_size: 1GiB\n", ":1:1:", "did you mean store.max_size or memory.max_size?")]
    [InlineData("idle-exit: 1h\n", ":1:1:", "did you mean idle_exit?")]
    [InlineData("idle_exit: soon\n", ":1:12:", "idle_exit: invalid value \"soon\"; expected a time")]
    [InlineData("idle_exit: [1h]\n", ":1:12:", "idle_exit: not a value; expected a time")]
    [InlineData("store: {max_size: 5 apples}\n", ":1:19:", "a size such as")]
    [InlineData("store:\n  secrets: shout\n", ":2:12:", "disk, memory or never")]
    [InlineData("helm: helm\n", ":1:7:", "an absolute path")]
    [InlineData("helm: [/usr/bin/helm]\n", ":1:7:", "an absolute path")]
    [InlineData("log:\n  level: loud\n", ":2:10:", "off, error, info or debug")]
    [InlineData("bypass: [web, charts/web]\n", ":1:9:", "names of charts or absolute paths")]
    [InlineData("bypass:\n  - '[z'\n", ":2:3:", "names of charts or absolute paths")]
    [InlineData("bypass: {web: 1}\n", ":1:9:", "names of charts or absolute paths")]
    [InlineData("store: {max_size: 1025TiB}\n", ":1:19:", "at most 1024TiB")]
    [InlineData("readonly: maybe\n", ":1:11:", "true or false")]
    [InlineData("memory:\n  max_size: 79228162514264337593543950335GiB\n", ":2:13:", "a size such as")]
    [InlineData("- a\n", ":1:1:", "not a mapping")]
    [InlineData("a: b: c\n", ":1:", "not YAML")]
    [InlineData("a: 'open\n", ":", "not YAML")]
    [InlineData("readonly: true\nreadonly: false\n", ":2:1:", "not YAML")]
    public void Problem_names_file_line_column_and_what_is_allowed(string text, string place, string what)
    {
        DaemonOptions options = Read(text, out IReadOnlyList<string> problems);
        string problem = Assert.Single(problems);
        Assert.StartsWith(_directory.At("config.yaml") + place, problem, StringComparison.Ordinal);
        Assert.Contains(what, problem, StringComparison.Ordinal);
        Assert.Equal(
            (new DaemonOptions().StoreMaxBytes, new DaemonOptions().MemoryMaxBytes),
            (options.StoreMaxBytes, options.MemoryMaxBytes)
        );
    }

    [Fact]
    public void Row16_Problems_come_in_the_order_of_their_lines()
    {
        Read("idle_exit: soon\nnoise: 1\nreadonly: maybe\n", out IReadOnlyList<string> problems);
        Assert.Equal([":1:", ":2:", ":3:"], problems.Select(problem => problem[_directory.At("config.yaml").Length..][..3]));
    }

    [Fact]
    public void Row16_Directory_is_no_file_and_a_pipe_is_not_waited_for()
    {
        string directory = System.IO.Directory.CreateDirectory(_directory.At("config.d")).FullName;
        Assert.Equal(new DaemonOptions(), ConfigurationFile.Read(directory, out IReadOnlyList<string> problems));
        Assert.Equal($"{directory} is a directory; name a file in it", Assert.Single(problems));
        using (var mkfifo = System.Diagnostics.Process.Start("/usr/bin/mkfifo", _directory.At("pipe")))
            mkfifo.WaitForExit();
        ConfigurationFile.Read(_directory.At("pipe"), out problems);
        Assert.EndsWith("is not a regular file", Assert.Single(problems), StringComparison.Ordinal);
        ConfigurationFile.Read("/dev/null", out problems);
        Assert.Empty(problems);
    }

    [Fact]
    public void Bad_setting_does_not_take_the_good_ones_with_it()
    {
        DaemonOptions options = Read("idle_exit: soon\nreadonly: true\nnoise: 1\n", out IReadOnlyList<string> problems);
        Assert.Equal(2, problems.Count);
        Assert.Equal((true, new DaemonOptions().IdleExit), (options.ReadOnly, options.IdleExit));
    }

    [Theory]
    [InlineData("1048576", 1L << 20)]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("2GiB", 2L << 30)]
    [InlineData("1.5GiB", 3L << 29)]
    [InlineData("500MB", 500_000_000)]
    [InlineData("1TB", 1_000_000_000_000)]
    [InlineData("4 KiB", 4096)]
    [InlineData("4K", 4096)]
    [InlineData("7B", 7)]
    [InlineData("0", 0)]
    public void Size(string text, long bytes)
    {
        Assert.True(ConfigurationFile.TryParseSize(text, out long parsed));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GiB")]
    [InlineData("-1GiB")]
    [InlineData("1,5GiB")]
    [InlineData("1e3")]
    [InlineData("2 gigs")]
    [InlineData("9999999999GiB")]
    [InlineData("79228162514264337593543950335TB")]
    public void No_size(string text) => Assert.False(ConfigurationFile.TryParseSize(text, out _));

    [Theory]
    [InlineData("250ms", 0.25)]
    [InlineData("90s", 90)]
    [InlineData("1.5h", 5400)]
    [InlineData("7d", 604_800)]
    [InlineData("2w", 1_209_600)]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    public void Time(string text, double seconds)
    {
        Assert.True(ConfigurationFile.TryParseTime(text, out TimeSpan parsed));
        Assert.Equal(TimeSpan.FromSeconds(seconds), parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("h")]
    [InlineData("-3h")]
    [InlineData("3 fortnights")]
    [InlineData("79228162514264337593543950335w")]
    public void No_time(string text) => Assert.False(ConfigurationFile.TryParseTime(text, out _));

    private DaemonOptions Read(string text, out IReadOnlyList<string> problems) =>
        ConfigurationFile.Read(_directory.Write("config.yaml", text), out problems);
}
