using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Cli.Showing;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Insight;

public sealed class CountersTests
{
    [Fact]
    public void Counting_goes_on_where_earlier_daemons_stopped()
    {
        var counters = new Counters(new Dictionary<string, long> { [Counters.Hits] = 40 });
        counters.Add(Counters.Hits);
        counters.Add(Counters.HitsByTier, "memory", 2);
        Assert.Equal(41, counters.Snapshot()[Counters.Hits]);
        Assert.Equal(2, counters.Snapshot()["hits_by_tier/memory"]);
    }

    [Fact]
    public void Delta_is_what_was_counted_since_the_last_one()
    {
        var counters = new Counters(new Dictionary<string, long> { [Counters.Hits] = 40 });
        Assert.Empty(counters.TakeDeltas());
        counters.Add(Counters.Hits, 2);
        counters.Add(Counters.Misses);
        Assert.Equal(new Dictionary<string, long> { [Counters.Hits] = 2, [Counters.Misses] = 1 }, counters.TakeDeltas());
        Assert.Empty(counters.TakeDeltas());
        Assert.Equal(42, counters.Snapshot()[Counters.Hits]);
        counters.Add(Counters.Hits);
        Assert.Equal(new Dictionary<string, long> { [Counters.Hits] = 1 }, counters.TakeDeltas());
    }

    [Fact]
    public void Reset_forgets_the_past_and_what_was_not_taken()
    {
        var counters = new Counters(new Dictionary<string, long> { [Counters.Hits] = 40 });
        counters.Add(Counters.Hits);
        counters.Reset();
        Assert.Empty(counters.Snapshot());
        Assert.Empty(counters.TakeDeltas());
    }

    [Fact]
    public void Deltas_of_a_busy_daemon_add_up()
    {
        const int PerWorker = 20_000,
            Workers = 4;
        var counters = new Counters(new Dictionary<string, long>());
        long taken = 0;
        int running = Workers;
        Parallel.For(
            0,
            Workers + 1,
            worker =>
            {
                if (worker == Workers)
                {
                    while (Volatile.Read(ref running) > 0)
                        taken += counters.TakeDeltas().Values.Sum();
                    return;
                }
                for (int i = 0; i < PerWorker; i++)
                    counters.Add(Counters.BypassReasons, i % 2 == 0 ? "a" : "b");
                Interlocked.Decrement(ref running);
            }
        );
        taken += counters.TakeDeltas().Values.Sum();
        Assert.Equal(PerWorker * Workers, taken);
        Assert.Equal(PerWorker * Workers, counters.Snapshot().Values.Sum());
    }

    [Fact]
    public void Report_has_every_promised_member_even_when_nothing_happened()
    {
        Stats stats = Stats.Parse(StatsReport.Write(new Dictionary<string, long>(), null, default, []));
        Assert.Equal(
            (0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            (
                stats.Hits,
                stats.Misses,
                stats.Bypasses,
                stats.Coalesced,
                stats.HelmRuns,
                stats.ProofRuns,
                stats.Stored,
                stats.Refused,
                stats.Errors,
                stats.Entries
            )
        );
        Assert.Empty(stats.BypassReasons);
        Assert.Empty(stats.RefuseReasons);
        Assert.Empty(stats.HitsByTier);
    }

    [Fact]
    public void Remote_hits_are_shown_by_their_kind()
    {
        var counters = new Dictionary<string, long> { [Counters.RemoteRepository] = 4, [Counters.RemoteWindow] = 2 };
        string report = StatsReport.Write(
            counters,
            new Tallies(counters, new ManualClock()),
            default,
            [],
            (TimeSpan.FromSeconds(90), TimeSpan.FromMinutes(5))
        );
        Assert.Contains(
            "\"remote\":{\"hits\":6,\"repository\":4,\"digest\":0,\"window\":2,\"age_ms_p50\":90000,\"age_ms_max\":300000}",
            report,
            StringComparison.Ordinal
        );
        StatsSection section = StatsSection.Of(report).Single(static section => section.Headings[0] == "remote charts");
        Assert.Equal(
            [
                ["of a repository", "4", "", ""],
                ["in a window", "2", "1 min 30 s", "5 min 0 s"],
            ],
            section.Rows
        );
        Assert.DoesNotContain(
            StatsSection.Of(StatsReport.Write(new Dictionary<string, long>(), new Tallies(counters, new ManualClock()), default, [])),
            static section => section.Headings[0] == "remote charts"
        );
    }

    [Fact]
    public void Report_sorts_members_into_their_families()
    {
        var counters = new Counters(new Dictionary<string, long>());
        counters.Add(Counters.Hits, 3);
        counters.Add(Counters.HitsByTier, "disk", 3);
        counters.Add(Counters.RefuseReasons, "read-only");
        counters.Add(Counters.TimeSavedMicroseconds, 41_999);
        string report = StatsReport.Write(counters.Snapshot(), null, new StoreUse(7, 8, 9, 1, 2, 3), []);
        Stats stats = Stats.Parse(report);
        Assert.Equal((3, 7), (stats.Hits, stats.Entries));
        Assert.Equal(3, stats.HitsByTier["disk"]);
        Assert.Equal(1, Assert.Single(stats.RefuseReasons).Value);
        Assert.Contains("\"time_saved_ms\":41,", report, StringComparison.Ordinal);
        Assert.Contains("\"bytes\":8,", report, StringComparison.Ordinal);
    }
}
