using System;
using System.Buffers;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Blobs;
using CacheDaemon.Daemon.Coordination;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Rendering;
using MessagePack;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>Passes each message to the class that answers it.</summary>
internal sealed class RequestDispatcher
{
    private readonly RenderPipeline _pipeline;
    private readonly PublicationHandler _publications;
    private readonly Turns _turns;
    private readonly Explainer _explainer;
    private readonly Verification _verification;
    private readonly EntryListing _listing;
    private readonly IAdministration _administration;
    private readonly Counters _counters;
    private readonly Lifecycle _lifecycle;
    private readonly CallJournal _journal;
    private readonly CallerNames _callers;
    private readonly DaemonLog _log;
    private readonly TimeProvider _time;
    private long _lastRequest;

    public RequestDispatcher(
        RenderPipeline pipeline,
        PublicationHandler publications,
        Turns turns,
        Explainer explainer,
        Verification verification,
        EntryListing listing,
        IAdministration administration,
        Lifecycle lifecycle,
        Counters counters,
        CallJournal journal,
        DaemonLog log,
        TimeProvider time
    )
    {
        _journal = journal;
        _callers = new CallerNames(time);
        _pipeline = pipeline;
        _publications = publications;
        _turns = turns;
        _explainer = explainer;
        _verification = verification;
        _listing = listing;
        _administration = administration;
        _lifecycle = lifecycle;
        _counters = counters;
        _log = log;
        _time = time;
        _lastRequest = time.GetTimestamp();
    }

    /// <summary>Time since the last request began.</summary>
    public TimeSpan Quiet => _time.GetElapsedTime(Interlocked.Read(ref _lastRequest));

    /// <summary>True from the moment the daemon was asked to leave: renders are declined.</summary>
    public bool IsDraining => _lifecycle.IsEnding;

    /// <summary>Whether a frame is a request that was answered before, so that its answer probably takes no waiting.</summary>
    public bool IsKnown(ReadOnlySpan<byte> frame, Session session) => IsServing(session) && _pipeline.IsKnown(frame);

