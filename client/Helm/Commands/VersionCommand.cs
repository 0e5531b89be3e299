using static CacheDaemon.Client.Helm.FlagArity;
using static CacheDaemon.Client.Helm.FlagRole;
using static CacheDaemon.Client.Helm.HelmFlags;

namespace CacheDaemon.Client.Helm.Commands;

/// <summary>
/// <c>helm version</c> (pkg/cmd/version.go): what is built into helm, by a Go template that has Go's own functions alone, none of which
/// varies. <c>--client</c> is hidden and does nothing.
/// </summary>
internal static class VersionCommand
{
    public static HelmCommand Command { get; } =
        new()
        {
            Name = "version",
            Statistics = "version",
            Arguments = CommandArguments.None,
            Flags = new FlagTable([
                .. Root,
                Local("client", Switch, KeyScalar, shorthand: 'c'),
                Local("short", Switch, KeyScalar),
                Local("template", Value, KeyScalar),
                Help,
            ]),
        };
}
