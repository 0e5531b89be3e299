using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>
/// Answers requests: computes the fingerprint, looks for a result, and gives out a lease or waits for the one who has it. What a
/// leaseholder sends back is handled by <see cref="PublicationHandler"/>.
/// </summary>
internal sealed class RenderPipeline
{
    /// <summary>
    /// How often a request looks again because its inputs changed while it waited. Inputs that change faster than helm
    /// renders are not worth a cache.
    /// </summary>
    private const int MaxLooks = 4;

    /// <summary>
    /// How old the render of another may be for those who wait for it. Hardly a chart takes a minute; a helm that does may have been
    /// stopped, or hang, and whoever waits for it must not hang with it.
    /// </summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(1);

    private readonly Fingerprinter _fingerprinter;
    private readonly Explainer _explainer;
    private readonly ResultStore _results;
    private readonly RepeatabilityPolicy _repeatability;
    private readonly OutcomeRecorder _outcomes;
    private readonly RemoteRuns _remoteRuns;
    private readonly TeamShare _team;
    private readonly Leases<LeasedRender> _leases;
    private readonly TimeProvider _time;

    /// <param name="fingerprinter">Names the inputs of a call.</param>
    /// <param name="explainer">Says why a miss is one.</param>
    /// <param name="results">What is stored.</param>
    /// <param name="repeatability">Decides what a miss is rendered with, and what may be kept.</param>
    /// <param name="outcomes">Told how each request ends.</param>
    /// <param name="team">The team's cache.</param>
    /// <param name="leases">Who renders what.</param>
    /// <param name="time">The clock.</param>
    public RenderPipeline(
        Fingerprinter fingerprinter,
        Explainer explainer,
        ResultStore results,
        RepeatabilityPolicy repeatability,
        OutcomeRecorder outcomes,
        TeamShare team,
        Leases<LeasedRender> leases,
        TimeProvider time
    )
    {
        _fingerprinter = fingerprinter;
        _explainer = explainer;
        _results = results;
        _repeatability = repeatability;
        _outcomes = outcomes;
        _remoteRuns = explainer.RemoteRuns;
        _team = team;
        _leases = leases;
        _time = time;
    }

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
    /// <param name="id">The request, as its caller's trace names it.</param>
    public async ValueTask<Answer> RenderAsync(
        Message.Render request,
        ICollection<long> held,
        ReadOnlySequence<byte> message,
        KnownRequest? known,
        long started,
        string caller = "",
        RequestId id = default
    )
    {
        var arrival = new Arrival(started, caller, id);
        try
        {
            string source = "";
            for (int look = 0; look < MaxLooks; look++)
            {
                FingerprintOutcome outcome = look == 0 && known is not null ? known.Outcome : _fingerprinter.Compute(request);
                arrival = arrival with { Command = CommandOf(outcome, request) };
                bool hitOnly = request.Flags.HasFlag(RenderFlags.HitOnly);
                if (outcome is not FingerprintOutcome.Known { Fingerprint: { } fingerprint })
                    return hitOnly
                        ? NoHit
                        : Bypass(((FingerprintOutcome.Declined)outcome).Reason, ((FingerprintOutcome.Declined)outcome).Detail, arrival);
                arrival = arrival with { Chart = fingerprint.ChartName, WritesFiles = fingerprint.WritesFiles };

                long settled = _leases.Settled;
                CacheKey key = fingerprint.Key;
                bool anew = request.Flags.HasFlag(RenderFlags.Recache);
                if (anew)
                    _repeatability.Forget(key);
                // What was too old, or too new, for its window is as good as not there.
                bool isFresh = _remoteRuns.IsFresh(fingerprint, out TimeSpan? age);
                FoundResult found = anew || !isFresh ? new FoundResult(key, default) : _results.Find(fingerprint);
                key = found.Key;
                if (found.Entry is not null && known is null)
                    _fingerprinter.Remember(message, request, (FingerprintOutcome.Known)outcome);
                if (found.Entry is { } entry)
                {
                    if (request.View.Length > 0)
                    {
                        if (fingerprint.WritesFiles || _results.GetView(key, entry, request.View) is not { } view)
                            return NoHit;
                        entry = entry with { Result = entry.Result! with { Stdout = view } };
                    }
                    _outcomes.Recent.Remember(
                        key,
                        hitOnly ? request with { Flags = request.Flags & ~RenderFlags.HitOnly, View = "" } : request
                    );
                    return Hit(key, entry, source.Length > 0 ? source : found.Tier, request, arrival, fingerprint, age);
                }

                if (hitOnly)
                    return NoHit;
                Missed missed = await MissAsync(request, fingerprint, key, settled, held, arrival).ConfigureAwait(false);
                if (missed.Answer is { } answer)
                    return answer;
                if (missed.HasWaited)
                    source = OutcomeRecorder.Coalesced;
            }
            return Bypass(BypassReason.InputsKeepChanging, "", arrival);
        }
#pragma warning disable CA1031 // Never in the way: our bug is the caller's ordinary helm run.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _outcomes.Failed("render", e, id);
            return Bypass(BypassReason.Faulted, e.GetType().Name, arrival);
        }
    }

    /// <summary>
    /// What becomes of a call that nothing is stored for: a lease, the answer of the team or of another caller, or helm. Apart from the
    /// look into the store, so that a hit pays for nothing of it.
    /// </summary>
    private async Task<Missed> MissAsync(
        Message.Render request,
        Fingerprint fingerprint,
        CacheKey key,
        long settled,
        ICollection<long> held,
        Arrival arrival
    )
    {
        var choice = _repeatability.Choose(request, fingerprint);
        bool mayAsk = _team.MayHave(request, fingerprint, key, choice.Obstacle);
        if (choice.Obstacle is { } obstacle && !mayAsk)
            return new(Bypass(obstacle, choice.Detail, arrival));
        var render = new LeasedRender(request, fingerprint, key, choice.Armed, _remoteRuns.Now(), arrival.Id);
        switch (_leases.Acquire(key, render))
        {
            case Claim<LeasedRender>.Granted granted
                when !request.Flags.HasFlag(RenderFlags.Recache)
                    && _leases.Settled != settled
                    && IsAnswered(key, request, fingerprint, choice.Obstacle):
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
                    Settlement.Shared shared when _remoteRuns.IsFresh(fingerprint, out _) => new(
                        Hit(key, shared.Entry, OutcomeRecorder.Coalesced, request, arrival)
                    ),
                    Settlement.Inherited inherited => new(MissOrBypass(inherited.LeaseId, render, choice, held, arrival)),
                    Settlement.Alone alone => new(Bypass(alone.Reason, alone.Detail, arrival)),
                    _ => new(null, HasWaited: true),
                };
            default:
                return default;
        }
    }

    /// <summary>
    /// Whether another call was answered, and gave its lease back, after the store was asked and before the lease was. Asks the store
    /// again, so only where a lease has ended meanwhile.
    /// </summary>
    private bool IsAnswered(CacheKey key, Message.Render request, Fingerprint fingerprint, BypassReason? obstacle) =>
        (_remoteRuns.IsFresh(fingerprint, out _) && _results.Has(key)) || _repeatability.Choose(request, fingerprint).Obstacle != obstacle;

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
            return _leases.Leave(key, queued)
                ? new Settlement.Alone(BypassReason.LeaseholderSlow, "")
                : await queued.Outcome.ConfigureAwait(false);
        }
    }

    /// <param name="key">The key that it was found under.</param>
    /// <param name="entry">What was found, or made by another one just now.</param>
    /// <param name="source">Where.</param>
    /// <param name="request">The call.</param>
    /// <param name="arrival">When it came, and from whom.</param>
    /// <param name="fingerprint">Its inputs; null where the result was made just now.</param>
    /// <param name="age">How old a result within a window is; else null.</param>
    private Answer Hit(
        CacheKey key,
        Entry entry,
        string source,
        Message.Render request,
        in Arrival arrival,
        Fingerprint? fingerprint = null,
        TimeSpan? age = null
    )
    {
        RenderResult result = entry.Result!;
        bool takesDescriptor = (request.Flags & RenderFlags.TakesDescriptor) != 0;
        if (!Answer.CanHold(result, takesDescriptor))
            return Bypass(BypassReason.OutputTooLarge, "", arrival);
        TimeSpan elapsed = _time.GetElapsedTime(arrival.Started);
        string more =
            fingerprint is null ? ""
            : source == SharedTier.Name ? TeamShare.OfSigner(entry)
            : OfAge(fingerprint, age, entry);
        if (age is { } known)
            _outcomes.RemoteAges.Add(known);
        Answer answer = Answer.OfHit(result, key, source + more, elapsed, takesDescriptor);
        return source == OutcomeRecorder.Coalesced
            ? answer with
            {
                Sent = CountWhenSent(entry, elapsed, arrival),
            }
            : answer with
            {
                Counted = _outcomes.Hit(entry, source, elapsed, arrival, fingerprint?.Origin ?? ChartOrigin.Local),
            };
    }

    /// <summary>The caller of a hit could not use it, and runs helm.</summary>
    public void TakeBack(CountedHit hit) => _outcomes.TakeBack(hit);

    /// <summary>Who waited for another may have left meanwhile, and counts as served only when the result was taken.</summary>
    private Action<bool> CountWhenSent(Entry entry, TimeSpan elapsed, Arrival arrival) =>
        taken =>
        {
            if (taken)
                _outcomes.Hit(entry, OutcomeRecorder.Coalesced, elapsed, arrival);
            else
                Bypass(BypassReason.CallerLeft, "", arrival);
        };

    /// <summary>
    /// What the holder of a lease is told where the team may know the answer: that answer, which all who wait get as well, or what he is
    /// told without a team.
    /// </summary>
    private async Task<Answer> AskTeamAsync(long leaseId, LeasedRender render, HelmChoice choice, ICollection<long> held, Arrival arrival)
    {
        if (await _team.AskAsync(render).ConfigureAwait(false) is not { } entry)
            return MissOrBypass(leaseId, render, choice, held, arrival);
        _leases.Settle(leaseId, new Settlement.Shared(entry));
        _outcomes.Recent.Remember(render.Key, render.Request);
        return Hit(render.Key, entry, SharedTier.Name, render.Request, arrival, render.Fingerprint);
    }

    /// <summary>To render; or, where only the team could have helped, to leave it to helm, and all who wait with it.</summary>
    private Answer MissOrBypass(long leaseId, LeasedRender render, HelmChoice choice, ICollection<long> held, in Arrival arrival)
    {
        if (choice.Obstacle is not { } obstacle)
            return Miss(leaseId, render, held, arrival);
        _leases.Settle(leaseId, new Settlement.Alone(obstacle, choice.Detail));
        return Bypass(obstacle, choice.Detail, arrival);
    }

    private Answer Miss(long leaseId, LeasedRender render, ICollection<long> held, in Arrival arrival)
    {
        held.Add(leaseId);
        _outcomes.Miss(leaseId, render, arrival);
        return Answer.OfLease(leaseId, render, Why(render));
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
        _outcomes.Bypass(reason, detail, arrival);
        return Answer.Of(new Message.Bypass(reason, detail)) with { RunsHelm = true };
    }

    /// <summary>What the call is counted under; empty for a command that is not served.</summary>
    private static string CommandOf(FingerprintOutcome outcome, Message.Render request) =>
        outcome is FingerprintOutcome.Known known
            ? known.Fingerprint.Command.Statistics
            : CommandLine.FindCommand([.. request.Arguments], out _)?.Statistics ?? "";

    /// <summary>What became of a call that nothing was stored for.</summary>
    /// <param name="Answer">Its answer; null: look into the store again.</param>
    /// <param name="HasWaited">Whether it waited for another.</param>
    private readonly record struct Missed(Answer? Answer, bool HasWaited = false);

    /// <summary>For who wants a hit or nothing. Not counted: the caller goes another way, on which it is.</summary>
    private static Answer NoHit => Answer.Of(new Message.Failed("not stored"));
}
