using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace CacheDaemon.Client;

/// <summary>
/// Makes calls of helm through helmcached. What the cache has comes from it, into this process and without another; all else is left to the
/// shim, which has helm render it, keeps what may be kept, and becomes helm itself where anything is in the way. So a call never gives
/// anything but what helm would print, and never fails where helm would not. Thread-safe; hold one for all calls.
/// </summary>
public sealed class HelmCache
{
    private readonly HelmCacheOptions _options;
    private readonly string? _shim;

    /// <summary>Finds the programs.</summary>
    /// <param name="options">Where they are; null for the defaults.</param>
    /// <exception cref="HelmCacheException">The options name a file that is not the shim.</exception>
    public HelmCache(HelmCacheOptions? options = null)
    {
        _options = options ?? new HelmCacheOptions();
        _shim = Programs.Shim(_options.ShimPath);
    }

    /// <summary>Absolute path of the shim; null when there is none, and the real helm makes all calls.</summary>
    public string? ShimPath => _shim;

    /// <summary>Makes a call, of <c>helm template</c> or of any other command.</summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Ends it, with the programs that were started for it.</param>
    /// <returns>What helm wrote, and its exit code, whatever that is.</returns>
    /// <exception cref="HelmCacheException">There is neither the shim nor helm, or the working directory does not exist.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<HelmRender> RenderAsync(HelmCall call, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        cancellationToken.ThrowIfCancellationRequested();
        // Without the shim nobody has agreed to a cache on this machine.
        if (_shim is not null && await Task.Run(() => Hit(call), cancellationToken).ConfigureAwait(false) is { } hit)
            return hit;
        return await ChildRun.RunAsync(Programs.Maker(_shim), call.Arguments, call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes a call that prints manifests, <c>template</c> or <c>show crds</c>, and reads them as Kubernetes does. What was read once is
    /// kept beside the output in the cache.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Ends it, with the programs that were started for it.</param>
    /// <exception cref="HelmCacheException">
    /// helm failed, two resources have one name, the call prints no manifests, or <c>helmcached</c> is missing; the message says it.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<ResourceMap> ResourcesAsync(HelmCall call, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        List<string> arguments = ["resources", "--json"];
        if (_options.NameFormat is { } format)
            arguments.AddRange(["--name-format", format]);
        arguments.Add("--");
        arguments.AddRange(call.Arguments);
        HelmRender made = await ChildRun.RunAsync(Programs.Daemon(_shim), arguments, call, cancellationToken).ConfigureAwait(false);
        string errors = Encoding.UTF8.GetString(made.StandardError.Span);
        // With documents that cannot be read it ends with 1, and gives the others.
        if (made.StandardOutput.IsEmpty)
            throw new HelmCacheException($"no resources (exit code {made.ExitCode}): {errors.TrimEnd()}");
        using JsonDocument document = JsonDocument.Parse(made.StandardOutput);
        var resources = new List<Resource>();
        foreach (JsonElement resource in document.RootElement.Clone().EnumerateArray())
            resources.Add(new Resource(resource));
        return new ResourceMap(resources, made.ExitCode == 0 ? [] : Problems(errors));
    }

    private static HelmRender? Hit(HelmCall call)
    {
        try
        {
            return DaemonHit.Find(call);
        }
        // Whatever is wrong with our side of it must not be in the way: the shim makes the call.
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException or NotSupportedException
            )
        {
            return null;
        }
    }

    private static List<string> Problems(string errors)
    {
        const string Ours = "helmcached: ";
        var problems = new List<string>();
        foreach (string line in errors.Split('\n'))
            if (line.StartsWith(Ours, StringComparison.Ordinal))
                problems.Add(line[Ours.Length..]);
        return problems;
    }
}
