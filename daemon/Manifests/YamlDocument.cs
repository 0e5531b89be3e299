namespace CacheDaemon.Daemon.Manifests;

/// <summary>A document of YAML.</summary>
/// <param name="value">Its value, as <see cref="YamlReader"/> has them; null for an empty one.</param>
/// <param name="line">Line at which that begins, from 1 on.</param>
internal sealed class YamlDocument(object? value, int line)
{
    public object? Value { get; } = value;

    public int Line { get; } = line;
}
