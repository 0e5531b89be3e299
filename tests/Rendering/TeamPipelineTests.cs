using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Sealing;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Shared;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Rendering;

/// <summary>The team's cache on the way of a miss: a machine that writes, others that read, and a server that does as it is told.</summary>
public sealed class TeamPipelineTests : IDisposable
{
    private const string Output = "---\nkind: ConfigMap\n";

    private readonly KeyFixture _team = new();
    private readonly PlayedServer _server = new();

    public void Dispose() => _team.Dispose();

    [Fact]
    public async Task What_one_machine_rendered_another_is_given_and_keeps()
    {
        await WriteAsync();
        using PipelineFixture reader = Fixture();
        AssertResult(await reader.NewCaller().AskAsync(), "shared");
        AssertResult(await reader.NewCaller().AskAsync(), "memory");
        Assert.Equal(1, _server.Reads);
        reader.AssertCounted("hits=2 hits_by_tier/memory=1 hits_by_tier/shared=1 shared/hits=1");
        Assert.Equal((0, 0), (reader.Pipeline.Running, reader.Pipeline.Waiting));
        // And it is still there after a restart, with who signed it.
        await reader.Store.FlushAsync();
        Assert.Equal(Signer, reader.Explainer.Explain(reader.Site.Request()).SignedBy);
        CacheKey key = Assert.Single(await reader.Store.ResultKeysOnDiskAsync());
        Assert.Equal(Signer, reader.Store.Get(key).Entry!.SignedBy);
    }

    [Fact]
    public async Task A_trace_says_who_signed()
    {
        await WriteAsync();
        using PipelineFixture reader = Fixture();
        Assert.Equal("shared signed=" + Signer[..8], Assert.IsType<Message.Result>(await reader.NewCaller().AskAsync()).Source);
    }

    [Fact]
    public async Task Everyone_who_asks_meanwhile_gets_the_one_answer()
    {
        await WriteAsync();
        using PipelineFixture reader = Fixture();
        TaskCompletionSource gate = _server.Hang();
        Task<Message>[] all = [.. Enumerable.Range(0, 6).Select(_ => reader.NewCaller().AskAsync())];
        Assert.Equal((1, 5), (reader.Pipeline.Running, reader.Pipeline.Waiting));
        gate.SetResult();
        foreach (Message answer in await Task.WhenAll(all))
            Assert.Equal(Output, Encoding.UTF8.GetString(Assert.IsType<Message.Result>(answer).Stdout.ToArray()));
        Assert.Equal(1, _server.Reads);
        reader.AssertCounted("coalesced=5 hits=1 hits_by_tier/shared=1 shared/hits=1");
    }

    [Fact]
    public async Task What_the_team_has_not_is_rendered_and_only_a_writer_offers_it()
    {
        using PipelineFixture reader = Fixture();
        reader.ArmHelm();
        PipelineFixture.Caller caller = reader.NewCaller();
        Assert.Equal(RefuseReason.None, caller.Publish(await caller.LeaseAsync(), Output).Refused);
        await reader.Shared!.DisposeAsync();
        Assert.Equal((1, 0), (_server.Reads, _server.Writes));
        reader.AssertCounted("helm_runs=1 misses=1 proof_runs=1 shared/misses=1 stored=1");
    }

    /// <summary>The entry is the proof of the machine that made it; nothing on this machine has to be armed for it.</summary>
    [Fact]
    public async Task A_machine_whose_helm_is_not_armed_is_given_what_the_team_has_and_else_helm_runs_for_all()
    {
        const string Line = "template r ./tpl";
        using PipelineFixture reader = Fixture();
        Chart("tpl").WithConfigMap("c", "a: {{ tpl .Values.t . }}").WriteTo(reader.Site.Work);
        TaskCompletionSource gate = _server.Hang();
        Task<Message>[] all = [.. Enumerable.Range(0, 3).Select(_ => reader.NewCaller().AskAsync(Line))];
        gate.SetResult();
        foreach (Message answer in await Task.WhenAll(all))
            Assert.True(Assert.IsType<Message.Bypass>(answer).Reason is BypassReason.Arming or BypassReason.Unarmed);
        Assert.Equal((1, 0), (_server.Reads, reader.Pipeline.Running));

        await WriteAsync(Line, site => Chart("tpl").WithConfigMap("c", "a: {{ tpl .Values.t . }}").WriteTo(site.Work));
        AssertResult(await reader.NewCaller().AskAsync(Line), "shared");
    }

