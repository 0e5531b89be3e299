using CacheDaemon.Client.Protocol;
using static CacheDaemon.Client.Helm.FlagArity;
using static CacheDaemon.Client.Helm.FlagRepeat;
using static CacheDaemon.Client.Helm.FlagRole;
using static CacheDaemon.Client.Helm.HelmFlags;

namespace CacheDaemon.Client.Helm.Commands;

/// <summary><c>helm template [NAME] CHART</c> (pkg/cmd/template.go): the manifests on standard output; of no path.</summary>
internal static class TemplateCommand
{
    public static HelmCommand Command { get; } =
        new()
        {
            Name = "template",
            Statistics = "template",
            Arguments = CommandArguments.NameAndChart,
            Reads = CommandReads.Namespace | CommandReads.Templates,
            Flags = new FlagTable([.. Root, .. Values, .. Own, .. ChartPath, Help]),
        };

    private static HelmFlag[] Own =>
        [
            // What is rendered.
            Local("api-versions", Value, KeyList, shorthand: 'a', repeat: Csv),
            Local("include-crds", Switch, KeyScalar),
            Local("is-upgrade", Switch, KeyScalar),
            Local("kube-version", Value, KeyScalar),
            Local("name-template", Value, NameTemplate),
            Local("generate-name", Switch, KeyScalar, shorthand: 'g'),
            Local("no-hooks", Switch, KeyScalar),
            Local("release-name", Switch, KeyScalar),
            Local("show-only", Value, KeyList, shorthand: 's', repeat: Each),
            Local("skip-schema-validation", Switch, KeyScalar),
            Local("skip-tests", Switch, KeyScalar),
            // Install flags without effect on a local render. Those that helm 4 deprecates (atomic, force, validate; from 4.2 on hide-notes
            // and render-subchart-notes, hidden from the help text) print one line per occurrence, in order of occurrence; typed ones
            // (duration, map) are validated per occurrence.
            Local("atomic", Switch, KeyEvery, group: "deprecated"),
            Local("create-namespace", Switch, KeyScalar),
            Local("description", Value, KeyScalar),
            Local("disable-openapi-validation", Switch, KeyScalar),
            Local("force", Switch, KeyEvery, group: "deprecated"),
            Local("force-conflicts", Switch, KeyScalar),
            Local("force-replace", Switch, KeyEvery, group: "deprecated"),
            Local("hide-notes", Switch, KeyEvery, group: "deprecated"),
            Local("labels", Value, KeyEvery, shorthand: 'l'),
            Local("render-subchart-notes", Switch, KeyEvery, group: "deprecated"),
            Local("replace", Switch, KeyScalar),
            Local("rollback-on-failure", Switch, KeyEvery, group: "deprecated"),
            Local("server-side", Switch, KeyScalar),
            Local("skip-crds", Switch, KeyScalar),
            Local("take-ownership", Switch, KeyScalar),
            Local("timeout", Value, KeyEvery),
            Local("wait", OptionalByEquals, KeyEvery),
            Local("wait-for-jobs", Switch, KeyScalar),
            // The cluster, the network, programs and files.
            Local("dry-run", OptionalByEquals, DryRun, BypassReason.ClusterAccess),
            Local("validate", Switch, BypassWhenTrue, BypassReason.ClusterAccess, group: "deprecated"),
            Local("enable-dns", Switch, BypassWhenTrue, BypassReason.DnsEnabled),
            Local("dependency-update", Switch, BypassWhenTrue, BypassReason.DependencyUpdate),
            Local(Helm.OutputDirectory.Flag, Value, FlagRole.OutputDirectory),
            Local("post-renderer", Value, Bypass, BypassReason.PostRenderer),
            Local("post-renderer-args", Value, Bypass, BypassReason.PostRenderer, repeat: Each),
        ];
}
