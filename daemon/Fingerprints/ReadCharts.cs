using System.Collections.Generic;
using CacheDaemon.Client.Helm;
using CacheDaemon.Daemon.Invocations;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>One thing that a command reads directly, past the chart as it is loaded.</summary>
/// <param name="Label">Its path, as helm names it.</param>
/// <param name="Value">What was there: a digest, a kind, or <c>absent</c>.</param>
internal readonly record struct DirectRead(string Label, string Value);

/// <summary>The charts that a command loads, and what else it reads of them.</summary>
/// <param name="Places">Each chart, in the order in which the command loads them: those that were named first.</param>
/// <param name="Direct">In a fixed order; belongs to the key.</param>
/// <param name="SchemaRefersOutside">Whether a schema that is read directly may make helm read another one.</param>
internal sealed record ReadCharts(IReadOnlyList<ChartPlace> Places, IReadOnlyList<DirectRead> Direct, bool SchemaRefersOutside = false)
{
    /// <summary>Where the one chart comes from, when it was named by its repository; null for local ones.</summary>
    public RepositoryChart? Remote { get; init; }

    /// <summary>How long a result may be given again, when helm downloads the chart; <see cref="Places"/> is empty then.</summary>
    public Freshness? Freshness { get; init; }

    /// <summary>What stands for a file or directory that is not there.</summary>
    public const string Absent = "absent";

    /// <summary>Those of a call.</summary>
    /// <exception cref="InputException">Something cannot be read as helm would read it.</exception>
    public static ReadCharts Of(Invocation invocation, InputReader inputs) =>
        invocation.Command.Reads.HasFlag(CommandReads.LintedFiles) ? LintReads.Of(invocation, inputs)
        : invocation.Command.Reads.HasFlag(CommandReads.DependencyCharts) ? DependencyReads.Of(invocation.Charts[0], inputs)
        : new ReadCharts(invocation.Charts, []);
}
