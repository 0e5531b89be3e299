using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared.Sealing;
using CacheDaemon.Tests.Shared;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>
/// One cache for a team, with the servers that teams run: machines have homes, users' directories and checkouts of their own.
/// </summary>
[Trait("Needs", "programs")]
public sealed class TeamCacheTests : IDisposable
{
    private const string Planted = "planted-7f3a9c";

    private readonly KeyFixture _team = new();
    private string _helm = RealHelms.Helm3;

    public void Dispose() => _team.Dispose();

    [ToolTheory("nginx", "redis-server", "redis-cli")]
    [InlineData("nginx", 60, 3)]
    [InlineData("redis", 60, 42)]
    [InlineData("nginx", 3, 4)]
    [InlineData("nginx", 3, 42)]
    [InlineData("redis", 3, 3)]
    [InlineData("redis", 3, 4)]
    public async Task A_fresh_machine_renders_nothing_that_another_one_has(string engine, int environments, int major)
    {
        _helm = RealHelms.Of(major);
        using StartedServer server = await StartAsync(engine);
        string[] rendered = await WriteAsync(server, environments);
        await FreshReaderAsync(
            server,
            async reader =>
            {
                for (int i = 0; i < environments; i++)
                    Assert.Equal(rendered[i], await RenderAsync(reader, i));
                Stats stats = await reader.StatsAsync();
                return stats.Shared("errors") == 0 ? stats : null;
            },
            async (reader, stats) =>
            {
                Assert.Equal((0, 0, environments), (stats.HelmRuns, stats.Bypasses, stats.HitsByTier["shared"]));
                Assert.Equal((environments, 0, 0), (stats.Shared("hits"), stats.Shared("misses"), stats.Shared("stored")));
                using var explained = JsonDocument.Parse(
                    (await reader.Admin("explain", "--json", "--").In(reader.At("checkout"), Call(0)).RunAsync()).StdoutText
                );
                Assert.Equal(_team.Writer(encrypted: true).Signer!.Id, explained.RootElement.GetProperty("signed_by").GetString());
                string text = (await reader.Admin("explain", "--").In(reader.At("checkout"), Call(0)).RunAsync()).StdoutText;
                Assert.Contains("from the team's cache: rendered on another machine, signed by key", text, StringComparison.Ordinal);
                Assert.Contains(
                    $"team's cache: {server.Url.Scheme}://127.0.0.1:{server.Port}",
                    (await reader.Admin("status").RunAsync()).StdoutText,
                    StringComparison.Ordinal
                );
                Assert.Contains(
                    $"helmcached_shared_hits_total {environments}\n",
                    (await reader.Admin("stats", "--prometheus").RunAsync()).StdoutText,
                    StringComparison.Ordinal
                );
                Assert.Contains("team's cache", (await reader.Admin("stats").RunAsync()).StdoutText, StringComparison.Ordinal);
                // What is deleted here is not deleted for others.
                Assert.Contains(
                    "The team's cache is not pruned",
                    (await reader.Admin("prune", "--all").RunAsync()).StdoutText,
                    StringComparison.Ordinal
                );
                Assert.Equal(rendered[0], await RenderAsync(reader, 0));
                Assert.Equal(stats.HelmRuns + (await reader.StatsAsync()).Shared("errors"), (await reader.StatsAsync()).HelmRuns);
            }
        );
    }

    [ToolFact("redis-server", "redis-cli")]
    public async Task Whatever_befalls_Redis_no_call_fails()
    {
        using var redis = new Redis("one");
        await redis.StartAsync();
        string password = _team.File("password", "one\n");
        await using DaemonHome home = Machine(redis, writes: true, more: $"  password_from: {password}\n");
        await home.StartAsync();
        int next = 0;
        async Task CallsAsync()
        {
            for (int i = 0; i < 3; i++)
                Assert.Equal(Expected(next), await RenderAsync(home, next++));
        }
        await CallsAsync();
        await Eventually.IsTrueAsync("the entries are there", async () => await redis.AskAsync("dbsize") == "3");
        await redis.AskAsync("flushall");
        await CallsAsync();
        redis.Stop();
        await CallsAsync();
        await redis.StartAsync();
        await CallsAsync();
        await redis.AskAsync("config", "set", "maxmemory-policy", "noeviction");
        await redis.AskAsync("config", "set", "maxmemory", "1");
        await CallsAsync();
        redis.Stop();
        redis.Password = "two";
        await redis.StartAsync();
        await CallsAsync();
        Stats stats = await home.StatsAsync();
        Assert.Equal((next, 0, 0), (stats.HelmRuns, stats.Bypasses, stats.Errors));
        Assert.True(stats.Shared("errors") > 0 && stats.Shared("stored") >= 3, stats.ToString());
    }

