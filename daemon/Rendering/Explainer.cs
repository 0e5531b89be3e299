using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Rendering;

/// <summary>Answers what would happen to a call, without counting it, leasing it or changing anything.</summary>
internal sealed class Explainer
{
    /// <summary>From here on a chart's files are worth a word: each costs a stat per hit, and few charts have a hundred.</summary>
    private const int ManyFiles = 1_000;

    private readonly Fingerprinter _fingerprinter;
    private readonly EntryStore _store;
    private readonly MissExplainer _misses;
    private readonly ResultStore _results;
    private readonly RepeatabilityPolicy _repeatability;

    public Explainer(
        Fingerprinter fingerprinter,
        EntryStore store,
        ResultStore results,
        MissExplainer misses,
        RepeatabilityPolicy repeatability,
        RemoteRuns remoteRuns
    )
    {
        RemoteRuns = remoteRuns;
        _fingerprinter = fingerprinter;
        _store = store;
        _misses = misses;
        _results = results;
        _repeatability = repeatability;
    }

    /// <summary>When results began to be made whose charts helm downloads.</summary>
    public RemoteRuns RemoteRuns { get; }

    /// <summary>The report on one call.</summary>
    public ExplainReport Explain(Message.Render request)
    {
        FingerprintOutcome outcome = _fingerprinter.Compute(request);
        if (outcome is FingerprintOutcome.Declined declined)
            return Declined(declined.Reason, declined.Detail);
        Fingerprint fingerprint = ((FingerprintOutcome.Known)outcome).Fingerprint;
        var report = new ExplainReport
        {
            Outcome = "miss",
            Key = fingerprint.Key.ToString(),
            ChartName = fingerprint.ChartName,
            ChartVersion = fingerprint.ChartVersion,
            ChartFiles = fingerprint.ChartFiles,
            ChartBytes = fingerprint.ChartBytes,
            GitFiles = fingerprint.GitFiles,
        };
        if (fingerprint.ChartFiles >= ManyFiles)
        {
            (string directory, int files) = fingerprint.Crowd();
            report = report with { CrowdedDirectory = directory, CrowdedFiles = files };
        }
        FoundResult found = RemoteRuns.IsFresh(fingerprint, out TimeSpan? age)
            ? _results.Find(fingerprint)
            : new FoundResult(fingerprint.Key, default);
        if (found.WithPaths)
            report = report with { Key = found.Key.ToString(), WithPaths = true };
        if (found.Entry is { Result: { } result } entry)
            return report with
            {
                Outcome = "hit",
                Tier = found.Tier,
                Stored = entry.Created,
                SignedBy = entry.SignedBy,
                RemoteAge = age is { } known ? AgeText.Of(known) : "",
                OutputBytes = result.Stdout.Length + (long)result.Stderr.Length,
                RenderMilliseconds = entry.RenderMilliseconds,
            };
        report = report with { Changed = WhyMissed(fingerprint) };
        var choice = _repeatability.Choose(request, fingerprint);
        if (choice.State is { } state)
            report = report with { Helm = state.ToString() };
        return choice.Obstacle is { } obstacle
            ? report with
            {
                Outcome = "bypass",
                Reason = ReasonText.Of(obstacle),
                Detail = choice.Detail,
            }
            : report;
    }

    /// <summary>What the release of a call looked like before.</summary>
    public Task<Message> EarlierAsync(Message.Render request) => EarlierResults.FindAsync(_fingerprinter.Compute(request), _store);

    /// <summary>The report on a call that real helm answers.</summary>
    public static ExplainReport Declined(BypassReason reason, string detail) =>
        new()
        {
            Outcome = "bypass",
            Reason = ReasonText.Of(reason),
            Detail = detail,
        };

    /// <summary>What differs from the nearest entry; empty when the chart is new.</summary>
    public IReadOnlyList<string> WhyMissed(Fingerprint fingerprint) => _misses.Explain(fingerprint.ChartName, fingerprint.Material.Items);
}
