using static CacheDaemon.Client.Helm.FlagArity;
using static CacheDaemon.Client.Helm.FlagRole;
using static CacheDaemon.Client.Helm.HelmFlags;

namespace CacheDaemon.Client.Helm.Commands;

/// <summary>
/// <c>helm dependency list CHART</c> (pkg/cmd/dependency.go, pkg/action/dependency.go): the dependencies of a chart and whether they lie in
/// its <c>charts/</c>, where each chart is loaded by itself. Warnings show the path as typed, cleaned.
/// </summary>
internal static class DependencyListCommand
{
    public static HelmCommand Command { get; } =
        new()
        {
            Name = "dependency list",
            Statistics = "dependency-list",
            Arguments = CommandArguments.Path,
            Reads = CommandReads.DependencyCharts,
            ShowsChartPath = true,
            // A number that Go cannot read is an error, wherever it stands.
            Flags = new FlagTable([.. Root, Local("max-col-width", Value, KeyEvery), Help]),
        };
}
