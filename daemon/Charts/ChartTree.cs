using System;
using System.Collections.Generic;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Screening;

namespace CacheDaemon.Daemon.Charts;

/// <summary>What keeps a content from being a plain template; a function of the content alone, since it is remembered by stamp.</summary>
internal delegate Obstacle? ContentScanner(ReadOnlySpan<byte> content);

/// <summary>How a name takes part in a chart.</summary>
internal enum ChartFileKind : byte
{
    /// <summary>A regular file.</summary>
    File = 1,

    /// <summary>A symbolic link to a regular file, read under the link's name.</summary>
    LinkToFile = 2,

    /// <summary>A symbolic link to a directory; what is below is listed under the link's name.</summary>
    LinkToDirectory = 3,

    /// <summary>A symbolic link that the rules ignore; helm still mentions it on stderr.</summary>
    IgnoredLink = 4,

    /// <summary>A link inside an archive; helm reads an empty file.</summary>
    ArchivedLink = 5,
}

/// <summary>What <see cref="ChartFile.Content"/> is a digest of.</summary>
internal enum ContentForm : byte
{
    /// <summary>Nothing: a link without content of its own.</summary>
    None = 0,

    /// <summary>The bytes.</summary>
    Bytes = 1,

    /// <summary>A packed chart's entries: names, kinds, contents, in order.</summary>
    Entries = 2,

    /// <summary>The bytes of a Chart.lock without the time of its creation.</summary>
    LockWithoutTime = 3,
}

/// <summary>One name of a chart, as it enters the chart's digest.</summary>
/// <param name="Name">Relative path, as bytes.</param>
/// <param name="Kind">How it takes part.</param>
/// <param name="Form">What <paramref name="Content"/> is a digest of.</param>
/// <param name="Content">Digest of the content; zero when there is none.</param>
/// <param name="LinkText">The text of a symbolic link, else empty.</param>
internal sealed record ChartFile(byte[] Name, ChartFileKind Kind, ContentForm Form, Digest Content, byte[] LinkText);

/// <summary>
/// What the scanner said about one file; entries of packed charts are named <c>charts/x-1.0.tgz!x/values.yaml</c>, of a packed root
/// <c>!x/values.yaml</c>.
/// </summary>
internal readonly record struct ChartFileFacts(byte[] Name, Obstacle? Obstacle);

/// <summary>Name, version and API version from a Chart.yaml; empty when they cannot be read. For people, and to know v2 charts.</summary>
internal sealed record ChartMetadata(string Name, string Version, string ApiVersion)
{
    /// <summary>Nothing is known.</summary>
    public static ChartMetadata Unknown { get; } = new("", "", "");
}

/// <summary>
/// A chart as helm loads it: what of it can influence a render, and nothing else. Holds no path of the
/// machine except in <see cref="LinkTargets"/> and in the texts of links. Immutable.
/// </summary>
internal sealed record ChartTree
{
    /// <summary>Digest of every name, kind, content and link text: equal digests mean that helm loads the same chart.</summary>
    public required Digest Digest { get; init; }

    /// <summary>Every name that helm reads or mentions, in helm's order.</summary>
    public required IReadOnlyList<ChartFile> Files { get; init; }

    /// <summary>What the scanner said, per content.</summary>
    public required IReadOnlyList<ChartFileFacts> Facts { get; init; }

    /// <summary>Name and version, for people.</summary>
    public required ChartMetadata Metadata { get; init; }

    /// <summary>
    /// Digest of the absolute paths that the links resolve to, which helm prints on stderr, a line for each; all zero without links.
    /// Belongs to the key that contains paths, never to the first.
    /// </summary>
    public required Digest LinkTargets { get; init; }

    /// <summary>True when an archive could not be looked into and stands for itself by its bytes: nothing screened it.</summary>
    public required bool Opaque { get; init; }

    /// <summary>True when a values.schema.json may make helm read something else than itself.</summary>
    public required bool SchemaReferencesOutside { get; init; }

    /// <summary>Bytes of content, archives as stored.</summary>
    public required long Bytes { get; init; }

    /// <summary>How many names helm reads or mentions.</summary>
    public int FileCount => Files.Count;
}
