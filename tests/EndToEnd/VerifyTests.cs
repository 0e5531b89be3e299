using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>
/// <c>helmcached verify</c> finds what is wrong and leaves alone what is right. FakeHelm makes entries wrong on purpose: its
/// variables are not among those that a call is remembered with, so it answers the second time without them.
/// </summary>
[Trait("Needs", "programs")]
public sealed class VerifyTests
{
    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Entries_that_real_helm_confirms_stay(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        Assert.Equal(0, (await home.Admin("start").RunAsync()).ExitCode);
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithValues("a: 1\n").WithConfigMap("c", "a: {{ .Values.a | quote }}\n  ns: {{ .Release.Namespace }}").WriteTo(work);
        // Variables, standard input and a warning that shows a path (and so uses the second key).
        Command[] calls =
        [
            home.Shim(work, "template", "r", "web").With("HELM_NAMESPACE", "prod"),
            home.Shim(work, "template", "r", "web", "-f", "-") with
            {
                Stdin = Encoding.ASCII.GetBytes("a: 2\n"),
            },
            home.Shim(work, "template", "r", "./web", "--set", "a.b=3"),
        ];
        foreach (Command call in calls)
            Assert.Equal(0, (await call.RunAsync()).ExitCode);
        // The note under the first key of the one that warns is none.
        await home.EntriesReachAsync(calls.Length);
        Assert.Equal(calls.Length, (await home.StatsAsync()).Stored);

        CommandResult verified = await home.Admin("verify").RunAsync();
        Assert.Equal("rendering 3 of 3 entries again\n" + Summary(3, 0, 0), verified.StdoutText);
        Assert.Equal((0, ""), (verified.ExitCode, verified.StderrText));
        Assert.Equal(calls.Length, (await home.StatsAsync()).Entries);
        Assert.Equal(0, (await home.StatsAsync()).VerifyMismatches);
    }

