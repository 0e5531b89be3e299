using System;
using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Daemon.Invocations;

/// <summary>What the parser makes of one call: an <see cref="Invocation"/>, or the reason why real helm has to run.</summary>
internal abstract record InvocationResult
{
    private InvocationResult() { }

    /// <summary>The call may be served, as far as argv and environment can tell.</summary>
    public sealed record Served(Invocation Invocation) : InvocationResult;

    /// <summary>
    /// The call is not served. <paramref name="Detail"/> is the name of a flag or variable, never a value; it may be empty.
    /// </summary>
    public sealed record Bypassed(BypassReason Reason, string Detail = "") : InvocationResult;
}

/// <summary>
/// One call of helm on local charts, normalised: two calls with equal <see cref="Command"/>, <see cref="ReleaseName"/>,
/// <see cref="Options"/>, <see cref="TimeZone"/>, <see cref="GoRoot"/> and equal <i>contents</i> of chart, values, set-files, namespace and
/// start-up files give equal output (but for paths shown in it). Paths are absolute but unresolved: links and <c>..</c> are left for the
/// file system, except where noted.
/// </summary>
internal sealed record Invocation
{
    /// <summary>The command of helm.</summary>
    public required HelmCommand Command { get; init; }

    /// <summary>The charts that are read, in order; of a render it is one.</summary>
    public required IReadOnlyList<ChartPlace> Charts { get; init; }

    /// <summary>Whether helm writes files rather than the manifest to standard output (<c>--output-dir</c>).</summary>
    public required bool WritesFiles { get; init; }

    /// <summary>Finally true <c>--debug</c>, or <c>HELM_DEBUG</c> where no such flag is given.</summary>
    public required bool Debugs { get; init; }

    /// <summary>Name of the release; not validated, and empty for a command that has none.</summary>
    public required string ReleaseName { get; init; }

    /// <summary>Values files in the order in which helm merges them.</summary>
    public required IReadOnlyList<InputFile> Values { get; init; }

    /// <summary><c>--set-file</c> pairs, in canonical order.</summary>
    public required IReadOnlyList<SetFile> SetFiles { get; init; }

    /// <summary>Everything else that enters the key, canonically ordered and spelled. Values may be secret: hash, never log.</summary>
    public required IReadOnlyList<KeyOption> Options { get; init; }

    /// <summary>Where the namespace comes from.</summary>
    public required NamespaceInputs Namespace { get; init; }

    /// <summary>Files that helm reads at every start.</summary>
    public required StartupPaths Startup { get; init; }

    /// <summary><c>TZ</c>, null when unset (then /etc/localtime counts); set but empty is UTC.</summary>
    public required string? TimeZone { get; init; }

    /// <summary><c>GOROOT</c>, null when unset or empty: Go looks there for a time zone that it finds nowhere else.</summary>
    public required string? GoRoot { get; init; }

    /// <summary>Working directory as the kernel names it.</summary>
    public required string Directory { get; init; }

    /// <summary><c>PWD</c> when set: helm builds the paths that it shows on it, so it belongs to the second key.</summary>
    public required string? LogicalDirectory { get; init; }

    /// <summary>Finally true <c>--skip-schema-validation</c>: schemas are not looked at, garbage included.</summary>
    public required bool SkipSchemaValidation { get; init; }

    /// <summary>Finally true <c>--with-subcharts</c>: the charts below <c>charts/</c> are linted as well.</summary>
    public required bool WithSubcharts { get; init; }

    /// <summary>
    /// What decides which chart a <c>repo/name</c> is, if the one chart may be such a name and nothing of that name is there; null when it
    /// cannot be.
    /// </summary>
    public required RepositoryReference? Reference { get; init; }

    /// <summary>The chart, when it is one for which helm makes requests each time: <see cref="Charts"/> is empty then.</summary>
    public required NetworkReference? Network { get; init; }
}

/// <summary>A chart by its address, or by its name in a repository that is given by address.</summary>
/// <param name="Typed">As typed.</param>
/// <param name="Repository">The value of <c>--repo</c>; empty without one.</param>
/// <param name="Path">The path that the name would be if it were one.</param>
internal sealed record NetworkReference(string Typed, string Repository, string Path)
{
    private const string DigestMark = "@sha256:";

