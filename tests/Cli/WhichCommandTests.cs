using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Cli;

/// <summary><c>helmcached which</c>: the files that are in use.</summary>
[Trait("Needs", "programs")]
public sealed class WhichCommandTests
{
    [Fact]
    public async Task Row20b_Which_names_the_files_that_are_in_use_and_starts_nothing()
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        CommandResult result = await home.Admin("which").RunAsync();
        Assert.Equal((0, ""), (result.ExitCode, result.StderrText));
        Assert.Equal(
            [
                $"real helm      {Repository.FakeHelm}",
                $"shim           {Repository.Shim} (not on PATH)",
                $"daemon         {Repository.Daemon} (not running)",
                $"store          {home.State}/store.litedb (does not exist yet)",
                $"configuration  {home.Environment["HELMCACHED_CONFIG"]}",
            ],
            result.StdoutText.TrimEnd('\n').Split('\n')
        );
        Assert.Empty(home.DaemonIds());
        Assert.False(Directory.Exists(home.State));
    }

    [Fact]
    public async Task Row20b_Which_as_json_has_the_process_of_a_running_daemon()
    {
        await using var home = new DaemonHome(Repository.FakeHelm);
        await home.StartAsync();
        CommandResult result = await home.Admin("which", "--json").With("PATH", $"{Repository.BinaryDirectory}:/usr/bin:/bin").RunAsync();
        using JsonDocument json = JsonDocument.Parse(result.StdoutText);
        Assert.Equal(
            ["real_helm", "shim", "shim_is_first", "daemon", "daemon_pid", "store", "configuration"],
            json.RootElement.EnumerateObject().Select(member => member.Name)
        );
        Assert.Equal(
            (Repository.FakeHelm, Repository.Shim, true),
            (Text(json, "real_helm"), Text(json, "shim"), json.RootElement.GetProperty("shim_is_first").GetBoolean())
        );
        Assert.Equal(await home.DaemonIdAsync(), json.RootElement.GetProperty("daemon_pid").GetInt32());
        Assert.Matches("daemon .* \\(running as process [0-9]+\\)\n", (await home.Admin("which").RunAsync()).StdoutText);
    }

    [Fact]
    public async Task Row20b_Shim_behind_another_helm_is_told_and_no_helm_at_all_is_a_failure()
    {
        await using var home = new DaemonHome("/nonexistent");
        string other = Directory.CreateDirectory(home.At("other")).FullName;
        File.CreateSymbolicLink(Path.Combine(other, "helm"), Repository.FakeHelm);
        CommandResult second = await home.Admin("which")
            .With("HELMCACHED_HELM", null)
            .With("PATH", $"{other}:{Repository.BinaryDirectory}:/usr/bin:/bin")
            .RunAsync();
        Assert.Contains(
            $"shim           {Repository.Shim} (not first on PATH: {other}/helm is)\n",
            second.StdoutText,
            StringComparison.Ordinal
        );
        Assert.StartsWith($"real helm      {other}/helm\n", second.StdoutText, StringComparison.Ordinal);

        CommandResult none = await home.Admin("which").RunAsync();
        Assert.Equal(1, none.ExitCode);
        Assert.StartsWith("real helm      none\n", none.StdoutText, StringComparison.Ordinal);
        Assert.Contains("HELMCACHED_HELM=/nonexistent does not exist", none.StderrText, StringComparison.Ordinal);
    }

    private static string? Text(JsonDocument json, string name) => json.RootElement.GetProperty(name).GetString();
}
