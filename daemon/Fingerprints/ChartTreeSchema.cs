using System;
using System.Text.Json;

namespace CacheDaemon.Daemon.Fingerprints;

/// <summary>
/// Tells whether a values.schema.json can make helm read anything but itself: schemas are able to name other files and
/// addresses, which helm opens on each run (helm-inputs 4.6). In doubt the answer is yes.
/// </summary>
internal static class ChartTreeSchema
{
    /// <summary>True for a reference out of the document, an unknown dialect, an inner identity, or text that is not JSON.</summary>
    public static bool RefersOutside(ReadOnlySpan<byte> content)
    {
        if (content.StartsWith("\uFEFF"u8))
            content = content[3..];
        var reader = new Utf8JsonReader(content);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName)
                    continue;
                bool reference = reader.ValueTextEquals("$ref"u8) || reader.ValueTextEquals("$dynamicRef"u8) ||
                    reader.ValueTextEquals("$recursiveRef"u8);
                bool dialect = reader.ValueTextEquals("$schema"u8);
                bool identity = reader.ValueTextEquals("$id"u8) || reader.ValueTextEquals("id"u8);
                if (!reader.Read())
                    return true;
                // Under "properties" these words are names of values and stand before an object, not a string.
                if (reader.TokenType != JsonTokenType.String || !(reference || dialect || identity))
                    continue;
                string text = reader.GetString()!;
                bool stays = text.StartsWith('#') ||
                    (dialect ? IsBuiltIn(text) : identity && reader.CurrentDepth == 1 && IsWebAddress(text));
                if (!stays)
                    return true;
            }
            return false;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return true;
        }
    }

    /// <summary>Dialects that both helm 3.17.3 and 4.1.4 accept without a request (measured behind a logging proxy).</summary>
    private static bool IsBuiltIn(string dialect)
    {
        ReadOnlySpan<char> address = dialect.AsSpan().TrimEnd('#');
        if (!address.StartsWith("http://") && !address.StartsWith("https://"))
            return false;
        return address[(address.IndexOf("//") + 2)..] is "json-schema.org/draft-04/schema" or "json-schema.org/draft-06/schema"
            or "json-schema.org/draft-07/schema" or "json-schema.org/draft/2019-09/schema" or "json-schema.org/draft/2020-12/schema"
            or "json-schema.org/schema";
    }

    /// <summary>The document's own name is not fetched when every reference starts with "#" (measured likewise).</summary>
    private static bool IsWebAddress(string identity) =>
        (identity.StartsWith("http://", StringComparison.Ordinal) || identity.StartsWith("https://", StringComparison.Ordinal)) &&
        Uri.IsWellFormedUriString(identity, UriKind.Absolute) && !identity.Contains('#');
}
