using System.Globalization;
using System.Text;

namespace CacheDaemon.Bench.Charts;

/// <summary>
/// Text that looks written: the same for the same seed, on each machine and with each .NET. Real descriptions and rules
/// neither repeat nor compress like a constant line, and helm's YAML reader takes its time per word and line.
/// </summary>
internal sealed class Prose(int seed)
{
    private static readonly string[] s_words =
    [
        "the",
        "a",
        "of",
        "to",
        "is",
        "and",
        "for",
        "in",
        "when",
        "which",
        "must",
        "not",
        "be",
        "with",
        "each",
        "object",
        "field",
        "value",
        "label",
        "selector",
        "container",
        "volume",
        "secret",
        "namespace",
        "request",
        "limit",
        "endpoint",
        "replica",
        "retention",
        "interval",
        "timeout",
        "schedule",
        "policy",
        "resource",
        "default",
        "optional",
        "supported",
        "by",
        "operator",
        "version",
        "cluster",
        "configuration",
        "defines",
        "matches",
        "ignored",
        "applied",
        "if",
        "unset",
        "or",
        "empty",
    ];

    private static readonly string[] s_nouns =
    [
        "Affinity",
        "Alert",
        "Args",
        "Auth",
        "Bearer",
        "Bucket",
        "Cache",
        "Client",
        "Config",
        "Container",
        "Endpoint",
        "Env",
        "External",
        "Filter",
        "Group",
        "Host",
        "Image",
        "Label",
        "Limit",
        "Match",
        "Metric",
        "Mount",
        "Name",
        "Node",
        "Offset",
        "Path",
        "Pod",
        "Port",
        "Probe",
        "Proxy",
        "Query",
        "Read",
        "Relabel",
        "Remote",
        "Replica",
        "Route",
        "Rule",
        "Scrape",
        "Secret",
        "Selector",
        "Service",
        "Shard",
        "Storage",
        "Target",
        "Timeout",
        "Token",
        "Url",
        "Volume",
        "Wal",
        "Write",
    ];

    private uint _state = (uint)seed * 2654435761u + 1;

    /// <summary>A number from 0 to <paramref name="limit"/> - 1.</summary>
    public int Next(int limit)
    {
        // Numerical Recipes' linear congruence; its high bits are good enough for words.
        _state = unchecked(_state * 1664525u + 1013904223u);
        return (int)((ulong)_state * (uint)limit >> 32);
    }

    /// <summary>True in so many of 100 cases.</summary>
    public bool Chance(int percent) => Next(100) < percent;

    /// <summary>A line of about <paramref name="length"/> characters, without any that mean something in YAML or to helm.</summary>
    public string Line(int length)
    {
        var text = new StringBuilder();
        while (text.Length < length)
            text.Append(text.Length == 0 ? "" : " ").Append(s_words[Next(s_words.Length)]);
        return text.ToString();
    }

    /// <summary>A field's name: two nouns and <paramref name="index"/>, so that it is the only one among its siblings.</summary>
    public string Field(int index)
    {
        string first = s_nouns[Next(s_nouns.Length)],
            second = s_nouns[Next(s_nouns.Length)];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{char.ToLowerInvariant(first[0])}{first[1..]}{second}{(index == 0 ? "" : index)}"
        );
    }
}
