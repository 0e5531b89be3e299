using System.Linq;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Insight;
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
    [InlineData("a=1", "a=1 b=1", "b new")]
    [InlineData("a=1 b=1", "a=1", "b gone")]
    [InlineData("a=1 a=1", "a=1 b=1", "b new, a gone")]
    [InlineData("chart_tree=1", "chart_tree=2", "chart_tree changed")]
    [InlineData("chart_tree=1 chart_x=1", "chart_tree=2 chart_x=2", "chart_x changed")]
    [InlineData("chart_tree=1 chart_x=1", "chart_tree=2 chart_y=1", "chart_y new, chart_x gone")]
    [InlineData("", "a=1", "a new")]
    [InlineData("", "", "")]
    public void Names_what_differs(string before, string after, string expected) =>
        Assert.Equal(expected.Replace('_', ' '), string.Join(", ", MissExplainer.Difference(Items(before), Items(after))));

    private static MaterialItem[] Items(string words) =>
        [.. words.Split(' ', System.StringSplitOptions.RemoveEmptyEntries).Select(word => new MaterialItem(word.Split('=')[0].Replace('_', ' '), ulong.Parse(word.Split('=')[1], System.Globalization.CultureInfo.InvariantCulture)))];
}
