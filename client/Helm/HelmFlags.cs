using System;
using CacheDaemon.Client.Protocol;
using static CacheDaemon.Client.Helm.FlagArity;
using static CacheDaemon.Client.Helm.FlagRepeat;
using static CacheDaemon.Client.Helm.FlagRole;

namespace CacheDaemon.Client.Helm;

/// <summary>
/// The one table of every flag that <c>helm template</c> of helm 3.17.3, 4.1.4 or 4.2.3 accepts, root flags and hidden klog flags
/// included. A flag that is not here is unknown, and unknown is a bypass.
/// </summary>
/// <remarks>
/// Adding a flag: a row here, its role's branch in the daemon's <c>InvocationParser</c>, and a row in
/// <c>HelmFlagsTests</c>, which compares this table with the help texts and the error messages of all three.
/// </remarks>
public static class HelmFlags
{
    private static readonly HelmFlag[] s_rows =
    [
        // Root (persistent) flags: pkg/cli/environment.go of helm.
        Global("burst-limit", Value, KeyEvery),
        Global("color", Value, KeyEvery, group: "color"),
        Global("colour", Value, KeyEvery, group: "color"),
        Global("content-cache", Value, KeyScalar),
        Global("debug", Switch, BypassWhenTrue, BypassReason.DebugOutput),
        Global("kube-apiserver", Value, KubeOverride),
        Global("kube-as-group", Value, KubeOverride, repeat: Each),
        Global("kube-as-user", Value, KubeOverride),
        Global("kube-ca-file", Value, KubeOverride),
        Global("kube-context", Value, KubeContext),
        Global("kube-insecure-skip-tls-verify", Switch, KubeOverride),
        Global("kube-tls-server-name", Value, KubeOverride),
        Global("kube-token", Value, KubeOverride),
        Global("kubeconfig", Value, Kubeconfig),
        Global("namespace", Value, Namespace, shorthand: 'n'),
        Global("qps", Value, KeyEvery),
        Global("registry-config", Value, RegistryConfig),
        Global("repository-cache", Value, RepositoryCache),
        Global("repository-config", Value, RepositoryConfig),

        // Hidden klog flags (helm's addKlogFlags); from level 6 up stderr carries time and pid (helm-inputs 2.1).
        Global("add-dir-header", Switch, Bypass, BypassReason.LoggingFlag),
        Global("alsologtostderr", Switch, Bypass, BypassReason.LoggingFlag),
        Global("log-backtrace-at", Value, Bypass, BypassReason.LoggingFlag),
        Global("log-dir", Value, Bypass, BypassReason.LoggingFlag),
        Global("log-file", Value, Bypass, BypassReason.LoggingFlag),
        Global("log-file-max-size", Value, Bypass, BypassReason.LoggingFlag),
        Global("logtostderr", Switch, Bypass, BypassReason.LoggingFlag),
        Global("one-output", Switch, Bypass, BypassReason.LoggingFlag),
        Global("skip-headers", Switch, Bypass, BypassReason.LoggingFlag),
        Global("skip-log-headers", Switch, Bypass, BypassReason.LoggingFlag),
        Global("stderrthreshold", Value, Bypass, BypassReason.LoggingFlag),
        Global("v", Value, Bypass, BypassReason.LoggingFlag, shorthand: 'v'),
        Global("vmodule", Value, Bypass, BypassReason.LoggingFlag),

        // Values (pkg/cli/values/options.go).
        Local("set", Value, Set, repeat: Each),
        Local("set-file", Value, SetFile, repeat: Each),
        Local("set-json", Value, SetJson, repeat: Each),
        Local("set-literal", Value, SetLiteral, repeat: Each),
        Local("set-string", Value, SetString, repeat: Each),
        Local("values", Value, ValuesFile, shorthand: 'f', repeat: Csv),

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

        // Install flags without effect on a local render. Those that helm 4 deprecates (atomic, force, validate; from 4.2 on
        // hide-notes and render-subchart-notes, hidden from the help text) print one line per occurrence, in order of occurrence; typed ones (duration, map) are validated per occurrence.
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

        // The cluster, the network, programs and files (helm-inputs 13).
        Local("dry-run", OptionalByEquals, DryRun, BypassReason.ClusterAccess),
        Local("validate", Switch, BypassWhenTrue, BypassReason.ClusterAccess, group: "deprecated"),
        Local("enable-dns", Switch, BypassWhenTrue, BypassReason.DnsEnabled),
        Local("dependency-update", Switch, BypassWhenTrue, BypassReason.DependencyUpdate),
        Local("output-dir", Value, Bypass, BypassReason.OutputDirectory),
        Local("post-renderer", Value, Bypass, BypassReason.PostRenderer),
        Local("post-renderer-args", Value, Bypass, BypassReason.PostRenderer, repeat: Each),

        // Where a chart comes from (pkg/action/install.go, ChartPathOptions); without effect on a local path.
        Local("ca-file", Value, Bypass, BypassReason.TlsFiles),
        Local("cert-file", Value, Bypass, BypassReason.TlsFiles),
        Local("devel", Switch, KeyScalar),
        Local("insecure-skip-tls-verify", Switch, KeyScalar),
        Local("key-file", Value, Bypass, BypassReason.TlsFiles),
        Local("keyring", Value, KeyPresence),
        Local("pass-credentials", Switch, BypassWhenTrue, BypassReason.Credentials),
        Local("password", Value, Bypass, BypassReason.Credentials),
        Local("plain-http", Switch, KeyScalar),
        Local("repo", Value, Bypass, BypassReason.RemoteChart),
        Local("username", Value, Bypass, BypassReason.Credentials),
        Local("verify", Switch, BypassWhenTrue, BypassReason.VerifyRequested),
        Local("version", Value, KeyScalar),

        // Cobra adds it to each command, so it is not a root flag while the subcommand is searched.
        Local("help", Switch, Bypass, BypassReason.HelpRequested, shorthand: 'h'),
    ];

    /// <summary>All rows.</summary>
    public static ReadOnlySpan<HelmFlag> All => s_rows;

    /// <summary>Index in <see cref="All"/> of the flag with this long name, or -1. helm knows no abbreviations.</summary>
    public static int FindLong(ReadOnlySpan<char> name)
    {
        HelmFlag[] rows = s_rows;
        for (int i = 0; i < rows.Length; i++)
            if (rows[i].Name.Length == name.Length && name.SequenceEqual(rows[i].Name))
                return i;
        return -1;
    }

    /// <summary>Index in <see cref="All"/> of the flag with this shorthand letter, or -1.</summary>
    public static int FindShort(char letter)
    {
        HelmFlag[] rows = s_rows;
        for (int i = 0; i < rows.Length; i++)
            if (rows[i].Shorthand == letter && letter != '\0')
                return i;
        return -1;
    }

    private static HelmFlag Global(
        string name,
        FlagArity arity,
        FlagRole role,
        BypassReason reason = BypassReason.None,
        char shorthand = '\0',
        FlagRepeat repeat = LastWins,
        string? group = null) =>
        new(name, shorthand, arity, repeat, role, IsGlobal: true, reason, group);

    private static HelmFlag Local(
        string name,
        FlagArity arity,
        FlagRole role,
        BypassReason reason = BypassReason.None,
        char shorthand = '\0',
        FlagRepeat repeat = LastWins,
        string? group = null) =>
        new(name, shorthand, arity, repeat, role, IsGlobal: false, reason, group);
}
