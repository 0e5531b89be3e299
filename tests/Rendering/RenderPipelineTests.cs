using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Rendering;
using CacheDaemon.Daemon.Storage;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Rendering;

/// <summary>
/// The way of a request and of a result, with real inputs and a real store; each test asserts the whole table of counters.
/// </summary>
public sealed class RenderPipelineTests : IDisposable
{
    private const string Output = "---\nkind: ConfigMap\n";

    private readonly PipelineFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Miss_is_stored_and_the_next_call_hits()
    {
        PipelineFixture.Caller first = _fixture.NewCaller();
        long lease = await first.LeaseAsync();
        Assert.Equal(RefuseReason.None, first.Publish(lease, Output).Refused);
        Assert.Empty(first.Held);
        AssertResult(await _fixture.NewCaller().AskAsync(), Output, "memory");
        AssertResult(await _fixture.NewCaller().AskAsync(), Output, "memory");
        _fixture.AssertCounted("helm_runs=1 hits=2 hits_by_tier/memory=2 misses=1 stored=1");
        Assert.Equal(0, _fixture.Pipeline.Running);
    }

    [Fact]
    public async Task Everyone_who_asks_meanwhile_gets_the_one_render()
    {
        PipelineFixture.Caller first = _fixture.NewCaller();
        long lease = await first.LeaseAsync();
        Task<Message>[] others = [.. Enumerable.Range(0, 5).Select(_ => _fixture.NewCaller().AskAsync())];
        Assert.Equal((1, 5), (_fixture.Pipeline.Running, _fixture.Pipeline.Waiting));
        Assert.All(others, other => Assert.False(other.IsCompleted));
        first.Publish(lease, Output);
        foreach (Message answer in await Task.WhenAll(others))
            AssertResult(answer, Output, "coalesced");
        Assert.Equal((0, 0), (_fixture.Pipeline.Running, _fixture.Pipeline.Waiting));
        _fixture.AssertCounted("coalesced=5 helm_runs=1 misses=1 stored=1");
    }

    /// <summary>
    /// Also for a caller that finds nothing in the store just before the result of another is kept, and asks for the lease just after.
    /// </summary>
    [Fact]
    public async Task Equal_calls_at_one_time_render_once_however_they_meet()
    {
        const int Rounds = 300,
            Callers = 4;
        for (int round = 0; round < Rounds; round++)
        {
            string line = $"template r{round} ./web";
            using var together = new Barrier(Callers);
            await Task.WhenAll(
                Enumerable
                    .Range(0, Callers)
                    .Select(_ =>
                        Task.Factory.StartNew(
                                async () =>
                                {
                                    PipelineFixture.Caller caller = _fixture.NewCaller();
                                    together.SignalAndWait();
                                    Message answer = await caller.AskAsync(line);
                                    if (answer is Message.Lease lease)
                                        caller.Publish(lease.LeaseId, Output);
                                    else
                                        Assert.IsType<Message.Result>(answer);
                                },
                                CancellationToken.None,
                                TaskCreationOptions.LongRunning,
                                TaskScheduler.Default
                            )
                            .Unwrap()
                    )
            );
            Assert.Equal(round + 1, _fixture.Counters.Snapshot()["misses"]);
        }
    }

    [Fact]
    public async Task Different_calls_do_not_wait_for_each_other()
    {
        await _fixture.NewCaller().LeaseAsync();
        await _fixture.NewCaller().LeaseAsync("template other ./web");
        Assert.Equal((2, 0), (_fixture.Pipeline.Running, _fixture.Pipeline.Waiting));
    }

    [Fact]
    public async Task Leaseholder_that_vanishes_hands_on_to_the_next()
    {
        PipelineFixture.Caller first = _fixture.NewCaller(),
            second = _fixture.NewCaller(),
            third = _fixture.NewCaller();
        await first.LeaseAsync();
        Task<Message> secondAsks = second.AskAsync(),
            thirdAsks = third.AskAsync();
        first.Vanish();
        long inherited = Assert.IsType<Message.Lease>(await secondAsks).LeaseId;
        Assert.Equal([inherited], second.Held);
        Assert.False(thirdAsks.IsCompleted);
        second.Publish(inherited, Output);
        AssertResult(await thirdAsks, Output, "coalesced");
        _fixture.AssertCounted("coalesced=1 helm_runs=2 misses=2 refuse_reasons/interrupted=1 refused=1 stored=1");
    }

