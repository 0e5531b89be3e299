using System;
using System.Collections.Generic;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>The spread of one contender's times, in milliseconds.</summary>
/// <param name="Runs">How many.</param>
/// <param name="Median">Half were faster.</param>
/// <param name="P95">95 of 100 were faster.</param>
/// <param name="P99">99 of 100 were faster.</param>
/// <param name="Fastest">The fastest: what the machine can do when nobody else is on it.</param>
/// <param name="Slowest">The slowest.</param>
internal sealed record Samples(int Runs, double Median, double P95, double P99, double Fastest, double Slowest)
{
    /// <summary>Sorts a copy.</summary>
    public static Samples Of(IEnumerable<double> milliseconds)
    {
        double[] sorted = [.. milliseconds];
        Array.Sort(sorted);
        return new Samples(sorted.Length, At(sorted, 0.5), At(sorted, 0.95), At(sorted, 0.99), sorted[0], sorted[^1]);
    }

    /// <summary>
    /// Runs the contenders in turn, A B C A B C, so that what else happens on the machine hits all alike. A contender
    /// with a share below 1 takes part in that share of the rounds only: real helm is slow, and known well enough.
    /// </summary>
    public static Dictionary<string, Samples> Alternate(int rounds, params IReadOnlyList<(Contender Contender, double Share)> contenders)
    {
        var times = new Dictionary<string, List<double>>();
        foreach ((Contender contender, _) in contenders)
        {
            times[contender.Name] = [];
            contender.Run();
            contender.Run();
        }
        for (int round = 0; round < rounds; round++)
        {
            foreach ((Contender contender, double share) in contenders)
            {
                if ((int)(round * share) != (int)((round + 1) * share))
                    times[contender.Name].Add(contender.Run());
            }
        }
        var samples = new Dictionary<string, Samples>();
        foreach ((string name, List<double> all) in times)
            samples[name] = Of(all);
        return samples;
    }

    private static double At(double[] sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
}