    [ToolTheory("nginx", "redis-server", "redis-cli")]
    [InlineData("nginx")]
    [InlineData("redis")]
    public async Task Secrets_leave_a_machine_only_encrypted_and_only_when_that_is_allowed(string engine)
    {
        using StartedServer server = await StartAsync(engine);
        async Task<byte[]> ObjectsAsync(int count, bool encrypted, string more)
        {
            await using DaemonHome home = Machine(server, writes: true, encrypted, more);
            await home.StartAsync();
            WriteChart(home);
            Chart("secret")
                .WithTemplate("s.yaml", "kind: Secret\nstringData:\n  password: {{ .Values.password }}\n")
                .WriteTo(home.At("checkout"));
            Assert.Contains(
                Planted,
                (await home.Shim(home.At("checkout"), "template", "r", "secret", "--set", "password=" + Planted).RunAsync()).StdoutText,
                StringComparison.Ordinal
            );
            await RenderAsync(home, 0);
            await Eventually.IsTrueAsync("what may go is there", async () => await CountAsync(server) == count);
            await home.StopAsync();
            Assert.Equal(count, await CountAsync(server));
            return server is Nginx nginx ? [.. nginx.Objects.SelectMany(File.ReadAllBytes)] : await ((Redis)server).DumpAsync();
        }
        byte[] open = await ObjectsAsync(1, encrypted: false, "");
        byte[] never = await ObjectsAsync(2, encrypted: true, "");
        byte[] allowed = await ObjectsAsync(3, encrypted: true, "  secrets: encrypted\n");
        // The output of the other chart is stored as it is where it is short: the search would find what it looks for.
        Assert.Contains("ConfigMap", Encoding.Latin1.GetString(open), StringComparison.Ordinal);
        foreach (byte[] objects in (byte[][])[open, never, allowed])
            Assert.DoesNotContain(Planted, Encoding.Latin1.GetString(objects), StringComparison.Ordinal);
        await FreshReaderAsync(
            server,
            async reader =>
            {
                Chart("secret")
                    .WithTemplate("s.yaml", "kind: Secret\nstringData:\n  password: {{ .Values.password }}\n")
                    .WriteTo(reader.At("checkout"));
                Assert.Contains(
                    Planted,
                    (
                        await reader.Shim(reader.At("checkout"), "template", "r", "secret", "--set", "password=" + Planted).RunAsync()
                    ).StdoutText,
                    StringComparison.Ordinal
                );
                Stats stats = await reader.StatsAsync();
                return stats.Shared("errors") == 0 ? stats : null;
            },
            (_, stats) =>
            {
                Assert.Equal((1, 0), (stats.HitsByTier["shared"], stats.HelmRuns));
                return Task.CompletedTask;
            }
        );
    }

    [ToolFact("nginx")]
    public async Task Objects_that_nobody_trusted_wrote_are_never_served()
    {
        using var nginx = new Nginx();
        await nginx.StartAsync();
        string[] rendered = await WriteAsync(nginx, 8);
        using var stranger = new KeyFixture();
        await FreshReaderAsync(
            nginx,
            async reader =>
            {
                var names = new List<string>();
                var keys = new List<CacheKey>();
                for (int i = 0; i < rendered.Length; i++)
                {
                    using var explained = JsonDocument.Parse(
                        (await reader.Admin("explain", "--json", "--").In(reader.At("checkout"), Call(i)).RunAsync()).StdoutText
                    );
                    keys.Add(new CacheKey(Digest.FromBytes(Convert.FromHexString(explained.RootElement.GetProperty("key").GetString()!))));
                    names.Add(nginx.At("root", "cache", "ac", _team.Reader(encrypted: true).NameOf(keys[i])));
                }
                byte[][] good = [.. names.Select(File.ReadAllBytes)];
                byte[] altered = [.. good[0]];
                altered[100] ^= 1;
                File.WriteAllBytes(names[0], altered);
                File.WriteAllBytes(names[1], good[1][..40]);
                File.WriteAllBytes(names[2], good[3]);
                File.WriteAllBytes(names[3], good[2]);
                SharedEntry old = KeyFixture.Entry(rendered[4]) with { Created = DateTimeOffset.UtcNow.AddDays(-31) };
                File.WriteAllBytes(names[4], SealedEntry.Seal(keys[4], old, _team.Writer(encrypted: true))!);
                SharedKeys foreign = KeyFixture.Load(
                    stranger.Settings(encrypted: false) with
                    {
                        MayWrite = true,
                        SignWith = stranger.SigningKey,
                        NamesFrom = _team.TeamKeyFile,
                    }
                );
                File.WriteAllBytes(
                    names[5],
                    SealedEntry.Seal(keys[5], KeyFixture.Entry("kind: Forged\n") with { Created = DateTimeOffset.UtcNow }, foreign)!
                );
                File.WriteAllBytes(names[6], new byte[SealedEntry.MaxBytes + 1]);
                byte[] later = [.. good[7]];
                later[4] = 99;
                File.WriteAllBytes(names[7], later);
                for (int i = 0; i < rendered.Length; i++)
                    Assert.Equal(rendered[i], await RenderAsync(reader, i));
                Stats stats = await reader.StatsAsync();
                for (int i = 0; i < good.Length; i++)
                    File.WriteAllBytes(names[i], good[i]);
                return stats.Shared("errors") == 0 ? stats : null;
            },
            (_, stats) =>
            {
                Assert.Equal((8, 0, 0), (stats.HelmRuns, stats.Hits, stats.Bypasses));
                Assert.Equal(
                    new Dictionary<string, long>
                    {
                        ["bad-signature"] = 1,
                        ["malformed"] = 1,
                        ["other-key"] = 2,
                        ["too-old"] = 1,
                        ["unknown-signer"] = 1,
                        ["too-large"] = 1,
                        ["other-version"] = 1,
                    }.OrderBy(r => r.Key),
                    stats.SharedRefused.OrderBy(r => r.Key)
                );
                return Task.CompletedTask;
            }
        );
    }

