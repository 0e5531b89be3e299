using System.Collections.Generic;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>
/// The images of resources, by shape and not by kind, so that pod templates of custom resources are found, too: lists of containers,
/// wherever they stand; volumes that are images; and <c>spec.image</c> of what an operator runs. Never a text of a ConfigMap, a Secret, an
/// environment or an annotation.
/// </summary>
internal static class ImageFinder
{
    /// <summary>Members below which nothing is run.</summary>
    private static readonly HashSet<string> s_passedOver =
    [
        "annotations",
        "args",
        "binaryData",
        "command",
        "data",
        "env",
        "envFrom",
        "labels",
        "managedFields",
        "metadata",
        "status",
        "stringData",
    ];

    /// <summary>All of them, in the order of the manifest.</summary>
    public static List<ImageUse> Of(IEnumerable<Manifest> manifests)
    {
        var found = new List<ImageUse>();
        foreach (Manifest manifest in manifests)
            LookInto(manifest, found);
        return found;
    }

    private static void LookInto(Manifest manifest, List<ImageUse> found)
    {
        // Schemas have members of these names, and templates of other resources their texts.
        if (manifest.Kind is "ConfigMap" or "Secret" or "CustomResourceDefinition")
            return;
        if (
            manifest.Kind.EndsWith("List", System.StringComparison.Ordinal)
            && manifest.Members.GetValueOrDefault("items") is List<object?> items
        )
        {
            foreach (object? item in items)
                if (item is Dictionary<string, object?> members)
                    LookInto(new Manifest(manifest.Source, manifest.Document, manifest.Line, members), found);
            return;
        }
        if (manifest.Members.GetValueOrDefault("spec") is Dictionary<string, object?> spec)
            Add(manifest, Manifest.Text(spec, "image"), "", "other", found);
        Walk(manifest, manifest.Members, found);
    }

    private static void Walk(Manifest manifest, object? value, List<ImageUse> found)
    {
        if (value is List<object?> items)
        {
            foreach (object? item in items)
                Walk(manifest, item, found);
            return;
        }
        if (value is not Dictionary<string, object?> members)
            return;
        foreach ((string name, object? member) in members)
        {
            if (s_passedOver.Contains(name))
                continue;
            string role = name switch
            {
                "containers" => "container",
                "initContainers" => "init",
                "ephemeralContainers" => "ephemeral",
                _ => "",
            };
            if (role.Length > 0 && member is List<object?> containers)
                AddContainers(manifest, containers, role, found);
            else if (name == "volumes" && member is List<object?> volumes)
                AddVolumes(manifest, volumes, found);
            else
                Walk(manifest, member, found);
        }
    }

    private static void AddContainers(Manifest manifest, List<object?> containers, string role, List<ImageUse> found)
    {
        foreach (object? item in containers)
            if (item is Dictionary<string, object?> container)
                Add(manifest, Manifest.Text(container, "image"), Manifest.Text(container, "name"), role, found);
    }

    /// <summary>Volumes that are images, which the kubelet pulls as well (<c>volumes[].image.reference</c>).</summary>
    private static void AddVolumes(Manifest manifest, List<object?> volumes, List<ImageUse> found)
    {
        foreach (object? item in volumes)
            if (item is Dictionary<string, object?> volume && volume.GetValueOrDefault("image") is Dictionary<string, object?> image)
                Add(manifest, Manifest.Text(image, "reference"), "", "other", found);
    }

    private static void Add(Manifest manifest, string image, string container, string role, List<ImageUse> found)
    {
        if (image.Length > 0)
            found.Add(new ImageUse(image, manifest.Kind, manifest.Name, container, role));
    }
}
