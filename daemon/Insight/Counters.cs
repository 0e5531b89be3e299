using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Threading;

namespace CacheDaemon.Daemon.Insight;

/// <summary>
/// One number per outcome, tier and reason. Only <c>Rendering</c> and <c>Sessions</c> count. Thread-safe; counting an
/// outcome seen before allocates nothing. What was counted since the last <see cref="TakeDeltas"/> is for the store to add up.
/// </summary>
public sealed class Counters
{
    public const string Hits = "hits";
    public const string Misses = "misses";
    public const string Bypasses = "bypasses";
    public const string Coalesced = "coalesced";

    /// <summary>Renders for callers, counted when the lease is given.</summary>
    public const string HelmRuns = "helm_runs";

    /// <summary>Those of them that the armed copy made: answer and proof in one.</summary>
    public const string ProofRuns = "proof_runs";
    public const string Stored = "stored";
    public const string Refused = "refused";
    public const string Errors = "errors";

    /// <summary>Entries kept without a proof on their callers' wish (<c>HELMCACHED_IMPURE=freeze</c>).</summary>
    public const string Frozen = "frozen";

    /// <summary>Entries deleted because real helm gave something else (<c>helmcached verify</c>).</summary>
    public const string VerifyMismatches = "verify_mismatches";

    /// <summary>Entries found damaged by a read, deleted, and served as a miss.</summary>
    public const string Damaged = "damaged";

    /// <summary>Microseconds that hits and coalesced calls would have spent in helm.</summary>
    public const string TimeSavedMicroseconds = "time_saved_us";

    /// <summary>
    /// Calls that write what others read: given a turn to run helm, answered with the run of another, kept waiting (with those that only
    /// read), and for how long.
    /// </summary>
    public const string CoordinationRuns = "coordination/runs",
        CoordinationJoined = "coordination/joined",
        CoordinationWaited = "coordination/waited",
        CoordinationWaitedMicroseconds = "coordination/waited_us";

    /// <summary>
    /// Hits for charts that are no files of the caller: of a repository, out of helm's content cache; named by their digest; given again
    /// within a window. Part of <see cref="Hits"/>.
    /// </summary>
    public const string RemoteRepository = "remote/repository",
        RemoteDigest = "remote/digest",
        RemoteWindow = "remote/window";

    /// <summary>
    /// The team's cache: answers served, answers that it had nothing, objects that it took, times that it did not answer or take one; and,
    /// a family by reason, objects that were not accepted.
    /// </summary>
    public const string SharedHits = "shared/hits",
        SharedMisses = "shared/misses",
        SharedStored = "shared/stored",
        SharedErrors = "shared/errors",
        SharedRefused = "shared/refused/";

    /// <summary>Prefixes of families: <c>hits_by_tier/memory</c>, <c>bypass_reasons/remote-chart</c>.</summary>
    public const string HitsByTier = "hits_by_tier/",
        BypassReasons = "bypass_reasons/",
        RefuseReasons = "refuse_reasons/";

    /// <summary>Families by command of helm: <c>commands/hits/show</c>.</summary>
    public const string CommandHits = "commands/hits/",
        CommandMisses = "commands/misses/",
        CommandBypasses = "commands/bypasses/",
        CommandCoalesced = "commands/coalesced/",
        CommandRuns = "commands/helm_runs/";

    private readonly ConcurrentDictionary<(string Family, string Member), string> _names = new();
    private readonly ConcurrentDictionary<string, Cell> _cells = new(StringComparer.Ordinal);

    /// <param name="persisted">What earlier daemons counted.</param>
    public Counters(IReadOnlyDictionary<string, long> persisted)
    {
        foreach ((string name, long value) in persisted)
            _cells[name] = new Cell { Base = value };
    }

    /// <summary>Adds to one counter.</summary>
    public void Add(string name, long amount = 1) => Interlocked.Add(ref _cells.GetOrAdd(name, static _ => new Cell()).Delta, amount);

    /// <summary>Adds to one member of a family.</summary>
    public void Add(string family, string member, long amount = 1) =>
        Add(_names.GetOrAdd((family, member), static n => n.Family + n.Member), amount);

    /// <summary>All counters: what earlier daemons counted plus ours.</summary>
    public SortedDictionary<string, long> Snapshot()
    {
        var all = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach ((string name, Cell cell) in _cells)
            all[name] = Interlocked.Read(ref cell.Base) + Interlocked.Read(ref cell.Delta);
        return all;
    }

    /// <summary>What was counted since the last call, to be persisted by adding; from then on it is part of the base.</summary>
    public Dictionary<string, long> TakeDeltas()
    {
        var deltas = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach ((string name, Cell cell) in _cells)
        {
            long delta = Interlocked.Exchange(ref cell.Delta, 0);
            if (delta == 0)
                continue;
            Interlocked.Add(ref cell.Base, delta);
            deltas[name] = delta;
        }
        return deltas;
    }

    /// <summary>Sets everything to zero.</summary>
    public void Reset() => _cells.Clear();

    private sealed class Cell
    {
        public long Base;
        public long Delta;
    }
}
