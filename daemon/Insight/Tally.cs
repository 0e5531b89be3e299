using System.Threading;

namespace CacheDaemon.Daemon.Insight;

/// <summary>Outcomes of the calls of one day, chart or caller. Thread-safe; adding allocates nothing.</summary>
internal sealed class Tally
{
    /// <summary>Names of the numbers, as they are persisted: one per <see cref="CallOutcome"/>, and the time saved.</summary>
    public static readonly string[] Fields = ["hits", "coalesced", "misses", "bypasses", "saved_us"];

    private const int Saved = 4;

    private readonly long[] _base = new long[Fields.Length];
    private readonly long[] _delta = new long[Fields.Length];

    public long Hits => Read((int)CallOutcome.Hit);

    public long Coalesced => Read((int)CallOutcome.Coalesced);

    public long Misses => Read((int)CallOutcome.Miss);

    public long Bypasses => Read((int)CallOutcome.Bypass);

    /// <summary>Microseconds that helm would have taken longer.</summary>
    public long SavedMicroseconds => Read(Saved);

    /// <summary>All calls.</summary>
    public long Calls => Hits + Coalesced + Misses + Bypasses;

    /// <summary>Adds calls, or takes them back.</summary>
    public void Add(CallOutcome outcome, long savedMicroseconds, int calls = 1)
    {
        Interlocked.Add(ref _delta[(int)outcome], calls);
        if (savedMicroseconds != 0)
            Interlocked.Add(ref _delta[Saved], savedMicroseconds);
    }

    /// <summary>Adds what another one holds.</summary>
    public void Add(Tally other)
    {
        for (int i = 0; i < _base.Length; i++)
            _base[i] += other.Read(i);
    }

    /// <summary>Adds what an earlier daemon counted.</summary>
    public void Load(int field, long value) => Interlocked.Add(ref _base[field], value);

    /// <summary>What was added to a field since the last call; from then on it counts as persisted.</summary>
    public long Take(int field)
    {
        long delta = Interlocked.Exchange(ref _delta[field], 0);
        Interlocked.Add(ref _base[field], delta);
        return delta;
    }

    private long Read(int field) => Interlocked.Read(ref _base[field]) + Interlocked.Read(ref _delta[field]);
}
