using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using CacheDaemon.Daemon.Cli.Showing;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Cli;

public sealed class PrometheusTests
{
    [Fact]
    public void Every_line_is_a_comment_or_a_sample_of_the_metric_announced_last()
    {
        string announced = "";
        foreach (string line in Written("web").TrimEnd('\n').Split('\n'))
        {
            if (Regex.Match(line, "^# (HELP|TYPE) (helmcached_[a-z_]+) .+$") is { Success: true } comment)
                announced = comment.Groups[2].Value;
            else
                Assert.Matches($"^{announced}(\\{{[a-z]+=\"[^\"\\n]*\"\\}})? [0-9.]+$", line);
        }
    }

    [Fact]
    public void Numbers_are_those_of_the_report()
    {
        string[] lines = Written("web").Split('\n');
        Assert.Contains("helmcached_hits_total 1", lines);
        Assert.Contains("helmcached_saved_seconds_total 1.5", lines);
        Assert.Contains("helmcached_store_entries 7", lines);
        Assert.Contains("helmcached_remote_window_hits_total 5", lines);
        Assert.Contains("helmcached_remote_age_seconds_median 4.5", lines);
        Assert.Contains("helmcached_remote_age_seconds_max 60", lines);
        Assert.Contains("helmcached_bypasses_by_reason_total{reason=\"remote-chart\"} 2", lines);
        Assert.Contains("helmcached_chart_hits_total{chart=\"web\"} 1", lines);
        Assert.Contains("helmcached_caller_hits_total{caller=\"make\"} 1", lines);
    }

    [Fact]
    public void Name_cannot_break_out_of_its_label() =>
        Assert.Contains("helmcached_chart_hits_total{chart=\"a\\\"b\\\\c\\nd\"} 1", Written("a\"b\\c\nd").Split('\n'));

    [Fact]
    public void Names_are_unique()
    {
        string[] names =
        [
            .. Written("web").Split('\n').Where(l => l.StartsWith("# TYPE", StringComparison.Ordinal)).Select(l => l.Split(' ')[2]),
        ];
        Assert.Equal(names.Distinct(), names);
    }

    private static string Written(string chart)
    {
        var counters = new Dictionary<string, long>
        {
            [Counters.Hits] = 1,
            [Counters.TimeSavedMicroseconds] = 1_500_000,
            [Counters.BypassReasons + "remote-chart"] = 2,
            [Counters.RemoteWindow] = 5,
        };
        var tallies = new Tallies(counters, new ManualClock());
        tallies.Add(CallOutcome.Hit, chart, "make", 1_500_000);
        using var output = new StringWriter();
        Prometheus.Write(
            output,
            StatsReport.Write(counters, tallies, new StoreUse(7, 8, 9, 1, 2, 3), [], (TimeSpan.FromSeconds(4.5), TimeSpan.FromMinutes(1)))
        );
        return output.ToString();
    }
}
