using System;

namespace CacheDaemon.Tests.Support;

/// <summary>Counts what work allocates on the thread that does it.</summary>
internal static class Allocation
{
    /// <summary>
    /// Now and then the runtime allocates for itself on whatever thread is there (seen once in full runs on a busy machine: 2.9 kB in 50
    /// rounds of what allocates nothing). The least of a few tries is what the work itself allocates.
    /// </summary>
    private const int Tries = 10;

    /// <summary>
    /// Bytes that <paramref name="work"/> allocates each time, on average over <paramref name="rounds"/>; it should have run before, which
    /// compiles it.
    /// </summary>
    public static long PerRound(int rounds, Action work)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Tries && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int round = 0; round < rounds; round++)
                work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least / rounds;
    }
}
