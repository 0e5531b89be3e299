using System;
using System.IO;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CacheDaemon.Daemon.Invocations;

/// <summary>
/// What a <c>plugin.yaml</c> says about a render of local files. helm 3 gives a values file to the plugin that downloads the scheme of its
/// name; a plain path has the empty scheme, and a plugin may name that (seen on 3.17.3, in any spelling of the field that Go's JSON decoder
/// takes; 4.1.4 refuses such a plugin). Pure; in doubt the answer is yes.
/// </summary>
internal static class PluginFile
{
    private const int MaxDepth = 32;

    /// <summary>Whether helm may run the plugin to read a plain path: then anything could be an input.</summary>
    public static bool MayFetchPlainPaths(ReadOnlySpan<byte> content)
    {
        if (!MayMention(content, "rotocol"))
            return false;
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(Encoding.UTF8.GetString(content)));
            foreach (YamlDocument document in stream.Documents)
                if (HasDoubtfulProtocol(document.RootNode, 0))
                    return true;
            return false;
        }
        catch (Exception e) when (e is YamlException or ArgumentException)
        {
            return true;
        }
    }

    /// <summary>Whether helm 4 looks for a <c>plugin.wasm</c> beside it.</summary>
    public static bool MayBeWasm(ReadOnlySpan<byte> content) => MayMention(content, "xtism");

    // A word can be hidden by an escape, a tag or another encoding.
    private static bool MayMention(ReadOnlySpan<byte> content, string word) =>
        content.ContainsAny("\\!\0"u8)
        || content.ContainsAny((byte)0xFE, (byte)0xFF)
        || Encoding.UTF8.GetString(content).Contains(word, StringComparison.OrdinalIgnoreCase);

    private static bool HasDoubtfulProtocol(YamlNode node, int depth)
    {
        if (depth > MaxDepth)
            return true;
        switch (node)
        {
            case YamlSequenceNode list:
                foreach (YamlNode item in list.Children)
                    if (HasDoubtfulProtocol(item, depth + 1))
                        return true;
                return false;
            case YamlMappingNode map:
                foreach ((YamlNode key, YamlNode value) in map.Children)
                    if (
                        key is not YamlScalarNode { Value: { } name }
                        || IsTagged(key)
                        || (IsProtocols(name) ? !AreSchemes(value) : HasDoubtfulProtocol(value, depth + 1))
                    )
                        return true;
                return false;
            default:
                return false;
        }
    }

    // As encoding/json matches field names: case folded, with the long s.
    private static bool IsProtocols(string name) =>
        name.Length == 9 && name.StartsWith("protocol", StringComparison.OrdinalIgnoreCase) && (name[8] is 's' or 'S' or '\u017F');

    private static bool AreSchemes(YamlNode value)
    {
        if (value is not YamlSequenceNode list || IsTagged(value))
            return false;
        foreach (YamlNode item in list.Children)
            if (item is not YamlScalarNode { Value: { } scheme } || IsTagged(item) || !IsScheme(scheme))
                return false;
        return true;
    }

    private static bool IsScheme(string text)
    {
        foreach (char c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.'))
                return false;
        return text.Length > 0 && char.IsAsciiLetter(text[0]) && !text.Equals("null", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsTagged(YamlNode node) => !node.Tag.IsEmpty && !node.Tag.IsNonSpecific;
}