    [Theory]
    [InlineData("stderr")]
    [InlineData("unarmed")]
    [InlineData("freeze")]
    [InlineData("failed")]
    [InlineData("readonly")]
    [InlineData("secret")]
    [InlineData("trap")]
    public async Task What_is_not_proved_or_shows_this_machine_or_a_secret_is_not_offered(string why)
    {
        using PipelineFixture writer = Fixture(writes: true);
        if (why != "unarmed")
            writer.ArmHelm();
        PipelineFixture.Caller caller = writer.NewCaller();
        RenderFlags flags = why switch
        {
            "freeze" => RenderFlags.Freeze,
            "readonly" => RenderFlags.ReadOnly,
            _ => RenderFlags.None,
        };
        string output = why == "secret" ? "---\nkind: Secret\nstringData: {a: b}\n" : Output;
        caller.Publish(
            await caller.LeaseAsync(flags: flags),
            output,
            why == "stderr" ? "warning: /home/me" : "",
            why switch
            {
                "failed" => 1,
                "trap" => ArmingPlan.FirstExitCode,
                _ => 0,
            }
        );
        await writer.Shared!.DisposeAsync();
        Assert.Equal(0, _server.Writes);
    }

    [Fact]
    public async Task Secrets_go_encrypted_where_that_is_allowed_and_lie_where_the_reader_allows()
    {
        const string Secret = "---\nkind: Secret\nstringData: {a: hunter2}\n";
        SharedKeys keys = KeyFixture.Load(
            _team.Settings(encrypted: true) with
            {
                MayWrite = true,
                SignWith = _team.SigningKey,
                Secrets = true,
            }
        );
        using (var writer = new PipelineFixture(shared: clock => new SharedTier(_server, keys, clock, static _ => { })))
        {
            writer.ArmHelm();
            PipelineFixture.Caller caller = writer.NewCaller();
            caller.Publish(await caller.LeaseAsync(), Secret);
            await writer.Shared!.DisposeAsync();
        }
        _server.ForgetReads();
        Assert.DoesNotContain("hunter2", Encoding.Latin1.GetString(Assert.Single(_server.Objects.Values)), StringComparison.Ordinal);
        using var reader = new PipelineFixture(
            secrets: SecretsPolicy.Never,
            shared: clock => new SharedTier(_server, _team.Reader(encrypted: true), clock, static _ => { })
        );
        for (int i = 1; i <= 2; i++)
        {
            Assert.StartsWith(
                "shared",
                Assert.IsType<Message.Result>(await reader.NewCaller().AskAsync()).Source,
                StringComparison.Ordinal
            );
            Assert.Equal(i, _server.Reads);
        }
        Assert.Equal(0, reader.Store.MemoryEntries);
    }

    [Fact]
    public async Task Whoever_wants_a_run_or_what_varies_is_not_helped_by_the_team()
    {
        await WriteAsync();
        using PipelineFixture reader = Fixture();
        reader.ArmHelm();
        foreach (RenderFlags flags in (RenderFlags[])[RenderFlags.Recache, RenderFlags.Freeze])
        {
            PipelineFixture.Caller caller = reader.NewCaller();
            await caller.LeaseAsync(flags: flags);
            caller.Vanish();
        }
        reader.Store.MarkVarying(
            ((FingerprintOutcome.Known)new Fingerprinter(reader.Clock, new HelmBinaries()).Compute(reader.Site.Request())).Fingerprint.Key,
            RefuseReason.NotRepeatable,
            "now was called"
        );
        Assert.Equal(BypassReason.KnownToVary, Assert.IsType<Message.Bypass>(await reader.NewCaller().AskAsync()).Reason);
        Assert.Equal(0, _server.Reads);
    }

    [Fact]
    public async Task A_caller_who_stores_nothing_reads_and_nothing_is_kept()
    {
        await WriteAsync();
        using PipelineFixture reader = Fixture();
        for (int i = 0; i < 2; i++)
            AssertResult(await reader.NewCaller().AskAsync(flags: RenderFlags.ReadOnly), "shared");
        Assert.Equal((2, 0), (_server.Reads, reader.Store.MemoryEntries));
    }

    [Fact]
    public async Task A_server_that_hangs_costs_the_deadline_and_then_the_call_is_a_miss_as_ever()
    {
        using PipelineFixture reader = Fixture();
        _server.Hang();
        PipelineFixture.Caller caller = reader.NewCaller();
        Task<Message> asking = caller.AskAsync();
        Assert.False(asking.IsCompleted);
        reader.Clock.Advance(SharedTier.Deadline);
        var lease = Assert.IsType<Message.Lease>(await asking);
        Assert.Equal(RefuseReason.None, caller.Publish(lease.LeaseId, Output).Refused);
        reader.AssertCounted("helm_runs=1 misses=1 shared/errors=1 stored=1");
    }

