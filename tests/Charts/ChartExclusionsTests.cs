using CacheDaemon.Daemon.Charts;
using Xunit;

namespace CacheDaemon.Tests.Charts;

public sealed class ChartExclusionsTests
{
    [Theory]
    [InlineData("web", "web", true)]
    [InlineData("web", "webs", false)]
    [InlineData("scratch-*", "scratch-1", true)]
    [InlineData("scratch-*", "my-scratch-1", false)]
    [InlineData("*", "", true)]
    [InlineData("/web", "web", false)]
    public void Name(string pattern, string name, bool excluded) =>
        Assert.Equal(excluded ? pattern : null, new ChartExclusions([pattern]).FindByName(name));

    [Theory]
    [InlineData("/home/me/charts", "/home/me/charts", true)]
    [InlineData("/home/me/charts/", "/home/me/charts/a/b", true)]
    [InlineData("/home/me/charts", "/home/me/charts2", false)]
    [InlineData("/home/*/scratch", "/home/me/scratch/web-1.0.tgz", true)]
    [InlineData("/home/*/scratch", "/home/me/x/scratch", false)]
    [InlineData("/home/*", "/home", false)]
    [InlineData("/", "/anything/at/all", true)]
    [InlineData("charts", "/home/me/charts", false)]
    public void Path_and_everything_below_it(string pattern, string path, bool excluded) =>
        Assert.Equal(excluded, new ChartExclusions([pattern]).FindByPath(path) is not null);

    [Theory]
    [InlineData("")]
    [InlineData("charts/web")]
    [InlineData("./web")]
    [InlineData("[a")]
    [InlineData("web\\")]
    public void What_is_no_pattern_excludes_nothing(string text)
    {
        Assert.False(ChartExclusions.IsPattern(text));
        Assert.Null(new ChartExclusions([text]).FindByName(text));
        Assert.Null(new ChartExclusions([text]).FindByPath("/" + text));
    }
}
