using System;
using System.Collections.Generic;
using System.Globalization;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Invocations;

/// <summary>
/// What the environment contributes: reasons to decline, key options, and the places that helm reads. Rules are helm's
/// <c>pkg/cli/environment.go</c> and <c>pkg/helmpath</c> as seen in <c>helm env</c> of both versions: a variable set to nothing counts as
/// unset for homes, but as an empty name for single paths.
/// </summary>
internal sealed class Variables(IReadOnlyDictionary<string, string> values)
{
    // Read by helm without effect on a local render, or set by helm for its plugins: dropped, so that a plugin's nested call meets the same
    // key. The HELM_KUBE* ones count in HasKubeOverrides, paths and the namespace in their own properties.
    private static readonly HashSet<string> s_known =
    [
        "HELM_BIN",
        "HELM_PLUGIN_DIR",
        "HELM_PLUGIN_NAME",
        "HELM_PLUGIN_USERNAME",
        "HELM_PLUGIN_PASSWORD",
        "HELM_PLUGIN_PASS_CREDENTIALS_ALL",
        "HELM_BURST_LIMIT",
        "HELM_QPS",
        "HELM_MAX_HISTORY",
        "HELM_COLOR",
        "HELM_CONTENT_CACHE",
        "HELM_REPOSITORY_CACHE",
        "HELM_KUBEAPISERVER",
        "HELM_KUBEASGROUPS",
        "HELM_KUBEASUSER",
        "HELM_KUBECAFILE",
        "HELM_KUBEINSECURE_SKIP_TLS_VERIFY",
        "HELM_KUBETLS_SERVER_NAME",
        "HELM_KUBETOKEN",
        "HELM_KUBECONTEXT",
        "HELM_NAMESPACE",
        "HELM_DEBUG",
        "HELM_DRIVER",
        "HELM_DRIVER_SQL_CONNECTION_STRING",
        "HELM_MEMORY_DRIVER_DATA",
        "HELM_NO_PLUGINS",
        "HELM_PLUGINS",
        "HELM_CONFIG_HOME",
        "HELM_DATA_HOME",
        "HELM_CACHE_HOME",
        "HELM_REGISTRY_CONFIG",
        "HELM_REPOSITORY_CONFIG",
        "HELM_PPROF_CPU_PROFILE",
        "HELM_PPROF_MEM_PROFILE",
    ];

    private static readonly string[] s_kubeOverrides =
    [
        "HELM_KUBEAPISERVER",
        "HELM_KUBEASGROUPS",
        "HELM_KUBEASUSER",
        "HELM_KUBECAFILE",
        "HELM_KUBETLS_SERVER_NAME",
        "HELM_KUBETOKEN",
    ];

    /// <summary>The value, or null when unset.</summary>
    public string? Get(string name) => values.TryGetValue(name, out string? value) ? value : null;

    /// <summary>The value, or null when unset or empty.</summary>
    public string? NonEmpty(string name) => Get(name) is { Length: > 0 } value ? value : null;

    /// <summary>A variable that makes the call unfit to be served, or null.</summary>
    public InvocationResult.Bypassed? Objection()
    {
        foreach ((string name, string value) in values)
            if (HelmVariables.CanMatter(name) && value.Contains('\uFFFD', StringComparison.Ordinal))
                return new(BypassReason.NameNotUtf8, name);
        if (NonEmpty("HELM_DRIVER") is not null)
            return new(BypassReason.HelmDriver, "HELM_DRIVER");
        if (NonEmpty("GODEBUG") is not null)
            return new(BypassReason.GoDebug, "GODEBUG");
        if (OfGo() is { } ofGo)
            return new(BypassReason.GoVariable, ofGo);
        foreach (string name in (ReadOnlySpan<string>)["HELM_PPROF_CPU_PROFILE", "HELM_PPROF_MEM_PROFILE"])
            if (NonEmpty(name) is not null)
                return new(BypassReason.Profiling, name);
        return null;
    }

