namespace CacheDaemon.Daemon.Manifests;

/// <summary>One resource that two renders do not have alike.</summary>
/// <param name="name">See <see cref="Name"/>.</param>
/// <param name="before">See <see cref="Before"/>.</param>
/// <param name="after">See <see cref="After"/>.</param>
internal sealed class ResourceChange(string name, string? before, string? after)
{
    /// <summary>
    /// Kind, namespace and name, such as <c>Deployment/prod/web</c>; with the group of a kind that has one:
    /// <c>Certificate.cert-manager.io/prod/web</c>.
    /// </summary>
    public string Name { get; } = name;

    /// <summary>The resource as text (<see cref="YamlText"/>) in the first render; null where it is added.</summary>
    public string? Before { get; } = before;

    /// <summary>The same in the second one; null where it is removed.</summary>
    public string? After { get; } = after;
}
