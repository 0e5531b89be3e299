using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>What came of asking for the right to render.</summary>
/// <typeparam name="TWork">As of <see cref="Leases{TWork}"/>.</typeparam>
internal abstract record Claim<TWork>
{
    private Claim() { }

    /// <summary>The caller renders; to be settled or passed on whatever happens.</summary>
    public sealed record Granted(long LeaseId) : Claim<TWork>;

    /// <summary>
    /// Someone else renders, what the holder brought along; the task tells how that ended. Who waits no longer says so
    /// (<see cref="Leases{TWork}.Leave"/>).
    /// </summary>
    public sealed record Queued(Task<Settlement> Outcome, TWork Holder) : Claim<TWork>;
}

/// <summary>How a lease ended, for those who waited for it.</summary>
internal abstract record Settlement
{
    private Settlement() { }

    /// <summary>The result holds for the waiter too.</summary>
    public sealed record Shared(Entry Entry) : Settlement;

    /// <summary>Nobody answered; this waiter is the leaseholder now.</summary>
    public sealed record Inherited(long LeaseId) : Settlement;

    /// <summary>The world has changed: fingerprint and look up again.</summary>
    public sealed record LookAgain : Settlement;

    /// <summary>There is nothing to share, now or later: run helm.</summary>
    public sealed record Alone(BypassReason Reason, string Detail) : Settlement;
}

/// <summary>
/// One caller per key renders, the others wait. A lease that ends without an answer passes to the next waiter, so a
/// caller that dies harms nobody. Thread-safe.
/// </summary>
/// <typeparam name="TWork">What each claimant brings along, found again by its lease.</typeparam>
internal sealed class Leases<TWork>
    where TWork : class
{
    private readonly Lock _gate = new();
    private readonly Dictionary<CacheKey, Queue<Waiter>> _waiters = [];
    private readonly Dictionary<long, (CacheKey Key, TWork Work)> _held = [];
    private long _lastId;
    private long _settled;

    /// <summary>Number of leases that ended with an answer so far: while it stays, no answer has come that was not there before.</summary>
    public long Settled => Interlocked.Read(ref _settled);

    /// <summary>Number of leases held.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _held.Count;
        }
    }

    /// <summary>Number of claims that wait for someone else's lease.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                int waiting = 0;
                foreach (Queue<Waiter> queue in _waiters.Values)
                    waiting += queue.Count(static waiter => !waiter.HasLeft);
                return waiting;
            }
        }
    }

    /// <summary>Asks for the lease of <paramref name="key"/>.</summary>
    public Claim<TWork> Acquire(CacheKey key, TWork work)
    {
        lock (_gate)
        {
            if (_waiters.TryGetValue(key, out Queue<Waiter>? queue))
            {
                var waiter = new Waiter(work);
                queue.Enqueue(waiter);
                return new Claim<TWork>.Queued(waiter.Turn.Task, _held.Values.First(held => held.Key == key).Work);
            }
            _waiters.Add(key, new Queue<Waiter>());
            return new Claim<TWork>.Granted(Hold(key, work));
        }
    }

    /// <summary>Takes a claim out of the queue, so that no lease passes to it. False when it has an answer already.</summary>
    public bool Leave(CacheKey key, Claim<TWork>.Queued claim)
    {
        lock (_gate)
        {
            // A lease that ended left the queue before it answered.
            Waiter? waiter = _waiters.GetValueOrDefault(key)?.FirstOrDefault(waiter => waiter.Turn.Task == claim.Outcome);
            if (waiter is null)
                return false;
            return waiter.HasLeft = true;
        }
    }

    /// <summary>What the holder of a lease brought along; null when the lease is not held (any more).</summary>
    public TWork? Find(long leaseId)
    {
        lock (_gate)
            return _held.TryGetValue(leaseId, out (CacheKey, TWork Work) held) ? held.Work : null;
    }

    /// <summary>Ends a lease with one answer for every waiter. Nothing happens when it is not held.</summary>
    public void Settle(long leaseId, Settlement settlement)
    {
        Queue<Waiter>? queue;
        lock (_gate)
        {
            if (!_held.Remove(leaseId, out (CacheKey Key, TWork) held) || !_waiters.Remove(held.Key, out queue))
                return;
            Interlocked.Increment(ref _settled);
        }
        foreach (Waiter waiter in queue)
            waiter.Turn.SetResult(settlement);
    }

    /// <summary>Ends a lease without an answer: the next waiter renders. Nothing happens when it is not held.</summary>
    /// <remarks>That waiter may have left as well; its session notices when it answers, and passes the lease on again.</remarks>
    public void PassOn(long leaseId)
    {
        lock (_gate)
        {
            if (!_held.Remove(leaseId, out (CacheKey Key, TWork) held))
                return;
            Waiter? next;
            while (_waiters[held.Key].TryDequeue(out next) && next.HasLeft) { }
            if (next is { HasLeft: false })
                next.Turn.SetResult(new Settlement.Inherited(Hold(held.Key, next.Work)));
            else
                _waiters.Remove(held.Key);
        }
    }

    private long Hold(CacheKey key, TWork work)
    {
        _held.Add(++_lastId, (key, work));
        return _lastId;
    }

    private sealed class Waiter(TWork work)
    {
        public TWork Work { get; } = work;

        public bool HasLeft { get; set; }

        public TaskCompletionSource<Settlement> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
