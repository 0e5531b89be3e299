using System;
using System.Collections.Generic;
using System.Text;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>
/// What differs between two renders, resource by resource. A resource is known by group, kind, namespace and name, as in a cluster, so that
/// neither the order of documents nor that of members counts, nor the version of an API. Lists are looked into.
/// </summary>
internal static class RenderDifference
{
    /// <summary>The resources that differ, sorted by kind, namespace and name.</summary>
    /// <param name="before">The first render; the values of its Secrets are taken out.</param>
    /// <param name="after">The second one; the same.</param>
    /// <param name="mask">What stands in place of a Secret's value: equal texts for equal values alone.</param>
    public static List<ResourceChange> Of(IEnumerable<Manifest> before, IEnumerable<Manifest> after, Func<object?, string> mask)
    {
        SortedDictionary<string, List<string>> first = ByName(before, mask),
            second = ByName(after, mask);
        var names = new SortedSet<string>(first.Keys, StringComparer.Ordinal);
        names.UnionWith(second.Keys);
        var changes = new List<ResourceChange>();
        foreach (string name in names)
            Compare(name, first.GetValueOrDefault(name) ?? [], second.GetValueOrDefault(name) ?? [], changes);
        return changes;
    }

    /// <summary>
    /// Most often one against one. A name that a render has twice (hooks, of which one is deleted before the next): equal ones are no
    /// change, others are paired in their order.
    /// </summary>
    private static void Compare(string name, List<string> before, List<string> after, List<ResourceChange> changes)
    {
        before.RemoveAll(after.Remove);
        for (int i = 0; i < Math.Max(before.Count, after.Count); i++)
            changes.Add(new ResourceChange(name, i < before.Count ? before[i] : null, i < after.Count ? after[i] : null));
    }

    private static SortedDictionary<string, List<string>> ByName(IEnumerable<Manifest> manifests, Func<object?, string> mask)
    {
        var found = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (Manifest manifest in manifests)
        foreach (Manifest resource in Flat(manifest))
        {
            MaskedText.Hide(resource.Members, mask);
            var text = new StringBuilder();
            YamlText.Write(text, resource.Members);
            string name = Name(resource);
            if (!found.TryGetValue(name, out List<string>? same))
                found[name] = same = [];
            same.Add(text.ToString());
        }
        return found;
    }

    /// <summary>The resource, or those in a list. Items of a list of one kind need not say of which, as for kubectl.</summary>
    private static IEnumerable<Manifest> Flat(Manifest manifest)
    {
        if (
            !manifest.Kind.EndsWith("List", StringComparison.Ordinal)
            || manifest.Members.GetValueOrDefault("items") is not List<object?> items
        )
        {
            yield return manifest;
            yield break;
        }
        foreach (object? item in items)
        {
            if (item is not Dictionary<string, object?> members)
                continue;
            var own = new Dictionary<string, object?>(members, StringComparer.Ordinal);
            if (manifest.Kind != "List" && Manifest.Text(own, "kind").Length == 0)
                (own["kind"], own["apiVersion"]) = (
                    manifest.Kind[..^"List".Length],
                    own.GetValueOrDefault("apiVersion") ?? manifest.ApiVersion
                );
            foreach (Manifest inner in Flat(new Manifest(manifest.Source, manifest.Document, manifest.Line, own)))
                yield return inner;
        }
    }

    private static string Name(Manifest resource)
    {
        int slash = resource.ApiVersion.LastIndexOf('/');
        string name =
            resource.Name.Length > 0 || resource.Members.GetValueOrDefault("metadata") is not Dictionary<string, object?> metadata
                ? resource.Name
                : Manifest.Text(metadata, "generateName") + "*";
        string group = slash < 0 ? "" : "." + resource.ApiVersion[..slash];
        string place = resource.Namespace.Length > 0 ? resource.Namespace + "/" : "";
        return $"{resource.Kind}{group}/{place}{name}";
    }
}