    /// <summary>The session ends its leases once the answer could not be sent; whoever waited is next.</summary>
    [Fact]
    public async Task A_caller_who_leaves_while_the_team_is_asked_holds_nobody_up()
    {
        using PipelineFixture reader = Fixture();
        TaskCompletionSource gate = _server.Hang();
        PipelineFixture.Caller leaves = reader.NewCaller(),
            waits = reader.NewCaller();
        Task<Message> first = leaves.AskAsync(),
            second = waits.AskAsync();
        gate.SetResult();
        await first;
        leaves.Vanish();
        waits.Publish(Assert.IsType<Message.Lease>(await second).LeaseId, Output);
        Assert.Equal((1, 0, 0), (_server.Reads, reader.Pipeline.Running, reader.Pipeline.Waiting));
    }

    [Fact]
    public async Task A_fault_of_ours_is_a_miss_and_is_logged()
    {
        using PipelineFixture reader = Fixture();
        _server.Before = static _ => throw new InvalidOperationException("a bug");
        PipelineFixture.Caller caller = reader.NewCaller();
        Assert.Equal(RefuseReason.None, caller.Publish(await caller.LeaseAsync(), Output).Refused);
        reader.AssertCounted("errors=1 helm_runs=1 misses=1 stored=1");
        Assert.Contains("a bug", File.ReadAllText(reader.LogPath), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Objects_that_are_not_believed_are_misses_by_reason()
    {
        using var stranger = new KeyFixture();
        await WriteAsync();
        (string name, byte[] good) = Assert.Single(_server.Objects);
        byte[] altered = [.. good];
        altered[^80] ^= 1;
        byte[] foreign = SealedEntry.Seal(new CacheKey(Digest.Of("another"u8)), KeyFixture.Entry(), _team.Writer(encrypted: false))!;
        using PipelineFixture reader = Fixture();
        foreach (byte[] content in (byte[][])[altered, good[..^1], [], foreign, new byte[100]])
        {
            _server.Objects[name] = content;
            PipelineFixture.Caller caller = reader.NewCaller();
            await caller.LeaseAsync();
            caller.Vanish();
        }
        // One that a reader signs with a key of his own.
        _server.Objects[name] = SealedEntry.Seal(KeyOf(reader), KeyFixture.Entry(), stranger.Writer(encrypted: false))!;
        PipelineFixture.Caller last = reader.NewCaller();
        await last.LeaseAsync();
        last.Vanish();
        reader.AssertCounted(
            "helm_runs=6 misses=6 refuse_reasons/interrupted=6 refused=6 shared/refused/bad-signature=2 shared/refused/malformed=2 "
                + "shared/refused/other-key=1 shared/refused/unknown-signer=1"
        );
        _server.Objects[name] = good;
        AssertResult(await reader.NewCaller().AskAsync(), "shared");
    }

    private string Signer => _team.Writer(encrypted: false).Signer!.Id;

    private static CacheKey KeyOf(PipelineFixture fixture) =>
        ((FingerprintOutcome.Known)new Fingerprinter(fixture.Clock, new HelmBinaries()).Compute(fixture.Site.Request())).Fingerprint.Key;

    /// <summary>A machine with a home and charts of its own.</summary>
    private PipelineFixture Fixture(bool writes = false) =>
        new(shared: clock => new SharedTier(
            _server,
            writes ? _team.Writer(encrypted: false) : _team.Reader(encrypted: false),
            clock,
            static _ => { }
        ));

    /// <summary>Another machine renders, and what it offers reaches the server.</summary>
    private async Task WriteAsync(string line = "template r ./web", Action<CallSite>? prepare = null)
    {
        using PipelineFixture writer = Fixture(writes: true);
        writer.ArmHelm();
        prepare?.Invoke(writer.Site);
        PipelineFixture.Caller caller = writer.NewCaller();
        Assert.Equal(RefuseReason.None, caller.Publish(await caller.LeaseAsync(line), Output).Refused);
        await writer.Shared!.DisposeAsync();
        Assert.Equal(1, _server.Writes);
        writer.AssertCounted($"helm_runs=1 misses=1 proof_runs=1 shared/misses=1 shared/stored=1 stored=1");
        _server.ForgetReads();
    }

    private static void AssertResult(Message answer, string tier)
    {
        var result = Assert.IsType<Message.Result>(answer);
        Assert.Equal((tier, Output), (result.Source.Split(' ')[0], Encoding.UTF8.GetString(result.Stdout.ToArray())));
    }
}
