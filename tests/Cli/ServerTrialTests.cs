using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Cli.Checking;
using CacheDaemon.Daemon.Cli.Sharing;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Sealing;
using CacheDaemon.Daemon.Shared.Servers;
using CacheDaemon.Tests.Shared;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Cli;

/// <summary>What <c>helmcached shared check</c> finds out about a real server, and what it says to do.</summary>
public sealed class ServerTrialTests : IDisposable
{
    private readonly KeyFixture _team = new();

    [ToolFact("nginx")]
    public async Task A_writer_and_then_a_reader_find_all_well()
    {
        using var nginx = new Nginx();
        await nginx.StartAsync();
        IReadOnlyList<DoctorCheck> early = await TryAsync(Reading(nginx.Url));
        Assert.Equal(
            [("read", CheckOutcome.Ok), ("clock", CheckOutcome.Ok), ("round-trip", CheckOutcome.Ok), ("probe", CheckOutcome.Note)],
            early.Select(static c => (c.Name, c.Outcome))
        );
        IReadOnlyList<DoctorCheck> writer = await TryAsync(Writing(nginx.Url));
        Assert.Equal(
            [
                ("read", CheckOutcome.Ok),
                ("clock", CheckOutcome.Ok),
                ("round-trip", CheckOutcome.Ok),
                ("write", CheckOutcome.Ok),
                ("probe", CheckOutcome.Ok),
            ],
            writer.Select(static c => (c.Name, c.Outcome))
        );
        Assert.Matches(@"^round trip: \d+\.\d ms \(median of 7\)$", writer[2].Says);
        DoctorCheck probe = (await TryAsync(Reading(nginx.Url)))[^1];
        Assert.Equal(CheckOutcome.Ok, probe.Outcome);
        Assert.Contains(PublicKey.OfLine(_team.Trust)!.Id, probe.Says, StringComparison.Ordinal);
        // Somebody who trusts another writer, and has this team's key.
        using var other = new KeyFixture();
        DoctorCheck refused = (await TryAsync(Reading(nginx.Url) with { Trust = [other.Trust] }))[^1];
        Assert.Equal((CheckOutcome.Fail, "probe"), (refused.Outcome, refused.Name));
        Assert.Contains("unknown-signer", refused.Says, StringComparison.Ordinal);
    }

    [ToolFact("nginx")]
    public async Task Missing_rights_are_named_with_what_grants_them()
    {
        using var guarded = new Nginx("right");
        await guarded.StartAsync();
        DoctorCheck read = Assert.Single(
            await TryAsync(Reading(guarded.Url) with { HeadersFrom = _team.File("headers", "Authorization: Bearer wrong\n") })
        );
        Assert.Equal(
            (CheckOutcome.Fail, "read", "the token in shared.headers_from is missing or wrong"),
            (read.Outcome, read.Name, read.Next)
        );
        Assert.EndsWith("status 401", read.Says, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", read.Says, StringComparison.Ordinal);
        using var readOnly = new Nginx(takes: false);
        await readOnly.StartAsync();
        DoctorCheck write = (await TryAsync(Writing(readOnly.Url)))[^1];
        Assert.Equal((CheckOutcome.Fail, "write"), (write.Outcome, write.Name));
        Assert.Contains("dav_methods PUT", write.Next, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nobody_listens_that_is_all_there_is_to_say()
    {
        DoctorCheck read = Assert.Single(await TryAsync(Reading(new Uri($"http://127.0.0.1:{StartedServer.FreePort()}/"))));
        Assert.Equal((CheckOutcome.Fail, "read"), (read.Outcome, read.Name));
        Assert.Contains("no connection", read.Says, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_headers_and_passwords_are_looked_at_as_keys_are()
    {
        string open = _team.File("headers", "Authorization: Bearer x\n"),
            broken = _team.File("broken", "Authorization Bearer hunter2\n");
        System.IO.File.SetUnixFileMode(open, System.IO.UnixFileMode.UserRead | System.IO.UnixFileMode.OtherRead);
        SharedSettings settings = Reading(new Uri("http://127.0.0.1:1/"));
        Assert.Matches(
            @"others may read or change it \(mode 404\); chmod 600 ",
            Assert.Single(SharedChecks.Problems(settings with { HeadersFrom = open }))
        );
        string problem = Assert.Single(SharedChecks.Problems(settings with { HeadersFrom = broken }));
        Assert.Contains("line 1 is not a header", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", problem, StringComparison.Ordinal);
        Assert.Contains(
            "no such file",
            Assert.Single(SharedChecks.Problems(settings with { Url = new Uri("redis://127.0.0.1:1/"), PasswordFrom = "/nonexistent" })),
            StringComparison.Ordinal
        );
        Assert.Empty(SharedChecks.Problems(settings));
        Assert.Empty(SharedChecks.Problems(new SharedSettings()));
    }

    [Fact]
    public void What_the_keys_leave_open_is_said()
    {
        SharedSettings plain = _team.Settings(encrypted: false),
            sealedOff = _team.Settings(encrypted: true);
        Assert.Equal([("trust", CheckOutcome.Ok), ("encryption", CheckOutcome.Note), ("names", CheckOutcome.Note)], Of(plain));
        Assert.Equal([("trust", CheckOutcome.Ok), ("encryption", CheckOutcome.Ok), ("names", CheckOutcome.Ok)], Of(sealedOff));
        Assert.Equal(
            [("trust", CheckOutcome.Ok), ("encryption", CheckOutcome.Ok), ("names", CheckOutcome.Ok), ("network", CheckOutcome.Note)],
            Of(sealedOff with { Url = new Uri("http://cache.example.com/") })
        );
        using var other = new KeyFixture();
        SharedSettings writer = sealedOff with { MayWrite = true, SignWith = other.SigningKey };
        Assert.Contains(("signing", CheckOutcome.Note), Of(writer));
        Assert.Contains(("trust", CheckOutcome.Note), Of(writer with { Trust = [] }));
        static IEnumerable<(string, CheckOutcome)> Of(SharedSettings settings) =>
            SharedChecks.OfKeys(settings, KeyFixture.Load(settings)).Select(static c => (c.Name, c.Outcome));
    }

    public void Dispose() => _team.Dispose();

    private SharedSettings Reading(Uri url) => _team.Settings(encrypted: true) with { Url = url };

    private SharedSettings Writing(Uri url) => Reading(url) with { MayWrite = true, SignWith = _team.SigningKey };

    private static async Task<IReadOnlyList<DoctorCheck>> TryAsync(SharedSettings settings)
    {
        var problems = new List<string>();
        ISharedServer? server = SharedServers.Open(settings, problems);
        Assert.Empty(problems);
        var checks = new List<DoctorCheck>();
        await foreach (
            DoctorCheck check in new ServerTrial(server!, KeyFixture.Load(settings), settings.MayWrite).Run(CancellationToken.None)
        )
            checks.Add(check);
        return checks;
    }
}
