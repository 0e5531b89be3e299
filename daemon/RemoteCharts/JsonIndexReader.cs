using System;
using System.Collections.Generic;
using System.Text.Json;

namespace CacheDaemon.Daemon.RemoteCharts;

/// <summary>Reads an index that is written as JSON, as Artifactory and <c>helm repo index --json</c> do. Serves one file.</summary>
internal ref struct JsonIndexReader
{
    private Utf8JsonReader _json;

    private JsonIndexReader(ReadOnlySpan<byte> text) => _json = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = 200 });

    /// <summary>The versions of each chart.</summary>
    /// <exception cref="IndexException">It is no JSON, or none that we are sure to read as Go does.</exception>
    public static Dictionary<string, IReadOnlyList<IndexedVersion>> Read(ReadOnlySpan<byte> text)
    {
        try
        {
            return new JsonIndexReader(text).Document();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new IndexException("it is no JSON");
        }
    }

    private Dictionary<string, IReadOnlyList<IndexedVersion>> Document()
    {
        Dictionary<string, IReadOnlyList<IndexedVersion>>? charts = null;
        Expect(JsonTokenType.StartObject);
        while (NextName() is { } name)
        {
            if (IndexEntry.IsOtherSpelling(name, "entries") || (name == "entries" && charts is not null))
                throw new IndexException($"a field is called {name}, or stands twice");
            if (name == "entries")
                charts = Charts();
            else
                SkipValue();
        }
        return _json.Read() ? throw new IndexException("something follows it") : charts ?? [];
    }

    private Dictionary<string, IReadOnlyList<IndexedVersion>> Charts()
    {
        var charts = new Dictionary<string, IReadOnlyList<IndexedVersion>>(StringComparer.Ordinal);
        Expect(JsonTokenType.StartObject);
        while (NextName() is { } name)
        {
            var versions = new List<IndexedVersion>();
            Expect(JsonTokenType.StartArray);
            while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
                versions.Add(Entry());
            if (!charts.TryAdd(name, versions.ToArray()))
                throw new IndexException($"{name} stands twice");
        }
        return charts;
    }

    private IndexedVersion Entry()
    {
        if (_json.TokenType != JsonTokenType.StartObject)
            throw new IndexException("an entry is no object");
        var entry = new IndexEntry();
        while (NextName() is { } name)
        {
            if (!IndexEntry.Wants(name))
            {
                SkipValue();
                continue;
            }
            _json.Read();
            if (_json.TokenType == JsonTokenType.StartArray && name == "urls")
            {
                for (int i = 0; _json.Read() && _json.TokenType != JsonTokenType.EndArray; i++)
                    if (i == 0)
                        entry.Take(name, Text());
            }
            else
                entry.Take(name, Text());
        }
        return entry.ToVersion();
    }

    private string Text() => _json.TokenType == JsonTokenType.String ? _json.GetString()! : throw new IndexException("a text is missing");

    private void Expect(JsonTokenType type)
    {
        if (!_json.Read() || _json.TokenType != type)
            throw new IndexException("it is of another shape");
    }

    private string? NextName() => _json.Read() && _json.TokenType == JsonTokenType.PropertyName ? _json.GetString() : null;

    private void SkipValue()
    {
        _json.Read();
        _json.Skip();
    }
}
