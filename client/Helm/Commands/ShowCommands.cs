using static CacheDaemon.Client.Helm.FlagArity;
using static CacheDaemon.Client.Helm.HelmFlags;

namespace CacheDaemon.Client.Helm.Commands;

/// <summary>
/// <c>helm show all|chart|crds|readme|values CHART</c> (pkg/cmd/show.go): parts of a chart, as it is loaded for a render; of no path.
/// </summary>
internal static class ShowCommands
{
    public static HelmCommand All { get; } = Show("show all");

    public static HelmCommand Chart { get; } = Show("show chart");

    public static HelmCommand Crds { get; } = Show("show crds");

    public static HelmCommand Readme { get; } = Show("show readme");

    public static HelmCommand Values { get; } = Show("show values", Local("jsonpath", Value, FlagRole.JsonPath));

    private static HelmCommand Show(string name, params HelmFlag[] own) =>
        new()
        {
            Name = name,
            Statistics = "show",
            Arguments = CommandArguments.Chart,
            Flags = new FlagTable([.. Root, .. ChartPath, .. own, Help]),
        };
}
