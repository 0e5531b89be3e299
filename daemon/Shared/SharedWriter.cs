using System;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared.Sealing;

namespace CacheDaemon.Daemon.Shared;

/// <summary>
/// Entries on their way to the server, one after the other, behind the callers' backs. What does not fit, what the server does not take and
/// what is left when the daemon leaves is lost: the next machine renders it.
/// </summary>
internal sealed class SharedWriter : IAsyncDisposable
{
    /// <summary>Entries that may wait.</summary>
    public const int MaxPending = 256;

    /// <summary>Bytes of output that may wait; a single larger one may, too.</summary>
    public const long MaxPendingBytes = 64 << 20;

    /// <summary>Longest time for one object: 16 MiB at 2 MB/s. Nobody waits for it.</summary>
    public static readonly TimeSpan PutDeadline = TimeSpan.FromSeconds(8);

    /// <summary>Longest time that the daemon's end waits for what is on its way.</summary>
    public static readonly TimeSpan DrainDeadline = TimeSpan.FromSeconds(2);

    private readonly Func<CacheKey, SharedEntry, CancellationToken, Task> _write;
    private readonly Channel<(CacheKey Key, SharedEntry Entry)> _queue = Channel.CreateBounded<(CacheKey, SharedEntry)>(
        new BoundedChannelOptions(MaxPending) { SingleReader = true }
    );
    private readonly CancellationTokenSource _end = new();
    private readonly Task _writing;
    private readonly TimeProvider _time;
    private long _bytes;

    /// <param name="write">Seals and sends one entry. Throws nothing.</param>
    /// <param name="time">The clock of the deadline.</param>
    public SharedWriter(Func<CacheKey, SharedEntry, CancellationToken, Task> write, TimeProvider time)
    {
        _write = write;
        _time = time;
        _writing = Task.Run(WriteAllAsync);
    }

    /// <summary>Takes an entry in; false when it is lost, since too much waits or the daemon leaves.</summary>
    public bool TryEnqueue(CacheKey key, SharedEntry entry)
    {
        long bytes = entry.Result.Stdout.Length;
        long waiting = Interlocked.Add(ref _bytes, bytes);
        if ((waiting <= MaxPendingBytes || waiting == bytes) && _queue.Writer.TryWrite((key, entry)))
            return true;
        Interlocked.Add(ref _bytes, -bytes);
        return false;
    }

    /// <summary>Sends what waits, for a moment, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        try
        {
            await _writing.WaitAsync(DrainDeadline, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await _end.CancelAsync().ConfigureAwait(false);
            await _writing.ConfigureAwait(false);
        }
        _end.Dispose();
    }

    private async Task WriteAllAsync()
    {
        await foreach ((CacheKey key, SharedEntry entry) in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            if (!_end.IsCancellationRequested)
                await _write(key, entry, _end.Token).ConfigureAwait(false);
            Interlocked.Add(ref _bytes, -entry.Result.Stdout.Length);
        }
    }
}
