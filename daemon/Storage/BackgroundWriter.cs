using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// Entries on their way to disk, and the one thread that takes them there, since its calls block. Entries can be
/// found here until they are written.
/// </summary>
internal sealed class BackgroundWriter : IDisposable
{
    private readonly long _maxBytes;
    private readonly Action<CacheKey, Entry> _write;
    private readonly Action<string> _log;
    private readonly Thread _thread;

    /// <summary>Guards all fields below; pulsed at every change.</summary>
    private readonly object _lock = new();
    private readonly Queue<(CacheKey Key, Entry Entry)> _queue = new();
    private readonly Dictionary<CacheKey, Entry> _pending = [];
    private readonly List<TaskCompletionSource> _flushes = [];
    private long _bytes;
    private bool _stopping;

    /// <param name="maxBytes">Bytes that may wait.</param>
    /// <param name="write">Writes one entry, if <see cref="IsPending"/> still says so.</param>
    /// <param name="log">Receives what that should not have thrown.</param>
    public BackgroundWriter(long maxBytes, Action<CacheKey, Entry> write, Action<string> log)
    {
        _maxBytes = maxBytes;
        _write = write;
        _log = log;
        _thread = new Thread(Work) { IsBackground = true, Name = "store writer" };
        _thread.Start();
    }

    /// <summary>The entry waiting under <paramref name="key"/>, or null.</summary>
    public Entry? Find(CacheKey key)
    {
        lock (_lock)
            return _pending.GetValueOrDefault(key);
    }

    /// <summary>True while this very entry waits: not yet written, not replaced, not taken back.</summary>
    public bool IsPending(CacheKey key, Entry entry)
    {
        lock (_lock)
            return ReferenceEquals(_pending.GetValueOrDefault(key), entry);
    }

    /// <summary>Takes an entry in, in place of one that waits under the same key. False when too much waits already.</summary>
    public bool TryEnqueue(CacheKey key, Entry entry)
    {
        lock (_lock)
        {
            if (_stopping || (_bytes > 0 && _bytes + entry.Bytes > _maxBytes))
                return false;
            _pending[key] = entry;
            _queue.Enqueue((key, entry));
            _bytes += entry.Bytes;
            Monitor.PulseAll(_lock);
            return true;
        }
    }

    /// <summary>Takes back what waits under <paramref name="key"/>.</summary>
    public void Forget(CacheKey key)
    {
        lock (_lock)
            _pending.Remove(key);
    }

    /// <summary>Takes back everything that waits.</summary>
    public void ForgetAll()
    {
        lock (_lock)
            _pending.Clear();
    }

    /// <summary>Completes when everything taken in before is done.</summary>
    public Task FlushAsync()
    {
        lock (_lock)
        {
            if (_stopping)
                return Task.CompletedTask;
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _flushes.Add(done);
            Monitor.PulseAll(_lock);
            return done.Task;
        }
    }

    /// <summary>Writes what waits, then ends the thread.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _stopping = true;
            Monitor.PulseAll(_lock);
        }
        _thread.Join();
    }

    private void Work()
    {
        while (true)
        {
            (CacheKey Key, Entry Entry) item = default;
            TaskCompletionSource[] flushed = [];
            lock (_lock)
            {
                while (_queue.Count == 0 && _flushes.Count == 0 && !_stopping)
                    Monitor.Wait(_lock);
                // Entries first: a flush and the end both mean "after everything that waits".
                if (!_queue.TryDequeue(out item))
                {
                    flushed = [.. _flushes];
                    _flushes.Clear();
                    if (flushed.Length == 0)
                        return;
                }
            }
            if (item.Entry is not null)
                Write(item.Key, item.Entry);
            foreach (TaskCompletionSource flush in flushed)
                flush.SetResult();
        }
    }

    private void Write(CacheKey key, Entry entry)
    {
        try
        {
            _write(key, entry);
        }
        // The thread outlives any bug in its work: an entry lost is a miss, a dead writer would be a full memory. It is logged.
#pragma warning disable CA1031
        catch (Exception e)
#pragma warning restore CA1031
        {
            _log($"store writer: {e.GetType().Name}: {e.Message}");
        }
        lock (_lock)
        {
            _bytes -= entry.Bytes;
            if (ReferenceEquals(_pending.GetValueOrDefault(key), entry))
                _pending.Remove(key);
        }
    }
}
