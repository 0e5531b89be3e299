using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace CacheDaemon.Tests.Support;

/// <summary>The counters that <c>helmcached stats --json</c> promises (design 2).</summary>
public sealed class Stats
{
    private readonly JsonElement _root;

    private Stats(JsonElement root) => _root = root;

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

    public IReadOnlyDictionary<string, long> BypassReasons => Table("bypass_reasons");

    public IReadOnlyDictionary<string, long> RefuseReasons => Table("refuse_reasons");

    public IReadOnlyDictionary<string, long> HitsByTier => Table("hits_by_tier");

    public static Stats Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return new Stats(document.RootElement.Clone());
    }

    public override string ToString() => _root.GetRawText();

    private long Number(string name) => _root.GetProperty(name).GetInt64();

    private Dictionary<string, long> Table(string name) =>
        _root.GetProperty(name).EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt64());
}
