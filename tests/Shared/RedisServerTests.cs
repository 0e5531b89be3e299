using System;
using System.Globalization;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Servers;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Shared;

/// <summary>The Redis client with Debian's redis-server.</summary>
public sealed class RedisServerTests : SharedServerContract, IDisposable
{
    private const string Password = "s3cr3t password";

    private readonly Redis _redis = new(Password);

    private protected override StartedServer Server => _redis;

    public void Dispose() => _redis.Dispose();

    private protected override ISharedServer Connect(Uri url) => Client(url, Password);

    protected override Uri UrlAt(int port) => new($"redis://127.0.0.1:{port}");

    [ToolFact("redis-server")]
    public override Task What_is_put_is_got_and_replaced() => base.What_is_put_is_got_and_replaced();

    [ToolFact("redis-server")]
    public override Task What_is_too_large_is_a_failure_of_its_own() => base.What_is_too_large_is_a_failure_of_its_own();

    [ToolFact("redis-server")]
    public override Task Many_at_once_are_served() => base.Many_at_once_are_served();

    [ToolFact("redis-server")]
    public override Task A_server_that_is_down_is_a_failure_and_one_that_comes_back_is_served_again() =>
        base.A_server_that_is_down_is_a_failure_and_one_that_comes_back_is_served_again();

    [ToolFact("redis-server")]
    public override Task A_server_that_hangs_is_given_up_when_told_so() => base.A_server_that_hangs_is_given_up_when_told_so();

    [ToolFact("redis-server", "redis-cli")]
    public async Task Objects_have_our_prefix_the_database_of_the_URL_and_an_end()
    {
        await using ISharedServer client = Connect(_redis.Url);
        await client.PutAsync(Name, new byte[10], default);
        Assert.Equal("helmcached:ac:" + Name, await _redis.AskAsync("keys", "*"));
        Assert.InRange(
            int.Parse(await _redis.AskAsync("ttl", "helmcached:ac:" + Name), CultureInfo.InvariantCulture),
            86_400 - 600,
            86_400
        );
        Assert.Equal($"redis://127.0.0.1:{_redis.Port}/1", client.Description);
        // One connection, and redis-cli's own.
        Assert.Contains("connected_clients:2", await _redis.AskAsync("info", "clients"), StringComparison.Ordinal);
    }

    [ToolTheory("redis-server")]
    [InlineData("", null)]
    [InlineData("", "wrong password")]
    [InlineData("someone:else@", null)]
    public async Task A_wrong_password_is_a_failure_that_shows_none(string login, string? password)
    {
        await using RedisServer client = Client(new Uri($"redis://{login}127.0.0.1:{_redis.Port}/1"), password);
        string message = (await Assert.ThrowsAsync<SharedServerException>(() => client.GetAsync(Name, MaxBytes, default))).Message;
        Assert.True(message is "password refused" or "error NOAUTH" or "error WRONGPASS", message);
    }

    [ToolFact("redis-server")]
    public async Task A_password_may_stand_in_the_URL()
    {
        await using RedisServer client = Client(new Uri($"redis://:{Uri.EscapeDataString(Password)}@127.0.0.1:{_redis.Port}/1"), null);
        Assert.Null(await client.GetAsync(Name, MaxBytes, default));
        Assert.DoesNotContain("s3cr3t", client.Description, StringComparison.Ordinal);
    }

    [ToolFact("redis-server")]
    public async Task A_database_that_is_not_there_is_a_failure()
    {
        await using RedisServer client = Client(new Uri($"redis://127.0.0.1:{_redis.Port}/7"), Password);
        Assert.Equal(
            "no such database",
            (await Assert.ThrowsAsync<SharedServerException>(() => client.GetAsync(Name, MaxBytes, default))).Message
        );
    }

    /// <summary>The rights in docs/shared-cache.md.</summary>
    [ToolFact("redis-server", "redis-cli")]
    public async Task Few_rights_are_enough_and_who_may_read_cannot_write()
    {
        await using ISharedServer client = Connect(_redis.Url);
        await client.PutAsync(Name, new byte[10], default);
        await _redis.AskAsync("acl", "setuser", "reader", "on", ">pw", "~helmcached:ac:*", "+getrange", "+select", "+ping", "+echo");
        await using RedisServer reader = Client(new Uri($"redis://reader:pw@127.0.0.1:{_redis.Port}/1"), null);
        Assert.Equal(10, (await reader.GetAsync(Name, MaxBytes, default))!.Length);
        Assert.Equal(
            "error NOPERM",
            (await Assert.ThrowsAsync<SharedServerException>(() => reader.PutAsync(Name, new byte[20], default))).Message
        );
        await _redis.AskAsync(
            "acl",
            "setuser",
            "writer",
            "on",
            ">pw",
            "~helmcached:ac:*",
            "+getrange",
            "+set",
            "+setex",
            "+select",
            "+ping",
            "+echo"
        );
        await using RedisServer writer = Client(new Uri($"redis://writer:pw@127.0.0.1:{_redis.Port}/1"), null);
        await writer.PutAsync(Name, new byte[20], default);
        Assert.Equal(20, (await reader.GetAsync(Name, MaxBytes, default))!.Length);
    }

    [ToolFact("redis-server", "redis-cli")]
    public async Task A_full_server_takes_nothing_and_still_gives()
    {
        await using ISharedServer client = Connect(_redis.Url);
        await client.PutAsync(Name, new byte[1000], default);
        await _redis.AskAsync("config", "set", "maxmemory-policy", "noeviction");
        await _redis.AskAsync("config", "set", "maxmemory", "1");
        Assert.Equal(
            "error OOM",
            (await Assert.ThrowsAsync<SharedServerException>(() => client.PutAsync(new string('b', 64), new byte[1000], default))).Message
        );
        Assert.Equal(1000, (await client.GetAsync(Name, MaxBytes, default))!.Length);
    }

    [ToolFact("redis-server", "redis-cli")]
    public async Task A_flushed_server_has_nothing_and_goes_on()
    {
        await using ISharedServer client = Connect(_redis.Url);
        await client.PutAsync(Name, new byte[1000], default);
        await _redis.AskAsync("flushall");
        Assert.Null(await client.GetAsync(Name, MaxBytes, default));
        await client.PutAsync(Name, new byte[1000], default);
        Assert.NotNull(await client.GetAsync(Name, MaxBytes, default));
    }

    private static RedisServer Client(Uri url, string? password) => new(url, password, TimeSpan.FromDays(1), Patience, new());
}
