using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>
/// The way of a request: fingerprint, look up, lease or wait; and of a result: fingerprint again, judge, share, store.
/// The only place that counts outcomes.
/// </summary>
internal sealed class RenderPipeline
{
    /// <summary>
    /// How often a request looks again because the world changed while it waited. Inputs that change faster than helm
    /// renders are not worth a cache.
    /// </summary>
    private const int MaxLooks = 4;

    /// <summary>
    /// How old the render of another may be for those who wait for it. Hardly a chart takes a minute; a helm that does may have been stopped,
    /// or hang, and whoever waits for it must not hang with it.
    /// </summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(1);

    private readonly Fingerprinter _fingerprinter;
    private readonly Explainer _explainer;
    private readonly EntryStore _store;
    private readonly Counters _counters;
    private readonly CallJournal? _journal;
    private readonly DaemonLog _log;
    private readonly TimeProvider _time;
    private readonly bool _readOnly;
    private readonly Armory _armory;
    private readonly RenderTimes _renderTimes = new();
    private readonly RemoteRuns _remoteRuns;
    private readonly TeamShare _team;
    private readonly Leases<LeasedRender> _leases = new();
    private readonly Lock _looking = new();

    public RenderPipeline(
        Fingerprinter fingerprinter, Explainer explainer, EntryStore store, Counters counters, DaemonLog log, TimeProvider time, Armory armory, bool readOnly,
        CallJournal? journal = null, SharedTier? shared = null)
    {
        _journal = journal;
        _fingerprinter = fingerprinter;
        _explainer = explainer;
        _store = store;
        _counters = counters;
        _log = log;
        _time = time;
        _remoteRuns = explainer.RemoteRuns;
        _readOnly = readOnly;
        _armory = armory;
        _team = new TeamShare(shared, store, counters, log, time, readOnly);
    }

    /// <summary>The calls behind what was served and stored.</summary>
    public RecentRequests Recent { get; } = new();

    /// <summary>How old results were that were given again within a window.</summary>
    public RecentTimes RemoteAges { get; } = new(kept: 1024);

    /// <summary>How long the team's cache took for its last answers.</summary>
    public RecentTimes TeamLatencies => _team.Latencies;

    /// <summary>Renders that callers do for us now.</summary>
    public int Running => _leases.Count;

    /// <summary>Callers that wait for the render of another.</summary>
    public int Waiting => _leases.Waiting;

    /// <summary>What is known of a request by its bytes alone; null: decode it.</summary>
    public KnownRequest? FindKnown(in ReadOnlySequence<byte> message) => _fingerprinter.FindKnown(message);

    /// <summary>Whether <see cref="FindKnown"/> is worth a try: touches no file.</summary>
    public bool IsKnown(ReadOnlySpan<byte> message) => _fingerprinter.IsKnown(message);

