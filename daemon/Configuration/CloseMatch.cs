using System.Collections.Generic;
using System.Linq;
using Quickenshtein;

namespace CacheDaemon.Daemon.Configuration;

/// <summary>Finds the word that a mistyped one was meant to be.</summary>
internal static class CloseMatch
{
    /// <summary>
    /// A word that needs more changes than these to become another was hardly meant to be that one. Known words this short are never
    /// proposed.
    /// </summary>
    private const int MaxTypos = 2;

    /// <summary>The known word that is nearest to <paramref name="typed"/>; null when none is near.</summary>
    public static string? Of(string typed, IEnumerable<string> known)
    {
        (string? word, int distance) = known
            .Where(word => word.Length > MaxTypos)
            .Select(word => (word, Levenshtein.GetDistance(word, typed)))
            .DefaultIfEmpty((null!, int.MaxValue))
            .MinBy(candidate => candidate.Item2);
        return distance <= MaxTypos ? word : null;
    }
}
