using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using CacheDaemon.Client;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Charts;
using CacheDaemon.Daemon.Invocations;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>
/// The inputs of a render that come from the caller's surroundings: namespace, what helm reads at every start, time zone.
/// All by content, so that one fresh empty home equals another.
/// </summary>
internal static class CallerState
{
    private const string NoFile = "/dev/null";
    private static readonly string[] s_zoneSources =
    [
        "/usr/share/zoneinfo/",
        "/usr/share/lib/zoneinfo/",
        "/usr/lib/locale/TZ/",
        "/etc/zoneinfo/",
    ];
    private const string ServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount/";

    /// <summary>The string that <c>.Release.Namespace</c> will be.</summary>
    /// <exception cref="InputException">It cannot be told for certain.</exception>
    public static string Namespace(NamespaceInputs from, InputReader inputs)
    {
        if (from.Explicit is { } given)
            return given;
        if (from.HasOverrides)
            throw new InputException(BypassReason.KubeconfigDoubtful, "");
        var files = new List<KubeconfigFile>();
        foreach (string path in from.KubeconfigPaths)
        {
            // Set to name no file at all, as some CI does; any other device is passed to helm.
            if (path == NoFile && !from.KubeconfigIsExplicit)
                continue;
            files.Add(new KubeconfigFile(path, inputs.Content(path) is { } content ? (ReadOnlyMemory<byte>?)content : null));
        }
        switch (KubeconfigNamespace.Of(files, from.KubeconfigIsExplicit, from.Context))
        {
            case KubeconfigAnswer.Found found:
                RequireReadable(found.MustOpen, inputs);
                return found.Namespace;
            case KubeconfigAnswer.Absent absent:
                RequireReadable(absent.MustOpen, inputs);
                return InCluster(from, inputs) ?? "default";
            default:
                throw new InputException(BypassReason.KubeconfigDoubtful, "");
        }
    }

    /// <summary>clientcmd copies an old kubeconfig to the new place at every start; such a home is to be settled by helm.</summary>
    /// <exception cref="InputException">This is one.</exception>
    public static void RequireSettledHome(NamespaceInputs from, InputReader inputs)
    {
        bool hasLegacy = inputs.Content(from.LegacyKubeconfig) is not null;
        if (hasLegacy && inputs.Content(from.HomeKubeconfig) is null)
            throw new InputException(BypassReason.KubeconfigDoubtful, "");
    }

    /// <summary>
    /// Whether others may read the kubeconfigs: helm up to 3.16 warns about that on standard error. Later ones do not;
    /// the key is the same for all, as modes hardly ever change.
    /// </summary>
    public static void AddKubeconfigModes(KeyMaterial material, NamespaceInputs from, InputReader inputs)
    {
        const uint GroupOrOthers = 0x3f;
        foreach (string path in from.KubeconfigPaths)
            if (inputs.Stat(path) is { } stamp && (stamp.Mode & GroupOrOthers) != 0)
                material.Add(
                    "kubeconfig",
                    "readable by others",
                    ((int)(stamp.Mode & GroupOrOthers)).ToString(CultureInfo.InvariantCulture)
                );
    }

    /// <summary>What every start of helm reads, each by content or as absent.</summary>
    public static void AddStartup(KeyMaterial material, StartupPaths startup, InputReader inputs)
    {
        foreach (string directory in startup.PluginDirectories)
            AddPlugins(material, directory, inputs);
        AddRepositories(material, startup.RepositoriesFile, inputs);
        AddLogin(material, "registry", startup.RegistryConfig, inputs);
        AddLogin(material, "docker", startup.DockerConfig, inputs);
        if (startup.DockerInAccountHome && Endpoint.AccountHome() is { } home)
            AddLogin(material, "docker of the account", home + "/.docker/config.json", inputs);
    }

    /// <summary>What the files with logins hold, for calls that make requests.</summary>
    public static void AddLogins(KeyMaterial material, StartupPaths startup, InputReader inputs)
    {
        AddFile(material, "registry for requests", startup.RegistryConfig, inputs);
        AddFile(material, "docker for requests", startup.DockerConfig, inputs);
    }

