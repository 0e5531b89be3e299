using System;
using System.Threading;
using System.Threading.Tasks;
using StackExchange.Redis;

namespace CacheDaemon.Daemon.Shared.Servers;

/// <summary>
/// Redis, or what speaks like it (Valkey, Garnet): one string under <c>helmcached:ac:NAME</c> for each object, which goes by itself after
/// <c>shared.max_age</c>. One connection, made when it is first needed and dropped when it fails, so that nothing tries again behind our
/// back: when to try is the breaker's to say.
/// </summary>
internal sealed class RedisServer : ISharedServer
{
    private const int DefaultPort = 6379;

    private const string NoSuchDatabase = "no such database";

    private const string Prefix = "helmcached:ac:";

    /// <summary>
    /// How often the client looks after an idle connection. Its default of a second would wake an idle daemon for nothing.
    /// </summary>
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(30);

    private readonly ConfigurationOptions _options;
    private readonly ServerCertificates _certificates;
    private readonly TimeSpan _expiry;
    private readonly SemaphoreSlim _connecting = new(1);
    private ConnectionMultiplexer? _connection;
    private int _answers;

    /// <param name="url"><c>redis</c> or <c>rediss</c>; the path names the database, 0 when there is none.</param>
    /// <param name="password">In place of the one in the URL; null for that.</param>
    /// <param name="expiry">After which an object goes.</param>
    /// <param name="connect">Longest time for a new connection, log-in included.</param>
    /// <param name="certificates">Judges the server's certificate.</param>
    public RedisServer(Uri url, string? password, TimeSpan expiry, TimeSpan connect, ServerCertificates certificates)
    {
        _certificates = certificates;
        int port = url.Port > 0 ? url.Port : DefaultPort;
        int database = int.TryParse(url.AbsolutePath.AsSpan().Trim('/'), out int number) ? number : 0;
        Description = $"{url.Scheme}://{url.Host}:{port}/{database}";
        _expiry = expiry;
        string[] login = Uri.UnescapeDataString(url.UserInfo).Split(':', 2);
        _options = new ConfigurationOptions
        {
            EndPoints = { { url.DnsSafeHost, port } },
            DefaultDatabase = database,
            // The tunnel encrypts, so that what it looks at is what the client reads.
            Tunnel = new GuardedTunnel(url.Scheme == "rediss" ? certificates : null, url.DnsSafeHost),
            User = login[0].Length > 0 ? login[0] : null,
            Password = password ?? (login.Length > 1 ? login[1] : null),
            ClientName = "helmcached",
            AbortOnConnectFail = true,
            ConnectRetry = 1,
            ConnectTimeout = (int)connect.TotalMilliseconds,
            HeartbeatInterval = s_heartbeat,
            BacklogPolicy = BacklogPolicy.FailFast,
            // Nothing that a user with few rights may not do, and no second connection for news that we do not read.
            CommandMap = CommandMap.Create(["INFO", "CLUSTER", "SENTINEL", "SUBSCRIBE", "PSUBSCRIBE"], available: false),
            ConfigurationChannel = "",
            TieBreaker = "",
            SetClientLibrary = false,
            Protocol = RedisProtocol.Resp2,
        };
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public DateTimeOffset? Clock => null;

    /// <inheritdoc/>
    public Task<byte[]?> GetAsync(string name, int maxBytes, CancellationToken cancellation) =>
        TryAsync(
            async database =>
            {
                // One byte more than may be: what is longer is known by it, and not read whole.
                byte[]? bytes = await database.StringGetRangeAsync(Prefix + name, 0, maxBytes).ConfigureAwait(false);
                return bytes is null or [] ? null
                    : bytes.Length <= maxBytes ? bytes
                    : throw new SharedServerException("the object is too large") { IsTooLarge = true };
            },
            cancellation
        );

    /// <inheritdoc/>
    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        TryAsync(database => database.StringSetAsync(Prefix + name, content, _expiry), cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
            await connection.DisposeAsync().ConfigureAwait(false);
        _connecting.Dispose();
    }

    private async Task<T> TryAsync<T>(Func<IDatabase, Task<T>> exchange, CancellationToken cancellation)
    {
        ConnectionMultiplexer? connection = null;
        int answers = Volatile.Read(ref _answers);
        try
        {
            connection = await ConnectAsync(cancellation).ConfigureAwait(false);
            T answer = await exchange(connection.GetDatabase()).WaitAsync(cancellation).ConfigureAwait(false);
            Interlocked.Increment(ref _answers);
            return answer;
        }
        catch (RedisServerException e)
        {
            throw new SharedServerException(
                e.Message.Contains("DB index", StringComparison.Ordinal) ? NoSuchDatabase : FirstWord(e.Message),
                e
            );
        }
        // The client throws a dozen kinds (RedisCommandException is no RedisException): to who asks, each means that there is no answer.
#pragma warning disable CA1031
        catch (Exception e) when (e is not SharedServerException)
#pragma warning restore CA1031
        {
            // Who waited too long for one of many answers does not take the others' connection away; one that gives no answer at all goes.
            if (connection is not null && !(e is OperationCanceledException && answers != Volatile.Read(ref _answers)))
                await DropAsync(connection).ConfigureAwait(false);
            if (e is OperationCanceledException && cancellation.IsCancellationRequested)
                throw;
            throw new SharedServerException(Reason(e), e);
        }
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(CancellationToken cancellation)
    {
        if (Volatile.Read(ref _connection) is { } there)
            return there;
        await _connecting.WaitAsync(cancellation).ConfigureAwait(false);
        Task<ConnectionMultiplexer> connecting;
        try
        {
            if (_connection is { } since)
                return since;
            connecting = ConnectionMultiplexer.ConnectAsync(_options);
            try
            {
                return _connection = await connecting.WaitAsync(cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                _ = DisposeWhenThereAsync(connecting);
                throw;
            }
        }
        finally
        {
            _connecting.Release();
        }
    }

    /// <summary>A connection that comes too late for who asked for it.</summary>
    private static async Task DisposeWhenThereAsync(Task<ConnectionMultiplexer> connecting)
    {
        try
        {
            await (await connecting.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
        catch (RedisException)
        {
            return; // It did not come at all.
        }
    }

    /// <summary>Others may have made a new one meanwhile.</summary>
    private async Task DropAsync(ConnectionMultiplexer connection)
    {
        if (Interlocked.CompareExchange(ref _connection, null, connection) == connection)
            await connection.DisposeAsync().ConfigureAwait(false);
    }

    private string Reason(Exception e) =>
        e switch
        {
            RedisConnectionException when _certificates.IsRefused => _certificates.Failure,
            RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } => "password refused",
            RedisConnectionException connection => Words(connection.FailureType),
            RedisCommandException => NoSuchDatabase,
            TimeoutException or OperationCanceledException => "no answer in time",
            _ => "connection lost",
        };

    private static string Words(ConnectionFailureType type) =>
        type switch
        {
            ConnectionFailureType.UnableToConnect or ConnectionFailureType.UnableToResolvePhysicalConnection => "no connection",
            _ => "connection lost",
        };

    /// <summary>The code that begins an error of Redis, such as <c>OOM</c> or <c>NOAUTH</c>.</summary>
    private static string FirstWord(string message)
    {
        int end = message.IndexOf(' ', StringComparison.Ordinal);
        string word = end < 0 ? message : message[..end];
        return word.Length is > 0 and <= 20 && word.AsSpan().IndexOfAnyExceptInRange('A', 'Z') < 0 ? "error " + word : "error";
    }
}
