using static CacheDaemon.Client.Helm.FlagArity;
using static CacheDaemon.Client.Helm.FlagRole;
using static CacheDaemon.Client.Helm.HelmFlags;

namespace CacheDaemon.Client.Helm.Commands;

/// <summary>
/// <c>helm dependency build|update CHART</c> (pkg/cmd/dependency_build.go, dependency_update.go): fetch indexes into the repository cache
/// and archives into the chart's <c>charts/</c>, by way of <c>tmpcharts</c> beside it. Coordinated.
/// </summary>
internal static class DependencyWriteCommands
{
    public static HelmCommand Build { get; } = Write("dependency build");

    public static HelmCommand Update { get; } = Write("dependency update");

    private static HelmCommand Write(string name) =>
        new()
        {
            Name = name,
            Statistics = "",
            Turn = CommandTurn.Dependencies,
            Arguments = CommandArguments.Path,
            Flags = new FlagTable([
                .. Root,
                Local("ca-file", Value, KeyScalar),
                Local("cert-file", Value, KeyScalar),
                Local("insecure-skip-tls-verify", Switch, KeyScalar),
                Local("key-file", Value, KeyScalar),
                Local("keyring", Value, KeyScalar),
                Local("password", Value, KeyPresence),
                Local("plain-http", Switch, KeyScalar),
                Local("skip-refresh", Switch, KeyScalar),
                Local("username", Value, KeyPresence),
                Local("verify", Switch, KeyScalar),
                Help,
            ]),
        };
}
