using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Invocations;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>
/// The inputs of a render that come from the caller's surroundings: namespace, what helm reads at every start, time zone.
/// All by content, so that one fresh empty home equals another.
/// </summary>
internal static class CallerState
{
    private const string NoFile = "/dev/null";
    private const string ServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount/";

    /// <summary>The string that <c>.Release.Namespace</c> will be (helm-inputs 3.2).</summary>
    /// <exception cref="InputException">It cannot be told for certain.</exception>
    public static string Namespace(NamespaceInputs from, InputReader inputs)
    {
        // clientcmd copies the old file to the new place at every render; such a home is to be settled by helm.
        bool hasLegacy = inputs.Content(from.LegacyKubeconfig) is not null;
        if (hasLegacy && inputs.Content(from.HomeKubeconfig) is null)
            throw new InputException(BypassReason.KubeconfigDoubtful, "");
        if (from.Explicit is { } given)
            return given;
        if (from.HasOverrides)
            throw new InputException(BypassReason.KubeconfigDoubtful, "");
        var files = new List<KubeconfigFile>();
        foreach (string path in from.KubeconfigPaths)
        {
            // Set to name no file at all, as some CI does; any other device is left to helm.
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

    /// <summary>
    /// Whether others may read the kubeconfigs: helm up to 3.16 warns about that on standard error (helm-inputs 3.2). Later ones do not;
    /// the key is the same for all, as modes hardly ever change.
    /// </summary>
    public static void AddKubeconfigModes(KeyMaterial material, NamespaceInputs from, InputReader inputs)
    {
        const uint GroupOrOthers = 0x3f;
        foreach (string path in from.KubeconfigPaths)
            if (inputs.Stat(path) is { } stamp && (stamp.Mode & GroupOrOthers) != 0)
                material.Add("kubeconfig", "readable by others", ((int)(stamp.Mode & GroupOrOthers)).ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>What every start of helm reads, each by content or as absent (helm-inputs 3.3).</summary>
    public static void AddStartup(KeyMaterial material, StartupPaths startup, InputReader inputs)
    {
        foreach (string directory in startup.PluginDirectories)
            AddPlugins(material, directory, inputs);
        AddFile(material, "repositories", startup.RepositoriesFile, inputs);
        AddFile(material, "registry", startup.RegistryConfig, inputs);
        AddFile(material, "docker", startup.DockerConfig, inputs);
    }

    /// <summary>
    /// The time zone by name and by content: <c>TZ</c> when set, else the machine's (Go's <c>time</c> package; helm-inputs 6.2).
    /// </summary>
    public static void AddTimeZone(KeyMaterial material, string? zone, string? zoneInfo, InputReader inputs)
    {
        material.Add("time zone", "TZ", zone is null ? "unset" : "=" + zone);
        material.Add("time zone", "ZONEINFO", zoneInfo ?? "");
        if (zone is null)
        {
            AddFile(material, "time zone", "/etc/localtime", inputs);
            return;
        }
        string name = zone.TrimStart(':');
        if (name.Length == 0)
            return;
        if (name[0] == '/')
            AddFile(material, "time zone", name, inputs);
        else if (!name.Contains("..", StringComparison.Ordinal))
            AddFile(material, "time zone", "/usr/share/zoneinfo/" + name, inputs);
        if (zoneInfo is not null)
            AddFile(material, "time zone", zoneInfo, inputs);
    }

    private static string? InCluster(NamespaceInputs from, InputReader inputs)
    {
        if (!from.InClusterVariables || from.Context is not null || inputs.Content(ServiceAccount + "token") is null)
            return null;
        if (from.PodNamespace is { } pod)
            return pod;
        return inputs.Content(ServiceAccount + "namespace") is { } text && Encoding.UTF8.GetString(text).Trim() is { Length: > 0 } name ? name : null;
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
            if (inputs.Exists(plugin + "/plugin.yaml"))
                AddFile(material, "plugin " + Path.GetFileName(plugin), plugin + "/plugin.yaml", inputs);
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