    // Variables of Go's runtime that end a run or change it, and so are no part of a key: a limit that it cannot read (exit 2), more
    // processors than it can set up in any time, a zone database for zones that only a template names. GOGC and GOTRACEBACK change nothing
    // in a run that ends well, whatever they say.
    private string? OfGo()
    {
        const int MostProcessors = 1024;
        if (NonEmpty("GOMEMLIMIT") is { } limit && limit != "off" && !GoSyntax.IsByteCount(limit))
            return "GOMEMLIMIT";
        if (
            NonEmpty("GOMAXPROCS") is { } processors
            && !(int.TryParse(processors, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= MostProcessors)
        )
            return "GOMAXPROCS";
        return NonEmpty("ZONEINFO") is null ? null : "ZONEINFO";
    }

    /// <summary>Adds what enters the key: <c>HELM_NO_PLUGINS=1</c>, and each HELM_ variable that is not known.</summary>
    public void AddTo(OptionList options)
    {
        foreach ((string name, string value) in values)
            if (name.StartsWith("HELM_", StringComparison.Ordinal) && !s_known.Contains(name))
                options.Variable(name, value);
        if (IsDebugging)
            options.Variable("HELM_DEBUG", "true");
        if (Get("HELM_NO_PLUGINS") == "1")
            options.Variable("HELM_NO_PLUGINS", "1");
    }

    /// <summary>A true <c>HELM_DEBUG</c>, which stands for <c>--debug</c>.</summary>
    public bool IsDebugging => GoSyntax.TryParseBool(Get("HELM_DEBUG"), out bool debug) && debug;

    /// <summary>Whether a variable overrides a part of the kubeconfig.</summary>
    public bool HasKubeOverrides
    {
        get
        {
            foreach (string name in s_kubeOverrides)
                if (NonEmpty(name) is not null)
                    return true;
            return GoSyntax.TryParseBool(Get("HELM_KUBEINSECURE_SKIP_TLS_VERIFY"), out bool insecure) && insecure;
        }
    }

    /// <summary>
    /// The start-up paths; null for the flags means not given. Null when a plugin directory's name holds glob characters, which helm would
    /// expand.
    /// </summary>
    public StartupPaths? Startup(string directory, string? registryFlag, string? repositoryFlag)
    {
        // Without one, all that would be below it is below the working directory (seen under strace on all helms).
        string home = Get("HOME") ?? "";
        string config = Home("HELM_CONFIG_HOME", "XDG_CONFIG_HOME", home, ".config");
        string data = Home("HELM_DATA_HOME", "XDG_DATA_HOME", home, ".local/share");

        var plugins = new List<string>();
        string list = Get("HELM_PLUGINS") ?? GoPath.Join(data, "plugins");
        if (list.AsSpan().ContainsAny("*?[\\"))
            return null;
        if (list.Length > 0)
            foreach (string item in list.Split(':'))
                plugins.Add(GoPath.Under(directory, item));

        string registry = registryFlag ?? Get("HELM_REGISTRY_CONFIG") ?? "";
        string repositories = repositoryFlag ?? Get("HELM_REPOSITORY_CONFIG") ?? GoPath.Join(config, "repositories.yaml");
        string docker = NonEmpty("DOCKER_CONFIG") ?? GoPath.Join(home, ".docker");
        return new StartupPaths
        {
            PluginDirectories = plugins,
            RepositoriesFile = repositories.Length == 0 ? null : GoPath.Under(directory, repositories),
            RegistryConfig = GoPath.Under(directory, registry.Length > 0 ? registry : GoPath.Join(config, "registry/config.json")),
            DockerConfig = GoPath.Under(directory, GoPath.Join(docker, "config.json")),
            DockerInAccountHome = home.Length == 0 && NonEmpty("DOCKER_CONFIG") is null,
            Homes = [home, config, data, CacheHome],
        };
    }

    /// <summary>
    /// The directory of the repository indexes, as helm names it: relative when a variable or the flag is. Null for the flag means not
    /// given, and an empty flag is the working directory.
    /// </summary>
    public string RepositoryCache(string? flag) =>
        flag
        ?? Get("HELM_REPOSITORY_CACHE")
        ?? GoPath.Join(Home("HELM_CACHE_HOME", "XDG_CACHE_HOME", Get("HOME") ?? "", ".cache"), "repository");

    /// <summary>
    /// Whether a path that helm takes from the environment is relative, so that the working directory decides what it means.
    /// </summary>
    public bool HasRelativePath
    {
        get
        {
            foreach (
                string name in (ReadOnlySpan<string>)
                    [
                        "HOME",
                        "HELM_CACHE_HOME",
                        "HELM_CONFIG_HOME",
                        "HELM_DATA_HOME",
                        "HELM_CONTENT_CACHE",
                        "HELM_PLUGINS",
                        "HELM_REGISTRY_CONFIG",
                        "HELM_REPOSITORY_CACHE",
                        "HELM_REPOSITORY_CONFIG",
                        "XDG_CACHE_HOME",
                        "XDG_CONFIG_HOME",
                        "XDG_DATA_HOME",
                    ]
            )
                if (Get(name) is { } path ? !path.StartsWith('/') : name == "HOME")
                    return true;
            return false;
        }
    }

    /// <summary>
    /// Where indexes of repositories and, for helm 4, archives are kept; null for the flags means not given. Null when one of the two is
    /// given as nothing, over which helm fails.
    /// </summary>
    public (string Repositories, string Content)? Caches(string directory, string? repositoryFlag, string? contentFlag)
    {
        string cache = CacheHome;
        string repositories = repositoryFlag ?? Get("HELM_REPOSITORY_CACHE") ?? GoPath.Join(cache, "repository");
        string content = contentFlag ?? Get("HELM_CONTENT_CACHE") ?? GoPath.Join(cache, "content");
        return repositories.Length == 0 || content.Length == 0
            ? null
            : (GoPath.Under(directory, repositories), GoPath.Under(directory, content));
    }

    /// <summary>
    /// The namespace's inputs; null for a flag means not given, and an empty flag still hides the variable (seen on both helms).
    /// </summary>
    public NamespaceInputs Namespace(
        string directory,
        string? namespaceFlag,
        string? contextFlag,
        string? kubeconfigFlag,
        bool hasOverrideFlag
    )
    {
        string kube = GoPath.Under(directory, GoPath.Join(Get("HOME") ?? "", ".kube"));
        var paths = new List<string>();
        bool isExplicit = !string.IsNullOrEmpty(kubeconfigFlag);
        if (isExplicit)
        {
            paths.Add(GoPath.Under(directory, kubeconfigFlag!));
        }
        else if (NonEmpty("KUBECONFIG") is { } list)
        {
            foreach (string item in list.Split(':'))
                if (item.Length > 0 && GoPath.Under(directory, item) is var path && !paths.Contains(path))
                    paths.Add(path);
        }
        else
        {
            paths.Add(kube + "/config");
        }
        return new NamespaceInputs
        {
            Explicit = NullIfEmpty(namespaceFlag ?? Get("HELM_NAMESPACE")),
            KubeconfigPaths = paths,
            KubeconfigIsExplicit = isExplicit,
            Context = NullIfEmpty(contextFlag ?? Get("HELM_KUBECONTEXT")),
            HasOverrides = hasOverrideFlag || HasKubeOverrides,
            InClusterVariables = NonEmpty("KUBERNETES_SERVICE_HOST") is not null && NonEmpty("KUBERNETES_SERVICE_PORT") is not null,
            PodNamespace = NonEmpty("POD_NAMESPACE"),
            LegacyKubeconfig = kube + "/.kubeconfig",
            HomeKubeconfig = kube + "/config",
        };
    }

    private string CacheHome => Home("HELM_CACHE_HOME", "XDG_CACHE_HOME", Get("HOME") ?? "", ".cache");

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    // helmpath's lazypath: HELM_*_HOME itself, else XDG_*/helm, else the default below HOME.
    private string Home(string helmVariable, string xdgVariable, string home, string below) =>
        NonEmpty(helmVariable) is { } own ? GoPath.Clean(own) : GoPath.Join(NonEmpty(xdgVariable) ?? GoPath.Join(home, below), "helm");
}
