using System;
using System.Collections.Generic;
using System.Threading;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>
/// Handles what leaseholders send back: looks at the inputs once more, decides whether the result is kept, shares it with those who wait
/// and stores it. Settles the lease in every case. Thread-safe.
/// </summary>
/// <param name="fingerprinter">Computes the fingerprint again.</param>
/// <param name="results">Stores what is kept.</param>
/// <param name="repeatability">Remembers which keys vary.</param>
/// <param name="outcomes">Told how each render ends.</param>
/// <param name="remoteRuns">When charts were downloaded.</param>
/// <param name="team">Offered what is stored.</param>
/// <param name="leases">Who renders what.</param>
/// <param name="time">The clock.</param>
/// <param name="readOnly">Whether nothing is kept.</param>
internal sealed class PublicationHandler(
    Fingerprinter fingerprinter,
    ResultStore results,
    RepeatabilityPolicy repeatability,
    OutcomeRecorder outcomes,
    RemoteRuns remoteRuns,
    TeamShare team,
    Leases<LeasedRender> leases,
    TimeProvider time,
    bool readOnly
)
{
    private readonly Lock _scanning = new();

    /// <summary>
    /// Takes a leaseholder's result: shares it with those who wait and stores it, if it may be kept. Never throws. A lease belongs to the
    /// session that it was given to: leases are numbered in turn, and a wrong number must not become another call's manifest.
    /// </summary>
    public Answer Publish(Publication publish, ICollection<long> held)
    {
        if (!held.Remove(publish.LeaseId) || leases.Find(publish.LeaseId) is not { } render)
            return Answer.Of(LeaseLost());
        try
        {
            Message.Published published = Judge(publish, render);
            outcomes.Ended(publish, published.Refused);
            return Answer.Of(published);
        }
#pragma warning disable CA1031 // The caller has its output; the lease must not stay held.
        catch (Exception e)
#pragma warning restore CA1031
        {
            outcomes.Failed($"publish {render.Key}", e, render.Id);
            return Answer.Of(outcomes.Refuse(RefuseReason.StoreFailed, e.GetType().Name));
        }
        finally
        {
            leases.PassOn(publish.LeaseId); // Does nothing when it was settled.
        }
    }

    /// <summary>
    /// A leaseholder's result did not arrive: the kernel drops a file for which the process has no descriptor left. Those who wait run
    /// helm, all at once, since the result of the next of them could be lost as well. Never throws.
    /// </summary>
    public Answer RejectLostResult(long leaseId, ICollection<long> held)
    {
        if (!held.Remove(leaseId))
            return Answer.Of(LeaseLost());
        outcomes.Lost(leaseId);
        leases.Settle(leaseId, new Settlement.Alone(BypassReason.LeaseholderFailed, ""));
        return Answer.Of(outcomes.Refuse(RefuseReason.StoreFailed, "no descriptor was left"));
    }

    /// <summary>Not counted: the render was, when its lease ended, and one that never was is none.</summary>
    private static Message.Published LeaseLost() => new(RefuseReason.LeaseLost, "");

    /// <summary>A leaseholder gave up. Nothing happens when it holds no such lease.</summary>
    public void Abandon(Message.Abandon abandon, ICollection<long> held)
    {
        if (!held.Remove(abandon.LeaseId))
            return;
        outcomes.Abandoned(abandon.LeaseId, abandon.Reason);
        if (abandon.Reason == RefuseReason.OutputTooLarge)
            leases.Settle(abandon.LeaseId, new Settlement.Alone(BypassReason.OutputTooLarge, ""));
        else
            leases.PassOn(abandon.LeaseId);
    }

    /// <summary>A leaseholder's connection ended: its leases pass on.</summary>
    public void Disconnected(IEnumerable<long> held)
    {
        foreach (long lease in held)
        {
            outcomes.Abandoned(lease, RefuseReason.Interrupted);
            leases.PassOn(lease);
        }
    }

    /// <summary>True when nothing that the render depends on was touched since it was asked for.</summary>
    private bool IsUnchanged(LeasedRender render) =>
        fingerprinter.Compute(render.Request) is FingerprintOutcome.Known { Fingerprint: { } now }
        && render.Fingerprint.HasSameInputsAs(now);

    /// <summary>What becomes of a result. Settles the lease.</summary>
    private Message.Published Judge(Publication publish, LeasedRender render)
    {
        if (render.Armed is not null)
            outcomes.ProofRun();
        if (render.Armed?.Trapped(publish.ExitCode) is { } function)
            return Vary(publish, render, function + " was called");
        if (publish.ExitCode != 0)
        {
            leases.Settle(publish.LeaseId, new Settlement.Alone(BypassReason.LeaseholderFailed, ""));
            return outcomes.Refuse(RefuseReason.HelmFailed, "");
        }
        Fingerprint before = render.Fingerprint;
        outcomes.Rendered(before, publish.RenderMicroseconds / 1000.0);
        if (!IsUnchanged(render))
        {
            leases.Settle(publish.LeaseId, new Settlement.LookAgain());
            return outcomes.Refuse(RefuseReason.InputsChanged, "");
        }
        bool holdsSecret = HoldsSecret(publish.Stdout);
        var entry = new Entry
        {
            Result = new RenderResult(publish.ExitCode, publish.Stdout, publish.Stderr),
            Created = time.GetUtcNow(),
            RenderMilliseconds = publish.RenderMicroseconds / 1000.0,
            ChartName = before.ChartName,
            ChartVersion = before.ChartVersion,
            HoldsSecret = holdsSecret,
            Material = before.Material.Serialise(),
        };
        bool showsPaths = ResultStore.ShowsPaths(entry);
        if (before.Freshness is not null)
            remoteRuns.Note(before.Key, render.Asked);
        if (readOnly || render.Request.Flags.HasFlag(RenderFlags.ReadOnly))
        {
            leases.Settle(
                publish.LeaseId,
                showsPaths ? new Settlement.Alone(BypassReason.LeaseholderFailed, "") : new Settlement.Shared(entry)
            );
            return outcomes.Refuse(RefuseReason.ReadOnly, "");
        }
        Message.Published stored = Store(render, entry);
        leases.Settle(publish.LeaseId, showsPaths ? new Settlement.LookAgain() : new Settlement.Shared(entry));
        return stored;
    }

    /// <summary>Stores a result, and offers it to the team.</summary>
    private Message.Published Store(LeasedRender render, Entry entry)
    {
        Fingerprint fingerprint = render.Fingerprint;
        RefuseReason refused = results.Put(fingerprint, entry);
        if (refused != RefuseReason.None)
            return outcomes.Refuse(refused, "");
        outcomes.Stored(RepeatabilityPolicy.IsFrozen(render.Request));
        team.Offer(render, entry);
        outcomes.Recent.Remember(ResultStore.KeyOf(fingerprint, entry), render.Request);
        return new Message.Published(RefuseReason.None, "");
    }

    /// <summary>
    /// The armed copy met a trap: from now on this key is real helm's, unless its inputs were changed while they were read.
    /// </summary>
    private Message.Published Vary(Publication publish, LeasedRender render, string detail)
    {
        if (!IsUnchanged(render))
        {
            leases.Settle(publish.LeaseId, new Settlement.LookAgain());
            return outcomes.Refuse(RefuseReason.InputsChanged, "");
        }
        repeatability.Remember(render.Fingerprint.Key, detail);
        leases.Settle(publish.LeaseId, new Settlement.Alone(BypassReason.KnownToVary, detail));
        return outcomes.Refuse(RefuseReason.NotRepeatable, detail);
    }

    /// <summary>One output at a time: what is mapped counts as ours while it is.</summary>
    private bool HoldsSecret(Blob stdout)
    {
        lock (_scanning)
            return stdout.Read(static bytes => SecretScan.HoldsSecret(bytes));
    }
}
