using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.EndToEnd;

/// <summary>
/// <c>eng/readme.sh</c>: the README's section "Install" word for word, typed into each shell in a pseudo-terminal by someone whose home is
/// empty and who has no helm on PATH. The script fails by itself when a line does, when the doctor is not content or when something of ours
/// is left.
/// </summary>
[Trait("Needs", "programs")]
[Collection(PackageCollection.Name)]
public sealed partial class ReadmeTests(MadePackage made)
{
    [Fact]
    public Task A_clone_leads_bash_to_a_hit_and_a_green_doctor() => FromCloneAsync("bash");

    [ProgramFact("zsh")]
    public Task A_clone_leads_zsh_to_a_hit_and_a_green_doctor() => FromCloneAsync("zsh");

    [ProgramFact("fish")]
    public Task A_clone_leads_fish_to_a_hit_and_a_green_doctor() => FromCloneAsync("fish");

    [Fact]
    public async Task The_tarball_leads_to_a_green_doctor()
    {
        if (!MadePackage.Possible)
            return;
        Shows(await RunAsync("--tarball", made.Location, "bash"), "bash", "helmcached-0.1.0-linux-x86_64/helmcached install --write");
    }

    [PrivilegedFact(
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "sh",
        "-c",
        "mount -t tmpfs layer /mnt && mkdir /mnt/u /mnt/w && mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /media"
    )]
    public async Task The_Debian_package_leads_each_shell_to_a_green_doctor_in_a_root_of_its_own()
    {
        if (!MadePackage.Possible)
            return;
        string[] shells = [.. ((string[])["bash", "zsh", "fish"]).Where(ProgramFactAttribute.IsOnPath)];
        string shown = await RunAsync(["--deb", made.Location, .. shells]);
        Assert.All(shells, shell => Shows(shown, shell, "helmcached install --write"));
    }

    /// <summary>zsh takes such a comment for arguments when it is pasted.</summary>
    [Fact]
    public void No_command_of_the_README_ends_in_a_comment()
    {
        string[] commands =
        [
            .. Block()
                .Matches(File.ReadAllText(Path.Combine(Repository.Root, "README.md")))
                .SelectMany(static block => block.Groups["commands"].Value.Split('\n')),
        ];
        Assert.True(commands.Length > 5);
        Assert.All(commands, command => Assert.DoesNotContain(" #", command, StringComparison.Ordinal));
    }

    private static async Task FromCloneAsync(string shell)
    {
        string shown = await RunAsync(shell);
        Shows(shown, shell, "artifacts/bin/helmcached install --write");
        Match faster = Faster().Match(shown);
        Assert.True(faster.Success, shown);
        // 13 on a quiet machine; what else runs on this one is in it.
        Assert.InRange(int.Parse(faster.Groups["times"].Value, CultureInfo.InvariantCulture), 3, 1000);
    }

    private static void Shows(string shown, string shell, string install)
    {
        int at = shown.IndexOf($"--- {shell}: a terminal", StringComparison.Ordinal);
        Assert.True(at >= 0, shown);
        foreach (
            string next in (string[])
                [
                    install,
                    $"--- {shell}: a new terminal",
                    "helmcached doctor",
                    $"{shell}: a new shell finds the shim",
                    "then hit",
                    "all checks passed",
                    "cache deleted",
                ]
        )
        {
            int found = shown.IndexOf(next, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"{next} is missing after {shown[..at]}, in:\n{shown[at..]}");
            at = found;
        }
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        // The quickstart looks for what a developer's shell has, and builds what is not up to date.
        Dictionary<string, string?> environment = Environment
            .GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(static variable => (string)variable.Key, static variable => (string?)variable.Value);
        environment["HELM"] = RealHelms.Helm3;
        environment["HELMCACHED_ARMED_DIRECTORY"] = ArmedHelms.Directory;
        CommandResult result = await new Command(Path.Combine(Repository.Root, "eng", "readme.sh"), arguments)
        {
            Environment = environment,
        }.RunAsync();
        Assert.True(result.ExitCode == 0, result + result.StdoutText);
        return result.StdoutText;
    }

    [GeneratedRegex(@"warm \(hit\) +[\d.]+ ms +(?<times>\d+) times faster")]
    private static partial Regex Faster();

    [GeneratedRegex("```sh\n(?<commands>[^`]*)\n```")]
    private static partial Regex Block();
}
