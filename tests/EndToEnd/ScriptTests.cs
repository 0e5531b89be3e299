using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>The commands that the README names.</summary>
[Trait("Needs", "programs")]
public sealed class ScriptTests
{
    [Fact]
    public async Task Build_names_every_missing_tool_with_its_package()
    {
        using var directory = new TemporaryDirectory();
        foreach (string tool in (string[])["bash", "basename", "dirname"])
            File.CreateSymbolicLink(directory.At(tool), $"/usr/bin/{tool}");
        CommandResult result = await new Command(Path.Combine(Repository.Root, "build.sh"), [])
        {
            Environment = new Dictionary<string, string?> { ["PATH"] = directory.Location },
        }.RunAsync();
        Assert.Equal(1, result.ExitCode);
        string[] lines = result.StderrText.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.All(
            (string[])["apt-get install dotnet-sdk-10.0", "apt-get install git", "apt-get install gcc"],
            remedy =>
                Assert.Contains(
                    lines,
                    line => line.Contains(remedy, StringComparison.Ordinal) && line.Contains("macOS: ", StringComparison.Ordinal)
                )
        );
    }

    [Fact]
    public async Task Quickstart_shows_a_miss_and_a_hit_and_how_to_go_on()
    {
        await using var home = new DaemonHome(RealHelms.Helm3);
        // It builds, so it needs what a developer's shell has.
        var environment = new Dictionary<string, string?>();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            environment[(string)variable.Key] = (string?)variable.Value;
        foreach (string name in (string[])["HELMCACHED_HOME", "HELMCACHED_HELM", "HELMCACHED_CONFIG"])
            environment[name] = home.Environment[name];
        CommandResult result = await new Command(Path.Combine(Repository.Root, "quickstart.sh"), [])
        {
            Environment = environment,
        }.RunAsync();
        Assert.True(result.ExitCode == 0, result + result.StdoutText);
        string[] rows =
        [
            .. result
                .StdoutText.Split('\n')
                .Where(line => line.EndsWith(" ms   ", StringComparison.Ordinal) || line.Contains(" ms   ", StringComparison.Ordinal)),
        ];
        Assert.Equal(3, rows.Length);
        Assert.Matches(@"^  real helm +\d+\.\d ms", rows[0]);
        Assert.Matches(@"^  helmcached, cold \(miss\) +\d+\.\d ms", rows[1]);
        Assert.Matches(@"^  helmcached, warm \(hit\) +\d+\.\d ms   (\d+ times faster|as long|\d+\.\d times slower, once)$", rows[2]);
        Assert.Contains("export PATH=", result.StdoutText, StringComparison.Ordinal);
        Assert.Contains(home.State, result.StdoutText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Darwin", "arm64")]
    [InlineData("Linux", "aarch64")]
    public async Task Row20a_Quickstart_looks_at_the_machine_first(string system, string machine)
    {
        using var directory = new TemporaryDirectory();
        Script(directory.Write("uname", $"#!/bin/sh\n[ \"$1\" = -s ] && echo {system} || echo {machine}\n"));
        CommandResult result = await Quickstart(Repository.Root, $"{directory.Location}:/usr/bin:/bin").RunAsync();
        Assert.Equal(
            (
                1,
                "",
                $"quickstart.sh: this is {system} on {machine}; helmcached needs Linux on x86-64, elsewhere helm goes on working "
                    + "without a cache\n"
            ),
            (result.ExitCode, result.StdoutText, result.StderrText)
        );
    }

    /// <summary>The build takes minutes: what is missing behind it is told before.</summary>
    [Theory]
    [InlineData(false, "there is no helm on PATH, and no node and npm to fetch one with; install helm, or Debian's nodejs and npm")]
    [InlineData(true, "")]
    public async Task Row20a_Quickstart_needs_node_only_when_there_is_no_helm(bool hasHelm, string problem)
    {
        using var directory = new TemporaryDirectory();
        string clone = Stub(directory, "#!/bin/sh\n[ \"$1\" = --check ] || { echo 'no build in this test' >&2; exit 1; }\n");
        string tools = Directory.CreateDirectory(directory.At("tools")).FullName;
        foreach (string tool in (string[])["bash", "dirname", "uname", "grep", "mktemp", "rm", "id", "sh", "env", "perl"])
            if (File.Exists($"/usr/bin/{tool}"))
                File.CreateSymbolicLink(Path.Combine(tools, tool), $"/usr/bin/{tool}");
        if (hasHelm)
            File.CreateSymbolicLink(Path.Combine(tools, "helm"), RealHelms.Helm3);
        CommandResult result = await Quickstart(clone, tools).RunAsync();
        Assert.Equal((1, hasHelm ? "no build in this test\n" : $"quickstart.sh: {problem}\n"), (result.ExitCode, result.StderrText));
        Assert.Equal(hasHelm, result.StdoutText.Contains($"helm: {tools}/helm", StringComparison.Ordinal));
        Assert.Equal(hasHelm, result.StdoutText.Contains("750 MB", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Row20a_Quickstart_shows_on_a_terminal_that_the_build_goes_on()
    {
        using var directory = new TemporaryDirectory();
        string go = directory.At("go");
        string clone = Stub(
            directory,
            $"#!/bin/bash\n[ \"$1\" = --check ] && exit\necho building helm\nwhile [ ! -e {go} ]; do read -t 0.1 <> <(:); done\nexit 1\n"
        );
        using System.Diagnostics.Process run = Quickstart(clone, $"{Path.GetDirectoryName(RealHelm(directory))}:/usr/bin:/bin")
            .OnTerminal(80, 24)
            .Start();
        var shown = new System.Text.StringBuilder();
        char[] buffer = new char[4096];
        while (!shown.ToString().Contains("\r  2 s ", StringComparison.Ordinal))
        {
            int count = await run.StandardOutput.ReadAsync(buffer).AsTask().WaitAsync(Eventually.Patience);
            Assert.True(count > 0, shown.ToString());
            shown.Append(buffer, 0, count);
        }
        Assert.Contains("  building helm\r\n", shown.ToString(), StringComparison.Ordinal);
        File.WriteAllText(go, "");
        await run.StandardOutput.ReadToEndAsync();
        await run.WaitForExitAsync().WaitAsync(Eventually.Patience);
        Assert.Equal(1, run.ExitCode);
    }

    private static Command Quickstart(string clone, string path) =>
        new(Path.Combine(clone, "quickstart.sh"), [])
        {
            Environment = new Dictionary<string, string?>
            {
                ["PATH"] = path,
                ["HOME"] = "/nonexistent",
                ["TMPDIR"] = "/tmp",
            },
        };

    /// <summary>A clone of which only the build is there, and that is another.</summary>
    private static string Stub(TemporaryDirectory directory, string build)
    {
        string clone = Directory.CreateDirectory(directory.At("clone")).FullName;
        File.Copy(Path.Combine(Repository.Root, "quickstart.sh"), Path.Combine(clone, "quickstart.sh"));
        Script(directory.Write("clone/build.sh", build));
        return clone;
    }

    private static string RealHelm(TemporaryDirectory directory)
    {
        string link = Path.Combine(Directory.CreateDirectory(directory.At("helms")).FullName, "helm");
        File.CreateSymbolicLink(link, RealHelms.Helm3);
        return link;
    }

    private static void Script(string path) =>
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    [Fact]
    public async Task Get_helm_says_what_it_takes()
    {
        CommandResult result = await new Command(Path.Combine(Repository.Root, "eng", "get-helm.sh"), ["5"])
        {
            Environment = new Dictionary<string, string?> { ["PATH"] = "/usr/bin:/bin", ["HOME"] = "/nonexistent" },
        }.RunAsync();
        Assert.Equal((1, "get-helm.sh: usage: eng/get-helm.sh 3|4|4.2|kubectl\n"), (result.ExitCode, result.StderrText));
    }
}
