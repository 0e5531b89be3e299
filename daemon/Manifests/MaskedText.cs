using System;
using System.Collections.Generic;
using System.Text;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>
/// A render as it may be shown to anyone who looks over one's shoulder: the values of Secrets masked. A document that holds one is written
/// anew from what was understood of it, so that nothing of it is shown that was not, comments included; one that cannot be read is left
/// out; all others stay as they are.
/// </summary>
internal static class MaskedText
{
    /// <summary>Annotation that repeats the whole object.</summary>
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>The whole output, masked.</summary>
    public static byte[] Of(ReadOnlySpan<byte> output)
    {
        var shown = new List<byte>(output.Length);
        while (!output.IsEmpty)
        {
            ReadOnlySpan<byte> whole = output;
            ReadOnlySpan<byte> part = ManifestReader.NextPart(ref output, out _);
            if (Masked(part) is { } masked)
            {
                shown.AddRange(Encoding.UTF8.GetBytes(masked));
                part = whole[part.Length..];
                shown.AddRange(part[..^output.Length]);
            }
            else
                shown.AddRange(whole[..^output.Length]);
        }
        return [.. shown];
    }

    /// <summary>Takes the values of a Secret, or of the Secrets in a list, out of an object. False when it is, and has, none.</summary>
    /// <param name="members">The object; changed.</param>
    /// <param name="mask">What stands in place of a value.</param>
    /// <param name="isSecret">Whether it is one whatever it says of its kind.</param>
    public static bool Hide(Dictionary<string, object?> members, Func<object?, string> mask, bool isSecret = false)
    {
        string kind = Manifest.Text(members, "kind");
        isSecret |= kind is "Secret" or "SecretList";
        bool some = isSecret;
        if (members.GetValueOrDefault("items") is List<object?> items)
        {
            foreach (object? item in items)
                some |= item is Dictionary<string, object?> inner && Hide(inner, mask, kind == "SecretList");
        }
        if (!isSecret)
            return some;
        foreach (string name in (string[])["data", "stringData"])
        {
            if (members.TryGetValue(name, out object? data) && data is not null)
                members[name] = HideAll(data, mask);
        }
        if (
            members.GetValueOrDefault("metadata") is Dictionary<string, object?> metadata
            && metadata.GetValueOrDefault("annotations") is Dictionary<string, object?> annotations
            && annotations.TryGetValue(LastApplied, out object? applied)
        )
            annotations[LastApplied] = mask(applied);
        return true;
    }

    /// <summary>The part as it is shown; null when it is shown as it is.</summary>
    private static string? Masked(ReadOnlySpan<byte> part)
    {
        var text = new StringBuilder();
        bool some = false;
        try
        {
            foreach (YamlDocument document in YamlReader.Read(ManifestReader.Text(part)))
            {
                some |= document.Value is Dictionary<string, object?> members && Hide(members, static _ => "***");
                text.Append(text.Length > 0 ? "---\n" : "");
                YamlText.Write(text, document.Value);
            }
        }
        catch (ManifestException)
        {
            return "# not shown, since it cannot be read and may hold a Secret; --raw shows it\n";
        }
        return !some ? null : (ManifestReader.SourceOf(part) is { } source ? $"# Source: {source}\n" : "") + text;
    }

    private static object HideAll(object data, Func<object?, string> mask)
    {
        if (data is not Dictionary<string, object?> values)
            return mask(data);
        var hidden = new Dictionary<string, object?>(values.Count);
        foreach ((string name, object? value) in values)
            hidden[name] = mask(value);
        return hidden;
    }
}
