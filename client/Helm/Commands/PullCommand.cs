using static CacheDaemon.Client.Helm.FlagArity;
using static CacheDaemon.Client.Helm.FlagRole;
using static CacheDaemon.Client.Helm.HelmFlags;

namespace CacheDaemon.Client.Helm.Commands;

/// <summary><c>helm pull CHART...</c> (pkg/cmd/pull.go, pkg/action/pull.go): fetches charts into a directory. Coordinated.</summary>
internal static class PullCommand
{
    public static HelmCommand Command { get; } =
        new()
        {
            Name = "pull",
            Statistics = "",
            Turn = CommandTurn.Download,
            Arguments = CommandArguments.Paths,
            Flags = new FlagTable([
                .. Root,
                .. ChartPath,
                Local("destination", Value, KeyScalar, shorthand: 'd'),
                Local("prov", Switch, KeyScalar),
                Local("untar", Switch, KeyScalar),
                Local("untardir", Value, KeyScalar),
                Help,
            ]),
        };
}
