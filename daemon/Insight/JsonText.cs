using System;
using System.Buffers;
using System.Text;
using System.Text.Json;

namespace CacheDaemon.Daemon.Insight;

/// <summary>A JSON document as text, written and not serialized: native code has no reflection to spare.</summary>
internal static class JsonText
{
    /// <summary>What <paramref name="write"/> writes.</summary>
    public static string Of(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
            write(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