    [Fact]
    public async Task Interrupted_leaseholder_hands_on_to_the_next()
    {
        PipelineFixture.Caller first = _fixture.NewCaller(),
            second = _fixture.NewCaller();
        long lease = await first.LeaseAsync();
        Task<Message> asks = second.AskAsync();
        first.Abandon(lease, RefuseReason.Interrupted);
        Assert.Empty(first.Held);
        Assert.IsType<Message.Lease>(await asks);
        // The first is out: what it says now counts no more.
        Assert.Equal(RefuseReason.LeaseLost, first.Publish(lease, "stale").Refused);
        _fixture.AssertCounted("helm_runs=2 misses=2 refuse_reasons/interrupted=1 refused=1");
    }

    [Fact]
    public async Task Lease_of_another_caller_can_neither_be_published_nor_given_up()
    {
        PipelineFixture.Caller holder = _fixture.NewCaller(),
            waiter = _fixture.NewCaller(),
            stranger = _fixture.NewCaller();
        long lease = await holder.LeaseAsync();
        Task<Message> asks = waiter.AskAsync();
        Assert.Equal(RefuseReason.LeaseLost, stranger.Publish(lease, "foreign").Refused);
        stranger.Abandon(lease, RefuseReason.OutputTooLarge);
        stranger.Abandon(lease, RefuseReason.Interrupted);
        Assert.False(asks.IsCompleted);
        Assert.Equal(RefuseReason.None, holder.Publish(lease, Output).Refused);
        AssertResult(await asks, Output, "coalesced");
        _fixture.AssertCounted("coalesced=1 helm_runs=1 misses=1 stored=1");
    }

    [Fact]
    public async Task Waiters_of_a_render_that_is_too_large_run_helm()
    {
        PipelineFixture.Caller first = _fixture.NewCaller();
        long lease = await first.LeaseAsync();
        Task<Message> asks = _fixture.NewCaller().AskAsync();
        first.Abandon(lease, RefuseReason.OutputTooLarge);
        AssertBypass(await asks, BypassReason.OutputTooLarge);
        await _fixture.NewCaller().LeaseAsync();
        _fixture.AssertCounted(
            "bypass_reasons/output-too-large=1 bypasses=1 helm_runs=2 misses=2 refuse_reasons/output-too-large=1 refused=1"
        );
    }

    /// <summary>A helm that was stopped, or hangs, is no reason for others to hang.</summary>
    [Fact]
    public async Task Waiters_of_a_render_that_does_not_end_run_helm()
    {
        PipelineFixture.Caller first = _fixture.NewCaller();
        long lease = await first.LeaseAsync();
        _fixture.Clock.Advance(RenderPipeline.MaxWait / 2);
        Task<Message> asks = _fixture.NewCaller().AskAsync();
        Assert.Equal(1, _fixture.Pipeline.Waiting);
        _fixture.Clock.Advance(RenderPipeline.MaxWait / 2);
        AssertBypass(await asks, BypassReason.LeaseholderSlow);
        // Nor does one begin to wait.
        AssertBypass(await _fixture.NewCaller().AskAsync(), BypassReason.LeaseholderSlow);
        Assert.Equal((1, 0), (_fixture.Pipeline.Running, _fixture.Pipeline.Waiting));
        // When it does end, it is as good as any.
        Assert.Equal(RefuseReason.None, first.Publish(lease, Output).Refused);
        AssertResult(await _fixture.NewCaller().AskAsync(), Output, "memory");
    }

    [Fact]
    public async Task Failure_of_helm_is_not_stored_and_waiters_run_helm()
    {
        PipelineFixture.Caller first = _fixture.NewCaller();
        long lease = await first.LeaseAsync();
        Task<Message> asks = _fixture.NewCaller().AskAsync();
        Assert.Equal(RefuseReason.HelmFailed, first.Publish(lease, "", "Error: no\n", exitCode: 1).Refused);
        AssertBypass(await asks, BypassReason.LeaseholderFailed);
        await _fixture.NewCaller().LeaseAsync();
        _fixture.AssertCounted(
            "bypass_reasons/leaseholder-failed=1 bypasses=1 helm_runs=2 misses=2 refuse_reasons/helm-failed=1 refused=1"
        );
    }

