using System;
using System.Collections.Generic;
using System.Text.Json;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>
/// Values of <see cref="YamlReader"/> as JSON, the members of objects in the order of their names, as kubectl prints them.
/// </summary>
internal static class ManifestJson
{
    /// <summary>Writes one value.</summary>
    public static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case Dictionary<string, object?> members:
                json.WriteStartObject();
                foreach (string name in Names(members))
                {
                    json.WritePropertyName(name);
                    Write(json, members[name]);
                }
                json.WriteEndObject();
                break;
            case List<object?> items:
                json.WriteStartArray();
                foreach (object? item in items)
                    Write(json, item);
                json.WriteEndArray();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool yes:
                json.WriteBooleanValue(yes);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case double number:
                json.WriteRawValue(GoNumber.Json(number), skipInputValidation: true);
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }

    /// <summary>The names of an object's members, sorted.</summary>
    public static string[] Names(Dictionary<string, object?> members)
    {
        string[] names = [.. members.Keys];
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }
}
