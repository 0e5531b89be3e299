using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Client.Native;
using CacheDaemon.Tests.EndToEnd;
using CacheDaemon.Tests.EndToEnd.Faults;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Inputs;

/// <summary>
/// Values in descriptors of the caller: <c>&lt;(…)</c>, <c>/dev/stdin</c>, <c>/dev/fd/9</c>. What helm makes of them, byte for byte; served
/// from the cache; and nothing read that helm would have left.
/// </summary>
[Trait("Needs", "programs")]
public sealed class DescriptorInputTests
{
    private static readonly (string Script, string Says)[] s_served =
    [
        ("\"$0\" template r web -f <(echo 'a: 5')", "\"a\":5"),
        ("\"$0\" template r web --set-file a=<(printf text)", "\"a\":\"text\""),
        (
            "\"$0\" template r web -f extra.yaml -f <(echo 'a: 5') -f <(echo 'b: 6') --set-file c=<(printf 7),d=extra.yaml",
            "\"a\":5,\"b\":6,\"c\":\"7\""
        ),
        ("echo 'a: 6' | \"$0\" template r web -f /dev/stdin", "\"a\":6"),
        ("echo 'a: 6' | \"$0\" template r web -f /proc/self/fd/0", "\"a\":6"),
        ("echo 'b: 1' | \"$0\" template r web -f <(echo 'a: 9') -f -", "\"a\":9,\"b\":1"),
        ("echo 'b: 1' | \"$0\" template r web -f - -f <(echo 'a: 9') -f -", "\"a\":9,\"b\":1"),
        ("\"$0\" template r web -f <(:)", "{}"),
        ("exec 9<extra.yaml; \"$0\" template r web -f /dev/fd/9", "\"x\":1"),
        ("\"$0\" template r web -f /dev/stdin <extra.yaml", "\"x\":1"),
        // From its start, whatever was read of it before, also by a descriptor that may write.
        ("exec 9<>extra.yaml; read -u 9 -r line; \"$0\" template r web -f /dev/fd/9; cat <&9", "\"x\":1"),
        ("cp extra.yaml gone.yaml; exec 9<gone.yaml; rm gone.yaml; \"$0\" template r web -f /dev/fd/9", "\"x\":1"),
        // By two writers, the second of which outlives the first.
        ("\"$0\" template r web -f <(echo 'a:'; bash -c \"echo '  b: 1'\" & exec true)", "\"b\":1"),
    ];

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task P4_Values_in_descriptors_are_served(int major)
    {
        await using DaemonHome home = await ArrangeAsync(major);
        foreach ((string script, string says) in s_served)
        {
            CommandResult real = await Script(home, home.RealHelm, script).RunAsync();
            Assert.Contains(says, real.StdoutText, StringComparison.Ordinal);
            Assert.Equal((script, null), (script, (await Script(home, home.ShimPath, script).RunAsync()).DifferenceFrom(real)));
            long before = (await home.StatsAsync()).Hits;
            Assert.Equal((script, null), (script, (await Script(home, home.ShimPath, script).RunAsync()).DifferenceFrom(real)));
            Stats stats = await home.StatsAsync();
            Assert.True(stats is { Bypasses: 0, Errors: 0 } && stats.Hits == before + 1, $"{script}: {stats}");
        }
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task P4_Other_content_misses_and_the_same_from_elsewhere_hits(int major)
    {
        await using DaemonHome home = await ArrangeAsync(major);
        (string Script, string Says, bool Hits)[] steps =
        [
            ("-f <(echo 'a: 1')", "\"a\":1", false),
            ("-f <(echo 'a: 2')", "\"a\":2", false),
            ("-f <(echo 'a: 1')", "\"a\":1", true),
            ("-f <(echo '' 'a: 1')", "\"a\":1", false),
            ("-f <(echo 'x: 1')", "\"x\":1", false),
            ("-f extra.yaml", "\"x\":1", true),
            ("-f /dev/fd/9 9<extra.yaml", "\"x\":1", true),
            ("-f /dev/stdin <extra.yaml", "\"x\":1", true),
            ("-f - <extra.yaml", "\"x\":1", true),
            ("-f <(echo 'a: 1') -f extra.yaml", "\"a\":1,\"x\":1", false),
            ("-f extra.yaml -f <(echo 'a: 1')", "\"a\":1,\"x\":1", false),
            ("-f <(cat extra.yaml) -f <(echo 'a: 1')", "\"a\":1,\"x\":1", true),
            ("--set-file a=<(printf 1)", "\"a\":\"1\"", false),
            ("--set-file a=<(printf 2)", "\"a\":\"2\"", false),
            ("--set-file b=<(printf 1)", "\"b\":\"1\"", false),
            ("--set-file a=<(printf 1)", "\"a\":\"1\"", true),
        ];
        long hits = 0;
        foreach ((string script, string says, bool isHit) in steps)
        {
            CommandResult result = await Script(home, home.ShimPath, "\"$0\" template r web " + script).RunAsync();
            Assert.Contains(says, result.StdoutText, StringComparison.Ordinal);
            hits += isHit ? 1 : 0;
            Assert.Equal((script, hits), (script, (await home.StatsAsync()).Hits));
        }
    }

    /// <summary>
    /// helm names the chart's link on standard error, and so may name what the values came from: such entries belong to one spelling.
    /// </summary>
    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task P4_Output_with_warnings_is_served_to_the_same_spelling(int major)
    {
        await using DaemonHome home = await ArrangeAsync(major);
        File.CreateSymbolicLink(home.At("work/web/link"), "Chart.yaml");
        foreach (
            string script in (string[])
                [
                    "\"$0\" template r web -f <(echo 'x: 1')",
                    "\"$0\" template r web -f extra.yaml",
                    "echo 'x: 1' | \"$0\" template r web -f /dev/stdin",
                ]
        )
        {
            CommandResult real = await Script(home, home.RealHelm, script).RunAsync();
            Assert.Contains("found symbolic link", real.StderrText, StringComparison.Ordinal);
            for (int i = 0; i < 2; i++)
                Assert.Null((await Script(home, home.ShimPath, script).RunAsync()).DifferenceFrom(real));
        }
        Assert.Equal(3, (await home.StatsAsync()).Hits);
    }

    private static readonly string[] s_leftToHelm =
    [
        "-f <(echo 'a: [')",
        "-f <(echo 'a: [') -f <(echo 'b: 1')",
        "-f <(echo '- a') -f <(echo 'b: 1')",
        "-f broken.yaml -f <(echo 'b: 1')",
        "-f missing.yaml -f <(echo 'b: 1')",
        // Read once more: nothing of a pipe, all of a file.
        "-f /dev/fd/9 -f /dev/fd/9 9< <(echo 'a: 5')",
        "-f /dev/fd/9 --set-file b=/dev/fd/9 9<extra.yaml",
        "-f /dev/stdin -f - < <(echo 'a: 5')",
        "-f - -f /dev/stdin < <(echo 'a: 5')",
        "-f - -f /dev/stdin <extra.yaml",
        "-f /dev/stdin -f /dev/fd/9 < <(echo 'a: 5') 9<&0",
        "-f - -f /dev/fd/9 < <(echo 'a: 5') 9<&0",
        "-f /dev/fd/8 -f /dev/fd/9 9<extra.yaml 8<&9",
        "-f <(cat) -f -",
        // Nothing there, or nothing to be read so.
        "-f /dev/fd/3",
        "-f /dev/fd/4",
        "-f /dev/fd/5",
        "-f /dev/fd/6",
        "-f /dev/fd/7",
        "-f /dev/fd/8",
        "-f /dev/fd/9",
        "-f /dev/fd/10",
        "-f /dev/fd/11",
        "-f /dev/fd/12",
        "-f /dev/fd/99999999",
        "-f /dev/fd/09 9<extra.yaml",
        "-f /dev/fd/-1",
        "-f /dev/fd/",
        "-f /dev/fd/9 9<web",
        "-f /dev/fd/9 9</dev/null",
        "-f /dev/stdin </dev/null",
        "-f /dev/fd/9 9</proc/self/mem",
        "--set-file a=/dev/fd/9 9</proc/self/attr/current",
        "-f /dev/fd/9 9<none.yaml",
        "-f /dev/fd//9 9<extra.yaml",
        "-f /dev/../dev/fd/9 9<extra.yaml",
        "-f /dev/fd/../fd/9 9<extra.yaml",
        "-f /proc/thread-self/fd/9 9<extra.yaml",
        "-f /proc/self/../self/fd/9 9<extra.yaml",
        "-f ' /dev/stdin' <extra.yaml",
        "-f '/dev/stdin ' <extra.yaml",
        "-f /dev/fd/9/ 9<extra.yaml",
        "-f /dev/fd/9/x 9<web",
        // Sent along, and then declined for another reason.
        "-f <(echo 'a: 5') --kubeconfig /dev/null",
        "-f <(echo 'a: 5') -f extra.yaml --set-file x=/dev/null",
        "-f <(echo 'a: 5') --kubeconfig <(echo '{}')",
        "-f <(echo 'a: 5') -n x --output-dir out",
        "-f <(echo 'a: 5') --show-only templates/none.yaml",
        "-f <(echo 'a: 5') --set t=1 --set-file u=<(printf 1)",
    ];

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task P4_What_is_not_served_is_what_helm_makes_of_it(int major)
    {
        await using DaemonHome home = await ArrangeAsync(major);
        File.WriteAllText(home.At("work/none.yaml"), "");
        foreach (string arguments in s_leftToHelm)
        {
            string script = "echo 'z: 1' | (exec 2>&1; \"$0\" template r web " + arguments + "; echo \"exit $?\"; rm -rf out)";
            CommandResult real = await Script(home, home.RealHelm, script).RunAsync();
            Assert.Contains("exit ", real.StdoutText, StringComparison.Ordinal);
            Assert.Equal((arguments, null), (arguments, (await Script(home, home.ShimPath, script).RunAsync()).DifferenceFrom(real)));
        }
        Assert.Equal(0, (await home.StatsAsync()).Errors);
    }

    private static readonly string[] s_failuresBeforeDescriptors =
    [
        "r ./missing -f /dev/stdin",
        "r web -f missing.yaml -f /dev/stdin",
        "r web -f broken.yaml -f /dev/stdin",
        "r web --timeout x -f /dev/stdin",
        "r web -f list.yaml --set-file a=/dev/stdin",
        "r web --set a --set-file b=/dev/stdin",
        "r web --set-file a=missing --set-file b=/dev/stdin",
        "r web -f <(echo 'a:[') -f /dev/stdin",
        "r web -f <(echo '{{') --set-file a=/dev/fd/0",
        "r web -f broken.yaml -f -",
        "r web -f list.yaml -f -",
        "r web -f broken.yaml,-",
        "r web -f broken.yaml --set-file a=-",
        "r web -f <(echo 'a: [') -f -",
    ];

    /// <summary>What comes next in the script reads what helm did not.</summary>
    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task B4_Helm_that_fails_before_it_opens_a_descriptor_leaves_it_alone(int major)
    {
        await using DaemonHome home = await ArrangeAsync(major);
        foreach (string arguments in s_failuresBeforeDescriptors)
        {
            Command Call(string helm) =>
                Script(home, helm, "exec 2>&1; \"$0\" template " + arguments + "; echo \"exit $?\"; cat") with
                {
                    Stdin = "a: left\n"u8.ToArray(),
                };
            CommandResult real = await Call(home.RealHelm).RunAsync();
            Assert.EndsWith("exit 1\na: left\n", real.StdoutText, StringComparison.Ordinal);
            Assert.Equal((arguments, null), (arguments, (await Call(home.ShimPath).RunAsync()).DifferenceFrom(real)));
        }
    }

    [Theory]
    [InlineData("template r web -f missing.yaml -f /dev/stdin")]
    [InlineData("template r web -f broken.yaml -f /dev/stdin")]
    [InlineData("template r web -f broken.yaml -f -")]
    [InlineData("template ./missing --set-file a=/dev/stdin")]
    public async Task B4_Helm_that_fails_before_it_opens_a_descriptor_does_not_wait_for_its_writer(string arguments)
    {
        await using DaemonHome home = await ArrangeAsync(3);
        using Process process = home.Shim(home.At("work"), arguments.Split(' ')).Start();
        await process.WaitForExitAsync(new CancellationTokenSource(Eventually.Patience).Token);
        Assert.Equal(1, process.ExitCode);
    }

    /// <summary>A trap ends the armed copy, and real helm runs in its place: with the same values, the first time and ever after.</summary>
    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task P4_Varying_output_has_the_values(int major)
    {
        await using DaemonHome home = await ArrangeAsync(major);
        Chart("rand").WithConfigMap("c", "a: {{ .Values.a }}-{{ .Values.b }}-{{ randAlphaNum 6 }}").WriteTo(home.At("work"));
        foreach (int value in (int[])[1, 1, 2])
        {
            CommandResult result = await Script(
                    home,
                    home.ShimPath,
                    $"\"$0\" template r rand -f <(echo 'a: {value}') --set-file b=/dev/stdin < <(printf text)"
                )
                .RunAsync();
            Assert.Equal((0, ""), (result.ExitCode, result.StderrText));
            Assert.Contains($"a: {value}-text-", result.StdoutText, StringComparison.Ordinal);
        }
        Stats stats = await home.StatsAsync();
        Assert.True(
            stats is { Hits: 0, Entries: 0, Errors: 0 } && stats.BypassReasons.Keys.SequenceEqual(["known-to-vary"]),
            stats.ToString()
        );
    }

    [Fact]
    public async Task P4_More_than_the_daemon_is_sent_is_helms_whole()
    {
        await using DaemonHome home = await ArrangeAsync(3);
        Chart("long").WithConfigMap("c", "a: {{ len .Values.a }}-{{ .Values.b }}").WriteTo(home.At("work"));
        const string Call = "\"$0\" template r long --set-file a=<(head -c 34000000 /dev/zero | tr '\\0' x) --set-file b=<(printf text)";
        CommandResult result = await Script(home, home.ShimPath, Call).RunAsync();
        Assert.Contains("a: 34000000-text", result.StdoutText, StringComparison.Ordinal);
        Assert.Equal((0, 0L), (result.ExitCode, (await home.StatsAsync()).Misses));
    }

    /// <summary>It was taken for nothing: stored for, and served to, whoever had no or other values.</summary>
    [Fact]
    public async Task B4_Standard_input_of_more_than_the_daemon_is_sent_is_nobodys_entry()
    {
        await using DaemonHome home = await ArrangeAsync(3);
        Chart("long").WithConfigMap("c", "a: {{ len (.Values.a | default list) }}").WriteTo(home.At("work"));
        CommandResult result = await Script(
                home,
                home.ShimPath,
                "head -c 34000000 /dev/zero | tr '\\0' x | \"$0\" template r long --set-file a=-"
            )
            .RunAsync();
        Assert.Contains("a: 34000000", result.StdoutText, StringComparison.Ordinal);
        CommandResult empty = await Script(home, home.ShimPath, "\"$0\" template r long --set-file a=- </dev/null").RunAsync();
        Assert.Contains("a: 0", empty.StdoutText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HELMCACHED_DISABLE=1")]
    [InlineData("HELMCACHED_HOME=/dev/null/none")]
    [InlineData("ulimit -f 1000;")]
    [InlineData("ulimit -n 9;")]
    public async Task P4_Without_a_daemon_or_room_helm_has_the_values(string before)
    {
        await using DaemonHome home = await ArrangeAsync(3);
        string script = before + " \"$0\" template r web -f <(echo 'a: 5') -f extra.yaml --set-file b=/dev/stdin < <(printf text)";
        CommandResult real = await Script(home, home.RealHelm, script).RunAsync();
        Assert.Equal((0, true), (real.ExitCode, real.StdoutText.Contains("\"b\":\"text\"", StringComparison.Ordinal)));
        Assert.Null((await Script(home, home.ShimPath, script).RunAsync()).DifferenceFrom(real));
    }

    [ClockFact]
    public async Task P4_Descriptors_in_a_sandbox_are_read_or_left_alone()
    {
        string[] calls =
        [
            "memfd_create",
            "dup2",
            "dup3",
            "fcntl",
            "lseek",
            "pread64",
            "statx",
            "newfstatat",
            "fstat",
            "readlink",
            "getrlimit",
            "prlimit64",
            "poll",
            "sendmsg",
            "vfork",
            "clone",
            "clone3",
        ];
        using var sandbox = new Sandbox(calls);
        await using DaemonHome home = await ArrangeAsync(3);
        Command ours =
                home.Shim(home.At("work"), "template", "r", "web", "-f", "extra.yaml", "-f", "/dev/stdin") with
                {
                    Stdin = "a: 5\n"u8.ToArray(),
                },
            real = ours with { File = home.RealHelm };
        CommandResult expected = await real.RunAsync();
        Assert.Contains("\"a\":5,\"x\":1", expected.StdoutText, StringComparison.Ordinal);
        int compared = 0;
        foreach (string call in calls)
        {
            if (!(await sandbox.Refuse(call, Libc.EPERM, real).RunAsync()).Equals(expected))
                continue;
            compared++;
            foreach (string recache in (string[])["1", "0"])
                Assert.Equal(
                    (call, null),
                    (
                        call,
                        (await sandbox.Refuse(call, Libc.EPERM, ours.With("HELMCACHED_RECACHE", recache)).RunAsync()).DifferenceFrom(
                            expected
                        )
                    )
                );
        }
        Assert.InRange(compared, calls.Length / 2, calls.Length);
    }

    [Fact]
    public async Task P4_One_helm_runs_for_each_content()
    {
        await using var fake = new FakeHelmHome();
        await fake.StartDaemonAsync();
        Command Call(string content)
        {
            Command plain = fake.HeldTemplate().With("FAKEHELM_REAL", RealHelms.Helm3);
            return plain with { File = "/bin/bash", Arguments = ["-c", $"\"$0\" template r web -f <(echo '{content}')", plain.File] };
        }
        Task<CommandResult>[] calls = [.. Enumerable.Range(0, 8).Select(i => Call($"a: v{i % 2}").RunAsync())];
        await fake.WaitersReachAsync(6);
        fake.LetGo();
        for (int i = 0; i < calls.Length; i++)
            Assert.Contains($"a: \"v{i % 2}\"", (await calls[i]).StdoutText, StringComparison.Ordinal);
        Assert.Contains("a: \"v1\"", (await Call("a: v1").RunAsync()).StdoutText, StringComparison.Ordinal);
        Assert.Equal(2, fake.Runs);
        Assert.Contains("a: \"v2\"", (await Call("a: v2").RunAsync()).StdoutText, StringComparison.Ordinal);
        Assert.Equal(3, fake.Runs);
    }

    [Fact]
    public async Task P4_Explain_reads_them_and_verify_leaves_them_out()
    {
        await using DaemonHome home = await ArrangeAsync(3);
        const string Call = " template r web -f <(echo 'a: 5')";
        CommandResult traced = await Script(home, home.ShimPath, "HELMCACHED_TRACE=1 \"$0\"" + Call).RunAsync();
        Assert.StartsWith("helmcached: miss", traced.StderrText, StringComparison.Ordinal);
        await home.EntriesReachAsync(1);

        string admin = home.Admin().File;
        CommandResult hit = await Script(home, admin, "\"$0\" explain --" + Call).RunAsync();
        Assert.StartsWith("hit:", hit.StdoutText, StringComparison.Ordinal);
        CommandResult miss = await Script(home, admin, "\"$0\" explain -- template r web -f <(echo 'a: 6')").RunAsync();
        Assert.StartsWith("miss\n", miss.StdoutText, StringComparison.Ordinal);
        CommandResult declined = await Script(home, admin, "\"$0\" explain -- template r web -f /dev/fd/9 9</dev/null").RunAsync();
        Assert.Contains("values-through-proc", declined.StdoutText, StringComparison.Ordinal);

        CommandResult verified = await home.Admin("verify").RunAsync();
        Assert.Contains("Verified 0 entries: 0 match, 0 differ. Skipped 1", verified.StdoutText, StringComparison.Ordinal);
        Assert.Equal(1, (await home.StatsAsync()).Entries);

        CommandResult left = await Script(
                home,
                home.ShimPath,
                "HELMCACHED_TRACE=1 \"$0\" template r web -f broken.yaml" + Call["template r web ".Length..]
            )
            .RunAsync();
        Assert.StartsWith("helmcached: bypass input-left-to-helm", left.StderrText, StringComparison.Ordinal);
    }

    private static async Task<DaemonHome> ArrangeAsync(int major)
    {
        var home = new DaemonHome(RealHelms.Of(major));
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithTemplate("v.yaml", "v: {{ .Values | toJson }}\n").WriteTo(work);
        File.WriteAllText(home.At("work/extra.yaml"), "x: 1\n");
        File.WriteAllText(home.At("work/broken.yaml"), "a: [\n");
        File.WriteAllText(home.At("work/list.yaml"), "- a\n");
        await home.StartAsync();
        return home;
    }

    private static Command Script(DaemonHome home, string program, string script) =>
        home.Shim(home.At("work")) with
        {
            File = "/bin/bash",
            Arguments = ["-c", script, program],
        };
}
