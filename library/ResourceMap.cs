using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;

namespace CacheDaemon.Client;

/// <summary>The resources of a render, in its order, and by <see cref="Resource.Key"/>.</summary>
[SuppressMessage(
    "Naming",
    "CA1710:Identifiers should have correct suffix",
    Justification = "It is a map, and a list in the order of helm's output."
)]
public sealed class ResourceMap : IReadOnlyCollection<Resource>
{
    private readonly List<Resource> _resources;
    private readonly Dictionary<string, Resource> _byKey;

    internal ResourceMap(List<Resource> resources, IReadOnlyList<string> problems)
    {
        _resources = resources;
        _byKey = new Dictionary<string, Resource>(resources.Count, StringComparer.Ordinal);
        foreach (Resource resource in resources)
            _byKey.Add(resource.Key, resource);
        Problems = problems;
    }

    /// <summary>Documents that are no resources, each named with source and line, and why; empty when all could be read.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>How many there are.</summary>
    public int Count => _resources.Count;

    /// <summary>The resource with this key.</summary>
    /// <param name="key">See <see cref="Resource.Key"/>.</param>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Resource this[string key] => _byKey[key];

    /// <summary>The resource with this key. False when there is none.</summary>
    /// <param name="key">See <see cref="Resource.Key"/>.</param>
    /// <param name="resource">The resource.</param>
    public bool TryGet(string key, [NotNullWhen(true)] out Resource? resource) => _byKey.TryGetValue(key, out resource);

    /// <inheritdoc/>
    public IEnumerator<Resource> GetEnumerator() => _resources.GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
