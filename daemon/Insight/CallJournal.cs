using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Insight;

/// <summary>
/// The last calls as they happened, in a ring, and the tallies that go with them. Noting a hit takes one short lock and
/// allocates nothing; why a miss was one is looked up later, off the caller's way. In memory only. Thread-safe.
/// </summary>
internal sealed class CallJournal
{
    /// <summary>Calls that are remembered.</summary>
    public const int Capacity = 256;

    private readonly TimeProvider _time;
    private readonly DaemonLog _log;
    private readonly Lock _gate = new();
    private readonly CallRecord[] _ring = new CallRecord[Capacity];
    private long _count;

    public CallJournal(Tallies tallies, DaemonLog log, TimeProvider time)
    {
        Tallies = tallies;
        _log = log;
        _time = time;
        for (int i = 0; i < Capacity; i++)
            _ring[i] = new CallRecord();
    }

    /// <summary>Calls by day, chart and caller.</summary>
    public Tallies Tallies { get; }

    /// <summary>Notes one call.</summary>
    /// <param name="call">What is known of it; its contents are copied.</param>
    /// <param name="savedMicroseconds">How much longer helm would have taken.</param>
    public void Note(in Call call, long savedMicroseconds = 0)
    {
        Tallies.Add(call.Outcome, call.Chart, call.Caller, savedMicroseconds);
        DateTimeOffset now = _time.GetUtcNow();
        lock (_gate)
        {
            CallRecord slot = _ring[_count++ % Capacity];
            slot.When = now;
            slot.Id = call.Id;
            slot.Outcome = call.Outcome;
            slot.Tier = call.Tier;
            slot.Chart = call.Chart;
            slot.Caller = call.Caller;
            slot.Microseconds = call.Microseconds;
            slot.Bytes = call.Bytes;
            slot.Reason = call.Reason;
            slot.Detail = call.Detail;
            slot.LeaseId = call.LeaseId;
            slot.Changed = call.Changed;
            slot.Material = call.Material;
        }
        if (_log.IsDetailed)
            _log.WriteDetail(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"call: {Words(call.Outcome)} {call.Tier}{call.Reason}, chart {Shown(call.Chart)}, caller "
                        + $"{Shown(call.Caller)}, {call.Microseconds / 1000.0:0.0##} ms"
                ),
                call.Id
            );
    }

    /// <summary>Notes how the render of a miss ended. Nothing happens when the call has left the ring.</summary>
    /// <param name="leaseId">Its lease.</param>
    /// <param name="microseconds">What helm took; 0 when it did not come to an end.</param>
    /// <param name="bytes">Bytes of output.</param>
    /// <param name="reason">Why it is not kept; empty when it is.</param>
    public void NoteEnd(long leaseId, long microseconds, long bytes, string reason)
    {
        lock (_gate)
        {
            foreach (CallRecord slot in _ring)
            {
                if (slot.LeaseId != leaseId || leaseId == 0)
                    continue;
                (slot.LeaseId, slot.Bytes, slot.Reason) = (0, bytes, reason);
                if (microseconds > 0)
                    slot.Microseconds = microseconds;
                return;
            }
        }
    }

    /// <summary>
    /// A call that was noted as a hit turned out to be a bypass. Where it has left the ring, the tallies alone are corrected.
    /// </summary>
    /// <param name="call">As it was noted.</param>
    /// <param name="savedMicroseconds">As it was noted.</param>
    /// <param name="reason">Why it is a bypass.</param>
    /// <param name="detail">What the reason is about.</param>
    public void TakeBack(in Call call, long savedMicroseconds, string reason, string detail)
    {
        Tallies.TakeBack(call.Outcome, call.Chart, call.Caller, savedMicroseconds);
        Tallies.Add(CallOutcome.Bypass, call.Chart, call.Caller, 0);
        lock (_gate)
        {
            for (long i = _count - 1; i >= 0 && i >= _count - Capacity; i--)
            {
                CallRecord slot = _ring[i % Capacity];
                if (
                    slot.Outcome != call.Outcome
                    || slot.Chart != call.Chart
                    || slot.Caller != call.Caller
                    || slot.Microseconds != call.Microseconds
                    || slot.Bytes != call.Bytes
                )
                    continue;
                (slot.Outcome, slot.Tier, slot.Bytes, slot.Reason, slot.Detail) = (CallOutcome.Bypass, "", 0, reason, detail);
                return;
            }
        }
    }

    /// <summary>Looks up why misses were misses, the newest first, at most <paramref name="most"/> of them.</summary>
    public void ExplainMisses(MissExplainer explainer, int most = Capacity)
    {
        for (int i = 0; i < most; i++)
        {
            if (NextUnexplained() is not { } miss)
                return;
            IReadOnlyList<string> changed = Explain(explainer, miss);
            lock (_gate)
            {
                // Overwritten meanwhile: then it is another call, which has its own material or none.
                if (ReferenceEquals(miss.Slot.Material, miss.Material))
                    (miss.Slot.Changed, miss.Slot.Material) = (changed, null);
            }
        }
    }

    /// <summary>The last calls, newest first.</summary>
    public List<CallRecord> Last(int count)
    {
        var last = new List<CallRecord>();
        lock (_gate)
        {
            for (long i = _count - 1; i >= 0 && i >= _count - Capacity && last.Count < count; i--)
                last.Add(Copy(_ring[i % Capacity]));
        }
        return last;
    }

    /// <summary>The word for an outcome, in lists and logs.</summary>
    public static string Words(CallOutcome outcome) =>
        outcome switch
        {
            CallOutcome.Hit => "hit",
            CallOutcome.Coalesced => "coalesced",
            CallOutcome.Miss => "miss",
            _ => "bypass",
        };

    private IReadOnlyList<string> Explain(MissExplainer explainer, in Unexplained miss)
    {
        try
        {
            return explainer.Explain(miss.Chart, miss.Material, miss.When);
        }
#pragma warning disable CA1031 // Called by a timer, where an exception ends the process: an explanation is not worth the daemon.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _log.WriteProblem($"a miss of {Shown(miss.Chart)} cannot be explained: {e}", miss.Id);
            return [];
        }
    }

    private Unexplained? NextUnexplained()
    {
        lock (_gate)
        {
            for (long i = _count - 1; i >= 0 && i >= _count - Capacity; i--)
                if (_ring[i % Capacity] is { Material: { } material } slot)
                    return new(slot, slot.Chart, material, slot.When, slot.Id);
        }
        return null;
    }

    private static CallRecord Copy(CallRecord slot) =>
        new()
        {
            When = slot.When,
            Id = slot.Id,
            Outcome = slot.Outcome,
            Tier = slot.Tier,
            Chart = slot.Chart,
            Caller = slot.Caller,
            Microseconds = slot.Microseconds,
            Bytes = slot.Bytes,
            Reason = slot.Reason,
            Detail = slot.Detail,
            LeaseId = slot.LeaseId,
            Changed = slot.Changed,
        };

    private static string Shown(string name) => name.Length == 0 ? "unknown" : name;

    /// <summary>A miss to be explained, as it is in the ring now.</summary>
    private readonly record struct Unexplained(
        CallRecord Slot,
        string Chart,
        IReadOnlyList<Keys.MaterialItem> Material,
        DateTimeOffset When,
        RequestId Id
    );

    /// <summary>What is known of a call when it is answered; the members are those of <see cref="CallRecord"/>.</summary>
    internal readonly record struct Call(CallOutcome Outcome, string Chart, string Caller, long Microseconds)
    {
        public RequestId Id { get; init; }

        public string Tier { get; init; } = "";

        public long Bytes { get; init; }

        public string Reason { get; init; } = "";

        public string Detail { get; init; } = "";

        public long LeaseId { get; init; }

        public IReadOnlyList<string>? Changed { get; init; }

        public IReadOnlyList<Keys.MaterialItem>? Material { get; init; }
    }
}
