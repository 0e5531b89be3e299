using System;
using System.IO;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Proving;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>Results that must be proved repeatable before they are kept (<c>docs/repeatability.md</c>).</summary>
internal sealed partial class RenderPipeline
{
    /// <summary>Results that wait for their proof now.</summary>
    public int Proving => _proofs.Count;

    /// <summary>Gives up proofs that do not come; to be called now and then.</summary>
    public void GiveUpLateProofs() => _proofs.GiveUpLate();

    /// <summary>Takes the outcome of a proof run: the result that waited for it is stored, or its key is known to vary. Never throws.</summary>
    public Answer Prove(Message.Proof proof)
    {
        try
        {
            return Answer.Of(Judge(proof));
        }
#pragma warning disable CA1031 // Nobody waits for a proof; the entry is simply not kept.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _counters.Add(Counters.Errors);
            _log.WriteProblem($"proof: {e}");
            return Answer.Of(Refuse(RefuseReason.StoreFailed, e.GetType().Name));
        }
        finally
        {
            // Last, so that whoever sees it counted finds its verdict.
            _counters.Add(Counters.ProofRuns);
        }
    }

    private Message.Published Judge(Message.Proof proof)
    {
        if (_proofs.End(proof.ProofId) is not { } pending)
            return Refuse(RefuseReason.LeaseLost, "");
        Digest expected = pending.Entry.Result!.Stdout.Digest();
        return proof.StdoutDigest.Span.SequenceEqual(expected.Bytes)
            ? Store(pending.Render, pending.Entry)
            : Vary(pending.Render, RefuseReason.NotRepeatable, Repeatability.Describe(pending.Render.Fingerprint.Verdict));
    }

    /// <summary>
    /// Copies the inputs while the caller still waits for our word, since many delete theirs as soon as helm has ended, and asks it to start
    /// the proof run. The inputs are looked at once more after the copy: it then holds what helm was given.
    /// </summary>
    private Message.Published BeginProof(LeasedRender render, Entry entry)
    {
        string mention = Repeatability.Describe(render.Fingerprint.Verdict);
        long id = _proofs.Begin(new PendingProof(render, entry));
        if (id == 0)
            return Refuse(RefuseReason.Unproven, mention);
        string? obstacle = null;
        try
        {
            _copies.Make(id, render.Request, render.Fingerprint.Chart);
        }
        catch (ProofException e)
        {
            obstacle = e.Message;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _proofs.End(id);
            _log.WriteProblem($"proof: {e.Message}");
            return Refuse(RefuseReason.StoreFailed, e.GetType().Name);
        }
        if (!IsUnchanged(render))
        {
            _proofs.End(id);
            return Refuse(RefuseReason.InputsChanged, "");
        }
        if (obstacle is not null)
        {
            _proofs.End(id);
            return Vary(render, RefuseReason.Unproven, obstacle);
        }
        return Refuse(RefuseReason.Unproven, mention) with { ProofId = id };
    }

    /// <summary>True when nothing that the render depends on was touched since it was asked for.</summary>
    private bool IsUnchanged(LeasedRender render) =>
        _fingerprinter.Compute(render.Request) is FingerprintOutcome.Known { Fingerprint: { } now } && render.Fingerprint.IsSameWorldAs(now);

    /// <summary>What it takes to keep the output; nothing when the user has chosen to keep output that varies.</summary>
    private ProofNeed Need(Fingerprint fingerprint) => _freeze ? ProofNeed.None : Repeatability.Of(fingerprint.Verdict);

    /// <summary>Why a call that needs a proof is not rendered for us now; null when it is.</summary>
    private (BypassReason Reason, string Detail)? Obstacle(Fingerprint fingerprint)
    {
        if (_store.GetVarying(fingerprint.Key) is { } note)
            return (BypassReason.KnownToVary, note.Detail);
        if (_proofs.IsPending(fingerprint.Key))
            return (BypassReason.ProofPending, Repeatability.Describe(fingerprint.Verdict));
        if (!_proofs.IsHopeless(fingerprint.Key))
            return null;
        _store.MarkVarying(fingerprint.Key, RefuseReason.Unproven, Repeatability.Describe(fingerprint.Verdict));
        return (BypassReason.KnownToVary, Repeatability.Describe(fingerprint.Verdict));
    }

    private Message.Published Vary(LeasedRender render, RefuseReason reason, string detail)
    {
        _store.MarkVarying(render.Fingerprint.Key, reason, detail);
        return Refuse(reason, detail);
    }
}