    [Theory]
    [InlineData("work/web/values.yaml")]
    [InlineData("work/web/templates/new.yaml")]
    [InlineData("home/.config/helm/repositories.yaml")]
    public async Task Inputs_that_change_during_the_render_are_not_stored(string file)
    {
        PipelineFixture.Caller first = _fixture.NewCaller();
        long lease = await first.LeaseAsync();
        _fixture.Site.Write(file, "changed: true\n");
        Assert.Equal(RefuseReason.InputsChanged, first.Publish(lease, Output).Refused);
        await _fixture.NewCaller().LeaseAsync();
        _fixture.AssertCounted("helm_runs=2 misses=2 refuse_reasons/inputs-changed=1 refused=1");
    }

    [Fact]
    public async Task Inputs_that_change_and_change_back_during_the_render_are_not_stored()
    {
        PipelineFixture.Caller first = _fixture.NewCaller();
        long lease = await first.LeaseAsync();
        string values = Path.Combine(_fixture.Site.ChartPath, "values.yaml");
        byte[] content = File.ReadAllBytes(values);
        File.WriteAllText(values, "a: 2\n");
        File.WriteAllBytes(values, content);
        File.SetLastWriteTimeUtc(values, DateTime.UtcNow.AddSeconds(1));
        Assert.Equal(RefuseReason.InputsChanged, first.Publish(lease, Output).Refused);
        _fixture.AssertCounted("helm_runs=1 misses=1 refuse_reasons/inputs-changed=1 refused=1");
    }

    [Fact]
    public async Task Waiters_of_a_render_whose_inputs_changed_look_again()
    {
        PipelineFixture.Caller first = _fixture.NewCaller(),
            second = _fixture.NewCaller(),
            third = _fixture.NewCaller();
        long lease = await first.LeaseAsync();
        Task<Message> secondAsks = second.AskAsync(),
            thirdAsks = third.AskAsync();
        _fixture.Site.Append("work/web/values.yaml", "b: 2\n");
        first.Publish(lease, Output);
        // One of them renders what is there now, the other waits for that.
        Task<Message> renders = await Task.WhenAny(secondAsks, thirdAsks);
        (PipelineFixture.Caller renderer, Task<Message> waits) = renders == secondAsks ? (second, thirdAsks) : (third, secondAsks);
        renderer.Publish(Assert.IsType<Message.Lease>(await renders).LeaseId, "new");
        Message answer = await waits;
        Assert.Equal("new", Encoding.UTF8.GetString(Assert.IsType<Message.Result>(answer).Stdout.Span));
        AssertResult(await _fixture.NewCaller().AskAsync(), "new", "memory");
    }

    [Fact]
    public async Task Inputs_that_keep_changing_are_left_to_helm()
    {
        const int Looks = 4;
        PipelineFixture.Caller holder = _fixture.NewCaller();
        long lease = await holder.LeaseAsync();
        Task<Message> waiter = _fixture.NewCaller().AskAsync();
        for (int look = 1; look <= Looks; look++)
        {
            await Eventually.IsTrueAsync("the waiter waits", () => _fixture.Pipeline.Waiting == 1);
            _fixture.Site.Append("work/web/values.yaml", $"# {look}\n");
            // Someone else has the lease of the new inputs before the waiter looks again.
            PipelineFixture.Caller next = _fixture.NewCaller();
            long nextLease = await next.LeaseAsync();
            holder.Publish(lease, Output);
            (holder, lease) = (next, nextLease);
        }
        AssertBypass(await waiter, BypassReason.InputsKeepChanging);
        Assert.Equal(0, _fixture.Pipeline.Waiting);
        _fixture.AssertCounted(
            "bypass_reasons/inputs-keep-changing=1 bypasses=1 helm_runs=5 misses=5 refuse_reasons/inputs-changed=4 refused=4"
        );
    }

    [Fact]
    public async Task Output_that_may_show_paths_is_served_only_at_those_paths()
    {
        const string Warning = "walk.go: found symbolic link\n";
        PipelineFixture.Caller first = _fixture.NewCaller();
        long lease = await first.LeaseAsync();
        Task<Message> waits = _fixture.NewCaller().AskAsync();
        Assert.Equal(RefuseReason.None, first.Publish(lease, Output, Warning).Refused);
        AssertResult(await waits, Output, "coalesced", Warning);
        AssertResult(await _fixture.NewCaller().AskAsync(), Output, "memory", Warning);

        _fixture.Site.MoveToCopies();
        PipelineFixture.Caller there = _fixture.NewCaller();
        there.Publish(await there.LeaseAsync(), Output, "walk.go: there\n");
        AssertResult(await _fixture.NewCaller().AskAsync(), Output, "memory", "walk.go: there\n");
        _fixture.AssertCounted("coalesced=1 helm_runs=2 hits=2 hits_by_tier/memory=2 misses=2 stored=2");
    }

