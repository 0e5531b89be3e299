using System;
using System.Collections.Generic;
using System.Text.Json;

namespace CacheDaemon.Daemon.Charts;

/// <summary>
/// Tells whether a values.schema.json can make helm read anything but itself: schemas are able to name other files and
/// addresses, which helm opens on each run. In doubt the answer is yes.
/// </summary>
internal sealed class ChartSchema
{
    private readonly List<string> _references = [];
    private bool _hasForeignIdentity;
    private bool _hasUnknownDialect;
    private bool _passedOverReferences;

    private ChartSchema() { }

    /// <summary>
    /// True for a reference out of the document, an unknown dialect, an inner identity that references could be relative to, or text that
    /// is not JSON.
    /// </summary>
    public static bool RefersOutside(ReadOnlyMemory<byte> content)
    {
        if (content.Span.StartsWith("\uFEFF"u8))
            content = content[3..];
        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            var schema = new ChartSchema();
            schema.Read(document.RootElement, isRoot: true);
            return schema.Refers();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return true;
        }
    }

    private bool Refers()
    {
        if (_hasUnknownDialect)
            return true;
        // Who is called what only matters to those who call (seen under strace: nothing is opened for an identity).
        if (_references.Count > 0 && _hasForeignIdentity)
            return true;
        foreach (string reference in _references)
            if (!reference.StartsWith('#') || (_passedOverReferences && CanLeadIntoData(reference)))
                return true;
        return false;
    }

    // What stands under these words is data and no schema, unless a pointer makes it one; an anchor could be in there.
    private static bool CanLeadIntoData(string reference) =>
        reference.Length > 1
        && (
            reference[1] != '/'
            || reference.AsSpan().ContainsAny('%', '~')
            || reference.Contains("examples", StringComparison.Ordinal)
            || reference.Contains("default", StringComparison.Ordinal)
            || reference.Contains("const", StringComparison.Ordinal)
            || reference.Contains("enum", StringComparison.Ordinal)
        );

    private void Read(JsonElement element, bool isRoot = false)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in element.EnumerateArray())
                Read(item);
        }
        if (element.ValueKind != JsonValueKind.Object)
            return;
        foreach (JsonProperty field in element.EnumerateObject())
        {
            switch (field.Name)
            {
                case "$ref" or "$dynamicRef" or "$recursiveRef" when field.Value.ValueKind == JsonValueKind.String:
                    _references.Add(field.Value.GetString()!);
                    break;
                case "$schema" when field.Value.ValueKind == JsonValueKind.String:
                    _hasUnknownDialect |= field.Value.GetString()! is var dialect && !dialect.StartsWith('#') && !IsBuiltIn(dialect);
                    break;
                case "$id" or "id" when field.Value.ValueKind == JsonValueKind.String:
                    _hasForeignIdentity |=
                        field.Value.GetString()! is var identity && !identity.StartsWith('#') && !(isRoot && IsWebAddress(identity));
                    break;
                case "examples" or "default" or "const" or "enum":
                    _passedOverReferences |= Mentions(field.Value);
                    break;
                case "properties"
                or "patternProperties"
                or "definitions"
                or "$defs"
                or "dependencies"
                or "dependentSchemas" when field.Value.ValueKind == JsonValueKind.Object:
                    // Here the names are the chart's own, and say nothing.
                    foreach (JsonProperty named in field.Value.EnumerateObject())
                        Read(named.Value);
                    break;
                default:
                    Read(field.Value);
                    break;
            }
        }
    }

    private static bool Mentions(JsonElement data)
    {
        switch (data.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (JsonElement item in data.EnumerateArray())
                    if (Mentions(item))
                        return true;
                return false;
            case JsonValueKind.Object:
                foreach (JsonProperty field in data.EnumerateObject())
                    if (field.Name.StartsWith('$') || field.Name == "id" || Mentions(field.Value))
                        return true;
                return false;
            default:
                return false;
        }
    }

    /// <summary>Dialects that both helm 3.17.3 and 4.1.4 accept without a request (measured behind a logging proxy).</summary>
    private static bool IsBuiltIn(string dialect)
    {
        ReadOnlySpan<char> address = dialect.AsSpan().TrimEnd('#');
        if (!address.StartsWith("http://") && !address.StartsWith("https://"))
            return false;
        return address[(address.IndexOf("//") + 2)..]
            is "json-schema.org/draft-04/schema"
                or "json-schema.org/draft-06/schema"
                or "json-schema.org/draft-07/schema"
                or "json-schema.org/draft/2019-09/schema"
                or "json-schema.org/draft/2020-12/schema"
                or "json-schema.org/schema";
    }

    /// <summary>The document's own name is not fetched when every reference starts with "#" (measured likewise).</summary>
    private static bool IsWebAddress(string identity) =>
        (identity.StartsWith("http://", StringComparison.Ordinal) || identity.StartsWith("https://", StringComparison.Ordinal))
        && Uri.IsWellFormedUriString(identity, UriKind.Absolute)
        && !identity.Contains('#');
}