    /// <summary>Answers a <see cref="Message.Render"/> with a result, a lease or a bypass. Never throws.</summary>
    /// <param name="request">The call.</param>
    /// <param name="held">Leases of the caller's session; a new one is added.</param>
    /// <param name="message">The bytes that the request came as; there until the answer is.</param>
    /// <param name="known">What <see cref="FindKnown"/> said about those bytes just now.</param>
    /// <param name="started">Time stamp of when the request was there.</param>
    /// <param name="caller">Name of the calling process; empty when it is not known.</param>
    public async ValueTask<Answer> RenderAsync(Message.Render request, ICollection<long> held, ReadOnlySequence<byte> message, KnownRequest? known, long started, string caller = "")
    {
        var arrival = new Arrival(started, caller);
        try
        {
            string source = "";
            for (int look = 0; look < MaxLooks; look++)
            {
                FingerprintOutcome outcome = look == 0 && known is not null ? known.Outcome : _fingerprinter.Compute(request);
                arrival = arrival with { Command = CommandOf(outcome, request) };
                bool hitOnly = request.Flags.HasFlag(RenderFlags.HitOnly);
                if (outcome is not FingerprintOutcome.Known { Fingerprint: { } fingerprint })
                    return hitOnly ? NoHit : Bypass(((FingerprintOutcome.Declined)outcome).Reason, ((FingerprintOutcome.Declined)outcome).Detail, arrival);
                arrival = arrival with { Chart = fingerprint.ChartName, WritesFiles = fingerprint.WritesFiles };

                long settled = _leases.Settled;
                CacheKey key = fingerprint.Key;
                bool anew = request.Flags.HasFlag(RenderFlags.Recache);
                if (anew)
                    _store.ForgetVarying(key);
                // What was too old, or too new, for its window is as good as not there.
                bool isFresh = _remoteRuns.IsFresh(fingerprint, out TimeSpan? age);
                Lookup found = anew || !isFresh ? default : _store.Get(key);
                if (found.Entry is { Result: null })
                {
                    key = fingerprint.PathKey;
                    found = _store.Get(key);
                }
                if (found.Entry is not null && known is null)
                    _fingerprinter.Remember(message, request, (FingerprintOutcome.Known)outcome);
                if (found.Entry is { } entry)
                {
                    if (request.View.Length > 0)
                    {
                        if (fingerprint.WritesFiles || _store.GetView(key, entry, request.View) is not { } view)
                            return NoHit;
                        entry = entry with { Result = entry.Result! with { Stdout = view } };
                    }
                    Recent.Remember(key, hitOnly ? request with { Flags = request.Flags & ~RenderFlags.HitOnly, View = "" } : request);
                    return Hit(key, entry, source.Length > 0 ? source : found.Tier, request, arrival, fingerprint, age);
                }

                if (hitOnly)
                    return NoHit;
                Missed missed = await MissAsync(request, fingerprint, key, settled, held, arrival).ConfigureAwait(false);
                if (missed.Answer is { } answer)
                    return answer;
                if (missed.HasWaited)
                    source = Coalesced;
            }
            return Bypass(BypassReason.InputsKeepChanging, "", arrival);
        }
#pragma warning disable CA1031 // Never in the way: our bug is the caller's ordinary helm run.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _counters.Add(Counters.Errors);
            _log.WriteProblem($"render: {e}");
            return Bypass(BypassReason.Faulted, e.GetType().Name, arrival);
        }
    }

    /// <summary>What becomes of a call that nothing is stored for: a lease, the answer of the team or of another caller, or helm. Apart from the look into the store, so that a hit pays for nothing of it.</summary>
    private async Task<Missed> MissAsync(Message.Render request, Fingerprint fingerprint, CacheKey key, long settled, ICollection<long> held, Arrival arrival)
    {
        var choice = HelmChoice.For(request, fingerprint, _store, _armory);
        bool mayAsk = _team.MayHave(request, fingerprint, key, choice.Obstacle);
        if (choice.Obstacle != BypassReason.None && !mayAsk)
            return new(Bypass(choice.Obstacle, choice.Detail, arrival));
        var render = new LeasedRender(request, fingerprint, key, choice.Armed, _remoteRuns.Now());
        switch (_leases.Acquire(key, render))
        {
            case Claim<LeasedRender>.Granted granted when !request.Flags.HasFlag(RenderFlags.Recache) && _leases.Settled != settled && IsAnswered(key, request, fingerprint, choice.Obstacle):
                _leases.Settle(granted.LeaseId, new Settlement.LookAgain());
                return default;
            case Claim<LeasedRender>.Granted granted when mayAsk:
                return new(await AskTeamAsync(granted.LeaseId, render, choice, held, arrival).ConfigureAwait(false));
            case Claim<LeasedRender>.Granted granted:
                return new(Miss(granted.LeaseId, render, held, arrival));
            case Claim<LeasedRender>.Queued queued:
                return await WaitAsync(key, queued).ConfigureAwait(false) switch
                {
                    // One that began before this call, and took longer than it may be old, is no answer to it.
                    Settlement.Shared shared when _remoteRuns.IsFresh(fingerprint, out _) => new(Hit(key, shared.Entry, Coalesced, request, arrival)),
                    Settlement.Inherited inherited => new(MissOrBypass(inherited.LeaseId, render, choice, held, arrival)),
                    Settlement.Alone alone => new(Bypass(alone.Reason, alone.Detail, arrival)),
                    _ => new(null, HasWaited: true),
                };
            default:
                return default;
        }
    }

    /// <summary>
    /// Takes a leaseholder's result: shares it with those who wait and stores it, if it may be kept. Never throws. A lease belongs to the
    /// session that it was given to: leases are numbered in turn, and a wrong number must not become another call's manifest.
    /// </summary>
    public Answer Publish(Publication publish, ICollection<long> held)
    {
        if (!held.Remove(publish.LeaseId) || _leases.Find(publish.LeaseId) is not { } render)
            return Answer.Of(LeaseLost());
        try
        {
            Message.Published published = Judge(publish, render);
            _journal?.NoteEnd(
                publish.LeaseId, publish.RenderMicroseconds, publish.Stdout.Length + (long)publish.Stderr.Length,
                published.Refused == RefuseReason.None ? "" : ReasonText.Of(published.Refused));
            return Answer.Of(published);
        }
#pragma warning disable CA1031 // The caller has its output; the lease must not stay held.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _counters.Add(Counters.Errors);
            _log.WriteProblem($"publish {render.Key}: {e}");
            return Answer.Of(Refuse(RefuseReason.StoreFailed, e.GetType().Name));
        }
        finally
        {
            _leases.PassOn(publish.LeaseId); // Does nothing when it was settled.
        }
    }

    /// <summary>
    /// A leaseholder's result did not arrive: the kernel drops a file for which the process has no descriptor left. Those who wait run helm,
    /// all at once, since the result of the next of them could be lost as well. Never throws.
    /// </summary>
    public Answer RejectLostResult(long leaseId, ICollection<long> held)
    {
        if (!held.Remove(leaseId))
            return Answer.Of(LeaseLost());
        _journal?.NoteEnd(leaseId, 0, 0, ReasonText.Of(RefuseReason.StoreFailed));
        _leases.Settle(leaseId, new Settlement.Alone(BypassReason.LeaseholderFailed, ""));
        return Answer.Of(Refuse(RefuseReason.StoreFailed, "no descriptor was left"));
    }

    /// <summary>Not counted: the render was, when its lease ended, and one that never was is none.</summary>
    private static Message.Published LeaseLost() => new(RefuseReason.LeaseLost, "");

    /// <summary>A leaseholder gave up. Nothing happens when it holds no such lease.</summary>
    public void Abandon(Message.Abandon abandon, ICollection<long> held)
    {
        if (!held.Remove(abandon.LeaseId))
            return;
        CountAbandoned(abandon.LeaseId, abandon.Reason);
        if (abandon.Reason == RefuseReason.OutputTooLarge)
            _leases.Settle(abandon.LeaseId, new Settlement.Alone(BypassReason.OutputTooLarge, ""));
        else
            _leases.PassOn(abandon.LeaseId);
    }

    /// <summary>A leaseholder's connection ended: its leases pass on.</summary>
    public void Disconnected(IEnumerable<long> held)
    {
        foreach (long lease in held)
        {
            CountAbandoned(lease, RefuseReason.Interrupted);
            _leases.PassOn(lease);
        }
    }

    /// <summary>Whether another call was answered, and gave its lease back, after the store was asked and before the lease was. Asks the store again, so only where a lease has ended meanwhile.</summary>
    private bool IsAnswered(CacheKey key, Message.Render request, Fingerprint fingerprint, BypassReason obstacle) =>
        (_remoteRuns.IsFresh(fingerprint, out _) && _store.Get(key).Entry is not null) || HelmChoice.For(request, fingerprint, _store, _armory).Obstacle != obstacle;

    /// <summary>What a trace says of the age of a chart that helm downloaded; empty for others.</summary>
    private string OfAge(Fingerprint fingerprint, TimeSpan? age, Entry entry) =>
        fingerprint.Freshness is null ? "" : " remote age=" + AgeText.Of(age ?? _time.GetUtcNow() - entry.Created);

    /// <summary>How the render of another ended for one who waits for it.</summary>
    private async Task<Settlement> WaitAsync(CacheKey key, Claim<LeasedRender>.Queued queued)
    {
        TimeSpan left = MaxWait - _time.GetElapsedTime(queued.Holder.Asked.Timestamp);
        try
        {
            return await queued.Outcome.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return _leases.Leave(key, queued) ? new Settlement.Alone(BypassReason.LeaseholderSlow, "") : await queued.Outcome.ConfigureAwait(false);
        }
    }

    /// <summary>True when nothing that the render depends on was touched since it was asked for.</summary>
    private bool IsUnchanged(LeasedRender render) =>
        _fingerprinter.Compute(render.Request) is FingerprintOutcome.Known { Fingerprint: { } now } && render.Fingerprint.HasSameInputsAs(now);

    /// <summary>What becomes of a result. Settles the lease.</summary>
    private Message.Published Judge(Publication publish, LeasedRender render)
    {
        if (render.Armed is not null)
            _counters.Add(Counters.ProofRuns);
        if (render.Armed?.Trapped(publish.ExitCode) is { } function)
            return Vary(publish, render, function + " was called");
        if (publish.ExitCode != 0)
        {
            _leases.Settle(publish.LeaseId, new Settlement.Alone(BypassReason.LeaseholderFailed, ""));
            return Refuse(RefuseReason.HelmFailed, "");
        }
        Fingerprint before = render.Fingerprint;
        _renderTimes.Add(before.Command.Statistics, before.ChartName, publish.RenderMicroseconds / 1000.0);
        if (!IsUnchanged(render))
        {
            _leases.Settle(publish.LeaseId, new Settlement.LookAgain());
            return Refuse(RefuseReason.InputsChanged, "");
        }
        bool holdsSecret = HoldsSecret(publish.Stdout);
        var entry = new Entry
        {
            Result = new RenderResult(publish.ExitCode, publish.Stdout, publish.Stderr),
            Created = _time.GetUtcNow(),
            RenderMilliseconds = publish.RenderMicroseconds / 1000.0,
            ChartName = before.ChartName,
            ChartVersion = before.ChartVersion,
            HoldsSecret = holdsSecret,
            Material = before.Material.Serialise(),
        };
        bool showsPaths = publish.Stderr.Length > 0;
        if (before.Freshness is not null)
            _remoteRuns.Note(before.Key, render.Asked);
        if (_readOnly || render.Request.Flags.HasFlag(RenderFlags.ReadOnly))
        {
            _leases.Settle(publish.LeaseId, showsPaths ? new Settlement.Alone(BypassReason.LeaseholderFailed, "") : new Settlement.Shared(entry));
            return Refuse(RefuseReason.ReadOnly, "");
        }
        Message.Published stored = Store(render, entry);
        _leases.Settle(publish.LeaseId, showsPaths ? new Settlement.LookAgain() : new Settlement.Shared(entry));
        return stored;
    }

    /// <summary>Stores a result: under the first key, or, when it shows paths, under the second with a note under the first.</summary>
    private Message.Published Store(LeasedRender render, Entry entry)
    {
        Fingerprint fingerprint = render.Fingerprint;
        bool showsPaths = entry.Result!.Stderr.Length > 0;
        RefuseReason refused = _store.PutInBackground(showsPaths ? fingerprint.PathKey : fingerprint.Key, entry);
        if (showsPaths && refused == RefuseReason.None)
            refused = _store.PutInBackground(fingerprint.Key, entry with { Result = null, HoldsSecret = false });
        if (refused != RefuseReason.None)
            return Refuse(refused, "");
        _counters.Add(Counters.Stored);
        _team.Offer(render, entry);
        Recent.Remember(showsPaths ? fingerprint.PathKey : fingerprint.Key, render.Request);
        if (render.Request.Flags.HasFlag(RenderFlags.Freeze))
            _counters.Add(Counters.Frozen);
        return new Message.Published(RefuseReason.None, "");
    }

    /// <summary>The armed copy met a trap: from now on this key is real helm's, unless its inputs were changed while they were read.</summary>
    private Message.Published Vary(Publication publish, LeasedRender render, string detail)
    {
        if (!IsUnchanged(render))
        {
            _leases.Settle(publish.LeaseId, new Settlement.LookAgain());
            return Refuse(RefuseReason.InputsChanged, "");
        }
        _store.MarkVarying(render.Fingerprint.Key, RefuseReason.NotRepeatable, detail);
        _leases.Settle(publish.LeaseId, new Settlement.Alone(BypassReason.KnownToVary, detail));
        return Refuse(RefuseReason.NotRepeatable, detail);
    }

    /// <param name="key">The key that it was found under.</param>
    /// <param name="entry">What was found, or made by another one just now.</param>
    /// <param name="source">Where.</param>
    /// <param name="request">The call.</param>
    /// <param name="arrival">When it came, and from whom.</param>
    /// <param name="fingerprint">Its inputs; null where the result was made just now.</param>
    /// <param name="age">How old a result within a window is; else null.</param>
    private Answer Hit(CacheKey key, Entry entry, string source, Message.Render request, in Arrival arrival, Fingerprint? fingerprint = null, TimeSpan? age = null)
    {
        RenderResult result = entry.Result!;
        bool passes = result.Stdout.File is not null && (request.Flags & RenderFlags.TakesDescriptor) != 0;
        if (!passes && result.Stdout.Length + (long)result.Stderr.Length > MaxSentBytes)
            return Bypass(BypassReason.OutputTooLarge, "", arrival);
        TimeSpan elapsed = _time.GetElapsedTime(arrival.Started);
        bool coalesced = source == Coalesced;
        string more = fingerprint is null ? "" : source == SharedTier.Name ? TeamShare.OfSigner(entry) : OfAge(fingerprint, age, entry);
        CountedHit? counted = coalesced ? null : CountHit(entry, source, elapsed, arrival, fingerprint?.Origin ?? ChartOrigin.Local);
        if (age is { } known)
            RemoteAges.Add(known);
        Digest digest = key.Value;
        ReadOnlySpan<byte> shortKey = digest.Bytes[..ShortKeyBytes];
        Action<bool>? sent = coalesced ? CountWhenSent(entry, elapsed, arrival) : null;
        // The stored bytes are the frame's end as they are, or go along as the file that holds them: nothing is copied, and nothing is kept twice.
        Answer answer = passes
            ? new Answer(
                MessageCodec.Encode(new Message.ResultDescriptor(result.ExitCode, source + more, (long)elapsed.TotalMicroseconds, shortKey.ToArray(), result.Stderr, result.Stdout.Length)),
                null, result.Stdout.File)
            : new Answer(
                MessageCodec.EncodeResultHead(result.ExitCode, source + more, (long)elapsed.TotalMicroseconds, shortKey, result.Stderr, result.Stdout.Length),
                result.Stdout, null);
        return answer with { Sent = sent, Counted = counted };
    }

    private CountedHit? CountHit(Entry entry, string source, TimeSpan elapsed, in Arrival arrival, ChartOrigin origin = ChartOrigin.Local)
    {
        bool coalesced = source == Coalesced;
        _counters.Add(coalesced ? Counters.Coalesced : Counters.Hits);
        CountCommand(coalesced ? Counters.CommandCoalesced : Counters.CommandHits, arrival);
        if (!coalesced)
            _counters.Add(Counters.HitsByTier, source);
        CountOrigin(origin, 1);
        if (source is DiskTier or SharedTier.Name)
            _renderTimes.Add(arrival.Command, entry.ChartName, entry.RenderMilliseconds);
        long saved = Math.Max(0, (long)(_renderTimes.Median(arrival.Command, entry.ChartName, entry.RenderMilliseconds) * 1000 - elapsed.TotalMicroseconds));
        _counters.Add(Counters.TimeSavedMicroseconds, saved);
        var call = new CallJournal.Call(coalesced ? CallOutcome.Coalesced : CallOutcome.Hit, entry.ChartName, arrival.Caller, (long)elapsed.TotalMicroseconds)
        {
            Tier = coalesced ? "" : source,
            Bytes = entry.Result!.Stdout.Length + (long)entry.Result.Stderr.Length,
        };
        _journal?.Note(call, saved);
        return arrival.WritesFiles ? new CountedHit(source, arrival, call, saved, origin) : null;
    }

    /// <summary>The caller could not write the files of a hit, since something is in their place, and has real helm judge that: it counts as a bypass.</summary>
    public void TakeBack(CountedHit hit)
    {
        string name = ReasonText.Of(BypassReason.OutputDirectory);
        _counters.Add(Counters.Hits, -1);
        _counters.Add(Counters.HitsByTier, hit.Tier, -1);
        CountCommand(Counters.CommandHits, hit.Arrival, -1);
        CountOrigin(hit.Origin, -1);
        _counters.Add(Counters.TimeSavedMicroseconds, -hit.SavedMicroseconds);
        CountBypass(name, hit.Arrival);
        _journal?.TakeBack(hit.Call, hit.SavedMicroseconds, name, FilesInTheWay);
    }

    /// <summary>Who waited for another may have left meanwhile, and counts as served only when the result was taken.</summary>
    private Action<bool> CountWhenSent(Entry entry, TimeSpan elapsed, Arrival arrival) => taken =>
    {
        if (taken)
            CountHit(entry, Coalesced, elapsed, arrival);
        else
            Bypass(BypassReason.CallerLeft, "", arrival);
    };

    /// <summary>What the holder of a lease is told where the team may know the answer: that answer, which all who wait get as well, or what he is told without a team.</summary>
    private async Task<Answer> AskTeamAsync(long leaseId, LeasedRender render, HelmChoice choice, ICollection<long> held, Arrival arrival)
    {
        if (await _team.AskAsync(render).ConfigureAwait(false) is not { } entry)
            return MissOrBypass(leaseId, render, choice, held, arrival);
        _leases.Settle(leaseId, new Settlement.Shared(entry));
        Recent.Remember(render.Key, render.Request);
        return Hit(render.Key, entry, SharedTier.Name, render.Request, arrival, render.Fingerprint);
    }

    /// <summary>To render; or, where only the team could have helped, to leave it to helm, and all who wait with it.</summary>
    private Answer MissOrBypass(long leaseId, LeasedRender render, HelmChoice choice, ICollection<long> held, in Arrival arrival)
    {
        if (choice.Obstacle == BypassReason.None)
            return Miss(leaseId, render, held, arrival);
        _leases.Settle(leaseId, new Settlement.Alone(choice.Obstacle, choice.Detail));
        return Bypass(choice.Obstacle, choice.Detail, arrival);
    }

    private Answer Miss(long leaseId, LeasedRender render, ICollection<long> held, in Arrival arrival)
    {
        held.Add(leaseId);
        _counters.Add(Counters.Misses);
        _counters.Add(Counters.HelmRuns);
        CountCommand(Counters.CommandMisses, arrival);
        CountCommand(Counters.CommandRuns, arrival);
        bool recache = render.Request.Flags.HasFlag(RenderFlags.Recache);
        _journal?.Note(new(CallOutcome.Miss, arrival.Chart, arrival.Caller, (long)_time.GetElapsedTime(arrival.Started).TotalMicroseconds)
        {
            LeaseId = leaseId,
            Changed = recache ? ["recache"] : null,
            Material = recache ? null : render.Fingerprint.Material.Items,
        });
        Digest digest = render.Key.Value;
        ArmedHelm? armed = render.Armed is { } copy
            ? new ArmedHelm(copy.Path, copy.Stamp, ArmingPlan.FirstExitCode, ArmingPlan.FirstExitCode + copy.Traps.Count - 1)
            : null;
        return Answer.Of(new Message.Lease(leaseId, Why(render), digest.Bytes[..ShortKeyBytes].ToArray(), armed)) with { RunsHelm = true };
    }

    /// <summary>Why it is a miss, in a few words, for callers who trace: the comparison costs more than others should pay.</summary>
    private string Why(LeasedRender render)
    {
        const int MaxNamed = 3;
        if (render.Request.Flags.HasFlag(RenderFlags.Recache))
            return "recache";
        if (!render.Request.Flags.HasFlag(RenderFlags.WantsReason))
            return "";
        IReadOnlyList<string> changed = _explainer.WhyMissed(render.Fingerprint);
        if (changed.Count == 0)
            return "new";
        string named = string.Join(", ", changed.Take(MaxNamed));
        return changed.Count > MaxNamed ? $"{named} and {changed.Count - MaxNamed} more" : named;
    }

    private Answer Bypass(BypassReason reason, string detail, in Arrival arrival)
    {
        string name = ReasonText.Of(reason);
        CountBypass(name, arrival);
        _journal?.Note(new(CallOutcome.Bypass, arrival.Chart, arrival.Caller, (long)_time.GetElapsedTime(arrival.Started).TotalMicroseconds)
        {
            Reason = name,
            Detail = detail,
        });
        return Answer.Of(new Message.Bypass(reason, detail)) with { RunsHelm = true };
    }

    private void CountBypass(string reason, in Arrival arrival)
    {
        _counters.Add(Counters.Bypasses);
        _counters.Add(Counters.BypassReasons, reason);
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
            _counters.Add(name, amount);
    }

    private void CountCommand(string family, in Arrival arrival, long amount = 1)
    {
        if (arrival.Command.Length > 0)
            _counters.Add(family, arrival.Command, amount);
    }

    /// <summary>What the call is counted under; empty for a command that is not served.</summary>
    private static string CommandOf(FingerprintOutcome outcome, Message.Render request) =>
        outcome is FingerprintOutcome.Known known ? known.Fingerprint.Command.Statistics : CommandLine.FindCommand([.. request.Arguments], out _)?.Statistics ?? "";

    /// <summary>A render came to no result.</summary>
    private void CountAbandoned(long leaseId, RefuseReason reason)
    {
        _journal?.NoteEnd(leaseId, 0, 0, ReasonText.Of(reason));
        Refuse(reason, "");
    }

    private Message.Published Refuse(RefuseReason reason, string detail)
    {
        _counters.Add(Counters.Refused);
        _counters.Add(Counters.RefuseReasons, ReasonText.Of(reason));
        return new Message.Published(reason, detail);
    }

    /// <summary>One output at a time: what is mapped counts as ours while it is.</summary>
    private bool HoldsSecret(Blob stdout)
    {
        lock (_looking)
            return stdout.Read(static bytes => SecretScan.HoldsSecret(bytes));
    }

    /// <summary>What became of a call that nothing was stored for.</summary>
    /// <param name="Answer">Its answer; null: look into the store again.</param>
    /// <param name="HasWaited">Whether it waited for another.</param>
    private readonly record struct Missed(Answer? Answer, bool HasWaited = false);

    /// <summary>For who wants a hit or nothing. Not counted: the caller goes another way, on which it is.</summary>
    private static Answer NoHit => Answer.Of(new Message.Failed("not stored"));

    private const string Coalesced = "coalesced";

    private const string FilesInTheWay = "helm has to decide about what is there";

    /// <summary>An entry that comes from here was rendered by an earlier daemon, or long ago.</summary>
    private const string DiskTier = "disk";

    /// <summary>Longest result that a caller who takes no descriptor is sent: a message, with room for its other fields.</summary>
    private const int MaxSentBytes = Frame.MaxMessageBytes - 1024;

    /// <summary>How much of the key goes into traces: enough to find it again in the store.</summary>
    private const int ShortKeyBytes = 8;
}
