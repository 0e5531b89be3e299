using System;

namespace CacheDaemon.Client.Helm;

/// <summary>Which environment variables can matter to a local render; the shim sends these to the daemon and no others.</summary>
public static class HelmVariables
{
    /// <summary>
    /// True for variables that helm itself reads (docs/key.md, "Variables"), and for those by which Go's own library does: <c>PWD</c>, time
    /// zones, and what can end a run. Our own (<c>HELMCACHED_*</c>) never matter.
    /// </summary>
    public static bool CanMatter(ReadOnlySpan<char> name) =>
        name.StartsWith("HELM_", StringComparison.Ordinal)
        || name
            is "HOME"
                or "PWD"
                or "KUBECONFIG"
                or "KUBERNETES_SERVICE_HOST"
                or "KUBERNETES_SERVICE_PORT"
                or "POD_NAMESPACE"
                or "XDG_CONFIG_HOME"
                or "XDG_DATA_HOME"
                or "XDG_CACHE_HOME"
                or "TZ"
                or "ZONEINFO"
                or "DOCKER_CONFIG"
                or "GODEBUG"
                or "GOMAXPROCS"
                or "GOMEMLIMIT"
                or "GOROOT";
}
