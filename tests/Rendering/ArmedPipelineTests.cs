using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Arming;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Rendering;

/// <summary>What the pipeline makes of armed, new and unarmed helms; the tests play the arming.</summary>
public sealed class ArmedPipelineTests
{
    private const int Trap = ArmingPlan.FirstExitCode + 1;

    [Fact]
    public async Task A_new_helm_is_armed_once_and_calls_are_helms_until_then()
    {
        using var fixture = new PipelineFixture();
        var gate = new TaskCompletionSource();
        int asked = 0;
        fixture.Arm = async _ =>
        {
            asked++;
            await gate.Task;
            fixture.ArmHelm();
        };
        Chart("web").WithConfigMap("c", "a: {{ tpl .Values.t . }}").WriteTo(fixture.Site.Work);
        for (int i = 0; i < 3; i++)
            Assert.Equal(BypassReason.Arming, Assert.IsType<Message.Bypass>(await fixture.NewCaller().AskAsync()).Reason);
        gate.SetResult();
        await fixture.Armory.DrainAsync();
        var lease = Assert.IsType<Message.Lease>(await fixture.NewCaller().AskAsync());
        Assert.Equal(
            (fixture.Armed + "/copy", ArmingPlan.FirstExitCode, Trap),
            (lease.Armed!.Path, lease.Armed.FirstExitCode, lease.Armed.LastExitCode)
        );
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_trap_is_remembered_by_name_and_those_who_waited_run_helm()
    {
        using var fixture = new PipelineFixture();
        fixture.ArmHelm();
        PipelineFixture.Caller holder = fixture.NewCaller();
        long lease = await holder.LeaseAsync();
        Task<Message> waiting = fixture.NewCaller().AskAsync();
        Message.Published verdict = holder.Publish(lease, "", exitCode: Trap);
        Assert.Equal((RefuseReason.NotRepeatable, "now was called"), (verdict.Refused, verdict.Detail));
        foreach (Message answer in (Message[])[await waiting, await fixture.NewCaller().AskAsync()])
            Assert.Equal(
                (BypassReason.KnownToVary, "now was called"),
                (Assert.IsType<Message.Bypass>(answer).Reason, ((Message.Bypass)answer).Detail)
            );
        // Judged anew on demand: fixed this time.
        PipelineFixture.Caller again = fixture.NewCaller();
        Assert.Equal(RefuseReason.None, again.Publish(await again.LeaseAsync(flags: RenderFlags.Recache), "fixed").Refused);
        Assert.IsType<Message.Result>(await fixture.NewCaller().AskAsync());
    }

    [Fact]
    public async Task A_trap_of_inputs_that_changed_meanwhile_says_nothing_about_the_key()
    {
        using var fixture = new PipelineFixture();
        fixture.ArmHelm();
        PipelineFixture.Caller holder = fixture.NewCaller();
        long lease = await holder.LeaseAsync();
        File.AppendAllText(Path.Combine(fixture.Site.Work, "web", "values.yaml"), "more: 1\n");
        Assert.Equal(RefuseReason.InputsChanged, holder.Publish(lease, "", exitCode: Trap).Refused);
        Assert.IsType<Message.Lease>(await fixture.NewCaller().AskAsync());
    }

    [Fact]
    public async Task The_exit_code_of_a_trap_means_nothing_from_real_helm()
    {
        using var fixture = new PipelineFixture();
        fixture.ArmHelm();
        PipelineFixture.Caller holder = fixture.NewCaller();
        // Freezing callers are rendered for by real helm.
        long lease = Assert.IsType<Message.Lease>(await holder.AskAsync(flags: RenderFlags.Freeze)) is { Armed: null } plain
            ? plain.LeaseId
            : 0;
        Assert.Equal(RefuseReason.HelmFailed, holder.Publish(lease, "", exitCode: Trap).Refused);
    }

    [Fact]
    public async Task A_failed_attempt_is_tried_again_after_a_while_and_not_before()
    {
        using var fixture = new PipelineFixture();
        int asked = 0;
        fixture.Arm = _ =>
        {
            asked++;
            throw new IOException("disk full");
        };
        Chart("web").WithConfigMap("c", "a: {{ tpl .Values.t . }}").WriteTo(fixture.Site.Work);
        for (int i = 0; i < 3; i++)
        {
            await fixture.NewCaller().AskAsync();
            await fixture.Armory.DrainAsync();
        }
        Assert.Equal(1, asked);
        Assert.Equal(BypassReason.Unarmed, Assert.IsType<Message.Bypass>(await fixture.NewCaller().AskAsync()).Reason);
        fixture.Clock.Advance(Armory.RetryAfter);
        await fixture.NewCaller().AskAsync();
        await fixture.Armory.DrainAsync();
        Assert.Equal(2, asked);
        Assert.Contains("disk full", File.ReadAllText(fixture.LogPath), System.StringComparison.Ordinal);
    }

    [Fact]
    public void Copies_that_nobody_uses_go_and_others_stay()
    {
        using var fixture = new PipelineFixture();
        fixture.ArmHelm();
        fixture.Armory.RemoveUnused(System.TimeSpan.FromDays(30));
        Assert.True(File.Exists(fixture.Armed + "/copy"));
        fixture.Clock.Advance(System.TimeSpan.FromDays(31));
        fixture.Armory.RemoveUnused(System.TimeSpan.FromDays(30));
        Assert.Empty(Directory.GetFiles(fixture.Armed));
    }
}
