using System;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Coordination;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Rendering;

namespace CacheDaemon.Daemon.Sessions;

/// <summary>The turns of the callers of sessions, as messages, and counted.</summary>
/// <param name="coordinator">Who gives them; null: nobody, since it is switched off.</param>
/// <param name="counters">The counters.</param>
internal sealed class Turns(Coordinator? coordinator, Counters counters)
{
    private long _lastId;

    /// <summary>Callers that wait.</summary>
    public int Waiting => coordinator?.Waiting ?? 0;

    /// <summary>Answers a <see cref="Message.Coordinate"/>.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="session">Where.</param>
    /// <param name="declined">Counts a call that is passed to helm.</param>
    public async Task<Answer> EnterAsync(Message.Coordinate request, Session session, Action<BypassReason, int, RequestId> declined)
    {
        if (coordinator is null)
            return Answer.Of(new Message.Bypass(BypassReason.CoordinationOff, ""));
        // One at a time.
        Left(session.Turn);
        session.Turn = null;
        Admission admission = await coordinator.EnterAsync(request, session.OpenCaller()).ConfigureAwait(false);
        Waited(admission.Waited);
        switch (admission)
        {
            case Admission.Go go:
                counters.Add(Counters.CoordinationRuns);
                if (go.IsAwaited)
                    session.Turn = go.Place;
                return Answer.Of(new Message.Turn(Interlocked.Increment(ref _lastId), go.IsAwaited, (long)go.Waited.TotalMicroseconds));
            case Admission.Joined { Result: var result }:
                counters.Add(Counters.CoordinationJoined);
                return Answer.Of(
                    new Message.Result(
                        result.ExitCode,
                        result.Age == TimeSpan.Zero ? "joined" : "joined age=" + AgeText.Of(result.Age),
                        (long)admission.Waited.TotalMicroseconds,
                        default,
                        result.Stderr,
                        result.Stdout
                    )
                );
            default:
                BypassReason reason = ((Admission.Alone)admission).Reason;
                declined(reason, session.ProcessId, session.Request);
                return Answer.Of(new Message.Bypass(reason, ""));
        }
    }

    /// <summary>A run that others wait for has ended. Nothing happens when the peer has none.</summary>
    public void Ran(Message.Ran ran, Session session)
    {
        if (session.Turn is not { } place)
            return;
        session.Turn = null;
        bool fits = ran.Stderr.Length + (long)ran.Stdout.Length <= Message.Ran.MaxBytes;
        coordinator!.Finish(
            place,
            fits ? new RunResult(ran.ExitCode, ran.Stderr.ToArray(), ran.Stdout.ToArray()) : new RunResult(-1, [], [])
        );
    }

    /// <summary>The peer of a turn has left.</summary>
    public void Left(Place? turn)
    {
        if (turn is not null)
            coordinator!.Disconnected(turn);
    }

    /// <summary>
    /// Has a call that runs helm, be it for us, wait until nobody writes what it reads, and keeps those who would from it; its answer stays
    /// the same.
    /// </summary>
    public async ValueTask<Answer> ReadAsync(Message.Render call, Answer answer, Session session)
    {
        if (coordinator is not null && answer.RunsHelm)
            Waited(await coordinator.ReadAsync(call, session.OpenCaller).ConfigureAwait(false));
        return answer;
    }

    /// <summary>Nobody waits for a turn any more.</summary>
    public void Close() => coordinator?.Close();

    private void Waited(TimeSpan time)
    {
        if (time == TimeSpan.Zero)
            return;
        counters.Add(Counters.CoordinationWaited);
        counters.Add(Counters.CoordinationWaitedMicroseconds, (long)time.TotalMicroseconds);
    }
}
