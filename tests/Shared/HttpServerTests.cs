using System;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Servers;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Shared;

/// <summary>The HTTP client with Debian's nginx.</summary>
public sealed class HttpServerTests : SharedServerContract, IDisposable
{
    private const string Token = "s3cr3t-token";

    private readonly Nginx _nginx = new(Token);

    private protected override StartedServer Server => _nginx;

    public void Dispose() => _nginx.Dispose();

    private protected override ISharedServer Connect(Uri url) =>
        new HttpServer(url, [new("Authorization", "Bearer " + Token)], Patience, new());

    protected override Uri UrlAt(int port) => new($"http://127.0.0.1:{port}/cache");

    [ToolFact("nginx")]
    public override Task What_is_put_is_got_and_replaced() => base.What_is_put_is_got_and_replaced();

    [ToolFact("nginx")]
    public override Task What_is_too_large_is_a_failure_of_its_own() => base.What_is_too_large_is_a_failure_of_its_own();

    [ToolFact("nginx")]
    public override Task Many_at_once_are_served() => base.Many_at_once_are_served();

    [ToolFact("nginx")]
    public override Task A_server_that_is_down_is_a_failure_and_one_that_comes_back_is_served_again() =>
        base.A_server_that_is_down_is_a_failure_and_one_that_comes_back_is_served_again();

    [ToolFact("nginx")]
    public override Task A_server_that_hangs_is_given_up_when_told_so() => base.A_server_that_hangs_is_given_up_when_told_so();

    [ToolFact("nginx")]
    public async Task What_the_server_refuses_is_named_by_its_status_and_shows_no_token()
    {
        await using var stranger = new HttpServer(_nginx.Url, [new("Authorization", "Bearer wrong-token")], Patience, new());
        Assert.Equal("status 401", await FailureAsync(stranger.GetAsync(Name, MaxBytes, default)));
        Assert.Equal("status 401", await FailureAsync(stranger.PutAsync(Name, new byte[10], default)));
        await using ISharedServer client = Connect(_nginx.Url);
        Assert.Equal("status 413", await FailureAsync(client.PutAsync(Name, new byte[Nginx.MaxBytes + 1], default)));
        using var readOnly = new Nginx(takes: false);
        await readOnly.StartAsync();
        await using var writer = new HttpServer(readOnly.Url, [], Patience, new());
        Assert.Equal("status 405", await FailureAsync(writer.PutAsync(Name, new byte[10], default)));
        Assert.Null(await writer.GetAsync(Name, MaxBytes, default));
    }

    /// <summary>Headers may hold a token, which is for the host that was configured.</summary>
    [ToolFact("nginx")]
    public async Task Redirects_are_not_followed()
    {
        await using ISharedServer client = Connect(new Uri($"http://127.0.0.1:{_nginx.Port}/moved"));
        Assert.Equal("status 302", await FailureAsync(client.GetAsync(Name, MaxBytes, default)));
        // nginx writes its log after the answer.
        await Eventually.IsTrueAsync("the request is logged", () => _nginx.Requests("GET") > 0);
        Assert.Equal(1, _nginx.Requests("GET"));
    }

    private static async Task<string> FailureAsync(Task exchange) =>
        (await Assert.ThrowsAsync<SharedServerException>(() => exchange)).Message;
}
