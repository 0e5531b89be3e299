using System;
using System.Linq;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Configuration;

/// <summary>The settings of the team's cache: a mistake in one, or in a line that may have been one, puts the whole out.</summary>
public sealed class SharedSettingTests : IDisposable
{
    private const string Key =
        "hc1:MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzq32eeBxlZPRoMR0wXKCVc+IEI8WF2Vzu7MEp4JfmW3BROlgAnvpLJC8wbrf6NW6BsGMgxtTokudJyXaqMUn7w==";

    private readonly TemporaryDirectory _directory = new();

    [Theory]
    [InlineData("http://127.0.0.1:8080/cache", "http://127.0.0.1:8080/cache")]
    [InlineData("https://cache.example.com", "https://cache.example.com/")]
    [InlineData("redis://:hunter2@redis:6380/3", "redis://***@redis:6380/3")]
    [InlineData("rediss://me:hunter2@redis", "rediss://***@redis/")]
    [InlineData("", "")]
    [InlineData("ftp://host/path", null)]
    [InlineData("cache.example.com", null)]
    [InlineData("https://", null)]
    [InlineData("/srv/cache", null)]
    [InlineData("file:///srv/cache", null)]
    [InlineData("https://me:hunter2@cache.example.com/", null)]
    [InlineData("https://cache.example.com/?token=hunter2", null)]
    [InlineData("https://cache.example.com/#here", null)]
    [InlineData("redis://redis/notanumber", null)]
    public void Addresses_are_taken_or_refused_and_shown_without_passwords(string text, string? shown)
    {
        Setting setting = Settings.Find("shared.url")!;
        Assert.Equal(shown, setting.Parse(new DaemonOptions(), [text]) is { } options ? setting.Show(options) : null);
    }

    [Fact]
    public void The_variable_of_trust_takes_keys_and_paths()
    {
        var loaded = Load("", ("HELMCACHED_SHARED_TRUST", $"{Key}, /etc/a.pub\n/etc/b.pub"), ("HELMCACHED_SHARED_URL", "http://a/"));
        Assert.Empty(loaded.Problems);
        Assert.Equal([Key, "/etc/a.pub", "/etc/b.pub"], loaded.Options.Shared.Trust);
        Assert.EndsWith(
            "files with such keys, separated by commas",
            Load("", ("HELMCACHED_SHARED_TRUST", Key + ":/etc/a.pub")).Problems.Single(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("shared: {url: 'http://a/', mode: both}", true)]
    [InlineData("shared: {url: 'gopher://a/'}", true)]
    [InlineData("shared: {url: 'http://a/', encrypt_wiht: /a}", true)]
    [InlineData("shared: {url: 'http://a/', encrypt_with: team.key}", true)]
    [InlineData("shared: {url: 'http://a/', max_age: 0}", true)]
    [InlineData("shared: {url: 'http://a/', secrets: disk}", true)]
    [InlineData("shared: {url: 'http://a/', trust: hc1:abc}", true)]
    [InlineData("shared: {url: 'http://a/'}\nidle_exit: soon", false)]
    [InlineData("idle_exti: 3h", false)]
    public void A_mistake_puts_it_out_and_is_told_as_any_other(string file, bool isOut)
    {
        var loaded = Load(file);
        string problem = Assert.Single(loaded.Problems);
        Assert.Equal(isOut ? problem : null, loaded.Options.Shared.Mistake);
        Assert.Equal(isOut || file.Contains("url", StringComparison.Ordinal), loaded.Options.Shared.IsWanted);
    }

    /// <summary>The address comes from the environment, and the file that says how to encrypt cannot be read.</summary>
    [Fact]
    public void A_file_that_is_no_YAML_puts_it_out() =>
        Assert.NotNull(Load("shared: {encrypt_with: [", ("HELMCACHED_SHARED_URL", "http://a/")).Options.Shared.Mistake);

    public void Dispose() => _directory.Dispose();

    private EffectiveSettings Load(string file, params (string Name, string Value)[] variables) =>
        EffectiveSettings.Load(
            _directory.Write("config.yaml", file),
            setting => variables.FirstOrDefault(v => v.Name == setting.Variable).Value
        );
}
