using System.Text;
using CacheDaemon.Daemon.Charts;
using Xunit;

namespace CacheDaemon.Tests.Charts;

/// <summary>One case per rule of <c>.helmignore</c>; <c>ChartLoadingAgainstHelmTests</c> asks real helm the same.</summary>
public sealed class HelmIgnoreTests
{
    [Theory]
    [InlineData("name", "name", false, true)]
    [InlineData("name", "a/b/name", false, true)]
    [InlineData("name", "a/name", true, true)]
    [InlineData("name", "Name", false, false)]
    [InlineData("name", "name/x", false, false)] // pruning is the walk's work
    [InlineData("*.txt", "a/b.txt", false, true)]
    [InlineData("/name", "name", false, true)]
    [InlineData("/name", "a/name", false, false)]
    [InlineData("a/b", "a/b", false, true)]
    [InlineData("a/b", "x/a/b", false, false)]
    [InlineData("./x", "x", false, false)]
    [InlineData("a/*", "a/b", false, true)]
    [InlineData("a/*", "a/b/c", false, false)]
    [InlineData("dir/", "dir", true, true)]
    [InlineData("dir/", "a/dir", true, true)]
    [InlineData("dir/", "dir", false, false)]
    [InlineData("a/dir/", "a/dir", true, true)]
    [InlineData("a/dir/", "x/a/dir", true, false)]
    [InlineData("!x", "x", false, false)]
    [InlineData("!x", "y", false, true)]
    [InlineData("!x/", "x", true, false)]
    [InlineData("!x/", "x", false, true)]
    [InlineData("a\n!a", "a", false, true)]
    [InlineData("!a\na", "a", false, true)]
    [InlineData("!a\nb", "a", false, false)]
    [InlineData("!", "anything", false, true)]
    [InlineData("/", "a", true, false)]
    [InlineData("# a", "# a", false, false)]
    [InlineData("\\#a", "#a", false, true)]
    [InlineData("\\!a", "!a", false, true)]
    [InlineData("  a\t\r\n", "a", false, true)]
    [InlineData("\u00A0a\u2003", "a", false, true)]
    [InlineData("\uFEFFa", "a", false, true)]
    [InlineData("x\n\uFEFFa", "a", false, false)]
    [InlineData("a\r\nb", "b", false, true)]
    [InlineData("", "templates/.x.yaml", false, true)]
    [InlineData("", "templates/.x", true, true)]
    [InlineData("", "templates/sub/.x.yaml", false, false)]
    [InlineData("", "charts/kid/templates/.x.yaml", false, false)]
    [InlineData("", "templates/.", false, false)]
    [InlineData("", ".hidden", false, false)]
    public void Rules_decide_as_in_helm(string rules, string path, bool isDirectory, bool ignored) =>
        Assert.Equal(ignored, Parse(rules).Ignores(Encoding.UTF8.GetBytes(path), isDirectory));

    [Theory]
    [InlineData("a/**")]
    [InlineData("x\n**")]
    [InlineData("[")]
    [InlineData("a\\/")] // fine as typed, a fault once the final slash is gone: helm complains per file
    [InlineData("x*[")] // helm complains for names with an x
    [InlineData("//a")] // helm 3 forgets one slash at each use
    [InlineData("!//a")]
    public void Rules_that_helm_refuses_or_mumbles_about_are_declined(string rules)
    {
        Assert.Null(HelmIgnore.Parse(Encoding.UTF8.GetBytes(rules), out string? problem));
        Assert.NotNull(problem);
    }

    [Fact]
    public void Double_star_in_a_comment_is_fine() => Assert.False(Parse("# **").Ignores("a"u8, false));

    [Fact]
    public void Line_may_be_as_long_as_helm_reads_and_no_longer()
    {
        Assert.True(Parse("#" + new string('x', 65_534) + "\na").Ignores("a"u8, false));
        Assert.Null(HelmIgnore.Parse(Encoding.ASCII.GetBytes("#" + new string('x', 65_535) + "\na"), out _));
    }

    [Fact]
    public void Names_that_are_not_text_are_matched_as_bytes()
    {
        HelmIgnore rules = HelmIgnore.Parse([0xFF, (byte)'\n'], out _)!;
        Assert.True(rules.Ignores([0xFF], false));
        Assert.False(rules.Ignores([0xFE], false));
    }

    private static HelmIgnore Parse(string rules) => HelmIgnore.Parse(Encoding.UTF8.GetBytes(rules), out _)!;
}
