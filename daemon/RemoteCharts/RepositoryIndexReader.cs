using System;
using System.Collections.Generic;

namespace CacheDaemon.Daemon.RemoteCharts;

/// <summary>
/// Reads the index of a chart repository into its small form: YAML or JSON, as helm does (<c>jsonOrYamlUnmarshal</c> of
/// <c>pkg/repo/v1/index.go</c>).
/// </summary>
internal static class RepositoryIndexReader
{
    /// <summary>The index in a file's bytes.</summary>
    /// <exception cref="IndexException">helm could not read it, or might read it differently.</exception>
    public static RepositoryIndex Read(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> bare = text.TrimStart(" \t\r\n"u8);
        Dictionary<string, IReadOnlyList<IndexedVersion>> charts = bare.StartsWith("{"u8)
            ? JsonIndexReader.Read(text)
            : YamlIndexReader.Read(text);
        return new RepositoryIndex(charts);
    }
}
