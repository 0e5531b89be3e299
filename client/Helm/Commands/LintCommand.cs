using static CacheDaemon.Client.Helm.FlagArity;
using static CacheDaemon.Client.Helm.FlagRole;
using static CacheDaemon.Client.Helm.HelmFlags;

namespace CacheDaemon.Client.Helm.Commands;

/// <summary>
/// <c>helm lint PATH...</c> (pkg/cmd/lint.go, pkg/action/lint.go, pkg/lint/rules): what it thinks of each chart, under the path as typed.
/// It merges the values first, reads some files directly, whatever <c>.helmignore</c> says, and renders. helm 4 wants at least one path.
/// </summary>
internal static class LintCommand
{
    public static HelmCommand Command { get; } =
        new()
        {
            Name = "lint",
            Statistics = "lint",
            Arguments = CommandArguments.Paths,
            Reads = CommandReads.Namespace | CommandReads.Templates | CommandReads.LintedFiles,
            ShowsChartPath = true,
            ReadsValuesFirst = true,
            Flags = new FlagTable([
                .. Root,
                .. Values,
                Local("kube-version", Value, KeyScalar),
                Local("quiet", Switch, KeyScalar),
                Local("skip-schema-validation", Switch, KeyScalar),
                Local("strict", Switch, KeyScalar),
                Local("with-subcharts", Switch, KeyScalar),
                Help,
            ]),
        };
}
