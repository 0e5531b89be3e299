using System;
using System.Collections.Generic;
using System.Threading;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>
/// When the results began to be made whose charts helm downloads. In memory only: after a restart such a call is made anew. Thread-safe.
/// </summary>
/// <param name="time">The clocks.</param>
internal sealed class RemoteRuns(TimeProvider time)
{
    /// <summary>Beyond this many the oldest run goes.</summary>
    private const int MaxRuns = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<CacheKey, RemoteMoment> _runs = [];
    private readonly Queue<CacheKey> _oldestFirst = new();

    /// <summary>Now, by both clocks.</summary>
    public RemoteMoment Now() => RemoteMoment.Now(time);

    /// <summary>Notes a run that succeeded.</summary>
    /// <param name="key">The first key of its call.</param>
    /// <param name="began">A moment before helm began.</param>
    public void Note(CacheKey key, RemoteMoment began)
    {
        lock (_lock)
        {
            if (!_runs.ContainsKey(key))
                _oldestFirst.Enqueue(key);
            _runs[key] = began;
            while (_oldestFirst.Count > MaxRuns)
                _runs.Remove(_oldestFirst.Dequeue());
        }
    }

    /// <summary>Whether what is stored for a call may be given, and how old it is where that counts.</summary>
    public bool IsFresh(Fingerprint fingerprint, out TimeSpan? age)
    {
        age = fingerprint.Freshness?.For is { } window ? AgeWithin(fingerprint.Key, window) : null;
        return fingerprint.Freshness?.For is null || age is not null;
    }

    /// <summary>How old the last run of a call is; null when it must be made anew.</summary>
    /// <param name="key">The first key of the call.</param>
    /// <param name="window">How old it may be.</param>
    public TimeSpan? AgeWithin(CacheKey key, TimeSpan window)
    {
        RemoteMoment began;
        lock (_lock)
        {
            if (!_runs.TryGetValue(key, out began))
                return null;
        }
        return began.AgeWithin(time, window);
    }
}
