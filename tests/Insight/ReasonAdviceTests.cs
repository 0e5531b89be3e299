using System;
using System.Linq;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Insight;
using Xunit;

namespace CacheDaemon.Tests.Insight;

public sealed class ReasonAdviceTests
{
    [Fact]
    public void Every_reason_comes_with_a_word_on_what_to_do()
    {
        Assert.All(
            Enum.GetValues<BypassReason>().Where(r => r != BypassReason.None),
            r => Assert.NotEmpty(ReasonAdvice.OfBypass(ReasonText.Of(r)))
        );
        Assert.All(
            Enum.GetValues<RefuseReason>().Where(r => r != RefuseReason.None),
            r => Assert.NotEmpty(ReasonAdvice.OfRefusal(ReasonText.Of(r)))
        );
    }

    [Fact]
    public void Reason_of_a_newer_daemon_has_none() => Assert.Equal("", ReasonAdvice.OfBypass("of-tomorrow"));
}
