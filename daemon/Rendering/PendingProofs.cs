using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Threading;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>A result that is not served until a proof run has shown that nothing impure made it.</summary>
/// <param name="Render">What was asked, and the state of the world when it was.</param>
/// <param name="Entry">What would be stored.</param>
internal sealed record PendingProof(LeasedRender Render, Entry Entry);

/// <summary>
/// Results that wait for their proof, by key. A proof that never comes (its process was killed) is given up after a
/// while, and the next caller starts another. In memory only: after a restart the next caller starts anew. Thread-safe.
/// </summary>
internal sealed class PendingProofs
{
    /// <summary>Proofs of one key that may get lost before the key counts as unprovable.</summary>
    public const int MaxAttempts = 3;

    /// <summary>Most results that wait at once: each holds its output in memory.</summary>
    private const int MaxPending = 64;

    /// <summary>Time for a proof besides its render: it waits for its turn, copies a chart and starts a process.</summary>
    private static readonly TimeSpan Allowance = TimeSpan.FromMinutes(1);

    /// <summary>A proof has low priority: it may take this many times as long as the caller's render.</summary>
    private const int RenderFactor = 20;

    private readonly TimeProvider _time;
    private readonly Action<long> _ended;
    private readonly Lock _gate = new();
    private readonly Dictionary<CacheKey, Slot> _byKey = [];
    private readonly Dictionary<long, CacheKey> _keys = [];
    private readonly Dictionary<CacheKey, int> _lost = [];

    /// <param name="time">Decides when a proof is late.</param>
    /// <param name="ended">Told the number of each proof that is no longer waited for.</param>
    public PendingProofs(TimeProvider time, Action<long> ended)
    {
        _time = time;
        _ended = ended;
    }

    /// <summary>Results that wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _byKey.Count;
        }
    }

    /// <summary>True while a proof for <paramref name="key"/> is under way.</summary>
    public bool IsPending(CacheKey key)
    {
        lock (_gate)
        {
            if (!_byKey.TryGetValue(key, out Slot slot))
                return false;
            if (!IsLate(slot))
                return true;
            Lose(key, slot);
            return false;
        }
    }

    /// <summary>True when so many proofs of this key got lost that another is not worth it.</summary>
    public bool IsHopeless(CacheKey key)
    {
        lock (_gate)
            return _lost.GetValueOrDefault(key) >= MaxAttempts;
    }

    /// <summary>Begins to wait. Returns the number of the proof; 0 when too many wait already.</summary>
    public long Begin(PendingProof pending)
    {
        lock (_gate)
        {
            if (_byKey.Count >= MaxPending || _byKey.ContainsKey(pending.Render.Fingerprint.Key))
                return 0;
            TimeSpan patience = Allowance + RenderFactor * TimeSpan.FromMilliseconds(pending.Entry.RenderMilliseconds);
            long id = NewId();
            _byKey.Add(pending.Render.Fingerprint.Key, new Slot(id, _time.GetTimestamp(), patience, pending));
            _keys.Add(id, pending.Render.Fingerprint.Key);
            return id;
        }
    }

    /// <summary>Takes out the result that waits for proof <paramref name="id"/>; null when it waits no longer.</summary>
    public PendingProof? End(long id)
    {
        lock (_gate)
        {
            if (!_keys.TryGetValue(id, out CacheKey key) || !_byKey.TryGetValue(key, out Slot slot))
                return null;
            Forget(key, slot);
            _lost.Remove(key);
            return slot.Pending;
        }
    }

    /// <summary>Gives up all proofs whose time is over.</summary>
    public void GiveUpLate()
    {
        lock (_gate)
            foreach ((CacheKey key, Slot slot) in _byKey.Where(waiting => IsLate(waiting.Value)).ToList())
                Lose(key, slot);
    }

    /// <summary>A prover of an earlier daemon may still be running: its number must not be one of ours, so they are random.</summary>
    private static long NewId()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        long id;
        do
        {
            RandomNumberGenerator.Fill(bytes);
            id = BitConverter.ToInt64(bytes) & long.MaxValue;
        }
        while (id == 0);
        return id;
    }

    private bool IsLate(Slot slot) => _time.GetElapsedTime(slot.Begun) > slot.Patience;

    private void Lose(CacheKey key, Slot slot)
    {
        Forget(key, slot);
        _lost[key] = _lost.GetValueOrDefault(key) + 1;
    }

    private void Forget(CacheKey key, Slot slot)
    {
        _byKey.Remove(key);
        _keys.Remove(slot.Id);
        _ended(slot.Id);
    }

    private readonly record struct Slot(long Id, long Begun, TimeSpan Patience, PendingProof Pending);
}
