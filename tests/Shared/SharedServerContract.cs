using System;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Shared;

/// <summary>What every client of a server promises, whatever the server does. The tests run against the real one.</summary>
public abstract class SharedServerContract : IAsyncLifetime
{
    protected const int MaxBytes = 200_000;

    /// <summary>Nothing here is about time, and the machine may be busy.</summary>
    private protected static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private protected abstract StartedServer Server { get; }

    /// <summary>A client of a URL of this kind of server.</summary>
    private protected abstract ISharedServer Connect(Uri url);

    protected abstract Uri UrlAt(int port);

    protected static string Name { get; } = new('a', 64);

    public Task InitializeAsync() => Server.StartAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public virtual async Task What_is_put_is_got_and_replaced()
    {
        await using ISharedServer client = Connect(Server.Url);
        Assert.Null(await client.GetAsync(Name, MaxBytes, default));
        foreach (int length in (int[])[1, 100, MaxBytes])
        {
            byte[] content = RandomNumberGenerator.GetBytes(length);
            await client.PutAsync(Name, content, default);
            Assert.Equal(content, await client.GetAsync(Name, MaxBytes, default));
        }
        Assert.Null(await client.GetAsync(new string('b', 64), MaxBytes, default));
    }

    public virtual async Task What_is_too_large_is_a_failure_of_its_own()
    {
        await using ISharedServer client = Connect(Server.Url);
        await client.PutAsync(Name, new byte[MaxBytes + 1], default);
        Assert.True((await Assert.ThrowsAsync<SharedServerException>(() => client.GetAsync(Name, MaxBytes, default))).IsTooLarge);
        Assert.Equal(MaxBytes + 1, (await client.GetAsync(Name, MaxBytes + 1, default))!.Length);
    }

    public virtual async Task Many_at_once_are_served()
    {
        await using ISharedServer client = Connect(Server.Url);
        byte[][] contents = [.. Enumerable.Range(0, 64).Select(i => RandomNumberGenerator.GetBytes(1000 + i))];
        string[] names = [.. contents.Select(content => Convert.ToHexStringLower(SHA256.HashData(content)))];
        await Task.WhenAll(names.Zip(contents, (name, content) => client.PutAsync(name, content, default)));
        byte[]?[] got = await Task.WhenAll(names.Select(name => client.GetAsync(name, MaxBytes, default)));
        Assert.Equal(contents, got);
    }

    public virtual async Task A_server_that_is_down_is_a_failure_and_one_that_comes_back_is_served_again()
    {
        await using ISharedServer client = Connect(Server.Url);
        await client.PutAsync(Name, new byte[10], default);
        Server.Stop();
        SharedServerException down = await Assert.ThrowsAsync<SharedServerException>(() => client.GetAsync(Name, MaxBytes, default));
        Assert.False(down.IsTooLarge);
        await Assert.ThrowsAsync<SharedServerException>(() => client.PutAsync(Name, new byte[10], default));
        await Server.StartAsync();
        // The client may still hold a connection to the server that is gone, and learns so by a failure.
        await Eventually.IsTrueAsync(
            "the server is reached again",
            async () =>
            {
                try
                {
                    await client.PutAsync(Name, new byte[20], default);
                    return true;
                }
                catch (SharedServerException)
                {
                    return false;
                }
            }
        );
        Assert.Equal(20, (await client.GetAsync(Name, MaxBytes, default))!.Length);
    }

    public virtual async Task A_server_that_hangs_is_given_up_when_told_so()
    {
        using var hung = new TcpListener(IPAddress.Loopback, 0);
        hung.Start();
        await using ISharedServer client = Connect(UrlAt(((IPEndPoint)hung.LocalEndpoint).Port));
        using var end = new CancellationTokenSource();
        Task<byte[]?> asking = client.GetAsync(Name, MaxBytes, end.Token);
        using TcpClient accepted = await hung.AcceptTcpClientAsync();
        Assert.False(asking.IsCompleted);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }
}
