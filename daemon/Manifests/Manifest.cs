using System.Collections.Generic;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>One resource of a render.</summary>
/// <param name="source">See <see cref="Source"/>.</param>
/// <param name="document">See <see cref="Document"/>.</param>
/// <param name="line">See <see cref="Line"/>.</param>
/// <param name="members">See <see cref="Members"/>.</param>
internal sealed class Manifest(string source, int document, int line, Dictionary<string, object?> members)
{
    /// <summary>
    /// The template that it came from (<c>web/templates/a.yaml</c>), by helm's <c># Source:</c>; empty when none is told.
    /// </summary>
    public string Source { get; } = source;

    /// <summary>Which document of the output it is, from 1 on; empty ones do not count.</summary>
    public int Document { get; } = document;

    /// <summary>Line of the output at which it begins, from 1 on.</summary>
    public int Line { get; } = line;

    /// <summary>Its members, with the values of <see cref="YamlReader"/>.</summary>
    public Dictionary<string, object?> Members { get; } = members;

    /// <summary><c>apiVersion</c>; empty when there is none.</summary>
    public string ApiVersion => Text(Members, "apiVersion");

    /// <summary><c>kind</c>, never empty.</summary>
    public string Kind => Text(Members, "kind");

    /// <summary><c>metadata.name</c>; empty when there is none.</summary>
    public string Name => Metadata("name");

    /// <summary><c>metadata.namespace</c>; empty when there is none.</summary>
    public string Namespace => Metadata("namespace");

    /// <summary>A member that is a text; empty when it is none.</summary>
    public static string Text(Dictionary<string, object?> members, string name) => members.GetValueOrDefault(name) as string ?? "";

    private string Metadata(string name) =>
        Members.GetValueOrDefault("metadata") is Dictionary<string, object?> metadata ? Text(metadata, name) : "";
}
