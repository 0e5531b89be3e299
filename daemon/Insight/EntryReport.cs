using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Storage;

namespace CacheDaemon.Daemon.Insight;

/// <summary>
/// Entries as <c>helmcached list --json</c> and <c>helmcached show --json</c> print them. Written member by member: code generated for
/// these few would take 0.1 MB of the program.
/// </summary>
internal static class EntryReport
{
    /// <summary>An array of entries.</summary>
    /// <param name="entries">What is listed.</param>
    /// <param name="release">The release of an entry; null when it is not known.</param>
    public static string Write(List<StoredEntry> entries, Func<CacheKey, string?> release) =>
        Document(json =>
        {
            json.WriteStartArray();
            foreach (StoredEntry entry in entries)
            {
                json.WriteStartObject();
                Members(json, entry, release(entry.Key));
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });

    /// <summary>One entry with its streams, and what its key was made of.</summary>
    public static string Write(StoredEntry entry, string? release, RenderResult result, IReadOnlyList<MaterialItem> inputs) =>
        Document(json =>
        {
            json.WriteStartObject();
            Members(json, entry, release);
            json.WriteNumber("exit_code", result.ExitCode);
            Stream(json, "stdout", result.Stdout.Length, result.Stdout.Digest());
            Stream(json, "stderr", result.Stderr.Length, Digest.Of(result.Stderr));
            json.WriteStartArray("inputs");
            foreach (MaterialItem input in inputs)
            {
                json.WriteStartObject();
                json.WriteString("label", input.Label);
                json.WriteString("digest", input.Digest.ToString("x16", CultureInfo.InvariantCulture));
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        });

    private static void Members(Utf8JsonWriter json, StoredEntry entry, string? release)
    {
        json.WriteString("key", entry.Key.ToString());
        json.WriteString("chart", entry.ChartName);
        json.WriteString("version", entry.ChartVersion);
        json.WriteString("release", release);
        json.WriteString("stored", entry.Created);
        json.WriteString("last_used", entry.LastUse);
        if (entry.Uses is { } uses)
            json.WriteNumber("uses", uses);
        else
            json.WriteNull("uses");
        json.WriteNumber("render_ms", entry.RenderMilliseconds);
        json.WriteBoolean("secret", entry.HoldsSecret);
        json.WriteNumber("bytes", entry.Bytes);
        json.WriteString("tier", entry.Tier);
    }

    private static void Stream(Utf8JsonWriter json, string name, long bytes, Digest digest)
    {
        json.WriteStartObject(name);
        json.WriteNumber("bytes", bytes);
        json.WriteString("sha256", digest.ToString());
        json.WriteEndObject();
    }

    private static string Document(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
            write(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