    [Fact]
    public async Task Waiters_from_another_checkout_do_not_get_paths_of_this_one()
    {
        PipelineFixture.Caller first = _fixture.NewCaller(),
            other = _fixture.NewCaller();
        long lease = await first.LeaseAsync();
        Message.Render here = _fixture.Site.Request();
        _fixture.Site.MoveToCopies();
        Task<Message> asks = other.AskAsync();
        Assert.Equal(1, _fixture.Pipeline.Waiting);
        first.Publish(lease, Output, "/here\n");
        other.Publish(Assert.IsType<Message.Lease>(await asks).LeaseId, Output, "/there\n");
        AssertResult(await other.AskAsync(), Output, "memory", "/there\n");
        AssertResult(await first.AskAsync(here), Output, "memory", "/here\n");
    }

    [Fact]
    public async Task Caller_that_asks_for_it_renders_again_and_replaces_the_entry()
    {
        PipelineFixture.Caller caller = _fixture.NewCaller();
        caller.Publish(await caller.LeaseAsync(), "old");
        caller.Publish(await caller.LeaseAsync(flags: RenderFlags.Recache), "new");
        AssertResult(await caller.AskAsync(), "new", "memory");
        _fixture.AssertCounted("helm_runs=2 hits=1 hits_by_tier/memory=1 misses=2 stored=2");
    }

    [Fact]
    public async Task Read_only_caller_hits_but_leaves_nothing()
    {
        PipelineFixture.Caller caller = _fixture.NewCaller();
        long lease = await caller.LeaseAsync(flags: RenderFlags.ReadOnly);
        Task<Message> waits = _fixture.NewCaller().AskAsync();
        Assert.Equal(RefuseReason.ReadOnly, caller.Publish(lease, Output).Refused);
        AssertResult(await waits, Output, "coalesced");
        caller.Publish(await caller.LeaseAsync(), Output);
        AssertResult(await caller.AskAsync(flags: RenderFlags.ReadOnly), Output, "memory");
        _fixture.AssertCounted(
            "coalesced=1 helm_runs=2 hits=1 hits_by_tier/memory=1 misses=2 refuse_reasons/read-only=1 refused=1 stored=1"
        );
    }

    [Fact]
    public async Task Read_only_daemon_leaves_nothing_for_anyone()
    {
        using var fixture = new PipelineFixture(readOnly: true);
        PipelineFixture.Caller caller = fixture.NewCaller();
        Assert.Equal(RefuseReason.ReadOnly, caller.Publish(await caller.LeaseAsync(), Output).Refused);
        await caller.LeaseAsync();
        fixture.AssertCounted("helm_runs=2 misses=2 refuse_reasons/read-only=1 refused=1");
    }

    [Fact]
    public async Task Secret_that_may_not_be_kept_reaches_the_waiters_only()
    {
        using var fixture = new PipelineFixture(secrets: SecretsPolicy.Never);
        PipelineFixture.Caller caller = fixture.NewCaller();
        long lease = await caller.LeaseAsync();
        Task<Message> waits = fixture.NewCaller().AskAsync();
        Assert.Equal(RefuseReason.SecretsNever, caller.Publish(lease, "kind: Secret\n").Refused);
        AssertResult(await waits, "kind: Secret\n", "coalesced");
        await caller.LeaseAsync();
        fixture.AssertCounted("coalesced=1 helm_runs=2 misses=2 refuse_reasons/secrets-never=1 refused=1");
    }

    [Fact]
    public async Task Entry_that_memory_cannot_hold_is_served_from_disk()
    {
        using var fixture = new PipelineFixture(memoryBytes: 0);
        PipelineFixture.Caller caller = fixture.NewCaller();
        caller.Publish(await caller.LeaseAsync(), Output);
        await fixture.Store.FlushAsync();
        AssertResult(await caller.AskAsync(), Output, "disk");
        fixture.AssertCounted("helm_runs=1 hits=1 hits_by_tier/disk=1 misses=1 stored=1");
    }

