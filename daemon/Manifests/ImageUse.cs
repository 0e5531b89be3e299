namespace CacheDaemon.Daemon.Manifests;

/// <summary>A place where a resource names an image.</summary>
/// <param name="image">As written.</param>
/// <param name="kind">Kind of the resource.</param>
/// <param name="name">Name of the resource.</param>
/// <param name="container">Name of the container; empty where there is none.</param>
/// <param name="role"><c>container</c>, <c>init</c>, <c>ephemeral</c> or <c>other</c>.</param>
internal sealed class ImageUse(string image, string kind, string name, string container, string role)
{
    public string Image { get; } = image;

    public string Kind { get; } = kind;

    public string Name { get; } = name;

    public string Container { get; } = container;

    public string Role { get; } = role;
}
