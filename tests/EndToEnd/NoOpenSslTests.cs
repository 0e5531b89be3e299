using System;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>Images for containers often have no OpenSSL, without which .NET ends a process that asks it for a digest.</summary>
[Trait("Needs", "programs")]
public sealed class NoOpenSslTests
{
    /// <summary>In a mount namespace where the libraries are empty files: starts, renders twice, and prints what the trace says.</summary>
    private const string Script = """
        set -eu
        admin=$1; shift
        for library in $(find /usr/lib /lib /usr/lib64 /lib64 -name 'libssl*.so*' -o -name 'libcrypto*.so*'); do mount --bind /dev/null "$library"; done
        "$admin" start >&2
        "$@"; "$@"
        "$admin" stop >&2
        """;

    /// <summary>Signatures need OpenSSL; helm and the cache of this machine do not.</summary>
    [PrivilegedFact("unshare", "-m")]
    public async Task Without_OpenSSL_the_teams_cache_is_out_with_one_line_and_calls_are_served()
    {
        await using var home = new DaemonHome(
            RealHelms.Helm3,
            "shared:\n  url: http://127.0.0.1:1/cache\n  trust: [hc1:" + System.Convert.ToBase64String(new byte[91]) + "]\n"
        );
        string work = home.At("work");
        Chart("web").WithConfigMap("c", "v: {{ .Release.Name }}").WriteTo(work);
        CommandResult real = await home.Real(work, "template", "r", "web").RunAsync();
        Command call = home.Shim(work, "template", "r", "web");
        CommandResult result = await (
            call with
            {
                File = "/usr/bin/unshare",
                Arguments = ["-m", "/bin/bash", "-c", Script, "bash", Repository.Daemon, call.File, .. call.Arguments],
            }
        ).RunAsync();
        Assert.Equal((0, real.StdoutText + real.StdoutText), (result.ExitCode, result.StdoutText));
        string line = Assert.Single(
            System.IO.File.ReadLines(System.IO.Path.Combine(home.State, "daemon.log")),
            line => line.Contains("the team's cache is out", StringComparison.Ordinal)
        );
        Assert.Contains("OpenSSL", line, StringComparison.Ordinal);
    }

    [PrivilegedFact("unshare", "-m")]
    public async Task B7_System_without_OpenSSL_is_served()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        string work = home.At("work");
        Chart("web").WithConfigMap("c", "v: {{ .Release.Name }}").WriteTo(work);
        CommandResult real = await home.Real(work, "template", "r", "web").RunAsync();
        Command call = home.Shim(work, "template", "r", "web");
        // Armed by the daemon of this namespace, which digests the copy.
        CommandResult result = await (
            call with
            {
                File = "/usr/bin/unshare",
                Arguments = ["-m", "/bin/bash", "-c", Script, "bash", Repository.Daemon, call.File, .. call.Arguments],
            }
        )
            .With("HELMCACHED_TRACE", "1")
            .With("HELMCACHED_ARMED_DIRECTORY", home.At("armed"))
            .RunAsync();
        Assert.Equal((0, real.StdoutText + real.StdoutText), (result.ExitCode, result.StdoutText));
        string[] traced = [.. result.StderrText.Split('\n').Where(line => line.StartsWith("helmcached: ", StringComparison.Ordinal))];
        Assert.True(
            traced is [var miss, var hit]
                && miss.Contains("stored", StringComparison.Ordinal)
                && hit.StartsWith("helmcached: hit", StringComparison.Ordinal),
            result.StderrText
        );
    }
}