    /// <summary>What one helm printed is no answer of another, though both are right.</summary>
    [ToolFact("nginx")]
    public async Task An_entry_of_another_helm_is_not_asked_for()
    {
        using var nginx = new Nginx();
        await nginx.StartAsync();
        _helm = RealHelms.Helm4;
        await WriteAsync(nginx, 2);
        _helm = RealHelms.Helm42;
        await FreshReaderAsync(
            nginx,
            async reader =>
            {
                await RenderAsync(reader, 0);
                Stats stats = await reader.StatsAsync();
                return stats.Shared("errors") == 0 ? stats : null;
            },
            (_, stats) =>
            {
                Assert.Equal((1, 0, 1), (stats.HelmRuns, stats.Hits, stats.Shared("misses")));
                Assert.Empty(stats.SharedRefused);
                return Task.CompletedTask;
            }
        );
    }

    /// <summary>A company's own authority, of which only the configuration knows.</summary>
    [ToolTheory("nginx", "redis-server", "redis-cli")]
    [InlineData("nginx", true)]
    [InlineData("redis", true)]
    [InlineData("nginx", false)]
    [InlineData("redis", false)]
    public async Task With_TLS_the_authority_decides_whether_the_team_is_asked(string engine, bool isKnown)
    {
        using var company = new CompanyAuthority();
        using StartedServer server = engine == "nginx" ? new Nginx(tls: company.For()) : new Redis(tls: company.For());
        await server.StartAsync();
        await using DaemonHome home = Machine(server, writes: true, more: isKnown ? $"  ca_file: {company.File}\n" : "");
        WriteChart(home);
        int next = 0;
        async Task<Stats> CallAsync()
        {
            CommandResult result = await home.Shim(home.At("checkout"), Call(next)).RunAsync();
            Assert.Equal((0, "", Expected(next++)), (result.ExitCode, result.StderrText, result.StdoutText));
            return await home.StatsAsync();
        }
        // A shim does not wait for the daemon that it starts on a busy machine, and a busy server may miss a deadline.
        await Eventually.IsTrueAsync(
            isKnown ? "an entry is on the server" : "the server was tried",
            async () => await CallAsync() is var stats && stats.Shared(isKnown ? "stored" : "errors") > 0
        );
        string log = File.ReadAllText(Path.Combine(home.State, "daemon.log"));
        Assert.Equal(
            !isKnown,
            log.Contains("TLS failed: its certificate comes from an authority that is not trusted here", StringComparison.Ordinal)
        );
        Assert.Equal(0, (await home.StatsAsync()).Errors);
    }

    /// <summary>Even one that was made a writer of its own accord, with a key that nobody trusts.</summary>
    [ToolFact("nginx")]
    public async Task A_reader_cannot_make_another_reader_accept_an_entry()
    {
        using var nginx = new Nginx();
        await nginx.StartAsync();
        using var stranger = new KeyFixture();
        await using (DaemonHome self = Machine(nginx, writes: false, more: $"  mode: write\n  sign_with: {stranger.SigningKey}\n"))
        {
            await self.StartAsync();
            await RenderAsync(self, 0);
            await Eventually.IsTrueAsync("it has written", () => nginx.Objects.Length == 1);
        }
        await FreshReaderAsync(
            nginx,
            async reader =>
            {
                Assert.Equal(Expected(0), await RenderAsync(reader, 0));
                Stats stats = await reader.StatsAsync();
                return stats.Shared("errors") == 0 ? stats : null;
            },
            (_, stats) =>
            {
                Assert.Equal((1, 0), (stats.HelmRuns, stats.Hits));
                Assert.Equal("unknown-signer", Assert.Single(stats.SharedRefused).Key);
                return Task.CompletedTask;
            }
        );
        Assert.Single(nginx.Objects);
    }

