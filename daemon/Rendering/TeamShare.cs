using System;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Sealing;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>
/// The team's cache on the way of a miss: what may be asked for, what becomes of an answer, what is offered. Counts what came of it. Throws
/// nothing: a fault here is a miss.
/// </summary>
internal sealed class TeamShare
{
    /// <summary>As much of a key's id as tells it from the few others of a team.</summary>
    private const int ShownOfId = 8;

    private readonly SharedTier? _tier;
    private readonly EntryStore _store;
    private readonly Counters _counters;
    private readonly DaemonLog _log;
    private readonly TimeProvider _time;
    private readonly bool _readOnly;

    /// <param name="tier">The team's cache; null: there is none.</param>
    /// <param name="store">Where a good answer is kept.</param>
    /// <param name="counters">Counts what came of asking.</param>
    /// <param name="log">The log.</param>
    /// <param name="time">The clock.</param>
    /// <param name="readOnly">Whether nothing is kept.</param>
    public TeamShare(SharedTier? tier, EntryStore store, Counters counters, DaemonLog log, TimeProvider time, bool readOnly)
    {
        _tier = tier;
        _store = store;
        _counters = counters;
        _log = log;
        _time = time;
        _readOnly = readOnly;
        if (tier is not null)
            tier.Wrote = taken => counters.Add(taken ? Counters.SharedStored : Counters.SharedErrors);
    }

    /// <summary>How long the server took for its last answers.</summary>
    public RecentTimes Latencies { get; } = new(kept: 127);

    /// <summary>
    /// Whether the team may have the answer. Not where the caller wants a run, or what only real helm can give; not under the second key,
    /// which holds paths of this machine; not where an answer is good for a while only. It may where helm is not armed here: the entry is
    /// the proof of the machine that made it.
    /// </summary>
    public bool MayHave(Message.Render request, Fingerprint fingerprint, CacheKey key, BypassReason? obstacle) =>
        _tier is not null
        && key == fingerprint.Key
        && fingerprint.Freshness is null
        && !request.Flags.HasFlag(RenderFlags.Recache)
        && !RepeatabilityPolicy.IsFrozen(request)
        && obstacle is null or BypassReason.Arming or BypassReason.Unarmed or BypassReason.SchemaReference;

    /// <summary>The team's entry, which is kept here from now on; null when there is none to be had.</summary>
    public async Task<Entry?> AskAsync(LeasedRender render)
    {
        try
        {
            SharedAnswer answer = await _tier!.AskAsync(render.Key).ConfigureAwait(false);
            Count(answer);
            return answer.Entry is { } found ? Keep(render, found, answer.Signer) : null;
        }
#pragma warning disable CA1031 // Never in the way: our bug is a miss, and the lease must not stay held.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _counters.Add(Counters.Errors);
            _log.WriteProblem($"shared {render.Key}: {e}", render.Id);
            return null;
        }
    }

    /// <summary>
    /// Offers a stored result to the team: one that its run has proved, under the key that is the same on all machines, and that shows
    /// nothing of this one.
    /// </summary>
    public void Offer(LeasedRender render, Entry entry)
    {
        Fingerprint fingerprint = render.Fingerprint;
        if (
            _tier is { IsWriting: true }
            && render.Armed is not null
            && fingerprint.Freshness is null
            && entry.Result is { ExitCode: 0, Stderr.Length: 0 } result
        )
            _tier.Offer(
                fingerprint.Key,
                new SharedEntry(result, entry.Created, entry.RenderMilliseconds, fingerprint.Helm, entry.HoldsSecret)
            );
    }

    /// <summary>What a trace says of an entry of the team's: who signed it.</summary>
    public static string OfSigner(Entry entry) => " signed=" + entry.SignedBy[..Math.Min(ShownOfId, entry.SignedBy.Length)];

    private Entry Keep(LeasedRender render, SharedEntry found, string signer)
    {
        Fingerprint here = render.Fingerprint;
        var entry = new Entry
        {
            Result = found.Result,
            Created = _time.GetUtcNow(),
            RenderMilliseconds = found.RenderMilliseconds,
            ChartName = here.ChartName,
            ChartVersion = here.ChartVersion,
            // By our own look, too: what it decides is where the entry may lie on this machine.
            HoldsSecret = found.HoldsSecret || found.Result.Stdout.Read(static bytes => SecretScan.HoldsSecret(bytes)),
            Material = here.Material.Serialise(),
            SignedBy = signer,
        };
        if (!_readOnly && !render.Request.Flags.HasFlag(RenderFlags.ReadOnly))
            _store.PutInBackground(here.Key, entry);
        return entry;
    }

    private void Count(SharedAnswer answer)
    {
        if (answer.Took is { } took)
            Latencies.Add(took);
        switch (answer.Outcome)
        {
            case SharedOutcome.Hit:
                _counters.Add(Counters.SharedHits);
                break;
            case SharedOutcome.Miss:
                _counters.Add(Counters.SharedMisses);
                break;
            case SharedOutcome.Refused:
                _counters.Add(Counters.SharedRefused, answer.Refusal.Name());
                break;
            case SharedOutcome.Failed:
                _counters.Add(Counters.SharedErrors);
                break;
        }
    }
}
