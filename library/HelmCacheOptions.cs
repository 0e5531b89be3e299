namespace CacheDaemon.Client;

/// <summary>Where <see cref="HelmCache"/> finds its programs.</summary>
public sealed class HelmCacheOptions
{
    /// <summary>
    /// The shim of helmcached, which is called <c>helm</c> and lies beside <c>helmcached</c>. Default: the one that is found first on
    /// <c>PATH</c>; where there is none, calls are made with the real helm, uncached.
    /// </summary>
    public string? ShimPath { get; init; }

    /// <summary>
    /// How <see cref="HelmCache.ResourcesAsync"/> names resources, in the language of Go's templates, as Tanka's <c>nameFormat</c>. Null,
    /// the default, is Tanka's own: <c>{{ print .kind "_" .metadata.name | snakecase }}</c>.
    /// </summary>
    public string? NameFormat { get; init; }
}
