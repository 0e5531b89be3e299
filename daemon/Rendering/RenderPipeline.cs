using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Insight;
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

    private readonly Fingerprinter _fingerprinter;
    private readonly EntryStore _store;
    private readonly Counters _counters;
    private readonly DaemonLog _log;
    private readonly TimeProvider _time;
    private readonly bool _readOnly;
    private readonly Leases<LeasedRender> _leases = new();

    public RenderPipeline(Fingerprinter fingerprinter, EntryStore store, Counters counters, DaemonLog log, TimeProvider time, bool readOnly)
    {
        _fingerprinter = fingerprinter;
        _store = store;
        _counters = counters;
        _log = log;
        _time = time;
        _readOnly = readOnly;
    }

    /// <summary>Renders that callers do for us now.</summary>
    public int Running => _leases.Count;

    /// <summary>Answers a <see cref="Message.Render"/> with a result, a lease or a bypass. Never throws.</summary>
    /// <param name="request">The call.</param>
    /// <param name="held">Leases of the caller's session; a new one is added.</param>
    public async ValueTask<Answer> RenderAsync(Message.Render request, ICollection<long> held)
    {
        long started = _time.GetTimestamp();
        try
        {
            string source = "";
            for (int look = 0; look < MaxLooks; look++)
            {
                FingerprintOutcome outcome = _fingerprinter.Compute(request);
                if (outcome is not FingerprintOutcome.Known { Fingerprint: { } fingerprint })
                    return Bypass(((FingerprintOutcome.Declined)outcome).Reason, ((FingerprintOutcome.Declined)outcome).Detail);
                if (Repeatability.Objection(fingerprint.Verdict) is { } objection)
                    return Bypass(BypassReason.MentionsImpureFunction, objection);

                CacheKey key = fingerprint.Key;
                Lookup found = request.Flags.HasFlag(RenderFlags.Recache) ? default : _store.Get(key);
                if (found.Entry is { Result: null })
                {
                    key = fingerprint.PathKey;
                    found = _store.Get(key);
                }
                if (found.Entry is { } entry)
                    return Hit(key, entry, source.Length > 0 ? source : found.Tier, found.Frame, started);

                var render = new LeasedRender(request, fingerprint, key);
                switch (_leases.Acquire(key, render))
                {
                    case Claim.Granted granted:
                        return Miss(granted.LeaseId, render, held);
                    case Claim.Queued queued:
                        switch (await queued.Outcome.ConfigureAwait(false))
                        {
                            case Settlement.Shared shared:
                                return Hit(key, shared.Entry, Coalesced, null, started);
                            case Settlement.Inherited inherited:
                                return Miss(inherited.LeaseId, render, held);
                            case Settlement.Alone alone:
                                return Bypass(alone.Reason, alone.Detail);
                        }
                        source = Coalesced;
                        break;
                }
            }
            return Bypass(BypassReason.InputsKeepChanging, "");
        }
#pragma warning disable CA1031 // Never in the way: our bug is the caller's ordinary helm run.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _counters.Add(Counters.Errors);
            _log.Write($"render: {e}");
            return Bypass(BypassReason.Faulted, e.GetType().Name);
        }
    }

    /// <summary>Takes a leaseholder's result: shares it with those who wait and stores it, if it may be kept. Never throws.</summary>
    public Answer Publish(Message.Publish publish, ICollection<long> held)
    {
        held.Remove(publish.LeaseId);
        if (_leases.Find(publish.LeaseId) is not { } render)
            return Refuse(RefuseReason.LeaseLost, "");
        try
        {
            return Judge(publish, render);
        }
#pragma warning disable CA1031 // The caller has its output; the lease must not stay held.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _counters.Add(Counters.Errors);
            _log.Write($"publish {render.Key}: {e}");
            return Refuse(RefuseReason.StoreFailed, e.GetType().Name);
        }
        finally
        {
            _leases.PassOn(publish.LeaseId); // Does nothing when it was settled.
        }
    }

    /// <summary>A leaseholder gave up.</summary>
    public void Abandon(Message.Abandon abandon, ICollection<long> held)
    {
        held.Remove(abandon.LeaseId);
        Refuse(abandon.Reason, "");
        if (abandon.Reason == RefuseReason.OutputTooLarge)
            _leases.Settle(abandon.LeaseId, new Settlement.Alone(BypassReason.OutputTooLarge, ""));
        else
            _leases.PassOn(abandon.LeaseId);
    }

    /// <summary>A leaseholder's connection ended: its leases pass on.</summary>
    public void Vanished(IEnumerable<long> held)
    {
        foreach (long lease in held)
        {
            Refuse(RefuseReason.Interrupted, "");
            _leases.PassOn(lease);
        }
    }

    private Answer Judge(Message.Publish publish, LeasedRender render)
    {
        if (publish.ExitCode != 0)
        {
            _leases.Settle(publish.LeaseId, new Settlement.Alone(BypassReason.LeaseholderFailed, ""));
            return Refuse(RefuseReason.HelmFailed, "");
        }
        Fingerprint before = render.Fingerprint;
        if (_fingerprinter.Compute(render.Request) is not FingerprintOutcome.Known { Fingerprint: { } after } || !before.IsSameWorldAs(after))
        {
            _leases.Settle(publish.LeaseId, new Settlement.LookAgain());
            return Refuse(RefuseReason.InputsChanged, "");
        }
        var entry = new Entry
        {
            Result = new RenderResult(publish.ExitCode, publish.Stdout.ToArray(), publish.Stderr.ToArray()),
            Created = _time.GetUtcNow(),
            RenderMilliseconds = publish.RenderMicroseconds / 1000.0,
            ChartName = before.ChartName,
            ChartVersion = before.ChartVersion,
            HoldsSecret = SecretScan.HoldsSecret(publish.Stdout.Span),
            Material = before.Material.Serialise(),
        };
        bool showsPaths = !publish.Stderr.IsEmpty;
        if (_readOnly || render.Request.Flags.HasFlag(RenderFlags.ReadOnly))
        {
            _leases.Settle(publish.LeaseId, showsPaths ? new Settlement.Alone(BypassReason.LeaseholderFailed, "") : new Settlement.Shared(entry));
            return Refuse(RefuseReason.ReadOnly, "");
        }
        RefuseReason refused = _store.PutInBackground(showsPaths ? before.PathKey : before.Key, entry);
        if (showsPaths && refused == RefuseReason.None)
            refused = _store.PutInBackground(before.Key, entry with { Result = null, HoldsSecret = false });
        _leases.Settle(publish.LeaseId, showsPaths ? new Settlement.LookAgain() : new Settlement.Shared(entry));
        if (refused != RefuseReason.None)
            return Refuse(refused, "");
        _counters.Add(Counters.Stored);
        return Answer.Of(new Message.Published(RefuseReason.None, "", 0));
    }

    private Answer Hit(CacheKey key, Entry entry, string source, byte[]? frame, long started)
    {
        TimeSpan elapsed = _time.GetElapsedTime(started);
        if (source == Coalesced)
        {
            _counters.Add(Counters.Coalesced);
        }
        else
        {
            _counters.Add(Counters.Hits);
            _counters.Add(Counters.HitsByTier, source);
        }
        _counters.Add(Counters.TimeSavedMicroseconds, Math.Max(0, (long)(entry.RenderMilliseconds * 1000 - elapsed.TotalMicroseconds)));
        RenderResult result = entry.Result!;
        if (frame is null)
        {
            frame = MessageCodec.EncodeStreams(result.Stderr, result.Stdout);
            _store.Attach(key, entry, frame);
        }
        Digest digest = key.Value;
        return new Answer(MessageCodec.EncodeResultHead(result.ExitCode, source, (long)elapsed.TotalMicroseconds, digest.Bytes[..ShortKeyBytes], frame.Length), frame);
    }

    private Answer Miss(long leaseId, LeasedRender render, ICollection<long> held)
    {
        held.Add(leaseId);
        _counters.Add(Counters.Misses);
        _counters.Add(Counters.HelmRuns);
        Digest digest = render.Key.Value;
        return Answer.Of(new Message.Lease(leaseId, "new", digest.Bytes[..ShortKeyBytes].ToArray()));
    }

    private Answer Bypass(BypassReason reason, string detail)
    {
        _counters.Add(Counters.Bypasses);
        _counters.Add(Counters.BypassReasons, ReasonText.Of(reason));
        return Answer.Of(new Message.Bypass(reason, detail));
    }

    private Answer Refuse(RefuseReason reason, string detail)
    {
        _counters.Add(Counters.Refused);
        _counters.Add(Counters.RefuseReasons, ReasonText.Of(reason));
        return Answer.Of(new Message.Published(reason, detail, 0));
    }

    private const string Coalesced = "coalesced";

    /// <summary>How much of the key goes into traces: enough to find it again in the store.</summary>
    private const int ShortKeyBytes = 8;
}
