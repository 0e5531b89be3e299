using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace CacheDaemon.Daemon.Cli;

/// <summary>Calls that a command left out, by why. Thread-safe.</summary>
internal sealed class SkippedCalls
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, long> _because = new(StringComparer.Ordinal);

    /// <summary>How many.</summary>
    public long Count
    {
        get
        {
            lock (_gate)
                return _because.Values.Sum();
        }
    }

    /// <summary>Counts some.</summary>
    /// <param name="because">To be read behind their number.</param>
    /// <param name="count">How many.</param>
    public void Add(string because, long count = 1)
    {
        lock (_gate)
            _because[because] = _because.GetValueOrDefault(because) + count;
    }

    /// <summary>A sentence, always of the same form: <c>Skipped 3: 1 removed in the meantime, 2 whose inputs have changed.</c></summary>
    public override string ToString()
    {
        lock (_gate)
        {
            string reasons = string.Join(", ", _because.Select(static reason => $"{reason.Value} {reason.Key}"));
            return $"Skipped {_because.Values.Sum()}{(reasons.Length > 0 ? ": " : "")}{reasons}.";
        }
    }
}
