using System;

namespace CacheDaemon.Client.Helm;

/// <summary>What the positional arguments of a command are.</summary>
public enum CommandArguments : byte
{
    /// <summary>There are none.</summary>
    None,

    /// <summary><c>[NAME] CHART</c>.</summary>
    NameAndChart,

    /// <summary><c>CHART</c>: as <see cref="NameAndChart"/> finds it (<c>ChartPathOptions.LocateChart</c>).</summary>
    Chart,

    /// <summary>Directories or archives, none of them looked for in a repository; none is <c>.</c>.</summary>
    Paths,

    /// <summary>One directory or archive, not looked for in a repository; none is <c>.</c>.</summary>
    Path,
}

/// <summary>What a command reads besides helm itself, its start-up files, its charts and the files that its flags name.</summary>
[Flags]
public enum CommandReads : byte
{
    /// <summary>Nothing.</summary>
    Nothing = 0,

    /// <summary>What decides <c>.Release.Namespace</c>.</summary>
    Namespace = 1,

    /// <summary>The chart's templates, which it runs: the time zone counts, and what they print may vary.</summary>
    Templates = 2,

    /// <summary>Files that the rules of <c>lint</c> open themselves, also those that <c>.helmignore</c> hides.</summary>
    LintedFiles = 4,

    /// <summary>Each chart in <c>charts/</c>, by itself, also those that <c>.helmignore</c> hides.</summary>
    DependencyCharts = 8,
}

/// <summary>
/// What a command writes that other calls read or write at the same time; such a command is never served, but gets its turn.
/// </summary>
public enum CommandTurn : byte
{
    /// <summary>Nothing: the command is served.</summary>
    None,

    /// <summary>The indexes in the repository cache.</summary>
    RepositoryIndexes,

    /// <summary>The directory of a chart, and the indexes.</summary>
    Dependencies,

    /// <summary>An archive, or what is in it, in a directory of the caller's.</summary>
    Download,
}

/// <summary>
/// One command of helm whose output is served, or that is coordinated: which flags it knows, what it reads, which paths it shows. Shim and
/// daemon read the same description. To add one, see CONTRIBUTING.md.
/// </summary>
public sealed class HelmCommand
{
    /// <summary>Its words as helm's help has them, without aliases, as in <c>show chart</c>: part of the key.</summary>
    public required string Name { get; init; }

    /// <summary>What <c>stats</c> counts it under.</summary>
    public required string Statistics { get; init; }

    /// <summary>Its flags.</summary>
    public required FlagTable Flags { get; init; }

    /// <summary>Its positional arguments.</summary>
    public required CommandArguments Arguments { get; init; }

    /// <summary>What it takes turns for. A command that takes turns is coordinated and not served.</summary>
    public CommandTurn Turn { get; init; }

    /// <summary>Whether its output is served.</summary>
    public bool IsServed => Turn == CommandTurn.None;

    /// <summary>What it reads besides.</summary>
    public CommandReads Reads { get; init; }

    /// <summary>Whether standard output shows the path of the chart, as typed or made absolute: then these are in the key.</summary>
    public bool ShowsChartPath { get; init; }

    /// <summary>Whether values are read before the chart is looked at.</summary>
    public bool ReadsValuesFirst { get; init; }
}
