using CacheDaemon.Daemon.Insight;
using Xunit;

namespace CacheDaemon.Tests.Insight;

/// <summary>Reports of daemons of other versions, one of which may still run after an upgrade.</summary>
public sealed class ReportTests
{
    [Fact]
    public void Member_that_an_older_daemon_does_not_write_is_empty_and_one_of_a_newer_is_passed_over()
    {
        StatusReport status = StatusReport.Read("""{"pid":7,"news":{"a":[1]}}""");
        Assert.Equal((7, "", "", 0), (status.Pid, status.DeclinesCaller, status.Socket, status.Entries));
        Assert.Empty(status.SettingValues);
        Assert.Empty(status.Problems);
        Assert.Equal(new PruneReport(3, 0, 0, 0), PruneReport.Read("""{"entries":3}"""));
        Assert.Null(StatsReport.Read("""{"hits":3}""").Today);
    }
}
