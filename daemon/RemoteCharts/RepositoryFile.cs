using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CacheDaemon.Daemon.RemoteCharts;

/// <summary>What of helm's <c>repositories.yaml</c> decides where a chart comes from.</summary>
internal static class RepositoryFile
{
    /// <summary>The address of the first repository of this name, as helm finds it; null when there is none.</summary>
    /// <exception cref="IndexException">The file is of another shape than the one that helm writes.</exception>
    public static string? AddressOf(ReadOnlySpan<byte> text, string name)
    {
        foreach (YamlMappingNode entry in Entries(text))
            if (Text(entry, "name") == name && Text(entry, "url") is { Length: > 0 } address)
                return address;
        return null;
    }

    /// <summary>The names of all repositories.</summary>
    /// <exception cref="IndexException">The file is of another shape than the one that helm writes.</exception>
    public static IReadOnlyList<string> Names(ReadOnlySpan<byte> text) =>
        [.. Entries(text).Select(static entry => Text(entry, "name") ?? throw new IndexException("a repository has no name"))];

    private static IEnumerable<YamlMappingNode> Entries(ReadOnlySpan<byte> text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(Encoding.UTF8.GetString(text)));
        }
        catch (Exception e) when (e is YamlException or InvalidOperationException or ArgumentException)
        {
            throw new IndexException("repositories.yaml is no YAML");
        }
        if (stream.Documents.Count != 1 || stream.Documents[0].RootNode is not YamlMappingNode root)
            throw new IndexException("repositories.yaml is of another shape");
        return Member(root, "repositories") is YamlSequenceNode repositories ? repositories.OfType<YamlMappingNode>() : [];
    }

    private static string? Text(YamlMappingNode node, string name) => (Member(node, name) as YamlScalarNode)?.Value;

    /// <summary>The value of a member, whose name Go would take in any case.</summary>
    private static YamlNode? Member(YamlMappingNode node, string name)
    {
        YamlNode? found = null;
        foreach ((YamlNode key, YamlNode value) in node)
        {
            if (key is not YamlScalarNode { Value: { } text } || !text.Equals(name, StringComparison.OrdinalIgnoreCase))
                continue;
            if (text != name || found is not null)
                throw new IndexException($"repositories.yaml has a field {text}");
            found = value;
        }
        return found;
    }
}
