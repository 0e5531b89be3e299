using System;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Tests.EndToEnd.Faults;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>
/// Where real helm, a static program, starts, so does the shim: whatever the loader, the C library and the settings for .NET programs are
/// there.
/// </summary>
[Trait("Needs", "programs")]
public sealed class SurroundingSystemTests
{
    [Theory]
    [InlineData("DOTNET_DbgEnableMiniDump", "1")]
    [InlineData("DOTNET_GCHeapHardLimit", "1000")]
    [InlineData("DOTNET_GCRegionSize", "100000000000")]
    [InlineData("DOTNET_GCName", "libother.so")]
    [InlineData("DOTNET_gcServer", "1")]
    [InlineData("COMPlus_GCHeapHardLimit", "1000")]
    [InlineData("LD_PRELOAD", "/nonexistent/library.so")]
    [InlineData("LD_LIBRARY_PATH", "{here}")]
    [InlineData("LD_TRACE_LOADED_OBJECTS", "1")]
    public async Task B7_Settings_of_other_programs_change_neither_a_render_nor_a_hit(string name, string value)
    {
        await using DaemonHome home = Arrange(out string work);
        // What an older C library looks like to the loader.
        File.WriteAllText(Path.Combine(work, "libc.so.6"), "not a library");
        value = value.Replace("{here}", work, StringComparison.Ordinal);
        await home.StartAsync();
        CommandResult real = await home.Real(work, "template", "r", "web").With(name, value).RunAsync();
        Assert.Equal(0, real.ExitCode);
        for (int i = 0; i < 2; i++)
            Assert.Null((await home.Shim(work, "template", "r", "web").With(name, value).RunAsync()).DifferenceFrom(real));
        Assert.Equal(1, (await home.StatsAsync()).Hits);
        Assert.Null(
            (await home.Shim(work, "version").With(name, value).RunAsync()).DifferenceFrom(
                await home.Real(work, "version").With(name, value).RunAsync()
            )
        );
    }

    /// <summary>By a real helm that is cat, and prints the environment as its process got it.</summary>
    [Fact]
    public async Task B7_Helm_gets_the_environment_complete_and_in_order()
    {
        await using DaemonHome home = Arrange(out string work);
        Command call = home.Shim(work, "/proc/self/environ")
            .With("HELMCACHED_HELM", "/bin/cat")
            .With("DOTNET_gcServer", "1")
            .With("COMPlus_x", "2")
            .With("Z", "3")
            .With("A", "");
        CommandResult real = await (call with { File = "/bin/cat" }).RunAsync();
        Assert.Contains("DOTNET_gcServer=1\0", real.StdoutText, StringComparison.Ordinal);
        Assert.Equal(real.StdoutText + "HELMCACHED_DEPTH=1\0", (await call.RunAsync()).StdoutText);
    }

    [PrivilegedFact("chroot", "/")]
    public async Task B7_Shim_runs_where_there_is_nothing_but_helm()
    {
        await using DaemonHome home = Arrange(out string work);
        File.Copy(home.ShimPath, Path.Combine(work, "helm"));
        File.Copy(home.RealHelm, Path.Combine(work, "helm3"));
        foreach (
            string[] arguments in (string[][])
                [
                    ["version"],
                    ["template", "r", "/web"],
                    ["template", "r", "/gone"],
                ]
        )
        {
            CommandResult real = await Rooted("/helm3", arguments).RunAsync();
            Assert.Null((await Rooted("/helm", arguments).With("HELMCACHED_HELM", "/helm3").RunAsync()).DifferenceFrom(real));
        }

        Command Rooted(string helm, string[] arguments) => home.Shim(work) with { File = "chroot", Arguments = [work, helm, .. arguments] };
    }

    /// <summary>Nobody has this number: only a name service could know a home for it, and none is asked.</summary>
    [OtherUserFact]
    public async Task B6_Account_that_is_in_no_file_costs_no_look_at_the_name_service()
    {
        await using DaemonHome home = Arrange(out string work);
        foreach (string disabled in (string[])["0", "1"])
        {
            Command call = home.Shim(work, "version")
                .With("HELMCACHED_DISABLE", disabled)
                .With("HELMCACHED_CONFIG", null)
                .With("HELMCACHED_HELM", null)
                .With("PATH", "/usr/bin:/bin");
            string user = $"{OtherUserFactAttribute.User}";
            CommandResult result = await (
                call with
                {
                    File = "strace",
                    Arguments = ["-f", "setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups", call.File, .. call.Arguments],
                }
            ).RunAsync();
            string ours = result.StderrText[result.StderrText.LastIndexOf("execve(", StringComparison.Ordinal)..];
            Assert.Contains("/etc/passwd", ours, StringComparison.Ordinal);
            foreach (string sign in (string[])["nsswitch", "nscd", ".so", "socket("])
                Assert.DoesNotContain(sign, ours, StringComparison.Ordinal);
        }
    }

    private static DaemonHome Arrange(out string work)
    {
        var home = new DaemonHome(RealHelms.Helm3);
        work = Directory.CreateDirectory(home.At("work")).FullName;
        Chart("web").WithValues("a: 1\n").WithConfigMap("c", "a: {{ .Values.a | quote }}").WriteTo(work);
        return home;
    }
}
