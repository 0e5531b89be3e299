using System;
using System.Text;
using CacheDaemon.Daemon.RemoteCharts;
using Xunit;

namespace CacheDaemon.Tests.RemoteCharts;

/// <summary>What is read from an index, and which indexes are not read at all.</summary>
public sealed class RepositoryIndexReaderTests
{
    [Theory]
    [InlineData(
        "apiVersion: v1\nentries:\n  web:\n  - version: 1.0.0\n    digest: ab\n    urls:\n    - s3://x\n    - https://y\n"
            + "    annotations:\n      digest: no\n  - version: '2.0.0'\n    digest: \"cd\"\ngenerated: x\n"
    )]
    [InlineData(
        "{\"apiVersion\":\"v1\",\"entries\":{\"web\":[{\"version\":\"1.0.0\",\"digest\":\"ab\",\"urls\":[\"s3://x\",\"https://y\"],"
            + "\"annotations\":{\"digest\":\"no\"}},{\"version\":\"2.0.0\",\"digest\":\"c\\u0064\"}]},\"generated\":\"x\"}"
    )]
    [InlineData(
        "{apiVersion: v1, entries: {web: [{version: 1.0.0, digest: ab, urls: [s3://x, https://y], annotations: {digest: no}}, "
            + "{version: 2.0.0, digest: cd}]}, generated: x}\n# request 7\n"
    )]
    public void Versions_and_digests_are_read_from_YAML_and_JSON(string text)
    {
        if (text.StartsWith("{a", StringComparison.Ordinal))
            text = "---\n" + text;
        RepositoryIndex index = Read(text);
        Assert.Equal([new IndexedVersion("1.0.0", "ab", true), new IndexedVersion("2.0.0", "cd", false)], index.VersionsOf("web"));
        Assert.Empty(index.VersionsOf("Web"));
        Assert.Equal(2, index.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("- 1\n")]
    [InlineData("entries: []\n")]
    [InlineData("entries:\n  web: 1\n")]
    [InlineData("entries:\n  web:\n  - 1\n")]
    [InlineData("entries:\n  web:\n  - version: {}\n")]
    [InlineData("entries:\n  web: []\n  web: []\n")]
    [InlineData("entries: {}\nentries: {}\n")]
    [InlineData("Entries: {}\n")]
    [InlineData("entries:\n  web:\n  - Digest: ab\n")]
    [InlineData("entries:\n  web:\n  - digest: ab\n    digest: cd\n")]
    [InlineData("a: &x 1\nentries: {}\n")]
    [InlineData("a: !!str 1\nentries: {}\n")]
    [InlineData("entries:\n  <<: {}\n")]
    [InlineData("entries: {}\n---\nentries: {}\n")]
    [InlineData("entries: {}\na: [\n")]
    [InlineData("{\"entries\":{}")]
    [InlineData("{\"entries\":{}}{}")]
    [InlineData("{\"entries\":{},\"entries\":{}}")]
    [InlineData("{\"entries\":{\"web\":[1]}}")]
    [InlineData("{\"entries\":{\"web\":[{\"DIGEST\":\"a\"}]}}")]
    [InlineData("{\"entries\":{\"web\":[{\"digest\":1}]}}")]
    public void An_index_of_another_shape_is_not_read(string text) => Assert.Throws<IndexException>(() => Read(text));

    [Theory]
    [InlineData("repositories:\n- name: r\n  url: https://a\n- name: r\n  url: https://b\n", "https://a")]
    [InlineData("repositories:\n- name: s\n  url: https://a\n", null)]
    [InlineData("apiVersion: v1\n", null)]
    public void The_first_repository_of_a_name_is_taken(string text, string? address) =>
        Assert.Equal(address, RepositoryFile.AddressOf(Encoding.UTF8.GetBytes(text), "r"));

    private static RepositoryIndex Read(string text) => RepositoryIndexReader.Read(Encoding.UTF8.GetBytes(text));
}
