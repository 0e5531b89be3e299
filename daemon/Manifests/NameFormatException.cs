using System;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>A name format that is not understood, or that does not fit a resource; the message says what in it.</summary>
/// <param name="message">What is wrong, as the end of a sentence.</param>
internal sealed class NameFormatException(string message) : Exception(message) { }
