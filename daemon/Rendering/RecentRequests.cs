using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>
/// The last call behind each key that was served or stored, so that it can be made again. In memory only: a command line
/// and an environment may hold secrets, which is why no entry on disk has them. The least recently called leave first. A call whose
/// values came through a descriptor (<c>&lt;(…)</c>) is not kept: nobody could make it again.
/// Thread-safe.
/// </summary>
internal sealed class RecentRequests
{
    /// <summary>Most calls that are kept.</summary>
    public const int MaxRequests = 1024;

    /// <summary>Most memory that they may take; a call that alone takes more (long standard input) is not kept.</summary>
    public const long MaxBytes = 16 << 20;

    /// <summary>What one string or one call costs besides its characters; rounded up.</summary>
    private const int StringOverhead = 32,
        CallOverhead = 512;

    private readonly Lock _gate = new();
    private readonly Dictionary<CacheKey, LinkedListNode<Item>> _byKey = [];
    private readonly LinkedList<Item> _byUse = new();
    private long _bytes;

    /// <summary>Remembers <paramref name="request"/> as the last call that had <paramref name="key"/>.</summary>
    public void Remember(CacheKey key, Message.Render request)
    {
        if (request.Descriptors.Count > 0)
            return;
        lock (_gate)
        {
            if (_byKey.TryGetValue(key, out LinkedListNode<Item>? known))
            {
                if (ReferenceEquals(known.Value.Request, request) || IsSame(known.Value.Request, request))
                {
                    _byUse.Remove(known);
                    _byUse.AddLast(known);
                    return;
                }
                Drop(known);
            }
            long cost = CostOf(request);
            if (cost > MaxBytes)
                return;
            _byKey.Add(key, _byUse.AddLast(new Item(key, request, cost)));
            _bytes += cost;
            while (_bytes > MaxBytes || _byKey.Count > MaxRequests)
                Drop(_byUse.First!);
        }
    }

    /// <summary>The call, or null.</summary>
    public Message.Render? Find(CacheKey key)
    {
        lock (_gate)
            return _byKey.TryGetValue(key, out LinkedListNode<Item>? known) ? known.Value.Request : null;
    }

    /// <summary>Forgets the call.</summary>
    public void Remove(CacheKey key)
    {
        lock (_gate)
        {
            if (_byKey.TryGetValue(key, out LinkedListNode<Item>? known))
                Drop(known);
        }
    }

    /// <summary>All keys, least recently called first.</summary>
    public List<CacheKey> Keys()
    {
        lock (_gate)
            return [.. _byUse.Select(static item => item.Key)];
    }

    private void Drop(LinkedListNode<Item> node)
    {
        _byUse.Remove(node);
        _byKey.Remove(node.Value.Key);
        _bytes -= node.Value.Cost;
    }

    private static bool IsSame(Message.Render left, Message.Render right)
    {
        if (
            left.Directory != right.Directory
            || left.HelmPath != right.HelmPath
            || left.HelmStamp != right.HelmStamp
            || left.DirectoryInode != right.DirectoryInode
            || left.DirectoryDevice != right.DirectoryDevice
            || left.DirectoryMount != right.DirectoryMount
            || left.Arguments.Count != right.Arguments.Count
            || left.Environment.Count != right.Environment.Count
            || left.Stdin.HasValue != right.Stdin.HasValue
        )
            return false;
        for (int i = 0; i < left.Arguments.Count; i++)
        {
            if (left.Arguments[i] != right.Arguments[i])
                return false;
        }
        foreach ((string name, string value) in left.Environment)
        {
            if (!right.Environment.TryGetValue(name, out string? other) || other != value)
                return false;
        }
        return !left.Stdin.HasValue || left.Stdin.Value.Span.SequenceEqual(right.Stdin!.Value.Span);
    }

    private static long CostOf(Message.Render request)
    {
        // Standard input is a slice of the frame that it came in, which it keeps alive: hence the strings count twice.
        long characters = request.Directory.Length + request.HelmPath.Length,
            strings = 2;
        foreach (string argument in request.Arguments)
            (characters, strings) = (characters + argument.Length, strings + 1);
        foreach ((string name, string value) in request.Environment)
            (characters, strings) = (characters + name.Length + value.Length, strings + 3);
        return CallOverhead + strings * StringOverhead + 4 * characters + (request.Stdin?.Length ?? 0);
    }

    private readonly record struct Item(CacheKey Key, Message.Render Request, long Cost);
}
