using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace CacheDaemon.Tests.Support;

/// <summary>The counters that <c>helmcached stats --json</c> promises (design 2).</summary>
public sealed class Stats
{
    private readonly JsonElement _root;
    private readonly Stats? _before;

    private Stats(JsonElement root, Stats? before = null)
    {
        _root = root;
        _before = before;
    }

    /// <summary>What was counted since then.</summary>
    public Stats Since(Stats before) => new(_root, before);

    public long Hits => Number("hits");

    public long Misses => Number("misses");

    public long Bypasses => Number("bypasses");

    public long Coalesced => Number("coalesced");

    public long HelmRuns => Number("helm_runs");

    public long ProofRuns => Number("proof_runs");

    public long Stored => Number("stored");

    public long Refused => Number("refused");

    public long Errors => Number("errors");

    public long VerifyMismatches => Number("verify_mismatches");

    public long Damaged => Number("damaged");

    public long Entries => Number("entries");

    /// <summary>Hits for remote charts.</summary>
    public (long Repository, long Digest, long Window) Remote =>
        (Number("remote", "repository"), Number("remote", "digest"), Number("remote", "window"));

    public IReadOnlyDictionary<string, long> BypassReasons => Table("bypass_reasons");

    public IReadOnlyDictionary<string, long> RefuseReasons => Table("refuse_reasons");

    public IReadOnlyDictionary<string, long> HitsByTier => Table("hits_by_tier");

    /// <summary>A number of the team's cache.</summary>
    public long Shared(string member) => _root.GetProperty("shared").GetProperty(member).GetInt64();

    /// <summary>Objects of the team's that were not accepted, by reason.</summary>
    public IReadOnlyDictionary<string, long> SharedRefused =>
        _root
            .GetProperty("shared")
            .GetProperty("refused")
            .EnumerateObject()
            .ToDictionary(static p => p.Name, static p => p.Value.GetInt64());

    public static Stats Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return new Stats(document.RootElement.Clone());
    }

    public override string ToString() => _root.GetRawText() + (_before is null ? "" : $" since {_before}");

    private long Number(string name) => _root.GetProperty(name).GetInt64() - (_before?.Number(name) ?? 0);

    private long Number(string table, string name) =>
        _root.GetProperty(table).GetProperty(name).GetInt64() - (_before?.Number(table, name) ?? 0);

    /// <summary>What was counted at least once.</summary>
    private Dictionary<string, long> Table(string name)
    {
        Dictionary<string, long>? earlier = _before?.Table(name);
        return _root
            .GetProperty(name)
            .EnumerateObject()
            .Select(p => (p.Name, Count: p.Value.GetInt64() - (earlier?.GetValueOrDefault(p.Name) ?? 0)))
            .Where(row => row.Count != 0)
            .ToDictionary(row => row.Name, row => row.Count);
    }
}
