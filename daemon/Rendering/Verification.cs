using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>
/// The daemon's part of <c>helmcached verify</c> and <c>warm</c>: remembers calls, names entries whose call is known, says whether their
/// inputs are still there unchanged, and forgets those that real helm did not confirm. The renders are the command's.
/// </summary>
internal sealed class Verification
{
    private readonly Fingerprinter _fingerprinter;
    private readonly EntryStore _store;
    private readonly RecentRequests _recent;
    private readonly Counters _counters;

    /// <param name="fingerprinter">Says what the key of a call is now.</param>
    /// <param name="store">The entries.</param>
    /// <param name="recent">The calls seen.</param>
    /// <param name="counters">Where a difference is counted.</param>
    public Verification(Fingerprinter fingerprinter, EntryStore store, RecentRequests recent, Counters counters)
    {
        _fingerprinter = fingerprinter;
        _store = store;
        _recent = recent;
        _counters = counters;
    }

    /// <summary>Which entries could be rendered again.</summary>
    public async ValueTask<Message> CandidatesAsync()
    {
        IReadOnlySet<CacheKey> stored = await _store.ResultKeysOnDiskAsync().ConfigureAwait(false);
        List<CacheKey> seen = _recent.Keys();
        List<CacheKey> candidates = [.. seen.Where(key => stored.Contains(key) || HasResult(key))];
        long unseen = stored.Count - seen.Count(stored.Contains);
        return new Message.Candidates([.. candidates.Select(static key => (ReadOnlyMemory<byte>)key.Value.ToArray())], unseen);
    }

    /// <summary>
    /// The call behind an entry, when its inputs as they are now still lead to it; else why not, to be read behind "1 entry".
    /// </summary>
    public Message Recall(Message.Recall recall)
    {
        if (!TryKey(recall.Key, out CacheKey key) || _recent.Find(key) is not { } request)
            return new Message.Failed("whose call was not seen since the daemon started");
        if (
            _fingerprinter.Compute(request) is not FingerprintOutcome.Known { Fingerprint: { } now }
            || (now.Key != key && now.PathKey != key)
        )
            return new Message.Failed("whose inputs have changed");
        if (now.Freshness is not null)
            return new Message.Failed("whose chart helm downloads each time");
        if (_store.Get(key).Entry is not { Result: { } result } entry)
            return new Message.Failed("removed in the meantime");
        bool mayVary = RepeatabilityPolicy.IsFrozen(request);
        return new Message.Candidate(
            entry.ChartName,
            mayVary,
            result.ExitCode,
            Digest.Of(result.Stderr).ToArray(),
            result.Stdout.Digest().ToArray(),
            request
        );
    }

    /// <summary>The calls that were made last.</summary>
    public Message Recent(Message.Recent recent)
    {
        List<CacheKey> keys = _recent.Keys();
        keys.Reverse();
        return new Message.Candidates([.. keys.Take(recent.Count).Select(static key => (ReadOnlyMemory<byte>)key.Value.ToArray())], 0);
    }

    /// <summary>One of them, whatever became of its entry.</summary>
    public Message Remembered(Message.Remembered remembered)
    {
        if (!TryKey(remembered.Key, out CacheKey key) || _recent.Find(key) is not { } request)
            return new Message.Failed("whose call was not seen since the daemon started");
        string chart = _store.Get(key).Entry?.ChartName ?? "";
        return new Message.Candidate(chart, RepeatabilityPolicy.IsFrozen(request), 0, default, default, request);
    }

    /// <summary>Deletes an entry that real helm did not confirm.</summary>
    public Message Forget(Message.Forget forget)
    {
        if (!TryKey(forget.Key, out CacheKey key))
            return new Message.Failed("a key has 32 bytes");
        _store.Remove(key);
        _recent.Remove(key);
        _counters.Add(Counters.VerifyMismatches);
        return new Message.Json("{}");
    }

    private bool HasResult(CacheKey key) => _store.Get(key).Entry is { Result: not null };

    private static bool TryKey(ReadOnlyMemory<byte> bytes, out CacheKey key)
    {
        bool isKey = bytes.Length == Digest.SizeInBytes;
        key = isKey ? new CacheKey(Digest.FromBytes(bytes.Span)) : default;
        return isKey;
    }
}
