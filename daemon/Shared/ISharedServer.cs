using System;
using System.Threading;
using System.Threading.Tasks;

namespace CacheDaemon.Daemon.Shared;

/// <summary>
/// A server that keeps sealed entries under their names. It is trusted with nothing: what it gives is checked by
/// <see cref="Sealing.SealedEntry"/>. Safe for use by many at once.
/// </summary>
internal interface ISharedServer : IAsyncDisposable
{
    /// <summary>Scheme, host, port and path, for people; never a password or token.</summary>
    string Description { get; }

    /// <summary>The server's time in its last answer, to the second; null when it does not say.</summary>
    DateTimeOffset? Clock { get; }

    /// <summary>What is kept under a name; null when nothing is.</summary>
    /// <param name="name">64 hexadecimal digits, from <see cref="Sealing.SharedKeys.NameOf"/>.</param>
    /// <param name="maxBytes">A longer object is a failure, and is not read to its end.</param>
    /// <param name="cancellation">Ends the request.</param>
    /// <exception cref="SharedServerException">The server could not be asked, or gave no usable answer.</exception>
    /// <exception cref="OperationCanceledException">As <paramref name="cancellation"/> asked for.</exception>
    Task<byte[]?> GetAsync(string name, int maxBytes, CancellationToken cancellation);

    /// <summary>Keeps an object under a name, in place of another one.</summary>
    /// <param name="name">As for <see cref="GetAsync"/>.</param>
    /// <param name="content">The sealed entry.</param>
    /// <param name="cancellation">Ends the request.</param>
    /// <exception cref="SharedServerException">The server did not take it.</exception>
    /// <exception cref="OperationCanceledException">As <paramref name="cancellation"/> asked for.</exception>
    Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation);
}
