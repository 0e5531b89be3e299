using System;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>
/// What records how requests and renders end: counters, the journal, the last requests, times. Decides nothing. Thread-safe.
/// </summary>
/// <param name="counters">The totals.</param>
/// <param name="journal">The last calls, one by one.</param>
/// <param name="log">The log.</param>
/// <param name="time">The clock.</param>
internal sealed class OutcomeRecorder(Counters counters, CallJournal journal, DaemonLog log, TimeProvider time)
{
    /// <summary>Where the result of a call comes from that waited for the render of another.</summary>
    public const string Coalesced = "coalesced";

    private const string FilesInTheWay = "helm has to decide about what is there";

    /// <summary>An entry that comes from here was rendered by an earlier daemon, or long ago.</summary>
    private const string DiskTier = "disk";

    private readonly RenderTimes _renderTimes = new();

    /// <summary>The calls behind what was served and stored.</summary>
    public RecentRequests Recent { get; } = new();

    /// <summary>How old results were that were given again within a window.</summary>
    public RecentTimes RemoteAges { get; } = new(kept: 1024);

    /// <summary>A result was sent. Answers what was counted, where the caller may find that it cannot use it.</summary>
    public CountedHit? Hit(Entry entry, string source, TimeSpan elapsed, in Arrival arrival, ChartOrigin origin = ChartOrigin.Local)
    {
        bool coalesced = source == Coalesced;
        counters.Add(coalesced ? Counters.Coalesced : Counters.Hits);
        CountCommand(coalesced ? Counters.CommandCoalesced : Counters.CommandHits, arrival);
        if (!coalesced)
            counters.Add(Counters.HitsByTier, source);
        CountOrigin(origin, 1);
        if (source is DiskTier or SharedTier.Name)
            _renderTimes.Add(arrival.Command, entry.ChartName, entry.RenderMilliseconds);
        long saved = Math.Max(
            0,
            (long)(_renderTimes.Median(arrival.Command, entry.ChartName, entry.RenderMilliseconds) * 1000 - elapsed.TotalMicroseconds)
        );
        counters.Add(Counters.TimeSavedMicroseconds, saved);
        var call = new CallJournal.Call(
            coalesced ? CallOutcome.Coalesced : CallOutcome.Hit,
            entry.ChartName,
            arrival.Caller,
            (long)elapsed.TotalMicroseconds
        )
        {
            Id = arrival.Id,
            Tier = coalesced ? "" : source,
            Bytes = entry.Result!.Stdout.Length + (long)entry.Result.Stderr.Length,
        };
        journal.Note(call, saved);
        return arrival.WritesFiles ? new CountedHit(source, arrival, call, saved, origin) : null;
    }

    /// <summary>
    /// The caller could not write the files of a hit, since something is in their place, and has real helm judge that: it counts as a
    /// bypass.
    /// </summary>
    public void TakeBack(CountedHit hit)
    {
        string name = ReasonText.Of(BypassReason.OutputDirectory);
        counters.Add(Counters.Hits, -1);
        counters.Add(Counters.HitsByTier, hit.Tier, -1);
        CountCommand(Counters.CommandHits, hit.Arrival, -1);
        CountOrigin(hit.Origin, -1);
        counters.Add(Counters.TimeSavedMicroseconds, -hit.SavedMicroseconds);
        CountBypass(name, hit.Arrival);
        journal.TakeBack(hit.Call, hit.SavedMicroseconds, name, FilesInTheWay);
    }

    /// <summary>A caller was given a lease.</summary>
    public void Miss(long leaseId, LeasedRender render, in Arrival arrival)
    {
        counters.Add(Counters.Misses);
        counters.Add(Counters.HelmRuns);
        CountCommand(Counters.CommandMisses, arrival);
        CountCommand(Counters.CommandRuns, arrival);
        bool recache = render.Request.Flags.HasFlag(RenderFlags.Recache);
        journal.Note(
            new(CallOutcome.Miss, arrival.Chart, arrival.Caller, (long)time.GetElapsedTime(arrival.Started).TotalMicroseconds)
            {
                Id = arrival.Id,
                LeaseId = leaseId,
                Changed = recache ? ["recache"] : null,
                Material = recache ? null : render.Fingerprint.Material.Items,
            }
        );
    }

    /// <summary>A call is real helm's.</summary>
    public void Bypass(BypassReason reason, string detail, in Arrival arrival)
    {
        string name = ReasonText.Of(reason);
        CountBypass(name, arrival);
        journal.Note(
            new(CallOutcome.Bypass, arrival.Chart, arrival.Caller, (long)time.GetElapsedTime(arrival.Started).TotalMicroseconds)
            {
                Id = arrival.Id,
                Reason = name,
                Detail = detail,
            }
        );
    }

    /// <summary>A render began with the armed copy.</summary>
    public void ProofRun() => counters.Add(Counters.ProofRuns);

    /// <summary>A render took so long.</summary>
    public void Rendered(Fingerprint fingerprint, double milliseconds) =>
        _renderTimes.Add(fingerprint.Command.Statistics, fingerprint.ChartName, milliseconds);

    /// <summary>A result was stored.</summary>
    public void Stored(bool isFrozen)
    {
        counters.Add(Counters.Stored);
        if (isFrozen)
            counters.Add(Counters.Frozen);
    }

    /// <summary>The render of a lease came to its end.</summary>
    public void Ended(Publication publish, RefuseReason refused) =>
        journal.NoteEnd(
            publish.LeaseId,
            publish.RenderMicroseconds,
            publish.Stdout.Length + (long)publish.Stderr.Length,
            refused == RefuseReason.None ? "" : ReasonText.Of(refused)
        );

    /// <summary>The render of a lease ended and its result did not arrive.</summary>
    public void Lost(long leaseId) => journal.NoteEnd(leaseId, 0, 0, ReasonText.Of(RefuseReason.StoreFailed));

    /// <summary>A render came to no result.</summary>
    public void Abandoned(long leaseId, RefuseReason reason)
    {
        journal.NoteEnd(leaseId, 0, 0, ReasonText.Of(reason));
        Refuse(reason, "");
    }

    /// <summary>A result is not kept.</summary>
    public Message.Published Refuse(RefuseReason reason, string detail)
    {
        counters.Add(Counters.Refused);
        counters.Add(Counters.RefuseReasons, ReasonText.Of(reason));
        return new Message.Published(reason, detail);
    }

    /// <summary>A fault of ours.</summary>
    public void Failed(string what, Exception fault, RequestId request)
    {
        counters.Add(Counters.Errors);
        log.WriteProblem($"{what}: {fault}", request);
    }

    private void CountBypass(string reason, in Arrival arrival)
    {
        counters.Add(Counters.Bypasses);
        counters.Add(Counters.BypassReasons, reason);
        CountCommand(Counters.CommandBypasses, arrival);
    }

    private void CountOrigin(ChartOrigin origin, long amount)
    {
        string? name = origin switch
        {
            ChartOrigin.Repository => Counters.RemoteRepository,
            ChartOrigin.Digest => Counters.RemoteDigest,
            ChartOrigin.Window => Counters.RemoteWindow,
            _ => null,
        };
        if (name is not null)
            counters.Add(name, amount);
    }

    private void CountCommand(string family, in Arrival arrival, long amount = 1)
    {
        if (arrival.Command.Length > 0)
            counters.Add(family, arrival.Command, amount);
    }
}
