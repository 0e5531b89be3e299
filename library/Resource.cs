using System.Text.Json;

namespace CacheDaemon.Client;

/// <summary>One resource of a render.</summary>
public sealed class Resource
{
    internal Resource(JsonElement json)
    {
        Key = Text(json, "key");
        ApiVersion = Text(json, "apiVersion");
        Kind = Text(json, "kind");
        Namespace = Text(json, "namespace");
        Name = Text(json, "name");
        Source = Text(json, "source");
        Manifest = json.GetProperty("manifest");
    }

    /// <summary>Its name by the name format; no two of a render have one.</summary>
    public string Key { get; }

    /// <summary><c>apiVersion</c>; empty when it has none.</summary>
    public string ApiVersion { get; }

    /// <summary><c>kind</c>, never empty.</summary>
    public string Kind { get; }

    /// <summary><c>metadata.namespace</c>; empty when it has none.</summary>
    public string Namespace { get; }

    /// <summary><c>metadata.name</c>; empty when it has none.</summary>
    public string Name { get; }

    /// <summary>The template that it came from, such as <c>web/templates/service.yaml</c>; empty when helm did not tell.</summary>
    public string Source { get; }

    /// <summary>All of it as JSON, as Kubernetes reads the YAML; Secrets with their values.</summary>
    public JsonElement Manifest { get; }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? "";
}
