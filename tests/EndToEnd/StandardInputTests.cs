using System;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using CacheDaemon.Tests.EndToEnd.Faults;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>
/// Values on standard input (<c>-f -</c>) that cannot be read, or not be kept for helm: never may less than all of them be rendered.
/// </summary>
[Trait("Needs", "programs")]
public sealed class StandardInputTests
{
    [Theory]
    [InlineData("</")]
    [InlineData("0>out")]
    [InlineData("</proc/self/mem")]
    public async Task Input_that_cannot_be_read_is_the_error_that_helm_makes_of_it(string redirection)
    {
        await using DaemonHome home = await ArrangeAsync();
        Command call = Shell(home, home.RealHelm, redirection);
        CommandResult real = await call.RunAsync();
        for (int i = 0; i < 2; i++)
            Assert.Null((await Shell(home, home.ShimPath, redirection).RunAsync()).DifferenceFrom(real));
    }

    /// <summary>By strace: the first write of the shim, which is the one to its copy, fails, or its second read of the values.</summary>
    [TraceTheory]
    [InlineData("write:error=ENOSPC:when=1", "")]
    [InlineData("read:error=EIO:when=2", "values")]
    public async Task Input_that_is_lost_half_way_is_an_error_and_not_half_of_the_values(string fault, string file)
    {
        await using DaemonHome home = await ArrangeAsync();
        Command call = home.Shim(home.At("work"), "template", "r", "web", "-f", "-");
        string[] only = file.Length == 0 ? [] : ["-P", Path.Combine(call.Directory, file)];
        call = call with
        {
            File = "/bin/bash",
            Arguments =
            [
                "-c",
                "exec strace \"$@\" <values",
                "bash",
                "-qq",
                "-o",
                "/dev/null",
                .. only,
                "-e",
                "inject=" + fault,
                call.File,
                .. call.Arguments,
            ],
        };
        File.WriteAllBytes(home.At("work/values"), Encoding.ASCII.GetBytes("a: given\nb: " + new string('x', 100_000) + "\n"));
        CommandResult result = await call.RunAsync();
        Assert.Equal((1, ""), (result.ExitCode, result.StdoutText));
        Assert.StartsWith("helm: ", result.StderrText, StringComparison.Ordinal);
    }

    public static TheoryData<string, int> FailuresBeforeStandardInput()
    {
        var rows = new TheoryData<string, int>();
        foreach (int major in (int[])[3, 4])
        foreach (
            string call in (string[])
                [
                    "./missing -f -",
                    "r ./missing -f -",
                    "r missing -f -",
                    "r web extra -f -",
                    "r web -g -f -",
                    "-f -",
                    "r web -f missing.yaml -f -",
                    "r web -f templates -f -",
                    "r web -f web -f -",
                    "r web -f missing.yaml,-",
                    "r web -f x%zz -f -",
                    "r web --set-file a=missing,b=1 -f missing -f -",
                    "r web --set a[ --set-file b=-",
                    "r web --set-json a={ --set-file b=-",
                    "r web --set-file a=missing --set-file b=-",
                    "r web --nonsense -f -",
                    "r web --timeout x -f -",
                    "r web --timeout 5 -f -",
                    "r web --timeout 5m3 -f -",
                    "r web --name-template x -f -",
                    "r web --take-ownership=x -f -",
                    "r web --burst-limit x -f -",
                    "r web --kube-version x -f -",
                    "r web --name-template {{ -f -",
                    "r web --include-crds=x -f -",
                    "r web --registry-config web -f -",
                    "r web --qps x -f -",
                    "r web --repo nonsense -f -",
                    "r web --debug=x -f -",
                    "r web --dependency-update --keyring x -f - --nonsense",
                    "r web --labels x -f -",
                    "r web --help -f -",
                ]
        )
            rows.Add(call, major);
        return rows;
    }

