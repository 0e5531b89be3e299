using System;

namespace CacheDaemon.Client;

/// <summary>
/// A call that could not be made, or whose output is no list of resources. A failure of helm itself is none: it is a
/// <see cref="HelmRender"/> with its exit code.
/// </summary>
public sealed class HelmCacheException : Exception
{
    /// <summary>Makes one without a message.</summary>
    public HelmCacheException() { }

    /// <summary>Makes one with a message for people.</summary>
    /// <param name="message">What happened.</param>
    public HelmCacheException(string message)
        : base(message) { }

    /// <summary>Makes one that has a cause.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">Why.</param>
    public HelmCacheException(string message, Exception innerException)
        : base(message, innerException) { }
}
