using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Files;

/// <summary>
/// Remembers what was derived from a file's content under the file's stamp, so that unchanged files are never read
/// twice. In memory only, bounded, safe for concurrent use.
/// </summary>
/// <remarks>
/// Add only what was read under a stamp that <see cref="FileStamp.IsTrustedAt"/> accepted before the read; otherwise a
/// second edit in the same clock tick would go unseen (docs/key.md, "How a file counts as unchanged").
/// </remarks>
/// <typeparam name="TValue">What is remembered; a function of content and role alone.</typeparam>
/// <param name="capacity">Most values kept; the oldest goes first.</param>
internal sealed class StampMemo<TValue>(int capacity = StampMemo<TValue>.DefaultCapacity)
{
    /// <summary>Twenty charts of ten thousand files; <c>ChartSnapshots</c> says what they cost.</summary>
    public const int DefaultCapacity = 200_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(FileStamp Stamp, byte Role), TValue> _values = [];
    private readonly Queue<(FileStamp Stamp, byte Role)> _oldestFirst = new();

    /// <summary>How many values are kept now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _values.Count;
        }
    }

    /// <summary>The value derived from the content that had this stamp, read in this role.</summary>
    public bool TryGet(FileStamp stamp, byte role, [MaybeNullWhen(false)] out TValue value)
    {
        lock (_lock)
            return _values.TryGetValue((stamp, role), out value);
    }

    /// <summary>Remembers a value; the first one under a stamp and role stays.</summary>
    public void Add(FileStamp stamp, byte role, TValue value)
    {
        lock (_lock)
        {
            if (!_values.TryAdd((stamp, role), value))
                return;
            _oldestFirst.Enqueue((stamp, role));
            while (_oldestFirst.Count > capacity)
                _values.Remove(_oldestFirst.Dequeue());
        }
    }
}
