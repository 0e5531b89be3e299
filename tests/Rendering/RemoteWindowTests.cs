using System;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Fingerprints;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Daemon.Rendering;
using CacheDaemon.Tests.RemoteCharts;
using Xunit;

namespace CacheDaemon.Tests.Rendering;

/// <summary>
/// How long an answer is given again for a chart that helm downloads each time. The clock moves when told; the tests play the callers.
/// </summary>
public sealed class RemoteWindowTests : IDisposable
{
    private const string Address = "show chart https://charts.example.org/web-1.0.0.tgz";
    private const string ByDigest = "oci://r.example.org/web@sha256:00000000000000000000000000000000000000000000000000000000000000ab";

    private readonly PipelineFixture _fixture = new(remote: new RemotePolicy(TimeSpan.FromMinutes(10), Digest: true));

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task A_window_counts_from_the_start_of_the_run()
    {
        PipelineFixture.Caller caller = _fixture.NewCaller();
        long lease = await caller.LeaseAsync(Address);
        // The run takes four minutes.
        _fixture.Clock.Advance(TimeSpan.FromMinutes(4));
        caller.Publish(lease, "first");
        await AssertHitAsync(Address, "first", "memory remote age=4m0s");
        _fixture.Clock.Advance(TimeSpan.FromSeconds(359));
        await AssertHitAsync(Address, "first", "memory remote age=9m59s");
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        caller.Publish(await caller.LeaseAsync(Address), "second");
        await AssertHitAsync(Address, "second", "memory remote age=0s");
    }

    [Fact]
    public async Task A_failed_run_opens_no_window_and_ends_none()
    {
        PipelineFixture.Caller caller = _fixture.NewCaller();
        caller.Publish(await caller.LeaseAsync(Address), "", "Error: 404", exitCode: 1);
        caller.Publish(await caller.LeaseAsync(Address), "first");
        _fixture.Clock.Advance(TimeSpan.FromMinutes(10));
        caller.Publish(await caller.LeaseAsync(Address), "", "Error: 404", exitCode: 1);
        await caller.LeaseAsync(Address);
    }

    [Fact]
    public async Task A_clock_that_was_set_back_opens_no_window_again()
    {
        PipelineFixture.Caller caller = _fixture.NewCaller();
        caller.Publish(await caller.LeaseAsync(Address), "first");
        _fixture.Clock.Advance(TimeSpan.FromMinutes(11));
        _fixture.Clock.SetBack(TimeSpan.FromMinutes(11));
        Assert.IsType<Message.Lease>(await caller.AskAsync(Address));
    }

    [Fact]
    public async Task Who_waits_for_a_run_that_takes_longer_than_the_window_makes_one_of_his_own()
    {
        using var fixture = new PipelineFixture(remote: new RemotePolicy(TimeSpan.FromSeconds(30), Digest: false));
        PipelineFixture.Caller first = fixture.NewCaller(),
            second = fixture.NewCaller(),
            third = fixture.NewCaller();
        long lease = await first.LeaseAsync(Address);
        Task<Message> waiting = second.AskAsync(Address);
        fixture.Clock.Advance(TimeSpan.FromSeconds(30));
        first.Publish(lease, "first");
        lease = Assert.IsType<Message.Lease>(await waiting).LeaseId;
        waiting = third.AskAsync(Address);
        fixture.Clock.Advance(TimeSpan.FromSeconds(29));
        second.Publish(lease, "second");
        Assert.Equal("coalesced", Assert.IsType<Message.Result>(await waiting).Source);
    }

    [Fact]
    public async Task Output_on_standard_error_is_within_the_window_too()
    {
        PipelineFixture.Caller caller = _fixture.NewCaller();
        caller.Publish(await caller.LeaseAsync(Address), "first", "Pulled: x");
        await AssertHitAsync(Address, "first", "memory remote age=0s");
        _fixture.Clock.Advance(TimeSpan.FromMinutes(10));
        await caller.LeaseAsync(Address);
    }

    [Theory]
    [InlineData("home/.config/helm/registry/config.json", "{\"auths\":{}}")]
    [InlineData("home/.docker/config.json", "{\"auths\":{}}")]
    [InlineData("home/.config/helm/repositories.yaml", RepositorySite.Repositories)]
    public async Task Another_login_ends_it_at_once(string file, string content)
    {
        PipelineFixture.Caller caller = _fixture.NewCaller();
        caller.Publish(await caller.LeaseAsync(Address), "first");
        _fixture.Site.Write(file, content);
        await caller.LeaseAsync(Address);
    }

