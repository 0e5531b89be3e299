using System;
using System.Buffers.Text;
using System.Text.Json;

namespace CacheDaemon.Daemon.Invocations;

/// <summary>
/// The registry's or Docker's <c>config.json</c>. helm only asks whether it can be read, and fails if not; who is logged in where does not
/// show in a render. So a file in the shape that <c>docker login</c> and <c>helm registry login</c> write is as good as any other, and as
/// none. Pure.
/// </summary>
internal static class LoginFile
{
    /// <summary>
    /// Whether helm 3 and 4 surely accept it (seen: helm 3 takes more fields for granted than helm 4, and decodes each login).
    /// </summary>
    public static bool IsSurelyValid(ReadOnlyMemory<byte> content)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return false;
            foreach (JsonProperty field in document.RootElement.EnumerateObject())
                if (!IsValid(field))
                    return false;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool IsValid(JsonProperty field) =>
        field.Name switch
        {
            "auths" => AreAll(field.Value, IsLogin),
            "credHelpers" or "HttpHeaders" => AreAll(field.Value, IsText),
            "credsStore" or "currentContext" or "detachKeys" or "psFormat" or "imagesFormat" => IsText(field.Value),
            _ => false,
        };

    private static bool IsLogin(JsonElement login) =>
        AreAll(login, IsText) && (!login.TryGetProperty("auth", out JsonElement auth) || IsNameAndPassword(auth.GetString()!));

    // Both are in it, with a colon between, or it is not there at all.
    private static bool IsNameAndPassword(string auth)
    {
        if (auth.Length == 0)
            return true;
        if (auth.Length % 4 != 0 || auth.AsSpan().ContainsAny(" \r\n\t") || !Base64.IsValid(auth))
            return false;
        return Convert.FromBase64String(auth).AsSpan().IndexOf((byte)':') > 0;
    }

    private static bool AreAll(JsonElement map, Func<JsonElement, bool> isValid)
    {
        if (map.ValueKind != JsonValueKind.Object)
            return false;
        foreach (JsonProperty field in map.EnumerateObject())
            if (!isValid(field.Value))
                return false;
        return true;
    }

    private static bool IsText(JsonElement value) => value.ValueKind == JsonValueKind.String;
}
