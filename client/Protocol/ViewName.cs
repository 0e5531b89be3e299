namespace CacheDaemon.Client.Protocol;

/// <summary>
/// Names of what is made of an output and kept beside it. Each begins with the version of what makes it: what an earlier version made is
/// not found.
/// </summary>
public static class ViewName
{
    /// <summary>Longest name that is kept.</summary>
    public const int MaxLength = 1024;

    /// <summary>Tanka's own format of names.</summary>
    public const string DefaultFormat = "{{ print .kind \"_\" .metadata.name | snakecase }}";

    /// <summary>
    /// Raised whenever an output is read, or what was read is printed, in another way: the readers in <c>daemon/Manifests</c>,
    /// <c>helmcached resources</c>, <c>helmcached images</c>.
    /// </summary>
    private const string Version = "2 ";

    /// <summary>What was read of the output, for commands that make something of it.</summary>
    public const string Projection = Version + "projection";

    /// <summary>What <c>helmcached images --json</c> prints.</summary>
    public const string ImagesJson = Version + "images --json";

    /// <summary>What <c>helmcached images --quiet</c> prints.</summary>
    public const string ImagesQuiet = Version + "images --quiet";

    /// <summary>What <c>helmcached resources --json</c> prints.</summary>
    /// <param name="format">How it names resources.</param>
    public static string ResourcesJson(string format) => Version + "resources --json " + format;
}
