using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace CacheDaemon.Daemon.Shared.Servers;

/// <summary>
/// Any server that keeps what is <c>PUT</c> and gives it back by <c>GET</c>, below <c>URL/ac/</c>: nginx with WebDAV, bazel-remote, an
/// artifact store. No proxy of the environment, no cookies, no redirects: headers may hold tokens, and they are for this host alone.
/// </summary>
internal sealed class HttpServer : ISharedServer
{
    /// <summary>More at once wait for each other: a burst of calls must not cost as many connections, and files, as it has calls.</summary>
    private const int MaxConnections = 16;

    /// <summary>Servers and their balancers close idle connections after a minute or more (nginx: 75 s); ours go before.</summary>
    private static readonly TimeSpan s_idleConnection = TimeSpan.FromSeconds(50);

    private readonly HttpClient _client;
    private readonly ServerCertificates _certificates;
    private readonly string _prefix;
    private long _clock;

    /// <param name="url"><c>http</c> or <c>https</c>, without a user.</param>
    /// <param name="headers">Sent with each request.</param>
    /// <param name="connect">Longest time for a new connection, encryption included.</param>
    /// <param name="certificates">Judges the server's certificate.</param>
    public HttpServer(Uri url, IEnumerable<KeyValuePair<string, string>> headers, TimeSpan connect, ServerCertificates certificates)
    {
        _certificates = certificates;
        Description = url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');
        _prefix = Description + "/ac/";
        _client = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                ConnectTimeout = connect,
                MaxConnectionsPerServer = MaxConnections,
                PooledConnectionIdleTimeout = s_idleConnection,
                SslOptions = certificates.Options(host: null),
                UseCookies = false,
                UseProxy = false,
            }
        )
        {
            Timeout = Timeout.InfiniteTimeSpan, // Whoever asks has a deadline.
        };
        foreach ((string name, string value) in headers)
            _client.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public DateTimeOffset? Clock =>
        Interlocked.Read(ref _clock) is > 0 and var seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    /// <inheritdoc/>
    public Task<byte[]?> GetAsync(string name, int maxBytes, CancellationToken cancellation) =>
        TryAsync(async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, _prefix + name);
            using HttpResponseMessage response = await _client
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation)
                .ConfigureAwait(false);
            Interlocked.Exchange(ref _clock, response.Headers.Date?.ToUnixTimeSeconds() ?? 0);
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
                return null;
            if (response.StatusCode != HttpStatusCode.OK)
                throw new SharedServerException($"status {(int)response.StatusCode}");
            if (response.Content.Headers.ContentLength > maxBytes)
                throw new SharedServerException("the object is too large") { IsTooLarge = true };
            using Stream stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            return await ReadAsync(stream, (int)(response.Content.Headers.ContentLength ?? 0), maxBytes, cancellation)
                .ConfigureAwait(false);
        });

    /// <inheritdoc/>
    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        TryAsync(async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, _prefix + name) { Content = new ReadOnlyMemoryContent(content) };
            using HttpResponseMessage response = await _client
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation)
                .ConfigureAwait(false);
            return response.IsSuccessStatusCode ? true : throw new SharedServerException($"status {(int)response.StatusCode}");
        });

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>All of a body, of which no more than <paramref name="maxBytes"/> and one is ever held.</summary>
    /// <param name="body">The body.</param>
    /// <param name="announced">Its length, as far as the server said.</param>
    /// <param name="maxBytes">Longest body that is taken.</param>
    /// <param name="cancellation">The deadline.</param>
    private static async Task<byte[]> ReadAsync(Stream body, int announced, int maxBytes, CancellationToken cancellation)
    {
        byte[] bytes = new byte[announced > 0 ? announced : 16 * 1024];
        int length = 0;
        while (true)
        {
            if (length == bytes.Length)
            {
                if (announced > 0)
                    return bytes; // The client itself gives no more than was announced, and fails for less.
                Array.Resize(ref bytes, (int)Math.Min(2L * bytes.Length, maxBytes + 1L));
            }
            int count = await body.ReadAsync(bytes.AsMemory(length), cancellation).ConfigureAwait(false);
            if (count == 0)
                return bytes[..length];
            length += count;
            if (length > maxBytes)
                throw new SharedServerException("the object is too large") { IsTooLarge = true };
        }
    }

    private async Task<T> TryAsync<T>(Func<Task<T>> exchange)
    {
        try
        {
            return await exchange().ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException)
        {
            throw new SharedServerException("no connection in time", e);
        }
        catch (HttpRequestException e)
        {
            throw new SharedServerException(Reason(e), e);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw new SharedServerException("connection lost", e);
        }
    }

    private string Reason(HttpRequestException e) =>
        e.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "host not found",
            HttpRequestError.ConnectionError => "no connection",
            HttpRequestError.SecureConnectionError => _certificates.Failure,
            _ => "no HTTP answer",
        };
}
