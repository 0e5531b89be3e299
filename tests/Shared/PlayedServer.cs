using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Shared;

namespace CacheDaemon.Tests.Shared;

/// <summary>
/// A server within the test, which says when it answers, and how: for what is about order and time. What real servers do is tested with
/// those.
/// </summary>
internal sealed class PlayedServer : ISharedServer
{
    private int _reads,
        _writes;

    public string Description => "played://server";

    public DateTimeOffset? Clock => null;

    public ConcurrentDictionary<string, byte[]> Objects { get; } = new();

    /// <summary>How often it was asked.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>How often it was given something.</summary>
    public int Writes => Volatile.Read(ref _writes);

    /// <summary>What happens to each exchange before it is answered.</summary>
    public Func<CancellationToken, Task> Before { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Answers nothing until it is told to.</summary>
    public TaskCompletionSource Hang()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Before = gate.Task.WaitAsync;
        return gate;
    }

    /// <summary>Counts anew.</summary>
    public void ForgetReads() => Volatile.Write(ref _reads, 0);

    /// <summary>Fails from now on.</summary>
    public void Break() => Before = static _ => throw new SharedServerException("broken by the test");

    /// <summary>Works from now on.</summary>
    public void Mend() => Before = static _ => Task.CompletedTask;

    public async Task<byte[]?> GetAsync(string name, int maxBytes, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _reads);
        await Before(cancellation);
        return Objects.GetValueOrDefault(name);
    }

    public async Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _writes);
        await Before(cancellation);
        Objects[name] = content.ToArray();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