    /// <summary>What comes next in the script reads what helm did not.</summary>
    [Theory]
    [MemberData(nameof(FailuresBeforeStandardInput))]
    public async Task B4_Helm_that_fails_before_it_reads_leaves_standard_input_alone(string arguments, int major)
    {
        await using DaemonHome home = await ArrangeAsync(major);
        Command Script(string helm) =>
            home.Shim(home.At("work")) with
            {
                File = "/bin/bash",
                Arguments =
                [
                    "-c",
                    "exec 2>&1; (exec -a helm \"$0\" template \"$@\"); echo \"exit $?\"; cat",
                    helm,
                    .. arguments.Split(' '),
                ],
                Stdin = "a: left\n"u8.ToArray(),
            };
        CommandResult real = await Script(home.RealHelm).RunAsync();
        Assert.Contains("exit ", real.StdoutText, StringComparison.Ordinal);
        Assert.Null((await Script(home.ShimPath).RunAsync()).DifferenceFrom(real));
    }

    [Theory]
    [InlineData("template ./missing -f -")]
    [InlineData("template r web -f missing.yaml -f -")]
    [InlineData("template r web --timeout x -f -")]
    public async Task B4_Helm_that_fails_before_it_reads_does_not_wait_for_the_end_of_an_open_pipe(string arguments)
    {
        await using DaemonHome home = await ArrangeAsync();
        using Process process = home.Shim(home.At("work"), arguments.Split(' ')).Start();
        await process.WaitForExitAsync(new CancellationTokenSource(Eventually.Patience).Token);
        Assert.Equal(1, process.ExitCode);
    }

    [Theory]
    [InlineData("-f -")]
    [InlineData("-f extra.yaml,- --kube-version v1.29.0 -n x --include-crds -a a/v1")]
    [InlineData("-f extra.yaml -f - --set b=2 --set-file c=extra.yaml")]
    [InlineData("--set-file a=-")]
    [InlineData("-f - --timeout 5m0s --create-namespace --description x --wait-for-jobs --render-subchart-notes --devel")]
    public async Task B4_Calls_that_read_standard_input_are_served(string arguments)
    {
        await using DaemonHome home = await ArrangeAsync();
        File.WriteAllText(home.At("work/extra.yaml"), "b: 1\n");
        Command call = home.Shim(home.At("work"), ["template", "r", "web", .. arguments.Split(' ')]) with
        {
            Stdin = "a: given\n"u8.ToArray(),
        };
        CommandResult real = await (call with { File = home.RealHelm }).RunAsync();
        Assert.Equal(0, real.ExitCode);
        for (int i = 0; i < 2; i++)
            Assert.Null((await call.RunAsync()).DifferenceFrom(real));
        Assert.Equal(1, (await home.StatsAsync()).Hits);
    }

    [Fact]
    public async Task B4_A_name_given_as_a_template_is_served_beside_standard_input()
    {
        await using DaemonHome home = await ArrangeAsync();
        Command call = home.Shim(home.At("work"), "template", "--name-template", "plain", "web", "-f", "-") with
        {
            Stdin = "a: given\n"u8.ToArray(),
        };
        CommandResult real = await (call with { File = home.RealHelm }).RunAsync();
        for (int i = 0; i < 2; i++)
            Assert.Null((await call.RunAsync()).DifferenceFrom(real));
        Assert.Equal(1, (await home.StatsAsync()).Hits);
    }

    private static async Task<DaemonHome> ArrangeAsync(int major = 3)
    {
        var home = new DaemonHome(RealHelms.Of(major));
        string work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithValues("a: default\n").WithConfigMap("c", "a: {{ .Values.a | quote }}").WriteTo(work);
        await home.StartAsync();
        return home;
    }

    private static Command Shell(DaemonHome home, string helm, string redirection)
    {
        Command call = home.Shim(home.At("work"), "template", "r", "web", "-f", "-");
        return call with { File = "/bin/bash", Arguments = ["-c", $"\"$0\" \"$@\" {redirection}", helm, .. call.Arguments] };
    }
}