    [Fact]
    public async Task A_wrong_entry_is_reported_deleted_and_rendered_anew()
    {
        await using FakeHelmHome fake = await StartAsync();
        // Ends with what FakeHelm prints by itself, so that one entry is right.
        await fake.Template("--set", "secret=word").With("FAKEHELM_STDOUT", null).RunAsync();
        await fake.Template().RunAsync();
        Assert.Equal(2, fake.Runs);

        CommandResult verified = await fake.Home.Admin("verify", "--all").RunAsync();
        string[] lines = verified.StdoutText.Split('\n');
        Assert.Equal("rendering 2 of 2 entries again", lines[0]);
        Assert.Matches("^web [0-9a-f]{16}: stdout differs; deleted$", lines[1]);
        Assert.Equal(Summary(2, 1, 0), lines[2] + "\n");
        Assert.Equal((1, ""), (verified.ExitCode, verified.StderrText));
        Stats stats = await fake.Home.StatsAsync();
        Assert.Equal((1, 1), (stats.VerifyMismatches, stats.Entries));

        await fake.Template("--set", "secret=word").RunAsync();
        Assert.Equal(2, fake.Runs);
        await fake.Template().RunAsync();
        Assert.Equal(3, fake.Runs);
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Files_of_an_output_directory_are_verified_and_not_written(int major)
    {
        await using var home = new DaemonHome(RealHelms.Of(major));
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithValues("a: 1\n").WithConfigMap("c", "a: {{ .Values.a | quote }}").WithConfigMap("d", "b: c").WriteTo(work);
        await home.StartAsync();
        foreach (string directory in (string[])["out", "web/out"])
            Assert.Equal(0, (await home.Shim(work, "template", "r", "web", "--output-dir", directory).RunAsync()).ExitCode);
        await home.EntriesReachAsync(1);
        Directory.Delete(Path.Combine(work, "out"), recursive: true);
        Directory.Delete(Path.Combine(work, "web", "out"), recursive: true);

        CommandResult verified = await home.Admin("verify").RunAsync();
        Assert.EndsWith(Summary(1, 0, 0), verified.StdoutText, StringComparison.Ordinal);
        Assert.Equal((0, ""), (verified.ExitCode, verified.StderrText));
        Assert.Equal(["web"], Directory.GetFileSystemEntries(work).Select(Path.GetFileName));
        Assert.False(Directory.Exists(Path.Combine(work, "web", "out")));
    }

    [Fact]
    public async Task Wrong_files_of_an_output_directory_are_a_difference()
    {
        await using FakeHelmHome fake = await StartAsync();
        await fake.Template("--output-dir", "out").RunAsync();
        Assert.Equal(FakeHelmHome.Output, File.ReadAllText(Path.Combine(fake.Work, "out", "fakehelm", "templates", "file.yaml")));
        CommandResult verified = await fake.Home.Admin("verify").RunAsync();
        Assert.Matches("\nweb [0-9a-f]{16}: stdout differs; deleted\n", verified.StdoutText);
        Assert.Equal((1, 0), (verified.ExitCode, (await fake.Home.StatsAsync()).Entries));
    }

    [Fact]
    public async Task A_wrong_stderr_is_a_difference_too()
    {
        await using FakeHelmHome fake = await StartAsync();
        await fake.Template().With("FAKEHELM_STDERR", "warning\n").With("FAKEHELM_STDOUT", null).RunAsync();
        CommandResult verified = await fake.Home.Admin("verify").RunAsync();
        Assert.Matches("\nweb [0-9a-f]{16}: stderr differs; deleted\n", verified.StdoutText);
        Assert.Equal(1, verified.ExitCode);
    }

    [Fact]
    public async Task Entries_whose_inputs_changed_or_whose_call_is_not_known_are_skipped()
    {
        await using FakeHelmHome fake = await StartAsync();
        await fake.Template().RunAsync();
        await fake.Home.StopAsync();
        await fake.StartDaemonAsync();
        await fake.Template("--set", "a=2").RunAsync();
        File.WriteAllText(Path.Combine(fake.ChartPath, "values.yaml"), "a: 3\n");

        // Both are wrong, but nothing is left that could show it.
        CommandResult verified = await fake.Home.Admin("verify").RunAsync();
        Assert.Equal(
            "rendering 1 of 2 entries again\n"
                + Summary(0, 0, 2, "1 whose call was not seen since the daemon started, 1 whose inputs have changed"),
            verified.StdoutText
        );
        Assert.Equal(4, verified.ExitCode);
        Assert.Equal(2, (await fake.Home.StatsAsync()).Entries);
    }

    [Fact]
    public async Task A_call_of_an_earlier_daemon_is_known_again_once_it_hits()
    {
        await using FakeHelmHome fake = await StartAsync();
        await fake.Template().RunAsync();
        await fake.Home.StopAsync();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        Assert.Equal(1, fake.Runs);
        CommandResult verified = await fake.Home.Admin("verify").RunAsync();
        Assert.EndsWith(Summary(1, 1, 0), verified.StdoutText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sample_takes_that_many()
    {
        await using FakeHelmHome fake = await StartAsync();
        for (int i = 0; i < 3; i++)
            await fake.Template("--set", $"a={i}").With("FAKEHELM_STDOUT", null).RunAsync();
        CommandResult verified = await fake.Home.Admin("verify", "--sample", "1").RunAsync();
        Assert.Equal("rendering 1 of 3 entries again\n" + Summary(1, 0, 0), verified.StdoutText);
    }

    [Fact]
    public async Task Output_that_helm_itself_orders_differently_is_kept()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        string work = home.At("work");
        Chart("maps")
            .WithValues(string.Concat(Enumerable.Range(0, 40).Select(static i => $"key{i}: 1\n")))
            .WithConfigMap("c", "a: {{ keys .Values | join \",\" | quote }}")
            .WriteTo(work);
        await home.StartAsync();
        Assert.Equal(0, (await home.Shim(work, "template", "r", "maps").RunAsync()).ExitCode);
        await home.EntriesReachAsync(1);
        // Forty keys have more orders than tests have runs.
        CommandResult verified = await home.Admin("verify").RunAsync();
        Assert.Contains("; kept\n", verified.StdoutText, StringComparison.Ordinal);
        Assert.EndsWith(Summary(0, 0, 1, "1 whose output varies from run to run"), verified.StdoutText, StringComparison.Ordinal);
        Assert.Equal(4, verified.ExitCode);
        Assert.Equal(1, (await home.StatsAsync()).Entries);
    }

    [Fact]
    public async Task Without_a_daemon_nothing_is_started()
    {
        await using var home = new DaemonHome("/nonexistent");
        CommandResult verified = await home.Admin("verify").RunAsync();
        Assert.Equal((3, ""), (verified.ExitCode, verified.StdoutText));
        Assert.Empty(home.DaemonIds());
    }

    [Theory]
    [InlineData("--sample", "0")]
    [InlineData("--sample", "many")]
    [InlineData("--sample", "1", "--all")]
    [InlineData("--sample")]
    [InlineData("--smaple", "1")]
    public async Task What_makes_no_sense_is_refused(params string[] arguments)
    {
        await using var home = new DaemonHome("/nonexistent");
        Assert.Equal(2, (await home.Admin(["verify", .. arguments]).RunAsync()).ExitCode);
    }

    private static async Task<FakeHelmHome> StartAsync()
    {
        var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        return fake;
    }

    [Fact]
    public async Task Row15_After_a_restart_it_says_that_nothing_can_be_verified_with_a_code_of_its_own()
    {
        await using FakeHelmHome fake = await StartAsync();
        CommandResult none = await fake.Home.Admin("verify").RunAsync();
        Assert.Equal((0, Summary(0, 0, 0), ""), (none.ExitCode, none.StdoutText, none.StderrText));
        await fake.Template().RunAsync();
        await fake.Template("--set", "a=2").RunAsync();
        await fake.Home.StopAsync();
        await fake.StartDaemonAsync();
        CommandResult verified = await fake.Home.Admin("verify").RunAsync();
        Assert.Equal((4, Summary(0, 0, 2, "2 whose call was not seen since the daemon started")), (verified.ExitCode, verified.StdoutText));
        Assert.StartsWith("helmcached: no entry could be verified.", verified.StderrText, StringComparison.Ordinal);
        Assert.Equal(2, (await fake.Home.StatsAsync()).Entries);
    }

    private static string Summary(int verified, int differing, int skipped, string why = "") =>
        $"Verified {(verified == 1 ? "1 entry" : $"{verified} entries")}: {verified - differing} match, {differing} "
        + $"differ{(differing > 0 ? " (deleted)" : "")}. Skipped {skipped}{(why.Length > 0 ? ": " + why : "")}.\n";
}
