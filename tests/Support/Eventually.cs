using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Tests.Support;

/// <summary>Waits for what another process or thread will do: asks until it is true, and fails after <see cref="Patience"/>.</summary>
public static class Eventually
{
    /// <summary>
    /// The bound of every wait for an event that is sure to come. It tells a hang from a slow machine: with forty busy processes around,
    /// each step takes forty times as long, and a proof run, which lets everyone else go first, longer than that.
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

    /// <summary>
    /// Waits until what was written then is old enough to be believed by its stamp. By the clock: a change time cannot be set, and the
    /// daemon's clock is the system's.
    /// </summary>
    /// <param name="written">A moment not before the last write, in UTC.</param>
    public static Task StampsAgeAsync(DateTime written) =>
        IsTrueAsync(
            "the stamps have aged",
            () => DateTime.UtcNow - written > TimeSpan.FromTicks(FileStamp.TrustAfterNanoseconds / 100) + TimeSpan.FromSeconds(0.1)
        );

    public static Task IsTrueAsync(string what, Func<bool> condition) => IsTrueAsync(what, () => Task.FromResult(condition()));

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
