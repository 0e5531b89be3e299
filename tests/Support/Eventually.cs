using System;
using System.Diagnostics;
using System.Threading.Tasks;

namespace CacheDaemon.Tests.Support;

/// <summary>Waits for what another process will do: asks until it is true, and fails after <see cref="Patience"/>.</summary>
public static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Task IsTrueAsync(string what, Func<bool> condition) =>
        IsTrueAsync(what, () => Task.FromResult(condition()));

    public static async Task IsTrueAsync(string what, Func<Task<bool>> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!await condition().ConfigureAwait(false))
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
                throw new TimeoutException($"did not become true within {Patience}: {what}");
            await Task.Delay(10).ConfigureAwait(false);
        }
    }
}
