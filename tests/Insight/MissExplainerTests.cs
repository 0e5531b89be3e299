using System.Linq;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Storage;
using Xunit;

namespace CacheDaemon.Tests.Insight;

/// <summary>What differs between the inputs of two calls, as words such as <c>a=1</c> for a label and its digest.</summary>
public sealed class MissExplainerTests
{
    [Theory]
    [InlineData("a=1 b=1", "a=1 b=1", "")]
    [InlineData("a=1 b=1", "a=1 b=2", "b changed")]
    [InlineData("a=1 b=1", "a=2 b=2", "a changed, b changed")]
    [InlineData("a=1 a=2", "a=2 a=1", "a changed, a changed")]
    [InlineData("a=1 b=1", "b=1 a=1", "")]
    [InlineData("a=1 b=1", "b=2 a=1", "b changed")]
    [InlineData("a=1", "a=1 b=1", "b was added")]
    [InlineData("a=1 b=1", "a=1", "b was removed")]
    [InlineData("a=1 a=1", "a=1 b=1", "b was added, a was removed")]
    [InlineData("chart_tree=1", "chart_tree=2", "chart_tree changed")]
    [InlineData("chart_tree=1 chart_x=1", "chart_tree=2 chart_x=2", "chart_x changed")]
    [InlineData("chart_tree=1 chart_x=1", "chart_tree=2 chart_y=1", "chart_y was added, chart_x was removed")]
    [InlineData("", "a=1", "a was added")]
    [InlineData("", "", "")]
    [InlineData("", "option_set=1", "--set was added")]
    [InlineData("option_include-crds=1", "", "--include-crds was removed")]
    [InlineData("option_$HELM_NO_PLUGINS=1", "option_$HELM_NO_PLUGINS=2", "$HELM_NO_PLUGINS changed")]
    [InlineData("option_deprecated=1", "", "a deprecated flag was removed")]
    [InlineData("values_[1]=1 values_[2]=1", "values_[1]=1 values_[2]=2", "values file 2 changed")]
    [InlineData("set-file_a{1/2}=1", "set-file_a{1/2}=2", "--set-file a{1/2} changed")]
    public void Names_what_differs(string before, string after, string expected) =>
        Assert.Equal(expected.Replace('_', ' '), string.Join(", ", MissExplainer.Difference(Items(before), Items(after))));

    /// <summary>
    /// The one that differs least was stored first of a thousand and used last of all; the others differ in their release, too.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Row11_The_nearest_of_a_thousand_releases_is_found(bool asOfThen)
    {
        const int Releases = 1_000;
        using var fixture = new StoreFixture();
        LiteDbTier tier = fixture.Open();
        for (int i = 0; i < Releases; i++)
            Put(tier, $"release={i} values_[1]={i} chart_tree=1 chart_a.yaml=1");
        // Near by number of parts, but of another chart.
        Put(tier, "release=0 values_[1]=1 chart_tree=1 chart_a.yaml=1", "other");
        var explainer = new MissExplainer(tier);
        System.DateTimeOffset? at = asOfThen ? System.DateTimeOffset.MaxValue : null;
        Assert.Equal(
            ["values file 1 changed"],
            explainer.Explain("web", Items("release=0 values_[1]=7777 chart_tree=1 chart_a.yaml=1"), at)
        );
        Assert.Equal(["chart a.yaml changed"], explainer.Explain("web", Items("release=1 values_[1]=1 chart_tree=2 chart_a.yaml=2"), at));
        Assert.Equal(
            ["chart b.yaml was added"],
            explainer.Explain("web", Items("release=2 values_[1]=2 chart_tree=2 chart_a.yaml=1 chart_b.yaml=1"), at)
        );
        Assert.Equal(["release changed"], explainer.Explain("web", Items("release=5000 values_[1]=3 chart_tree=1 chart_a.yaml=1"), at));
        Assert.Empty(explainer.Explain("new", Items("release=1"), at));
    }

    [Fact]
    public void Row11_Entries_that_are_damaged_or_equal_are_passed_over()
    {
        using var fixture = new StoreFixture();
        LiteDbTier tier = fixture.Open();
        Put(tier, "a=1 b=1 c=1");
        Put(tier, "a=1 b=2 c=2");
        tier.Put(new CacheKey(Digest.Of([1])), Entry("web", [0x93, 0xc1]));
        var explainer = new MissExplainer(tier);
        Assert.Equal(["b changed", "c changed"], explainer.Explain("web", Items("a=1 b=1 c=1")));
    }

    private static void Put(LiteDbTier tier, string words, string chart = "web")
    {
        Assert.True(
            tier.Put(new CacheKey(Digest.Of(System.Text.Encoding.UTF8.GetBytes(chart + words))), Entry(chart, Serialise(Items(words))))
        );
    }

    private static Entry Entry(string chart, byte[] material) =>
        new()
        {
            Result = new RenderResult(0, Blob.Of("x"u8.ToArray()), System.Array.Empty<byte>()),
            Created = System.DateTimeOffset.UtcNow,
            RenderMilliseconds = 1,
            ChartName = chart,
            ChartVersion = "1.0.0",
            Material = material,
        };

    /// <summary>As <see cref="KeyMaterial.Serialise"/> writes it, with digests of our choice.</summary>
    private static byte[] Serialise(MaterialItem[] items)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new MessagePack.MessagePackWriter(buffer);
        writer.WriteArrayHeader(items.Length);
        foreach (MaterialItem item in items)
        {
            writer.Write(item.Label);
            writer.Write(item.Digest);
        }
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static MaterialItem[] Items(string words) =>
        [
            .. words
                .Split(' ', System.StringSplitOptions.RemoveEmptyEntries)
                .Select(word => new MaterialItem(
                    word.Split('=')[0].Replace('_', ' '),
                    ulong.Parse(word.Split('=')[1], System.Globalization.CultureInfo.InvariantCulture)
                )),
        ];
}
