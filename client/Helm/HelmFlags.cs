using CacheDaemon.Client.Protocol;
using static CacheDaemon.Client.Helm.FlagArity;
using static CacheDaemon.Client.Helm.FlagRepeat;
using static CacheDaemon.Client.Helm.FlagRole;

namespace CacheDaemon.Client.Helm;

/// <summary>
/// The flags that several commands of helm 3.17.3, 4.1.4 and 4.2.3 share, root flags and hidden klog flags included. Each command of
/// <see cref="HelmCommands"/> puts its own table together from these and from rows of its own; a flag that is not in it is unknown, and
/// unknown is a bypass.
/// </summary>
/// <remarks>
/// Adding a flag: a row here or in its command's file, its role's branch in the daemon's <c>InvocationParser</c>, and a word in
/// <c>docs/key.md</c>. <c>HelmFlagsTests</c> compares all tables with the help texts and the error messages of the three helms.
/// </remarks>
public static class HelmFlags
{
    /// <summary>Root (persistent) flags: pkg/cli/environment.go of helm. They come first in each command's table.</summary>
    internal static readonly HelmFlag[] Root =
    [
        Global("burst-limit", Value, KeyEvery),
        Global("color", Value, KeyEvery, group: "color"),
        Global("colour", Value, KeyEvery, group: "color"),
        Global("content-cache", Value, KeyScalar),
        Global("debug", Switch, FlagRole.Debug),
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
        // Hidden klog flags (helm's addKlogFlags); from level 6 up stderr carries time and pid.
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
    ];

    /// <summary>Values: pkg/cli/values/options.go.</summary>
    internal static readonly HelmFlag[] Values =
    [
        Local("set", Value, Set, repeat: Each),
        Local("set-file", Value, SetFile, repeat: Each),
        Local("set-json", Value, SetJson, repeat: Each),
        Local("set-literal", Value, SetLiteral, repeat: Each),
        Local("set-string", Value, SetString, repeat: Each),
        Local("values", Value, ValuesFile, shorthand: 'f', repeat: Csv),
    ];

    /// <summary>
    /// Where a chart comes from: pkg/action/install.go, <c>ChartPathOptions</c>. Without effect on a local path, but for those that bypass.
    /// </summary>
    internal static readonly HelmFlag[] ChartPath =
    [
        Local("ca-file", Value, Bypass, BypassReason.TlsFiles),
        Local("cert-file", Value, Bypass, BypassReason.TlsFiles),
        Local("devel", Switch, KeyScalar),
        Local("insecure-skip-tls-verify", Switch, KeyScalar),
        Local("key-file", Value, Bypass, BypassReason.TlsFiles),
        Local("keyring", Value, KeyPresence),
        Local("pass-credentials", Switch, BypassWhenTrue, BypassReason.Credentials),
        Local("password", Value, Bypass, BypassReason.Credentials),
        Local("plain-http", Switch, KeyScalar),
        Local("repo", Value, Repository),
        Local("username", Value, Bypass, BypassReason.Credentials),
        Local("verify", Switch, BypassWhenTrue, BypassReason.VerifyRequested),
        Local("version", Value, KeyScalar),
    ];

    /// <summary>Cobra adds it to each command, so it is not a root flag while the subcommand is searched.</summary>
    internal static readonly HelmFlag Help = Local("help", Switch, Bypass, BypassReason.HelpRequested, shorthand: 'h');

    /// <summary>The root flags alone.</summary>
    public static FlagTable RootTable { get; } = new(Root);

    /// <summary>A row for a flag that only some commands have.</summary>
    internal static HelmFlag Local(
        string name,
        FlagArity arity,
        FlagRole role,
        BypassReason reason = BypassReason.None,
        char shorthand = '\0',
        FlagRepeat repeat = LastWins,
        string? group = null
    ) => new(name, shorthand, arity, repeat, role, IsGlobal: false, reason, group);

    private static HelmFlag Global(
        string name,
        FlagArity arity,
        FlagRole role,
        BypassReason reason = BypassReason.None,
        char shorthand = '\0',
        FlagRepeat repeat = LastWins,
        string? group = null
    ) => new(name, shorthand, arity, repeat, role, IsGlobal: true, reason, group);
}
