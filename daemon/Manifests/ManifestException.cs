using System;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>A document that Kubernetes tools would not read; the message says why, without the document's values.</summary>
/// <param name="line">Line within the document, from 1 on.</param>
/// <param name="message">Why.</param>
internal sealed class ManifestException(long line, string message) : Exception(message)
{
    public long Line { get; } = line;
}
