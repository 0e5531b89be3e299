using System;
using System.Collections.Generic;
using System.Threading.Tasks;

namespace CacheDaemon.Daemon.Coordination;

/// <summary>What came of waiting in the queue.</summary>
internal abstract record Outcome
{
    private Outcome() { }

    /// <summary>It is this caller's turn.</summary>
    /// <param name="IsAwaited">Whether others wait for what comes of it.</param>
    public sealed record Go(bool IsAwaited) : Outcome;

    /// <summary>An equal call, which began after this one had come, has run, and well.</summary>
    public sealed record Joined(RunResult Result) : Outcome;

    /// <summary>There is no queue any more.</summary>
    public sealed record Closed : Outcome;
}

/// <summary>What a run of helm wrote, and how it ended.</summary>
internal sealed record RunResult(int ExitCode, byte[] Stderr, byte[] Stdout)
{
    /// <summary>How long ago the run began; zero for one that has just ended.</summary>
    public TimeSpan Age { get; init; }
}

/// <summary>One caller in the queue, from its request to the end of its run. Changed by its queue only.</summary>
/// <param name="wishes">The locks that it needs, all at once.</param>
/// <param name="equal">Calls with the same text may share a run; null: no other is equal.</param>
/// <param name="isThere">Whether the caller is alive, and not stopped by a signal.</param>
internal sealed class Place(IReadOnlyList<LockWish> wishes, string? equal, Func<bool> isThere)
{
    /// <summary>The locks that it needs, all at once.</summary>
    public IReadOnlyList<LockWish> Wishes => wishes;

    /// <summary>Calls with the same text may share a run; null: no other is equal.</summary>
    public string? Equal => equal;

    /// <summary>Whether the caller is alive, and not stopped by a signal.</summary>
    public bool IsThere => isThere();

    /// <summary>Whether the caller was stopped by a signal (Ctrl-Z), and so will not go on for who knows how long.</summary>
    public Func<bool> IsStopped { get; init; } = static () => false;

    /// <summary>Whether what comes of its run is wanted even if nobody waits for it, so that it can be given again.</summary>
    public bool IsWanted { get; init; }

    /// <summary>Told what came of a run, while the turn still lasts; null when nobody asks.</summary>
    public Action<RunResult>? Ended { get; set; }

    /// <summary>
    /// Whether others waited for what comes of its run when that began, or it is wanted all the same. The end of such a turn is told by its
    /// connection, which still has the result when the process has ended.
    /// </summary>
    public bool IsAwaited { get; set; }

    /// <summary>The caller's process, by the numbers of /proc; 0 when it is not visible there.</summary>
    public int ProcessId { get; init; }

    /// <summary>How long its turn may take: after that it holds nobody up any more, though it may go on. Unlimited by default.</summary>
    public TimeSpan MaxTurn { get; init; } = TimeSpan.MaxValue;

    /// <summary>The caller, for whoever ends the turn to dispose of.</summary>
    public IDisposable? Caller { get; init; }

    /// <summary>Those who get what comes of this run.</summary>
    public List<Place> Joiners { get; } = [];

    /// <summary>Time stamp of when its turn came.</summary>
    public long Since { get; set; }

    /// <summary>Set once.</summary>
    public TaskCompletionSource<Outcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether it and <paramref name="other"/> cannot have their turns at once.</summary>
    public bool Excludes(Place other)
    {
        foreach (LockWish wish in wishes)
        foreach (LockWish theirs in other.Wishes)
            if (wish.Excludes(theirs))
                return true;
        return false;
    }
}
