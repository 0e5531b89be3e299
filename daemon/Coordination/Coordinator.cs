using System;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Files;
using CacheDaemon.Daemon.Fingerprints;

namespace CacheDaemon.Daemon.Coordination;

/// <summary>What a caller is told who asked for its turn.</summary>
/// <param name="Waited">How long it has waited; zero when nobody was in front of it.</param>
internal abstract record Admission(TimeSpan Waited)
{
    /// <summary>It runs helm.</summary>
    /// <param name="Place">Its place, which ends with the process; or, where others wait for what comes of it, with the connection.</param>
    /// <param name="IsAwaited">Whether others do.</param>
    /// <param name="Waited">How long it has waited; zero when nobody was in front of it.</param>
    public sealed record Go(Place Place, bool IsAwaited, TimeSpan Waited) : Admission(Waited);

    /// <summary>It gets what another one got.</summary>
    public sealed record Joined(RunResult Result, TimeSpan Waited) : Admission(Waited);

    /// <summary>It runs helm and waits for nobody, as helm always did.</summary>
    public sealed record Alone(BypassReason Reason, TimeSpan Waited) : Admission(Waited);
}

/// <summary>
/// Gives callers their turns to run helm where helm writes what others read. The daemon runs nothing: a turn is the caller's, and ends with
/// its process. No fault of this, and no other caller's, keeps one from running helm for longer than <see cref="MaxHeld"/>.
/// </summary>
internal sealed class Coordinator
{
    /// <summary>
    /// How old the run of another may be for those who wait for it. helm gives up a server that does not answer after two minutes
    /// (getter.DefaultHTTPTimeout of helm 3, <c>--timeout</c> of <c>repo update</c> in helm 4): a run that takes longer has many to ask, or
    /// hangs.
    /// </summary>
    public static readonly TimeSpan MaxHeld = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The same for those who only read: a large index takes some seconds to come, and all that they risk is that it is just being written.
    /// Nor do they hold others up for longer: the index is what helm reads first, and <c>helm template r/x | less</c> may stand there for
    /// an hour.
    /// </summary>
    public static readonly TimeSpan MaxHeldForReader = TimeSpan.FromSeconds(10);

    /// <summary>The most that anybody waits, in a queue that moves.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(10);

    /// <summary>Each has a descriptor, and a thread that watches it, until its helm ends.</summary>
    private const int MaxRunning = 256;

    /// <summary>How often a caller that waits looks whether those in front of it are still there.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    private readonly TurnQueue _queue;
    private readonly HelmBinaries _helms;
    private readonly TimeProvider _time;
    private readonly UpdateWindow _window;

    /// <param name="helms">The helms met.</param>
    /// <param name="time">The clocks.</param>
    /// <param name="freshFor">
    /// How old the run of an equal <c>repo update</c> may be that a call is answered with; zero: it began after the call.
    /// </param>
    public Coordinator(HelmBinaries helms, TimeProvider time, TimeSpan freshFor)
    {
        _window = new UpdateWindow(time, freshFor);
        _helms = helms;
        _time = time;
        _queue = new TurnQueue(time);
    }

    /// <summary>Callers that wait.</summary>
    public int Waiting => _queue.Waiting;

    /// <summary>Waits for the caller's turn.</summary>
    /// <param name="request">What it asked.</param>
    /// <param name="process">The caller; null when it cannot be watched. Disposed of in time.</param>
    public async Task<Admission> EnterAsync(Message.Coordinate request, CallerProcess? process)
    {
        BypassReason? reason =
            process is null ? BypassReason.CallerUnknown
            : CallerDirectory.IsSeen(request.Call, out _) ? null
            : BypassReason.DirectoryMismatch;
        int major = _helms.Find(request.Call.HelmPath, request.Call.HelmStamp, _time.NowNs())?.Major ?? 0;
        if (reason is null && Plan.Of(request, major) is { } plan)
        {
            bool anew = request.Call.Flags.HasFlag(RenderFlags.Recache);
            if (!anew && _window.Find(plan) is { } kept)
            {
                process!.Dispose();
                return new Admission.Joined(kept, TimeSpan.Zero);
            }
            return await WaitAsync(plan, process!, MaxHeld, TimeSpan.MaxValue, anew).ConfigureAwait(false);
        }
        process?.Dispose();
        return new Admission.Alone(reason ?? BypassReason.BadFlagValue, TimeSpan.Zero);
    }

