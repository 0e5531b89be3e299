using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace CacheDaemon.Daemon.Insight;

/// <summary>
/// Calls by day, by hour, by chart and by caller, on top of the totals that <see cref="Counters"/> keeps, and persisted beside them
/// under names such as <c>day/hits/2026-11-21</c>. Bounded: charts and callers beyond the first hundreds share one tally.
/// Thread-safe; adding to a chart and caller seen before allocates nothing.
/// </summary>
internal sealed class Tallies
{
    /// <summary>Days that are kept, today included.</summary>
    public const int Days = 7;

    /// <summary>Most charts and most callers told apart.</summary>
    public const int MaxMembers = 500;

    /// <summary>Stands for the charts and callers beyond <see cref="MaxMembers"/>.</summary>
    public const string Others = "(others)";

    /// <summary>Hours that are kept, this one included.</summary>
    public const int MaxHours = Days * 24;

    private const string Hour = "hour";

    /// <summary>By universal time, so that no two hours have one name.</summary>
    private const string HourFormat = "yyyy-MM-ddTHH:00Z";

    private const string Day = "day",
        Chart = "chart",
        Caller = "caller";
    private const string DayFormat = "yyyy-MM-dd";

    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, Tally> _days = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Tally> _charts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Tally> _callers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Tally> _hours = new(StringComparer.Ordinal);
    private Tally _today;
    private Tally _thisHour;

    /// <param name="persisted">What the store has counted, of whatever kind; others' names are passed over.</param>
    /// <param name="time">Says what day it is, by local time.</param>
    public Tallies(IReadOnlyDictionary<string, long> persisted, TimeProvider time)
    {
        _time = time;
        foreach ((string name, long value) in persisted)
            if (
                name.Split('/', 3) is [var family, var fieldName, var member]
                && FamilyOf(family) is { } tallies
                && Array.IndexOf(Tally.Fields, fieldName) is >= 0 and var field
            )
                tallies.GetOrAdd(member, static _ => new Tally()).Load(field, value);
        _today = _days.GetOrAdd(NameOf(0), static _ => new Tally());
        _thisHour = _hours.GetOrAdd(HourOf(0), static _ => new Tally());
    }

    /// <summary>True for names under which tallies are persisted.</summary>
    public static bool IsOurs(string name) =>
        name.StartsWith(Day + "/", StringComparison.Ordinal)
        || name.StartsWith(Hour + "/", StringComparison.Ordinal)
        || name.StartsWith(Chart + "/", StringComparison.Ordinal)
        || name.StartsWith(Caller + "/", StringComparison.Ordinal);

    /// <summary>By hour, named by its beginning such as <c>2026-11-21T13:00Z</c>, in no order.</summary>
    public IEnumerable<KeyValuePair<string, Tally>> Hours => _hours;

    /// <summary>By chart, in no order. Calls of which no chart is known are under the empty name.</summary>
    public IEnumerable<KeyValuePair<string, Tally>> Charts => _charts;

    /// <summary>By name of the calling process, in no order; the empty name is for those that could not be told.</summary>
    public IEnumerable<KeyValuePair<string, Tally>> Callers => _callers;

    /// <summary>Adds one call.</summary>
    /// <param name="outcome">What became of it.</param>
    /// <param name="chart">Name of its chart, or empty.</param>
    /// <param name="caller">Name of the calling process, or empty.</param>
    /// <param name="savedMicroseconds">How much longer helm would have taken.</param>
    public void Add(CallOutcome outcome, string chart, string caller, long savedMicroseconds) =>
        Add(outcome, chart, caller, 1, savedMicroseconds);

    /// <summary>Takes a call back that was added with the same arguments.</summary>
    public void TakeBack(CallOutcome outcome, string chart, string caller, long savedMicroseconds) =>
        Add(outcome, chart, caller, -1, -savedMicroseconds);

    private void Add(CallOutcome outcome, string chart, string caller, int calls, long savedMicroseconds)
    {
        _today.Add(outcome, savedMicroseconds, calls);
        _thisHour.Add(outcome, savedMicroseconds, calls);
        Member(_charts, chart).Add(outcome, savedMicroseconds, calls);
        Member(_callers, caller).Add(outcome, savedMicroseconds, calls);
    }

    /// <summary>The sum of the last days, today included.</summary>
    public Tally Last(int days)
    {
        var sum = new Tally();
        for (int i = 0; i < days; i++)
            if (_days.TryGetValue(NameOf(i), out Tally? day))
                sum.Add(day);
        return sum;
    }

    /// <summary>Adds to <paramref name="deltas"/> what was counted since the last call, to be persisted by adding.</summary>
    public void TakeDeltas(Dictionary<string, long> deltas)
    {
        foreach ((string family, ConcurrentDictionary<string, Tally> tallies) in Families())
        foreach ((string member, Tally tally) in tallies)
            for (int field = 0; field < Tally.Fields.Length; field++)
                if (tally.Take(field) is not 0 and var delta)
                    deltas[$"{family}/{Tally.Fields[field]}/{member}"] = delta;
    }

    /// <summary>Begins a new day, and a new hour, when there is one. Returns the persisted names that are too old to be kept.</summary>
    public List<string> DropOldDays()
    {
        _today = _days.GetOrAdd(NameOf(0), static _ => new Tally());
        string oldest = NameOf(Days - 1);
        var gone = new List<string>();
        foreach (string day in _days.Keys.Where(day => string.CompareOrdinal(day, oldest) < 0))
        {
            _days.TryRemove(day, out _);
            gone.AddRange(Tally.Fields.Select(field => $"{Day}/{field}/{day}"));
        }
        _thisHour = _hours.GetOrAdd(HourOf(0), static _ => new Tally());
        string firstHour = HourOf(MaxHours - 1);
        foreach (string hour in _hours.Keys.Where(hour => string.CompareOrdinal(hour, firstHour) < 0))
        {
            _hours.TryRemove(hour, out _);
            gone.AddRange(Tally.Fields.Select(field => $"{Hour}/{field}/{hour}"));
        }
        return gone;
    }

    /// <summary>Sets everything to zero.</summary>
    public void Reset()
    {
        _days.Clear();
        _charts.Clear();
        _callers.Clear();
        _hours.Clear();
        _thisHour = _hours.GetOrAdd(HourOf(0), static _ => new Tally());
        _today = _days.GetOrAdd(NameOf(0), static _ => new Tally());
    }

    private static Tally Member(ConcurrentDictionary<string, Tally> tallies, string name)
    {
        if (tallies.TryGetValue(name, out Tally? known))
            return known;
        return tallies.GetOrAdd(tallies.Count < MaxMembers ? name : Others, static _ => new Tally());
    }

    private ConcurrentDictionary<string, Tally>? FamilyOf(string family) => Families().FirstOrDefault(f => f.Name == family).Tallies;

    private (string Name, ConcurrentDictionary<string, Tally> Tallies)[] Families() =>
        [(Day, _days), (Hour, _hours), (Chart, _charts), (Caller, _callers)];

    private string HourOf(int hoursAgo) => _time.GetUtcNow().AddHours(-hoursAgo).ToString(HourFormat, CultureInfo.InvariantCulture);

    private string NameOf(int daysAgo) => _time.GetLocalNow().Date.AddDays(-daysAgo).ToString(DayFormat, CultureInfo.InvariantCulture);
}