    [Fact]
    public async Task Result_for_a_lease_that_nobody_holds_is_refused()
    {
        PipelineFixture.Caller caller = _fixture.NewCaller();
        Assert.Equal(RefuseReason.LeaseLost, caller.Publish(77, Output).Refused);
        long lease = await caller.LeaseAsync();
        caller.Publish(lease, Output);
        Assert.Equal(RefuseReason.LeaseLost, caller.Publish(lease, "twice").Refused);
        AssertResult(await caller.AskAsync(), Output, "memory");
    }

    [Fact]
    public async Task Time_saved_is_what_helm_took_less_what_we_took()
    {
        PipelineFixture.Caller caller = _fixture.NewCaller();
        long lease = await caller.LeaseAsync();
        Task<Message> waits = _fixture.NewCaller().AskAsync();
        _fixture.Clock.Advance(TimeSpan.FromMilliseconds(15));
        caller.Publish(lease, Output);
        await waits;
        Assert.Equal(25_000, _fixture.Counters.Snapshot()[Counters.TimeSavedMicroseconds]);
        await caller.AskAsync();
        Assert.Equal(65_000, _fixture.Counters.Snapshot()[Counters.TimeSavedMicroseconds]);
    }

    /// <summary>The entry that is hit was rendered on a busy machine; the chart's others were not.</summary>
    [Fact]
    public async Task Row15_Time_saved_is_by_the_median_of_the_charts_renders()
    {
        PipelineFixture.Caller caller = _fixture.NewCaller();
        caller.Publish(await caller.LeaseAsync(), Output, renderMicroseconds: 5_000_000);
        foreach (string release in (string[])["a", "b", "c"])
            caller.Publish(await caller.LeaseAsync($"template {release} ./web"), Output);
        await caller.AskAsync();
        Assert.Equal(40_000, _fixture.Counters.Snapshot()[Counters.TimeSavedMicroseconds]);
    }

    /// <summary>What <c>show</c> takes says nothing about what a render of the same chart does.</summary>
    [Fact]
    public async Task Time_saved_is_by_command_too()
    {
        PipelineFixture.Caller caller = _fixture.NewCaller();
        caller.Publish(await caller.LeaseAsync("show chart ./web"), Output, renderMicroseconds: 1_000);
        caller.Publish(await caller.LeaseAsync(), Output, renderMicroseconds: 400_000);
        await caller.AskAsync();
        Assert.Equal(400_000, _fixture.Counters.Snapshot()[Counters.TimeSavedMicroseconds]);
    }

    [Fact]
    public async Task Row15_Render_is_counted_as_refused_once()
    {
        PipelineFixture.Caller caller = _fixture.NewCaller();
        long lease = await caller.LeaseAsync();
        caller.Abandon(lease, RefuseReason.Interrupted);
        Assert.Equal(RefuseReason.LeaseLost, caller.Publish(lease, Output).Refused);
        caller.Abandon(lease, RefuseReason.Interrupted);
        caller.Vanish();
        _fixture.AssertCounted("helm_runs=1 misses=1 refuse_reasons/interrupted=1 refused=1");
    }

    [Fact]
    public async Task Call_that_is_declined_holds_nothing_and_is_counted_by_its_reason()
    {
        AssertBypass(await _fixture.NewCaller().AskAsync("template r ./web --validate"), BypassReason.ClusterAccess);
        AssertBypass(await _fixture.NewCaller().AskAsync("template r ./gone"), BypassReason.ChartMissing);
        Assert.Equal((0, 0), (_fixture.Pipeline.Running, _fixture.Pipeline.Waiting));
        _fixture.AssertCounted("bypass_reasons/chart-missing=1 bypass_reasons/cluster-access=1 bypasses=2");
    }

    private static void AssertResult(Message answer, string stdout, string source, string stderr = "")
    {
        Message.Result result = Assert.IsType<Message.Result>(answer);
        Assert.Equal(
            (0, stdout, stderr, source),
            (result.ExitCode, Encoding.UTF8.GetString(result.Stdout.Span), Encoding.UTF8.GetString(result.Stderr.Span), result.Source)
        );
    }

    private static void AssertBypass(Message answer, BypassReason reason) =>
        Assert.Equal(reason, Assert.IsType<Message.Bypass>(answer).Reason);
}
