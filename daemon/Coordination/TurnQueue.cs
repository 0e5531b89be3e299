using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace CacheDaemon.Daemon.Coordination;

/// <summary>
/// Who may run helm when. First come, first served: nobody overtakes a caller that it excludes, so a stream of readers keeps no writer out.
/// A caller whose turn comes takes along all equal ones that wait: its run begins after each of their calls, so what it fetches is news to
/// all of them; those that come later wait for the next run. Thread-safe.
/// </summary>
internal sealed class TurnQueue(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<Place> _waiting = [];
    private readonly HashSet<Place> _running = [];
    private bool _closed;

    /// <summary>Callers that wait, for their turn or for what comes of the run of another.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count + _running.Sum(static place => place.Joiners.Count);
        }
    }

    /// <summary>Callers whose turn it is.</summary>
    public int Running
    {
        get
        {
            lock (_gate)
                return _running.Count;
        }
    }

    /// <summary>Whether it is the turn of one of these processes.</summary>
    public bool IsRunning(IEnumerable<int> processes)
    {
        lock (_gate)
            return processes.Any(id => _running.Any(place => place.ProcessId == id));
    }

    /// <summary>Takes a caller in; its <see cref="Place.Outcome"/> is set when its turn has come, perhaps at once.</summary>
    public void Enter(Place place)
    {
        lock (_gate)
        {
            if (_closed)
            {
                place.Outcome.SetResult(new Outcome.Closed());
                return;
            }
            _waiting.Add(place);
            Advance();
        }
    }

    /// <summary>Takes a caller out that waits no longer. False when it has its answer already.</summary>
    public bool Leave(Place place)
    {
        lock (_gate)
        {
            if (place.Outcome.Task.IsCompleted)
                return false;
            if (!_waiting.Remove(place))
            {
                foreach (Place running in _running)
                    if (running.Joiners.Remove(place))
                        break;
            }
            Advance();
            return true;
        }
    }

    /// <summary>
    /// A turn has ended without a word on how: whoever waited for what comes of it has a turn of its own, before all others. Nothing
    /// happens when it had ended before.
    /// </summary>
    public void End(Place place)
    {
        lock (_gate)
        {
            Drop(place);
            Advance();
        }
    }

    /// <summary>
    /// A run that others waited for has ended. What went well is theirs, too. What did not is nobody's: they run helm themselves, at once
    /// and all together, as one turn.
    /// </summary>
    public void Finish(Place place, RunResult result)
    {
        lock (_gate)
        {
            if (!_running.Remove(place))
                return;
            foreach (Place joiner in place.Joiners)
            {
                if (result.ExitCode == 0)
                    joiner.Outcome.SetResult(new Outcome.Joined(result));
                else if (joiner.IsThere)
                    Begin(joiner);
            }
            place.Joiners.Clear();
            Advance();
        }
    }

    /// <summary>For how long the oldest run that keeps <paramref name="place"/> waiting has run; zero when none does.</summary>
    public TimeSpan HeldUpFor(Place place)
    {
        lock (_gate)
        {
            TimeSpan longest = TimeSpan.Zero;
            foreach (Place running in _running)
                if (
                    (running.Excludes(place) || running.Joiners.Contains(place))
                    && time.GetElapsedTime(running.Since) is var age
                    && age > longest
                )
                    longest = age;
            return longest;
        }
    }

    /// <summary>Ends the turns of callers that are gone, or were stopped by a signal, and those that have lasted too long.</summary>
    public void Sweep()
    {
        lock (_gate)
        {
            foreach (
                Place running in _running
                    .Where(running =>
                        (running.IsAwaited ? running.IsStopped() : !running.IsThere) || time.GetElapsedTime(running.Since) > running.MaxTurn
                    )
                    .ToArray()
            )
                Drop(running);
            Advance();
        }
    }

    /// <summary>From now on nobody waits for a turn. Runs that others wait for go on.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (Place place in _waiting)
                place.Outcome.SetResult(new Outcome.Closed());
            _waiting.Clear();
        }
    }

    private void Drop(Place place)
    {
        if (!_running.Remove(place))
            return;
        if (_closed)
        {
            foreach (Place joiner in place.Joiners)
                joiner.Outcome.SetResult(new Outcome.Closed());
        }
        else
        {
            _waiting.InsertRange(0, place.Joiners);
        }
        place.Joiners.Clear();
    }

    private void Advance()
    {
        for (int i = 0; i < _waiting.Count; )
        {
            Place next = _waiting[i];
            if (_running.Any(next.Excludes) || _waiting.Take(i).Any(next.Excludes))
            {
                i++;
                continue;
            }
            _waiting.RemoveAt(i);
            // Who has left would keep others waiting until that is noticed.
            if (!next.IsThere)
            {
                next.Outcome.SetResult(new Outcome.Closed());
                continue;
            }
            if (next.Equal is not null)
            {
                next.Joiners.AddRange(_waiting.Where(other => other.Equal == next.Equal));
                _waiting.RemoveAll(other => other.Equal == next.Equal);
                // Who waited in front of this one may have gone.
                i = 0;
            }
            Begin(next);
        }
    }

    private void Begin(Place place)
    {
        place.Since = time.GetTimestamp();
        place.IsAwaited = place.Joiners.Count > 0 || place.IsWanted;
        _running.Add(place);
        place.Outcome.SetResult(new Outcome.Go(place.IsAwaited));
    }
}
