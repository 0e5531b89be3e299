using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace CacheDaemon.Tests.Support;

/// <summary>Waits for what another process or thread will do: asks until it is true, and fails after <see cref="Patience"/>.</summary>
public static class Eventually
{
    /// <summary>
    /// The bound of every wait for an event that is sure to come. It tells a hang from a slow machine: with forty busy processes around, each step
    /// takes forty times as long, and a proof run, which lets everyone else go first, longer than that.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>For what the kernel does within moments.</summary>
    public static void IsTrue(string what, Func<bool> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            ThrowWhenLate(what, started);
            Thread.Sleep(1);
        }
    }

    public static Task IsTrueAsync(string what, Func<bool> condition) =>
        IsTrueAsync(what, () => Task.FromResult(condition()));

    public static async Task IsTrueAsync(string what, Func<Task<bool>> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!await condition().ConfigureAwait(false))
        {
            ThrowWhenLate(what, started);
            await Task.Delay(10).ConfigureAwait(false);
        }
    }

    private static void ThrowWhenLate(string what, long started)
    {
        if (Stopwatch.GetElapsedTime(started) > Patience)
            throw new TimeoutException($"did not become true within {Patience}: {what}");
    }
}