    private const int DigestLength = 64;

    /// <summary>Whether it is <c>oci://…@sha256:…</c>, whose content is fixed.</summary>
    public bool IsDigest =>
        Typed.StartsWith("oci://", StringComparison.Ordinal)
        && Typed.IndexOf(DigestMark, StringComparison.Ordinal) is > 0 and var at
        && Typed.Length == at + DigestMark.Length + DigestLength
        && Typed.Skip(at + DigestMark.Length).All(char.IsAsciiHexDigitLower);

    /// <summary>The last part of the name, for people and for <c>bypass</c>.</summary>
    public string Name
    {
        get
        {
            string last = Typed[(Typed.LastIndexOf('/') + 1)..];
            int end = last.AsSpan().IndexOfAny('@', ':', '?');
            return end < 0 ? last : last[..end];
        }
    }

    /// <summary>Whether helm itself fetches it: no plugin does, and Go reads the name as it stands.</summary>
    public static bool IsServed(string typed, string repository) =>
        repository.Length > 0
            ? HasScheme(repository, "http://", "https://") && typed.Length > 0 && !typed.Contains("://", StringComparison.Ordinal)
            : HasScheme(typed, "http://", "https://", "oci://");

    private static bool HasScheme(string text, params ReadOnlySpan<string> schemes)
    {
        foreach (string scheme in schemes)
            if (text.StartsWith(scheme, StringComparison.Ordinal))
                return true;
        return false;
    }
}

/// <summary>A chart by the name of its repository: <c>repo/name</c>.</summary>
/// <param name="Repository">Name of the repository in <c>repositories.yaml</c>.</param>
/// <param name="Chart">Name of the chart in its index.</param>
/// <param name="Version">Value of <c>--version</c>; empty without one.</param>
/// <param name="Devel">Finally true <c>--devel</c>.</param>
/// <param name="IndexPath">Where helm has the index of the repository.</param>
/// <param name="ContentCache">Where helm 4 has the archives.</param>
internal sealed record RepositoryReference(
    string Repository,
    string Chart,
    string Version,
    bool Devel,
    string IndexPath,
    string ContentCache
)
{
    /// <summary>
    /// Splits a chart as typed. Only names that Go's URL parser and file names leave as they are; null for anything else, paths included
    /// that are surely local.
    /// </summary>
    public static (string Repository, string Chart)? Split(string typed)
    {
        int slash = typed.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == typed.Length - 1 || typed[0] == '.')
            return null;
        foreach (char c in typed)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.' or '/'))
                return null;
        return typed[^1] == '/' || typed.Contains("//", StringComparison.Ordinal) || typed.Contains("/.", StringComparison.Ordinal)
            ? null
            : (typed[..slash], typed[(slash + 1)..]);
    }
}

/// <summary>Where a chart is.</summary>
/// <param name="Typed">As typed, blanks around it trimmed as helm does.</param>
/// <param name="Path">
/// The path that helm loads: Go's <c>filepath.Abs</c>, so <c>..</c> is removed lexically (action.LocateChart; seen on both helms).
/// </param>
/// <param name="Aliases">
/// Other spellings that must name the very same file as <paramref name="Path"/>, or the call is not served: the path as typed, which helm
/// stats, and the one built on <c>PWD</c>, which helm uses when it is valid. Empty for most calls.
/// </param>
internal sealed record ChartPlace(string Typed, string Path, IReadOnlyList<string> Aliases)
{
    /// <summary>A place below this one, as Go's <c>filepath.Join</c> names it.</summary>
    /// <param name="name">Relative path without <c>.</c> and <c>..</c>.</param>
    public ChartPlace Below(string name) => new(GoPath.Join(Typed, name), GoPath.Join(Path, name), []);
}

/// <summary>How the content of an input is got.</summary>
internal enum InputKind : byte
{
    File,

    /// <summary>The bytes of standard input.</summary>
    Stdin,

    /// <summary>Standard input again: helm finds it empty.</summary>
    SpentStdin,

    /// <summary>What the caller read of a descriptor of its own.</summary>
    Descriptor,
}

