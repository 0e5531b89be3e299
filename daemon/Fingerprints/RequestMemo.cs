using System;
using System.Buffers;
using System.Collections.Generic;
using System.Threading;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Files;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>A request as decoded, and what its fingerprint was.</summary>
internal sealed record KnownRequest(Message.Render Request, FingerprintOutcome.Known Outcome);

/// <summary>
/// Requests answered lately, by their very bytes. Equal bytes mean the same arguments, directory, variables, helm and standard
/// input; the rest of the world is asked for its stamps at each find. Bounded; safe for concurrent use.
/// </summary>
/// <param name="maxRequests">Most requests kept; the oldest goes first.</param>
/// <param name="maxPaths">Most watched paths kept, over all requests; a chart counts for each request that uses it.</param>
internal sealed class RequestMemo(int maxRequests = RequestMemo.DefaultMaxRequests, int maxPaths = ChartSnapshots.DefaultMaxPaths)
{
    /// <summary>A fleet calls one chart for hundreds of environments, over and over.</summary>
    public const int DefaultMaxRequests = 4_096;

    /// <summary>Longer requests carry values on standard input; decoding is not what they wait for.</summary>
    public const int MaxMessageBytes = 64 * 1024;

    /// <summary>
    /// Most bytes of requests kept, decoded they are three to four times as many: room for <see cref="DefaultMaxRequests"/> of the
    /// usual kilobyte or two, and a bound where each carries long values.
    /// </summary>
    public const int MaxBytes = 16 << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<byte[], KnownRequest> _known = new(BytesComparer.Instance);
    private readonly Queue<byte[]> _oldestFirst = new();
    private long _paths;
    private long _bytes;

    /// <summary>How many requests are kept now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _known.Count;
        }
    }

    /// <summary>Whether these bytes were kept: a look into memory alone.</summary>
    public bool Contains(ReadOnlySpan<byte> message)
    {
        lock (_lock)
            return _known.GetAlternateLookup<ReadOnlySpan<byte>>().ContainsKey(message);
    }

    /// <summary>The request of these bytes, when its fingerprint is still valid.</summary>
    public KnownRequest? Find(in ReadOnlySequence<byte> message)
    {
        if (message.Length > MaxMessageBytes)
            return null;
        ReadOnlySpan<byte> bytes = message.IsSingleSegment ? message.FirstSpan : message.ToArray();
        KnownRequest? known;
        lock (_lock)
        {
            if (!_known.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(bytes, out known))
                return null;
        }
        return known.Outcome.Fingerprint.StillValid() ? known : null;
    }

    /// <summary>Keeps a request, in place of what was known of the same bytes.</summary>
    public void Add(in ReadOnlySequence<byte> bytes, KnownRequest request)
    {
        if (bytes.Length > MaxMessageBytes || request.Outcome.Fingerprint.WatchedPaths > maxPaths)
            return;
        byte[] message = bytes.ToArray();
        lock (_lock)
        {
            if (_known.TryGetValue(message, out KnownRequest? old))
                _paths -= old.Outcome.Fingerprint.WatchedPaths;
            else
            {
                _oldestFirst.Enqueue(message);
                _bytes += message.Length;
            }
            _known[message] = request;
            _paths += request.Outcome.Fingerprint.WatchedPaths;
            while (_known.Count > maxRequests || _paths > maxPaths || _bytes > MaxBytes)
            {
                byte[] first = _oldestFirst.Dequeue();
                _bytes -= first.Length;
                if (_known.Remove(first, out KnownRequest? oldest))
                    _paths -= oldest.Outcome.Fingerprint.WatchedPaths;
            }
        }
    }
}
