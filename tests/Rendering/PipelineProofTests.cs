using System;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Rendering;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Rendering;

/// <summary>Results that wait for a proof: what the daemon copies, when it believes a proof, and that no copy stays. The tests play shim and prover.</summary>
public sealed class PipelineProofTests : IDisposable
{
    private const string Output = "a: 1\n";

    private readonly PipelineRoom _room = new();

    public PipelineProofTests() =>
        Chart("web").WithValues("a: 1\n").WithConfigMap("c", "a: {{ .Values.a }}{{ if .Values.b }}{{ randAlpha 5 }}{{ end }}").WriteTo(_room.Site.Work);

    private string[] Copies => Directory.Exists(_room.Endpoint.Home + "/proofs") ? Directory.GetDirectories(_room.Endpoint.Home + "/proofs") : [];

    public void Dispose() => _room.Dispose();

    [Fact]
    public async Task Inputs_may_go_as_soon_as_the_proof_is_asked_for()
    {
        string values = _room.Site.Write("tmp/values.yaml", "a: 2\n");
        long proof = await RenderAsync("template r ./web -f @/tmp/values.yaml");
        File.Delete(values);
        Directory.Delete(_room.Site.ChartPath, recursive: true);
        Assert.Equal(RefuseReason.None, Prove(proof, Output).Refused);

        // The same inputs come again at other times and places.
        _room.Site.Reset();
        Chart("web").WithValues("a: 1\n").WithConfigMap("c", "a: {{ .Values.a }}{{ if .Values.b }}{{ randAlpha 5 }}{{ end }}").WriteTo(_room.Site.Work);
        _room.Site.Write("other/v.yaml", "a: 2\n");
        Assert.IsType<Message.Result>(await _room.NewCaller().AskAsync("template r ./web -f @/other/v.yaml"));
    }

    [Fact]
    public async Task Copy_is_private_and_calls_fail_in_it()
    {
        _room.Site.Write("tmp/values.yaml", "a: 2\n");
        await RenderAsync("template r ./web -f @/tmp/values.yaml --set x=1");
        string copy = Assert.Single(Copies);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(copy));
        Assert.All(Directory.GetFiles(copy, "*", SearchOption.AllDirectories), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.Contains("{{ fail 5 }}", File.ReadAllText(copy + "/chart/templates/c.yaml"), StringComparison.Ordinal);
        string[] call = File.ReadAllText(copy + "/call").Split('\0');
        Assert.Equal(["template", $"--values={copy}/input1", "--set=x=1", "--", "r", copy + "/chart"], call);
        Assert.Equal("a: 2\n", File.ReadAllText(copy + "/input1"));
    }

    [Fact]
    public async Task Other_output_of_the_copy_makes_the_key_known_to_vary()
    {
        long proof = await RenderAsync();
        Assert.Equal(RefuseReason.NotRepeatable, Prove(proof, "a: 2\n").Refused);
        Assert.Equal(BypassReason.KnownToVary, Assert.IsType<Message.Bypass>(await _room.NewCaller().AskAsync()).Reason);
        Assert.Empty(Copies);
    }

    [Fact]
    public async Task Recache_forgets_that_the_output_varies()
    {
        Prove(await RenderAsync(), "a: 2\n");
        PipelineRoom.Caller caller = _room.NewCaller();
        Message.Published published = caller.Publish(await caller.LeaseAsync(flags: RenderFlags.Recache), Output);
        Assert.Equal(RefuseReason.None, Prove(published.ProofId, Output).Refused);
        Assert.IsType<Message.Result>(await _room.NewCaller().AskAsync());
    }

    [Fact]
    public async Task Edit_during_the_render_leaves_no_proof_behind()
    {
        PipelineRoom.Caller caller = _room.NewCaller();
        long lease = await caller.LeaseAsync();
        _room.Site.Append("work/web/values.yaml", "c: 1\n");
        Message.Published published = caller.Publish(lease, Output);
        Assert.Equal((RefuseReason.InputsChanged, 0L), (published.Refused, published.ProofId));
        Assert.Empty(Copies);
    }

    [Fact]
    public async Task Copy_goes_with_the_verdict()
    {
        Prove(await RenderAsync(), Output);
        Assert.Empty(Copies);
    }

    [Fact]
    public async Task Proof_that_does_not_come_is_given_up_with_its_copy()
    {
        long proof = await RenderAsync();
        Assert.Equal(BypassReason.ProofPending, Assert.IsType<Message.Bypass>(await _room.NewCaller().AskAsync()).Reason);
        _room.Clock.Advance(TimeSpan.FromHours(1));
        _room.Pipeline.GiveUpLateProofs();
        Assert.Equal((0, 0), (_room.Pipeline.Proving, Copies.Length));
        Assert.Equal(RefuseReason.LeaseLost, Prove(proof, Output).Refused);

        // Twice more, and it is not tried again.
        for (int lost = 1; lost < PendingProofs.MaxAttempts; lost++)
        {
            await RenderAsync();
            _room.Clock.Advance(TimeSpan.FromHours(1));
            _room.Pipeline.GiveUpLateProofs();
        }
        Assert.Equal(BypassReason.KnownToVary, Assert.IsType<Message.Bypass>(await _room.NewCaller().AskAsync()).Reason);
    }

    [Fact]
    public async Task Clock_that_is_set_back_does_not_keep_a_proof_waiting()
    {
        await RenderAsync();
        _room.Clock.SetBack(TimeSpan.FromDays(400));
        _room.Clock.Advance(TimeSpan.FromHours(1));
        _room.Pipeline.GiveUpLateProofs();
        Assert.Equal(0, _room.Pipeline.Proving);
    }

    [Fact]
    public async Task Numbers_of_proofs_are_not_those_of_another_daemon()
    {
        long proof = await RenderAsync();
        using var other = new PipelineRoom();
        Chart("web").WithConfigMap("c", "a: 1{{ if .Values.b }}{{ now }}{{ end }}").WriteTo(other.Site.Work);
        PipelineRoom.Caller caller = other.NewCaller();
        Assert.NotEqual(proof, caller.Publish(await caller.LeaseAsync(), Output).ProofId);
    }

    [Fact]
    public async Task Home_that_cannot_be_written_only_costs_the_proof()
    {
        File.WriteAllText(_room.Endpoint.Home + "/proofs", "a file in the way");
        PipelineRoom.Caller caller = _room.NewCaller();
        Message.Published published = caller.Publish(await caller.LeaseAsync(), Output);
        Assert.Equal((RefuseReason.StoreFailed, 0L), (published.Refused, published.ProofId));
        // Nothing was learned about the chart: the next caller renders, and may be proved.
        Assert.IsType<Message.Lease>(await _room.NewCaller().AskAsync());
    }

    private async Task<long> RenderAsync(string line = "template r ./web")
    {
        PipelineRoom.Caller caller = _room.NewCaller();
        Message.Published published = caller.Publish(await caller.LeaseAsync(line), Output);
        Assert.Equal(RefuseReason.Unproven, published.Refused);
        Assert.NotEqual(0, published.ProofId);
        return published.ProofId;
    }

    private Message.Published Prove(long proof, string stdout) =>
        Assert.IsType<Message.Published>(PipelineRoom.Decode(_room.Pipeline.Prove(new Message.Proof(proof, SHA256.HashData(Encoding.UTF8.GetBytes(stdout)), ""))));
}