    /// <summary>
    /// Waits until nobody writes what a call reads that runs helm, and keeps those who would from it while the caller's process lives.
    /// Returns how long it has waited.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="caller">Gives the caller; null when it cannot be watched.</param>
    public async Task<TimeSpan> ReadAsync(Message.Render call, Func<CallerProcess?> caller)
    {
        if (
            call.Flags.HasFlag(RenderFlags.Uncoordinated)
            || !CallerDirectory.IsSeen(call, out _)
            || Plan.OfReader(call) is not { } plan
            || caller() is not { } process
        )
            return TimeSpan.Zero;
        return (await WaitAsync(plan, process, MaxHeldForReader, MaxHeldForReader).ConfigureAwait(false)).Waited;
    }

    /// <summary>A run that others wait for has ended.</summary>
    public void Finish(Place place, RunResult result)
    {
        place.Ended?.Invoke(result);
        _queue.Finish(place, result);
        place.Caller?.Dispose();
    }

    /// <summary>The connection of a run that others wait for has ended, and nothing was said of how it went.</summary>
    public void Disconnected(Place place)
    {
        _queue.End(place);
        place.Caller?.Dispose();
    }

    /// <summary>Whoever waits for a turn waits no longer.</summary>
    public void Close() => _queue.Close();

    private async Task<Admission> WaitAsync(Plan plan, CallerProcess process, TimeSpan maxHeld, TimeSpan maxTurn, bool anew = false)
    {
        if (_queue.Running >= MaxRunning)
        {
            process.Dispose();
            return new Admission.Alone(BypassReason.TooManyConnections, TimeSpan.Zero);
        }
        long started = _time.GetTimestamp();
        var place = new Place(plan.Wishes, plan.Equal, () => process.IsThere)
        {
            Caller = process,
            IsStopped = () => process.IsStopped,
            ProcessId = process.Id,
            MaxTurn = maxTurn,
            IsWanted = _window.IsOpen && plan.Equal is not null,
        };
        bool goes = false;
        try
        {
            _queue.Enter(place);
            bool waits = !place.Outcome.Task.IsCompleted;
            // helm runs plugins, and they run helm: what has its turn waits for them, so they must not wait for it.
            if (waits && _queue.IsRunning(process.Ancestors()) && _queue.Leave(place))
                return new Admission.Alone(BypassReason.InsideTurn, TimeSpan.Zero);
            Outcome? outcome = await WaitAsync(place, started, maxHeld).ConfigureAwait(false);
            TimeSpan waited = waits ? _time.GetElapsedTime(started) : TimeSpan.Zero;
            switch (outcome)
            {
                // Who comes right after another one may find that one's turn not over yet, and its result only now.
                case Outcome.Go when waits && !anew && place.Joiners.Count == 0 && _window.Find(plan) is { } kept:
                    return new Admission.Joined(kept, waited);
                case Outcome.Go go:
                    place.Ended = _window.Watch(plan);
                    if (!go.IsAwaited)
                        process.WhenEnded(() => _queue.End(place));
                    goes = true;
                    return new Admission.Go(place, go.IsAwaited, waited);
                case Outcome.Joined joined:
                    return new Admission.Joined(joined.Result, waited);
                case Outcome.Closed:
                    return new Admission.Alone(BypassReason.Draining, waited);
                default:
                    return new Admission.Alone(BypassReason.HolderSlow, waited);
            }
        }
        finally
        {
            if (!goes)
            {
                // No thread to watch it with, say.
                if (!_queue.Leave(place))
                    _queue.End(place);
                process.Dispose();
            }
        }
    }

    /// <summary>What came of waiting; null when it took too long.</summary>
    private async Task<Outcome?> WaitAsync(Place place, long started, TimeSpan maxHeld)
    {
        while (true)
        {
            try
            {
                return await place.Outcome.Task.WaitAsync(LookEvery, _time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                _queue.Sweep();
                if ((_queue.HeldUpFor(place) > maxHeld || _time.GetElapsedTime(started) > MaxWait) && _queue.Leave(place))
                    return null;
            }
        }
    }
}