    /// <summary>What a person configured and mistyped: helm goes on as without a team.</summary>
    [Fact]
    public async Task A_server_that_is_not_there_changes_no_output()
    {
        await using DaemonHome home = Home(
            $"shared:\n  url: http://127.0.0.1:{StartedServer.FreePort()}/cache\n  trust: [{_team.Trust}]\n"
        );
        await home.StartAsync();
        for (int i = 0; i < 4; i++)
            Assert.Equal(Expected(i), await RenderAsync(home, i));
        Stats stats = await home.StatsAsync();
        Assert.Equal(4, stats.HelmRuns);
        Assert.InRange(stats.Shared("errors"), 3, 4); // The fourth call is a try where the machine took half a minute for all this.
        Assert.Contains("reads fail", (await home.Admin("status").RunAsync()).StdoutText, StringComparison.Ordinal);
    }

    private static async Task<StartedServer> StartAsync(string engine)
    {
        StartedServer server = engine == "nginx" ? new Nginx() : new Redis();
        await server.StartAsync();
        return server;
    }

    private static async Task<int> CountAsync(StartedServer server) =>
        server is Nginx nginx
            ? nginx.Objects.Length
            : int.Parse(await ((Redis)server).AskAsync("dbsize"), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>CI renders the environments, and what it rendered is on the server.</summary>
    private async Task<string[]> WriteAsync(StartedServer server, int environments)
    {
        await using DaemonHome writer = Machine(server, writes: true);
        await writer.StartAsync();
        var rendered = new string[environments];
        for (int i = 0; i < environments; i++)
            rendered[i] = await RenderAsync(writer, i);
        await Eventually.IsTrueAsync("all are on the server", async () => await CountAsync(server) == environments);
        Assert.Equal(environments, (await writer.StatsAsync()).HelmRuns);
        return rendered;
    }

    /// <summary>
    /// A machine that has nothing. On a busy one a deadline may be missed, which costs a run of helm and is no fault:
    /// <paramref name="act"/> answers null then, and another machine tries.
    /// </summary>
    private async Task FreshReaderAsync(StartedServer server, Func<DaemonHome, Task<Stats?>> act, Func<DaemonHome, Stats, Task> assert)
    {
        const int Attempts = 6;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            await using DaemonHome reader = Machine(server, writes: false);
            await reader.StartAsync();
            WriteChart(reader);
            if (await act(reader) is not { } stats)
                continue;
            await assert(reader, stats);
            return;
        }
        Assert.Fail($"a deadline was missed on each of {Attempts} machines");
    }

    private DaemonHome Machine(StartedServer server, bool writes, bool encrypted = true, string more = "") =>
        Home(
            $"shared:\n  url: {server.Url}\n  trust: [{_team.Trust}]\n"
                + (encrypted ? $"  encrypt_with: {_team.TeamKeyFile}\n" : "")
                + (writes ? $"  mode: write\n  sign_with: {_team.SigningKey}\n" : "")
                + more
        );

    private DaemonHome Home(string configuration) => new(_helm, configuration);

    private static void WriteChart(DaemonHome home) =>
        Chart("web").WithConfigMap("c", "a: {{ .Values.env | quote }}").WriteTo(home.At("checkout"));

    private static string[] Call(int environment) => ["template", "r", "web", "--set", $"env=e{environment}"];

    private static async Task<string> RenderAsync(DaemonHome home, int environment)
    {
        if (!Directory.Exists(home.At("checkout", "web")))
            WriteChart(home);
        CommandResult result = await home.Shim(home.At("checkout"), Call(environment)).RunAsync();
        Assert.Equal((0, ""), (result.ExitCode, result.StderrText));
        return result.StdoutText;
    }

    private static string Expected(int environment) => s_expected.Value.Replace("e0", $"e{environment}", StringComparison.Ordinal);

    private static readonly Lazy<string> s_expected = new(static () =>
        Task.Run(static async () =>
            {
                await using var home = new DaemonHome(RealHelms.Helm3);
                WriteChart(home);
                return (await home.Real(home.At("checkout"), Call(0)).RunAsync()).StdoutText;
            })
            .GetAwaiter()
            .GetResult()
    );
}

/// <summary>Commands of these tests.</summary>
internal static class TeamCommands
{
    /// <summary>The same, asked from another directory, with more arguments.</summary>
    public static Command In(this Command command, string directory, params IEnumerable<string> more) =>
        command with
        {
            Directory = directory,
            Arguments = [.. command.Arguments, .. more],
        };
}
