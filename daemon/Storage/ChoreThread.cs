using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Daemon.Storage;

/// <summary>
/// One thread for work that nobody's hit may wait for, one piece after the other: evictions, counters, whatever waits for the disk or for a
/// lock of the store. The thread pool is no place for it: it has as many threads as there are processors, they answer callers and
/// beat the heart, and one that blocks is replaced half a second later.
/// </summary>
internal sealed class ChoreThread : IDisposable
{
    private readonly Action<string> _log;
    private readonly Thread _thread;

    /// <summary>Guards the fields below; pulsed at every change.</summary>
    private readonly object _lock = new();
    private readonly Queue<Action> _queue = new();
    private bool _stopping;

    /// <param name="name">What the thread is called.</param>
    /// <param name="yields">Whether all others go first where processors are scarce.</param>
    /// <param name="log">Receives what the work should not have thrown.</param>
    public ChoreThread(string name, bool yields, Action<string> log)
    {
        _log = log;
        _thread = new Thread(() => Work(yields)) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Does <paramref name="work"/> after what was asked for before; returns at once. Once disposed, nothing is done.</summary>
    public void Request(Action work)
    {
        lock (_lock)
        {
            // What is asked for by a clock is asked for again: once is enough.
            if (_stopping || _queue.Contains(work))
                return;
            _queue.Enqueue(work);
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>
    /// As <see cref="Request"/>, and completes with the result or the exception; with the default value when nothing is done.
    /// </summary>
    public Task<T> RunAsync<T>(Func<T> work)
        where T : struct
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_stopping)
                return Task.FromResult<T>(default);
            _queue.Enqueue(() =>
            {
                try
                {
                    done.SetResult(work());
                }
#pragma warning disable CA1031 // Whoever waits gets it.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    done.SetException(e);
                }
            });
            Monitor.PulseAll(_lock);
        }
        return done.Task;
    }

    /// <summary>Does what waits, then ends the thread.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _stopping = true;
            Monitor.PulseAll(_lock);
        }
        _thread.Join();
    }

    private void Work(bool yields)
    {
        if (yields)
            Libc.BeNice();
        while (Next() is { } work)
        {
            try
            {
                work();
            }
#pragma warning disable CA1031 // The thread outlives any bug in its work; nothing is hidden, it is logged.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _log($"{_thread.Name}: {e.GetType().Name}: {e.Message}");
            }
        }
    }

    private Action? Next()
    {
        lock (_lock)
        {
            while (_queue.Count == 0 && !_stopping)
                Monitor.Wait(_lock);
            return _queue.TryDequeue(out Action? work) ? work : null;
        }
    }
}
