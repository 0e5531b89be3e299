using System.IO;
using System.Text;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using Xunit;

namespace CacheDaemon.Tests.Fingerprints;

/// <summary>helm-inputs 2.3: what exists is a local chart, the rest is missing or remote.</summary>
public sealed class ChartTreePathTests
{
    [Theory]
    [InlineData("/w", "c", "/w/c")]
    [InlineData("/w", "./c/", "/w/c")]
    [InlineData("/w", ".", "/w")]
    [InlineData("/w", "../../..", "/")]
    [InlineData("/w/", "a/../b//c/.", "/w/b/c")]
    [InlineData("/w", "/x/../y", "/y")]
    public void Path_is_cleaned_as_text(string directory, string name, string path) =>
        Assert.Equal(path, Encoding.UTF8.GetString(ChartTreePath.Absolute(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(directory))));

    [Fact]
    public void What_exists_is_local_and_the_rest_is_missing_or_remote()
    {
        using var chart = new ChartDirectory();
        Assert.Equal((BypassReason.None, chart.Root), Locate(chart, "c"));
        Assert.Equal((BypassReason.None, chart.Root), Locate(chart, "  ./c/ "));
        Assert.Equal((BypassReason.None, chart.Root), Locate(chart, chart.Root));
        Assert.Equal(BypassReason.ChartMissing, Locate(chart, "./d").Reason);
        Assert.Equal(BypassReason.ChartMissing, Locate(chart, "/nowhere/d").Reason);
        Assert.Equal(BypassReason.ChartMissing, Locate(chart, ".hidden").Reason);
        Assert.Equal(BypassReason.RemoteChart, Locate(chart, "d").Reason);
        Assert.Equal(BypassReason.RemoteChart, Locate(chart, "repo/c").Reason);
        Assert.Equal(BypassReason.RemoteChart, Locate(chart, "oci://host/c").Reason);
        Assert.Equal(BypassReason.RemoteChart, Locate(chart, "").Reason);
        Directory.CreateDirectory(Path.Combine(chart.Parent, "repo", "c"));
        Assert.Equal(BypassReason.None, Locate(chart, "repo/c").Reason);
    }

    private static (BypassReason Reason, string Path) Locate(ChartDirectory chart, string name)
    {
        BypassReason reason = ChartTreePath.Locate(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(chart.Parent), out byte[] path);
        return (reason, Encoding.UTF8.GetString(path));
    }
}