    [Fact]
    public async Task A_name_in_a_repository_is_helm_3s_for_a_while_and_a_new_index_ends_it()
    {
        _fixture.Site.Write("home/.config/helm/repositories.yaml", RepositorySite.Repositories);
        _fixture.Site.Write(RepositorySite.IndexPath, RepositorySite.Index);
        PipelineFixture.Caller caller = _fixture.NewCaller();
        caller.Publish(await caller.LeaseAsync("show chart shop/web"), "first");
        await AssertHitAsync("show chart shop/web", "first", "memory remote age=0s");
        _fixture.Site.Append(RepositorySite.IndexPath, "\n# new\n");
        await caller.LeaseAsync("show chart shop/web");
    }

    [Fact]
    public async Task A_digest_is_for_good()
    {
        PipelineFixture.Caller caller = _fixture.NewCaller();
        caller.Publish(Assert.IsType<Message.Lease>(await caller.AskAsync(Show(ByDigest))).LeaseId, "first");
        _fixture.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal("memory remote age=2d0h", Assert.IsType<Message.Result>(await caller.AskAsync(Show(ByDigest))).Source);
        // Half a digest is none.
        caller.Publish(Assert.IsType<Message.Lease>(await caller.AskAsync(Show(ByDigest[..^1]))).LeaseId, "other");
        _fixture.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.IsType<Message.Lease>(await caller.AskAsync(Show(ByDigest[..^1])));
    }

    [Fact]
    public async Task Hits_are_counted_with_their_ages()
    {
        PipelineFixture.Caller caller = _fixture.NewCaller();
        caller.Publish(await caller.LeaseAsync(Address), "first");
        caller.Publish(Assert.IsType<Message.Lease>(await caller.AskAsync(Show(ByDigest))).LeaseId, "first");
        foreach (int seconds in (int[])[10, 20, 300])
        {
            _fixture.Clock.Advance(TimeSpan.FromSeconds(seconds));
            await AssertHitAsync(
                Address,
                "first",
                $"memory remote age={AgeText.Of(TimeSpan.FromSeconds(seconds switch { 10 => 10, 20 => 30, _ => 330 }))}"
            );
        }
        Assert.IsType<Message.Result>(await caller.AskAsync(Show(ByDigest)));
        // What is rendered, or shared with one who waits, is no hit.
        _fixture.Clock.Advance(TimeSpan.FromMinutes(10));
        caller.Publish(await caller.LeaseAsync(Address), "second");
        Assert.Equal(
            new RemoteReport(4, 0, 1, 3, 30_000, 330_000),
            RemoteReport.Of(_fixture.Counters.Snapshot(), _fixture.Outcomes.RemoteAges.Summary()!.Value)
        );
    }

    [Theory]
    [InlineData("show chart s3://bucket/web.tgz")]
    [InlineData("show chart web --repo s3://bucket")]
    [InlineData("show chart https://charts.example.org/web.tgz --username u")]
    [InlineData("show chart https://charts.example.org/web.tgz --verify")]
    [InlineData("show chart ftp://charts.example.org/web.tgz")]
    public async Task Plugins_logins_and_proofs_are_helms(string line) =>
        Assert.IsType<Message.Bypass>(await _fixture.NewCaller().AskAsync(line));

    [Fact]
    public async Task A_template_needs_a_copy_of_helm_that_proves_it() =>
        Assert.Equal(
            BypassReason.Unarmed,
            Assert.IsType<Message.Bypass>(await _fixture.NewCaller().AskAsync("template r https://charts.example.org/web-1.0.0.tgz")).Reason
        );

    [Fact]
    public async Task Without_the_settings_nothing_of_it_is_served()
    {
        using var fixture = new PipelineFixture();
        foreach (
            string line in (string[])[Address, "show chart oci://r.example.org/web", "show chart web --repo https://charts.example.org"]
        )
            Assert.Equal(BypassReason.RemoteChart, Assert.IsType<Message.Bypass>(await fixture.NewCaller().AskAsync(line)).Reason);
    }

    private Message.Render Show(string chart) => _fixture.Site.Request() with { Arguments = ["show", "chart", chart] };

    private async Task AssertHitAsync(string line, string stdout, string source)
    {
        var result = Assert.IsType<Message.Result>(await _fixture.NewCaller().AskAsync(line));
        Assert.Equal((stdout, source), (System.Text.Encoding.UTF8.GetString(result.Stdout.Span), result.Source));
    }
}