/// <summary>One file that the command line names.</summary>
/// <param name="Kind">File, standard input or descriptor.</param>
/// <param name="Typed">As typed; helm repeats it in error messages.</param>
/// <param name="Path">Absolute path to open; empty for what is not opened.</param>
/// <param name="Descriptor">Number of the caller's descriptor; -1 for anything else.</param>
internal readonly record struct InputFile(InputKind Kind, string Typed, string Path, int Descriptor = -1);

/// <summary>One file of <c>--set-file</c>, with its <see cref="CacheDaemon.Client.Helm.SetFileItem.Label"/>.</summary>
internal readonly record struct SetFile(string Key, InputFile Source);

/// <summary>One labelled part of the key.</summary>
/// <param name="Label">A flag's name, a group of flags, or <c>$NAME</c> of a variable. Never secret.</param>
/// <param name="Value">Canonical value; may be secret.</param>
internal readonly record struct KeyOption(string Label, string Value);

/// <summary>Everything that decides <c>.Release.Namespace</c> (helm's <c>EnvSettings.Namespace</c>, client-go's clientcmd).</summary>
internal sealed record NamespaceInputs
{
    /// <summary>Given by <c>-n</c> or <c>HELM_NAMESPACE</c>: final. Null when the kubeconfig decides.</summary>
    public required string? Explicit { get; init; }

    /// <summary>
    /// Kubeconfigs to merge, absolute, in order. Files that do not exist are skipped, unless <see cref="KubeconfigIsExplicit"/>.
    /// </summary>
    public required IReadOnlyList<string> KubeconfigPaths { get; init; }

    /// <summary><c>--kubeconfig</c> names the one file: when it is missing the namespace is <c>default</c>, in a cluster too.</summary>
    public required bool KubeconfigIsExplicit { get; init; }

    /// <summary>Context asked for by <c>--kube-context</c> or <c>HELM_KUBECONTEXT</c>, or null.</summary>
    public required string? Context { get; init; }

    /// <summary>
    /// A flag or variable overrides a part of the kubeconfig (user, token, CA file, ...). It can make a valid one invalid and so change the
    /// namespace to <c>default</c> (seen with <c>--kube-ca-file</c> and <c>--kube-as-group</c>): bypass unless the namespace is explicit.
    /// </summary>
    public required bool HasOverrides { get; init; }

    /// <summary>
    /// The service variables are set: with the service-account token file the in-cluster namespace applies when the kubeconfig names none.
    /// </summary>
    public required bool InClusterVariables { get; init; }

    /// <summary><c>POD_NAMESPACE</c>, null when unset or empty: the in-cluster namespace before the service-account file.</summary>
    public required string? PodNamespace { get; init; }

    /// <summary>
    /// When this old file exists and <see cref="HomeKubeconfig"/> does not, helm copies it there at every render, whatever the namespace:
    /// bypass (clientcmd's migration rule, seen on both).
    /// </summary>
    public required string LegacyKubeconfig { get; init; }

    /// <summary><c>~/.kube/config</c>.</summary>
    public required string HomeKubeconfig { get; init; }
}

/// <summary>What helm reads at every start; absolute paths, any of which may not exist.</summary>
internal sealed record StartupPaths
{
    /// <summary>Directories whose children may hold a <c>plugin.yaml</c>, in order.</summary>
    public required IReadOnlyList<string> PluginDirectories { get; init; }

    /// <summary>The repositories file, or null when its name is empty.</summary>
    public required string? RepositoriesFile { get; init; }

    /// <summary>The registry's <c>config.json</c>.</summary>
    public required string RegistryConfig { get; init; }

    /// <summary>Docker's <c>config.json</c> (read by helm 3 only).</summary>
    public required string DockerConfig { get; init; }

    /// <summary>
    /// Neither <c>HOME</c> nor <c>DOCKER_CONFIG</c> is set: helm 3 then looks for Docker's file in the home that the account has, too.
    /// </summary>
    public required bool DockerInAccountHome { get; init; }

    /// <summary>HOME and the three homes of helm, for the second key.</summary>
    public required IReadOnlyList<string> Homes { get; init; }
}
