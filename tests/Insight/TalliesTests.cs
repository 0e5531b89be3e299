using System;
using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Insight;

/// <summary>Calls by day, chart and caller, across restarts.</summary>
public sealed class TalliesTests
{
    private readonly ManualClock _clock = new(new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));
    private readonly Dictionary<string, long> _store = [];

    [Fact]
    public void Each_outcome_counts_for_its_day_its_chart_and_its_caller()
    {
        var tallies = new Tallies(_store, _clock);
        tallies.Add(CallOutcome.Miss, "web", "argocd", 0);
        tallies.Add(CallOutcome.Hit, "web", "argocd", 30_000);
        tallies.Add(CallOutcome.Coalesced, "web", "helmfile", 20_000);
        tallies.Add(CallOutcome.Bypass, "", "helmfile", 0);
        Tally web = Of(tallies.Charts, "web"),
            helmfile = Of(tallies.Callers, "helmfile");
        Assert.Equal((1, 1, 1, 0, 50_000), (web.Hits, web.Coalesced, web.Misses, web.Bypasses, web.SavedMicroseconds));
        Assert.Equal(
            (0, 1, 0, 1, 20_000),
            (helmfile.Hits, helmfile.Coalesced, helmfile.Misses, helmfile.Bypasses, helmfile.SavedMicroseconds)
        );
        Assert.Equal((4, 4, 50_000), (tallies.Last(1).Calls, tallies.Last(Tallies.Days).Calls, tallies.Last(1).SavedMicroseconds));
    }

    [Fact]
    public void Next_daemon_goes_on_where_the_last_one_stopped()
    {
        for (int i = 0; i < 3; i++)
        {
            var tallies = new Tallies(_store, _clock);
            tallies.Add(CallOutcome.Hit, "a/b", "make", 1_000);
            Save(tallies);
            Save(tallies);
        }
        var last = new Tallies(_store, _clock);
        Assert.Equal((3, 3_000), (Of(last.Charts, "a/b").Hits, Of(last.Callers, "make").SavedMicroseconds));
        Assert.Equal(3, last.Last(1).Hits);
        Assert.All(_store.Keys, name => Assert.True(Tallies.IsOurs(name)));
        Assert.False(Tallies.IsOurs(Counters.BypassReasons + "remote-chart"));
    }

    [Fact]
    public void Row19_Hours_are_summed_since_a_time_and_forgotten_after_a_week_on_disk_too()
    {
        var tallies = new Tallies(_store, _clock);
        for (int hour = 0; hour < 200; hour++)
        {
            tallies.Add(CallOutcome.Hit, "web", "make", 1_000_000);
            Save(tallies);
            _clock.Advance(TimeSpan.FromHours(1));
            foreach (string name in tallies.DropOldDays())
                _store.Remove(name);
        }
        // The hour that has begun has no call yet.
        Assert.Equal(Tallies.MaxHours - 1, tallies.Hours.Sum(hour => hour.Value.Hits));
        var next = new Tallies(_store, _clock);
        Assert.Equal(Tallies.MaxHours - 1, next.Hours.Sum(hour => hour.Value.Hits));
        var report = StatsReport.Read(StatsReport.Write(_store, next, default, []));
        CallsReport since = report.Since(_clock.GetUtcNow().AddHours(-5))!;
        Assert.Equal((5, 5_000, 1.0), (since.Hits, since.TimeSavedMs, since.HitRate));
        Assert.Equal(6, report.Since(_clock.GetUtcNow().AddHours(-5).AddMinutes(-1))!.Hits);
        Assert.Equal(0, report.Since(_clock.GetUtcNow())!.Hits);
    }

    [Fact]
    public void Days_are_kept_for_a_week_and_then_forgotten_on_disk_too()
    {
        var tallies = new Tallies(_store, _clock);
        for (int day = 0; day < 10; day++)
        {
            tallies.Add(CallOutcome.Hit, "web", "make", 1_000);
            Save(tallies);
            _clock.Advance(TimeSpan.FromDays(1));
            foreach (string name in tallies.DropOldDays())
                _store.Remove(name);
        }
        Assert.Equal(0, tallies.Last(1).Hits);
        Assert.Equal(Tallies.Days - 1, tallies.Last(Tallies.Days).Hits);
        Assert.Equal(10, Of(tallies.Charts, "web").Hits);
        Assert.Equal(Tallies.Days - 1, _store.Keys.Count(name => name.StartsWith("day/hits/", StringComparison.Ordinal)));
    }

    [Fact]
    public void Number_of_charts_told_apart_is_bounded()
    {
        var tallies = new Tallies(_store, _clock);
        for (int i = 0; i < Tallies.MaxMembers + 50; i++)
            tallies.Add(CallOutcome.Hit, $"chart-{i}", "make", 0);
        Assert.Equal(Tallies.MaxMembers + 1, tallies.Charts.Count());
        Assert.Equal(50, Of(tallies.Charts, Tallies.Others).Hits);
    }

    [Fact]
    public void Reset_forgets_everything()
    {
        var tallies = new Tallies(new Dictionary<string, long> { ["chart/hits/web"] = 5, ["day/hits/2026-11-21"] = 5 }, _clock);
        tallies.Add(CallOutcome.Hit, "web", "make", 0);
        tallies.Reset();
        Assert.Empty(tallies.Charts);
        Assert.Equal(0, tallies.Last(Tallies.Days).Calls);
        Save(tallies);
        Assert.Empty(_store);
        tallies.Add(CallOutcome.Hit, "web", "make", 0);
        Assert.Equal(1, tallies.Last(1).Hits);
    }

    [Theory]
    [InlineData("chart/hits")]
    [InlineData("chart/laughs/web")]
    [InlineData("colour/hits/web")]
    [InlineData("hits")]
    public void Name_of_another_kind_is_passed_over(string name)
    {
        var tallies = new Tallies(new Dictionary<string, long> { [name] = 7 }, _clock);
        Assert.Empty(tallies.Charts);
        Assert.Empty(tallies.Callers);
    }

    private static Tally Of(IEnumerable<KeyValuePair<string, Tally>> tallies, string name) => tallies.Single(t => t.Key == name).Value;

    private void Save(Tallies tallies)
    {
        var deltas = new Dictionary<string, long>();
        tallies.TakeDeltas(deltas);
        foreach ((string name, long delta) in deltas)
            _store[name] = _store.GetValueOrDefault(name) + delta;
    }
}
