using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Hosting;

/// <summary>Counters and tallies, and their way to and from the store: what is counted survives a restart. Thread-safe.</summary>
internal sealed class CounterLedger
{
    private readonly LiteDbTier _disk;
    private readonly Lock _saving = new();
    private Dictionary<string, long> _unsaved = [];
    private long _damagedCounted;

    /// <param name="disk">Where counters are kept.</param>
    /// <param name="time">Decides what day it is.</param>
    public CounterLedger(LiteDbTier disk, TimeProvider time)
    {
        _disk = disk;
        IReadOnlyDictionary<string, long> persisted = disk.LoadCounters();
        Counters = new Counters(persisted.Where(static c => !Tallies.IsOurs(c.Key)).ToDictionary());
        Tallies = new Tallies(persisted, time);
    }

    /// <summary>What happened since the counters were last set to zero.</summary>
    public Counters Counters { get; }

    /// <summary>The same by day, chart and caller.</summary>
    public Tallies Tallies { get; }

    /// <summary>Writes down what was counted since the last time. A store that is out of use for a while gets it later.</summary>
    public void Save()
    {
        // Housekeeping that takes longer than its interval, and the end, may meet here.
        lock (_saving)
        {
            CountDamage();
            List<string> gone = Tallies.DropOldDays();
            Dictionary<string, long> deltas = Counters.TakeDeltas();
            Tallies.TakeDeltas(deltas);
            foreach ((string name, long amount) in _unsaved)
                deltas[name] = deltas.GetValueOrDefault(name) + amount;
            _unsaved = deltas.Count == 0 || _disk.AddCounters(deltas) ? [] : deltas;
            if (gone.Count > 0)
                _disk.DeleteCounters(gone);
        }
    }

    /// <summary>Sets everything to zero.</summary>
    public void Reset()
    {
        lock (_saving)
        {
            Counters.Reset();
            Tallies.Reset();
            _unsaved = [];
            _disk.ResetCounters();
        }
    }

    /// <summary>The store drops what is damaged wherever it meets it; here that becomes a number for people.</summary>
    public void CountDamage()
    {
        long damaged = _disk.DamagedEntries;
        if (Interlocked.Exchange(ref _damagedCounted, damaged) is var counted && damaged > counted)
            Counters.Add(Insight.Counters.Damaged, damaged - counted);
    }
}
