using System;
using System.IO;
using System.Text;
using System.Threading.Tasks;
using CacheDaemon.Tests.EndToEnd.Faults;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>Values on standard input (<c>-f -</c>) that cannot be read, or not be kept for helm: never may less than all of them be rendered.</summary>
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
            Arguments = ["-c", "exec strace \"$@\" <values", "bash", "-qq", "-o", "/dev/null", .. only, "-e", "inject=" + fault, call.File, .. call.Arguments],
        };
        File.WriteAllBytes(home.At("work/values"), Encoding.ASCII.GetBytes("a: given\nb: " + new string('x', 100_000) + "\n"));
        CommandResult result = await call.RunAsync();
        Assert.Equal((1, ""), (result.ExitCode, result.StdoutText));
        Assert.StartsWith("helm: ", result.StderrText, StringComparison.Ordinal);
    }

    private static async Task<DaemonHome> ArrangeAsync()
    {
        var home = new DaemonHome(RealHelms.Helm3);
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