    /// <summary>The answer to one frame; null when the message has none.</summary>
    /// <param name="frame">The frame without its length. Its bytes are there until the answer is.</param>
    /// <param name="file">The descriptor that came along, if one did; it is closed or kept.</param>
    /// <param name="session">Where it came from.</param>
    public async ValueTask<Answer?> HandleAsync(ReadOnlySequence<byte> frame, MemoryFile? file, Session session)
    {
        long started = _time.GetTimestamp();
        // Who is declined does not use the daemon, and must not keep it from leaving.
        if (session.Peer == BypassReason.None)
            Interlocked.Exchange(ref _lastRequest, started);
        if (IsServing(session) && _pipeline.FindKnown(frame) is { } known)
        {
            file?.Dispose();
            Answer answer = await _pipeline
                .RenderAsync(known.Request, session.Leases, frame, known, started, _callers.ParentOf(session.ProcessId), session.Request)
                .ConfigureAwait(false);
            return await _turns.ReadAsync(known.Request, answer, session).ConfigureAwait(false);
        }
        // Anything else may take long, and the thread that let this caller in has others to let in.
        await Task.Yield();
        Message message = MessageCodec.Decode(frame);
        if (message is not Message.PublishDescriptor)
            file?.Dispose();
        switch (message)
        {
            case Message.Render { Flags: var flags } when flags.HasFlag(RenderFlags.HitOnly) && !IsServing(session):
                return Answer.Of(new Message.Failed("not served"));
            case Message.Render when session.Peer != BypassReason.None:
                Declined(session.Peer, session.ProcessId, session.Request);
                return Answer.Of(new Message.Bypass(session.Peer, ""));
            case Message.Render when IsDraining:
                Declined(BypassReason.Draining, session.ProcessId, session.Request);
                return Answer.Of(new Message.Bypass(BypassReason.Draining, ""));
            case Message.Render render:
                return await _turns
                    .ReadAsync(
                        render,
                        await _pipeline
                            .RenderAsync(
                                render,
                                session.Leases,
                                frame,
                                null,
                                started,
                                _callers.ParentOf(session.ProcessId),
                                session.Request
                            )
                            .ConfigureAwait(false),
                        session
                    )
                    .ConfigureAwait(false);
            case Message.Coordinate when session.Peer != BypassReason.None || IsDraining:
                BypassReason declined = session.Peer != BypassReason.None ? session.Peer : BypassReason.Draining;
                Declined(declined, session.ProcessId, session.Request);
                return Answer.Of(new Message.Bypass(declined, ""));
            case Message.Coordinate coordinate:
                return await _turns.EnterAsync(coordinate, session, Declined).ConfigureAwait(false);
            case Message.Ran ran:
                _turns.Ran(ran, session);
                return null;
            case Message.Publish p:
                return _publications.Publish(
                    new(p.LeaseId, p.ExitCode, p.RenderMicroseconds, p.Stderr.ToArray(), Blob.Copy(p.Stdout.Span)),
                    session.Leases
                );
            case Message.PublishDescriptor p when file is null:
                return _publications.RejectLostResult(p.LeaseId, session.Leases);
            case Message.PublishDescriptor p when Blob.Take(file) is { } stdout && stdout.Length == p.StdoutLength:
                return _publications.Publish(new(p.LeaseId, p.ExitCode, p.RenderMicroseconds, p.Stderr.ToArray(), stdout), session.Leases);
            case Message.Abandon { LeaseId: Message.Abandon.NoLease }:
                if (session.TakeLastHit() is { } hit)
                    _pipeline.TakeBack(hit);
                return null;
            case Message.Abandon abandon:
                _publications.Abandon(abandon, session.Leases);
                return null;
            case Message.Explain when session.Peer != BypassReason.None:
                return Answer.Of(new Message.Json(Explainer.Declined(session.Peer, "").ToJson()));
            case Message.Explain explain:
                return Answer.Of(new Message.Json(_explainer.Explain(explain.Request).ToJson()));
            case Message.Verify
            or Message.Recall
            or Message.Forget
            or Message.List
            or Message.Show
            or Message.Earlier
            or Message.Project
            or Message.Recent
            or Message.Remembered when session.Peer != BypassReason.None:
                // Its paths are not ours: it could not make the call again, and may not know of files that it cannot read.
                return Answer.Of(new Message.Failed(ReasonText.Of(session.Peer)));
            case Message.Verify:
                return Answer.Of(await _verification.CandidatesAsync().ConfigureAwait(false));
            case Message.Recall recall:
                return Answer.Of(_verification.Recall(recall));
            case Message.Forget forget:
                return Answer.Of(_verification.Forget(forget));
            case Message.List:
                return Answer.Of(new Message.Json(await _listing.ListAsync().ConfigureAwait(false)));
            case Message.Show show:
                return Answer.Of(await _listing.ShowAsync(show).ConfigureAwait(false));
            case Message.Earlier earlier:
                return Answer.Of(await _explainer.EarlierAsync(earlier.Request).ConfigureAwait(false));
            case Message.Recent recent:
                return Answer.Of(_verification.Recent(recent));
            case Message.Remembered remembered:
                return Answer.Of(_verification.Remembered(remembered));
            case Message.Project project:
                return Answer.Of(await _listing.ProjectAsync(project).ConfigureAwait(false));
            case Message.Status:
                return Answer.Of(new Message.Json(_administration.Status(session.Peer)));
            case Message.Stats stats:
                return Answer.Of(new Message.Json(_administration.Stats(stats.Reset)));
            case Message.Prune prune:
                return Answer.Of(new Message.Json(await _administration.PruneAsync(prune).ConfigureAwait(false)));
            case Message.Calls calls:
                return Answer.Of(new Message.Json(_administration.Calls(calls.Count)));
            case Message.Stop:
                _lifecycle.Drain("stop command", request: session.Request);
                return Answer.Of(new Message.Json("{}"));
            default:
                throw new MessagePackSerializationException("A reply was sent as a request, or a result whose file cannot be trusted.");
        }
    }

    private bool IsServing(Session session) => session.Peer == BypassReason.None && !IsDraining;

    /// <summary>A peer has left: its leases, and its turn, pass on.</summary>
    public void Left(IEnumerable<long> leases, Place? turn)
    {
        _publications.Disconnected(leases);
        _turns.Left(turn);
    }

    /// <summary>Counts a call that is declined before the pipeline sees it.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="pid">The process that called; 0 when it is not known.</param>
    /// <param name="id">The request.</param>
    public void Declined(BypassReason reason, int pid, RequestId id)
    {
        _counters.Add(Counters.Bypasses);
        _counters.Add(Counters.BypassReasons, ReasonText.Of(reason));
        _journal.Note(new(CallOutcome.Bypass, "", _callers.ParentOf(pid), 0) { Id = id, Reason = ReasonText.Of(reason) });
    }

    /// <summary>A peer sent what is no message of this version; its connection is closed.</summary>
    public void Malformed(Exception reason, Session session)
    {
        // Another version is no fault of anyone: the caller becomes helm, and cannot be told why in words that it reads.
        if (reason is ProtocolVersionException)
            Declined(BypassReason.ProtocolMismatch, 0, session.Request);
        else
            _counters.Add(Counters.Errors);
        _log.WriteProblem($"session: closed: {reason.Message}", session.Request);
        // A newer installation is in use: this daemon finishes its work, and the next call starts that one's.
        if (reason is ProtocolVersionException { Version: > ProtocolVersion.Current })
            _lifecycle.Drain("a caller of a newer version of helmcached came", request: session.Request);
    }

    /// <summary>A bug: logged whole, since nobody expected it.</summary>
    public void Faulted(Exception reason, Session session)
    {
        _counters.Add(Counters.Errors);
        _log.WriteProblem($"session: closed by a fault: {reason}", session.Request);
    }
}
