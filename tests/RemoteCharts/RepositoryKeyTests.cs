using System;
using System.IO;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.RemoteCharts;

/// <summary>What a change does to the key of a chart that is named by its repository, and what is passed to helm.</summary>
public sealed class RepositoryKeyTests : IDisposable
{
    private const string Line = "template r shop/web --version ^1.0.0";

    private readonly CallSite _site = new();

    public RepositoryKeyTests() => RepositorySite.Arrange(_site);

    public void Dispose() => _site.Dispose();

    [Theory]
    [InlineData("home/.config/helm/repositories.yaml", "https", "http")]
    [InlineData("home/.config/helm/repositories.yaml", "- name: shop\n", "- name: shop\n  username: ada\n")]
    [InlineData(RepositorySite.IndexPath, "other.tgz", "another.tgz")]
    public void An_edit_misses(string file, string from, string to)
    {
        CacheKey before = Key(Line);
        string path = _site.At(file),
            text = File.ReadAllText(path);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));
        Assert.NotEqual(before, Key(Line));
    }

    [Theory]
    [InlineData("template r shop/web")]
    [InlineData("template r shop/web --version 1.1.0")]
    [InlineData("template r shop/web --version ^1.0.0 --devel")]
    [InlineData("template r ./web --version ^1.0.0")]
    public void Another_way_to_name_it_misses(string line) => Assert.NotEqual(Key(Line), Key(line));

    [Fact]
    public void The_archive_counts_and_so_do_those_that_helm_might_have_read()
    {
        CacheKey before = Key(Line);
        RepositorySite.WriteArchive(_site, 1, "1.1.1");
        CacheKey edited = Key(Line);
        Assert.NotEqual(before, edited);
        RepositorySite.WriteArchive(_site, 2, "1.0.1");
        CacheKey other = Key(Line);
        Assert.NotEqual(edited, other);
        RepositorySite.WriteArchive(_site, 3, "0.1.0");
        Assert.NotEqual(other, Key(Line));
    }

    [Fact]
    public void The_same_files_in_another_home_hit()
    {
        CacheKey before = Key(Line);
        _site.MoveToCopies();
        Assert.Equal(before, Key(Line));
    }

    [Fact]
    public void An_archive_that_is_not_there_is_not_answered_for()
    {
        Assert.Equal(BypassReason.RemoteNotCached, Declined("template r shop/web --version 0.1.0"));
        File.WriteAllBytes(RepositorySite.PathOf(_site, 1), []);
        Assert.Equal(BypassReason.RemoteNotCached, Declined(Line));
        // As soon as it is there, it is.
        RepositorySite.WriteArchive(_site, 1, "1.1.0");
        Key(Line);
    }

    [Theory]
    [InlineData("template r shop/nothing", BypassReason.ChartMissing)]
    [InlineData("template r shop/web/x", BypassReason.ChartMissing)]
    [InlineData("template r else/web", BypassReason.ChartMissing)]
    [InlineData("template r shop/web --version 7", BypassReason.RemoteDoubtful)]
    [InlineData("template r shop/web --version 1..", BypassReason.RemoteDoubtful)]
    [InlineData("template r shop/other", BypassReason.RemoteDoubtful)]
    [InlineData("template r shop/web/", BypassReason.DirectoryMismatch)]
    [InlineData("template r shop/we%62", BypassReason.ChartMissing)]
    [InlineData("template r shop/web --verify", BypassReason.VerifyRequested)]
    [InlineData("template r shop/web --content-cache=", BypassReason.ChartMissing)]
    [InlineData("lint shop/web", BypassReason.ChartMissing)]
    [InlineData("dependency list shop/web", BypassReason.ChartMissing)]
    public void What_helm_has_to_answer_is_left_to_it(string line, BypassReason reason) => Assert.Equal(reason, Declined(line));

    [Fact]
    public void A_repository_or_an_address_that_a_plugin_fetches_is_left_to_helm()
    {
        _site.Write("home/.config/helm/repositories.yaml", RepositorySite.Repositories.Replace("https:", "s3:", StringComparison.Ordinal));
        Assert.Equal(BypassReason.RemoteDoubtful, Declined(Line));
        _site.Write("home/.config/helm/repositories.yaml", RepositorySite.Repositories);
        _site.Write(RepositorySite.IndexPath, RepositorySite.Index.Replace("[web.tgz]", "[\"gs://b/web.tgz\"]", StringComparison.Ordinal));
        Assert.Equal(BypassReason.RemoteDoubtful, Declined(Line));
    }

    [Fact]
    public void Helm_3_downloads_it_each_time_and_is_left_alone()
    {
        _site.Helm = _site.Write("bin/helm", CallSite.HelmContent);
        Assert.Equal(BypassReason.RemoteChart, Declined(Line));
    }

    [Fact]
    public void Two_archives_of_one_version_are_left_to_helm()
    {
        _site.Write(
            RepositorySite.IndexPath,
            RepositorySite.Index.Replace("version: 1.0.0, urls: [web", "version: 1.1.0+b, urls: [web", StringComparison.Ordinal)
        );
        Assert.Equal(BypassReason.RemoteDoubtful, Declined(Line));
        // Unless one of them is named.
        Key("template r shop/web --version 1.1.0");
    }

    private CacheKey Key(string line) => Assert.IsType<FingerprintOutcome.Known>(Compute(line)).Fingerprint.Key;

    private BypassReason Declined(string line) => Assert.IsType<FingerprintOutcome.Declined>(Compute(line)).Reason;

    private FingerprintOutcome Compute(string line) =>
        new Fingerprinter(TimeProvider.System, new HelmBinaries()).Compute(_site.Request(line));
}
