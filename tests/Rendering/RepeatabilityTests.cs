using CacheDaemon.Daemon.Rendering;
using CacheDaemon.Daemon.Screening;
using Xunit;

namespace CacheDaemon.Tests.Rendering;

/// <summary>What people read about a chart that is not kept at once.</summary>
public sealed class RepeatabilityTests
{
    [Theory]
    [InlineData("templates/a.yaml", "now at templates/a.yaml:2")]
    [InlineData("charts/x-1.0.0.tgz!x/templates/a.yaml", "now at charts/x-1.0.0.tgz!x/templates/a.yaml:2")]
    [InlineData("!web/templates/a.yaml", "now at web/templates/a.yaml:2")]
    public void Mention_is_named_by_function_file_and_line(string file, string words) =>
        Assert.Equal(words, Repeatability.Describe(new Verdict.Mentions("now", file, 2, [], false, null)));
}
