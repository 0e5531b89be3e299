using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Cli.Checking;
using CacheDaemon.Daemon.Cli.Sharing;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Servers;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Shared;

/// <summary>Encrypted connections to real servers: whom a client talks to, whom it does not, and what people are told.</summary>
public sealed class TlsTests : IDisposable
{
    private const string Untrusted = "TLS failed: its certificate comes from an authority that is not trusted here";

    private readonly KeyFixture _team = new();
    private readonly CompanyAuthority _company = new();

    public static TheoryData<string> Engines => ["nginx", "redis"];

    public void Dispose()
    {
        _company.Dispose();
        _team.Dispose();
    }

    [ToolTheory("nginx", "redis-server", "redis-cli")]
    [MemberData(nameof(Engines))]
    public async Task An_authority_of_the_companys_own_vouches_for_its_server(string engine)
    {
        using StartedServer server = await StartAsync(engine, _company.For());
        await using ISharedServer client = Open(server.Url, _company.File);
        byte[] content = new byte[200_000];
        await client.PutAsync("a", content, default);
        Assert.Equal(content, await client.GetAsync("a", content.Length, default));
        Assert.Null(await client.GetAsync("b", content.Length, default));
    }

    [ToolTheory("nginx", "redis-server", "redis-cli")]
    [MemberData(nameof(Engines))]
    public async Task A_server_that_cannot_prove_who_it_is_gets_nothing(string engine)
    {
        using var stranger = new CompanyAuthority();
        using StartedServer good = await StartAsync(engine, _company.For());
        Assert.Equal(Untrusted, await FailureAsync(good.Url, ca: null));
        Assert.Equal(Untrusted, await FailureAsync(good.Url, stranger.File));
        using StartedServer other = await StartAsync(engine, _company.For(host: "cache.example.com"));
        Assert.Equal("TLS failed: its certificate is for another host", await FailureAsync(other.Url, _company.File));
        using StartedServer old = await StartAsync(engine, _company.For(days: -1));
        Assert.Equal("TLS failed: its certificate has expired, or is not valid yet", await FailureAsync(old.Url, _company.File));
    }

    /// <summary>A Redis that does not speak TLS says nothing at all to who does: that is a server that does not answer.</summary>
    [ToolFact("nginx")]
    public async Task A_port_without_TLS_is_named_as_that()
    {
        using StartedServer plain = await StartAsync("nginx", tls: null);
        Assert.Equal(ServerCertificates.NoTls, await FailureAsync(new UriBuilder(plain.Url) { Scheme = "https" }.Uri, _company.File));
    }

    [ToolTheory("nginx", "redis-server", "redis-cli")]
    [MemberData(nameof(Engines))]
    public async Task Check_says_what_to_set(string engine)
    {
        using StartedServer server = await StartAsync(engine, _company.For());
        DoctorCheck untrusted = (await TryAsync(Settings(server.Url, ca: null)))[0];
        Assert.Equal(
            (CheckOutcome.Fail, "read", "shared.ca_file: the certificate (PEM) of your company's authority"),
            (untrusted.Outcome, untrusted.Name, untrusted.Next)
        );
        Assert.EndsWith(Untrusted, untrusted.Says, StringComparison.Ordinal);
        IReadOnlyList<DoctorCheck> trusted = await TryAsync(
            Settings(server.Url, _company.File) with
            {
                MayWrite = true,
                SignWith = _team.SigningKey,
            }
        );
        Assert.All(trusted, static check => Assert.Equal(CheckOutcome.Ok, check.Outcome));
    }

    [Theory]
    [InlineData(null, "no such file")]
    [InlineData("", "holds no certificate")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds no certificate")]
    public void A_file_without_an_authority_is_named(string? content, string says)
    {
        string file = content is null ? "/nonexistent/ca.pem" : _team.File("ca.pem", content);
        string problem = Assert.Single(SharedChecks.Problems(Settings(new Uri("https://127.0.0.1:1/"), file)));
        Assert.StartsWith(file + ": ", problem, StringComparison.Ordinal);
        Assert.Contains(says, problem, StringComparison.Ordinal);
    }

    private static async Task<StartedServer> StartAsync(string engine, (string, string)? tls)
    {
        StartedServer server = engine == "nginx" ? new Nginx(tls: tls) : new Redis(tls: tls);
        await server.StartAsync();
        return server;
    }

    private SharedSettings Settings(Uri url, string? ca) => _team.Settings(encrypted: true) with { Url = url, CaFile = ca };

    /// <summary>With the daemon's own settings but for its deadline, since the machine may be busy.</summary>
    private static ISharedServer Open(Uri url, string? ca)
    {
        var problems = new List<string>();
        ServerCertificates certificates = ca is null ? new() : ServerCertificates.Load(ca, problems)!;
        Assert.Empty(problems);
        return url.Scheme == "https"
            ? new HttpServer(url, [], TimeSpan.FromMinutes(1), certificates)
            : new RedisServer(url, null, TimeSpan.FromDays(1), TimeSpan.FromMinutes(1), certificates);
    }

    private static async Task<string> FailureAsync(Uri url, string? ca)
    {
        await using ISharedServer client = Open(url, ca);
        return (await Assert.ThrowsAsync<SharedServerException>(() => client.GetAsync("a", 100, default))).Message;
    }

    private static async Task<IReadOnlyList<DoctorCheck>> TryAsync(SharedSettings settings)
    {
        var checks = new List<DoctorCheck>();
        await foreach (
            DoctorCheck check in new ServerTrial(Open(settings.Url!, settings.CaFile), KeyFixture.Load(settings), settings.MayWrite).Run(
                default
            )
        )
            checks.Add(check);
        return checks;
    }
}
