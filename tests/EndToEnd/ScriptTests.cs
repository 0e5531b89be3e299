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
        Assert.All((string[])["apt-get install dotnet-sdk-10.0", "apt-get install git", "apt-get install gcc"],
            remedy => Assert.Contains(lines, line => line.Contains(remedy, StringComparison.Ordinal) && line.Contains("macOS: ", StringComparison.Ordinal)));
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
        CommandResult result = await new Command(Path.Combine(Repository.Root, "quickstart.sh"), []) { Environment = environment }.RunAsync();
        Assert.True(result.ExitCode == 0, result + result.StdoutText);
        string[] rows = [.. result.StdoutText.Split('\n').Where(line => line.StartsWith("  through helmcached", StringComparison.Ordinal))];
        Assert.Equal(2, rows.Length);
        Assert.Contains(" miss ", rows[0], StringComparison.Ordinal);
        Assert.Contains(" hit ", rows[1], StringComparison.Ordinal);
        Assert.Contains("export PATH=", result.StdoutText, StringComparison.Ordinal);
        Assert.Contains(home.State, result.StdoutText, StringComparison.Ordinal);
    }

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