    /// <summary>
    /// The time zone by name and by content: <c>TZ</c> when set, else the machine's, looked for in all places in which Go looks
    /// (<c>time.initLocal</c>, <c>loadLocation</c>; seen under strace on all helms). The first that is a zone file wins; which one that is
    /// need not be known.
    /// </summary>
    public static void AddTimeZone(KeyMaterial material, string? zone, string? goRoot, string directory, InputReader inputs)
    {
        material.Add("time zone", "TZ", zone is null ? "unset" : "=" + zone);
        string? name =
            zone is null ? null
            : zone.StartsWith(':') ? zone[1..]
            : zone;
        if (name is "" or "UTC")
            return;
        if (name is null)
            AddFile(material, "time zone", "/etc/localtime", inputs);
        else if (name[0] == '/')
            AddFile(material, "time zone", name, inputs);
        else
            foreach (string source in s_zoneSources)
                AddFile(material, "time zone in " + source, source + name, inputs);
        if (goRoot is not null)
            AddFile(material, "time zones of GOROOT", GoPath.Under(directory, goRoot + "/lib/time/zoneinfo.zip"), inputs);
    }

    private static string? InCluster(NamespaceInputs from, InputReader inputs)
    {
        if (!from.InClusterVariables || from.Context is not null || inputs.Content(ServiceAccount + "token") is null)
            return null;
        if (from.PodNamespace is { } pod)
            return pod;
        return inputs.Content(ServiceAccount + "namespace") is { } text && Encoding.UTF8.GetString(text).Trim() is { Length: > 0 } name
            ? name
            : null;
    }

    private static void RequireReadable(IReadOnlyList<string> paths, InputReader inputs)
    {
        foreach (string path in paths)
            if (inputs.Content(path) is null)
                throw new InputException(BypassReason.KubeconfigDoubtful, "");
    }

    private static void AddPlugins(KeyMaterial material, string directory, InputReader inputs)
    {
        if (!inputs.IsDirectory(directory))
        {
            material.Add("plugins", "", "");
            return;
        }
        string[] names;
        try
        {
            names = Directory.GetFileSystemEntries(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(BypassReason.InputUnreadable, "plugins");
        }
        Array.Sort(names, StringComparer.Ordinal);
        foreach (string plugin in names)
            AddPlugin(material, plugin, inputs);
    }

    private static void AddPlugin(KeyMaterial material, string plugin, InputReader inputs)
    {
        string path = plugin + "/plugin.yaml",
            label = "plugin " + Path.GetFileName(plugin);
        if (!inputs.Exists(path) || inputs.Content(path) is not { } content)
            return;
        if (PluginFile.MayFetchPlainPaths(content))
            throw new InputException(BypassReason.PluginDownloads, Path.GetFileName(plugin));
        material.Add("start-up", label, Digest.Of(content));
        // helm 4 says on stderr when it is missing; what is in it only runs for an address.
        if (PluginFile.MayBeWasm(content))
            material.Add("start-up", label + " wasm", inputs.Exists(plugin + "/plugin.wasm") ? "present" : "absent");
    }

    // `helm repo add` writes the time into it, which nothing shows.
    private static void AddRepositories(KeyMaterial material, string? path, InputReader inputs)
    {
        if (path is not null && inputs.Content(path) is { } content && ChartLock.WithoutTime(content) is { } digest)
            material.Add("start-up", "repositories without time", digest);
        else
            AddFile(material, "repositories", path, inputs);
    }

    private static void AddLogin(KeyMaterial material, string label, string path, InputReader inputs)
    {
        if (inputs.Content(path) is not { } content || LoginFile.IsSurelyValid(content))
            material.Add("start-up", label, "valid or absent");
        else
            AddFile(material, label, path, inputs);
    }

    private static void AddFile(KeyMaterial material, string label, string? path, InputReader inputs)
    {
        // An absent file and an empty one differ; where the file lies does not matter.
        if (path is null || inputs.Facts(path) is not { } facts)
            material.Add("start-up", label, "absent");
        else
            material.Add("start-up", label, facts.Digest);
    }
}
