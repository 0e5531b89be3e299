using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Shared;
using CacheDaemon.Daemon.Shared.Sealing;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Cli;

/// <summary><c>helmcached shared keygen</c>: three files, private where they must be, and never over others.</summary>
[Trait("Needs", "programs")]
public sealed class KeygenTests
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task Keys_are_made_that_can_be_used_as_they_are()
    {
        await using var home = new DaemonHome("/nonexistent");
        string directory = home.At("keys");
        CommandResult result = await home.Admin("shared", "keygen", directory).RunAsync();
        Assert.Equal((0, ""), (result.ExitCode, result.StderrText));
        string line = (await File.ReadAllTextAsync(Path.Combine(directory, "signing.pub"))).Trim();
        Assert.Contains($"\n{line}\n", result.StdoutText, System.StringComparison.Ordinal);
        Assert.Equal(Private, File.GetUnixFileMode(Path.Combine(directory, "signing.key")));
        Assert.Equal(Private, File.GetUnixFileMode(Path.Combine(directory, "team.key")));
        Assert.Equal(
            Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
            File.GetUnixFileMode(Path.Combine(directory, "signing.pub"))
        );
        Assert.Equal(Private | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
        var problems = new List<string>();
        SharedKeys? keys = SharedKeys.Load(
            new SharedSettings
            {
                Url = new("http://a/"),
                MayWrite = true,
                Trust = [line, Path.Combine(directory, "signing.pub")],
                SignWith = Path.Combine(directory, "signing.key"),
                EncryptWith = Path.Combine(directory, "team.key"),
            },
            problems
        );
        Assert.Empty(problems);
        Assert.True(keys!.CanSign && keys.Encrypts && keys.HidesNames);
        Assert.Equal(line, Assert.Single(keys.Trusted).ToString());
        // The steps that it prints are right: each `config set` is taken.
        foreach (
            string step in result
                .StdoutText.Split('\n')
                .Select(static l => l.Trim())
                .Where(static l => l.StartsWith("helmcached config set ", System.StringComparison.Ordinal))
        )
            Assert.Equal(0, (await home.Admin([.. step.Split(' ')[1..]]).RunAsync()).ExitCode);
    }

    [Fact]
    public async Task Nothing_is_written_over_and_a_team_key_is_kept()
    {
        await using var home = new DaemonHome("/nonexistent");
        string directory = home.At("keys");
        await home.Admin("shared", "keygen", directory).RunAsync();
        string[] names = ["signing.key", "signing.pub", "team.key"];
        string[] before = [.. names.Select(name => File.ReadAllText(Path.Combine(directory, name)))];
        CommandResult again = await home.Admin("shared", "keygen", directory).RunAsync();
        Assert.Equal(
            (
                1,
                $"helmcached: {directory}/signing.key is there already, and keys are never written over; name another directory, "
                    + "or move it away\n"
            ),
            (again.ExitCode, again.StderrText)
        );
        Assert.Equal(before, names.Select(name => File.ReadAllText(Path.Combine(directory, name))));
        // A new writer for the same team; a link that leads nowhere is in the way, too.
        File.Delete(Path.Combine(directory, "signing.key"));
        File.Delete(Path.Combine(directory, "signing.pub"));
        File.CreateSymbolicLink(Path.Combine(directory, "signing.pub"), home.At("elsewhere"));
        Assert.Equal(1, (await home.Admin("shared", "keygen", directory).RunAsync()).ExitCode);
        Assert.False(File.Exists(home.At("elsewhere")) || File.Exists(Path.Combine(directory, "signing.key")));
        File.Delete(Path.Combine(directory, "signing.pub"));
        CommandResult rotated = await home.Admin("shared", "keygen", directory).RunAsync();
        Assert.Equal(0, rotated.ExitCode);
        Assert.Contains("team.key  was there, and is kept", rotated.StdoutText, System.StringComparison.Ordinal);
        Assert.Equal(before[2], File.ReadAllText(Path.Combine(directory, "team.key")));
        Assert.NotEqual(before[1], File.ReadAllText(Path.Combine(directory, "signing.pub")));
    }
}
