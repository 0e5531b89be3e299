using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Cli;

/// <summary>What the program says about itself: help, version, manual pages, completion.</summary>
[Trait("Needs", "programs")]
public sealed partial class HelpTests
{
    [Fact]
    public async Task Version_has_the_commit()
    {
        await using var home = new DaemonHome("/nonexistent");
        CommandResult result = await home.Admin("--version").RunAsync();
        Assert.Matches(@"^\d+\.\d+\.\d+\+[0-9a-f]{10}(-dirty)?\n$", result.StdoutText);
    }

    [Theory]
    [InlineData(
        "prune --older-then 3d",
        "helmcached: unknown option --older-then; did you mean --older-than? See 'helmcached prune --help'\n"
    )]
    [InlineData("stopp", "helmcached: unknown command stopp; did you mean stop? See 'helmcached --help'\n")]
    [InlineData("stop extra", "helmcached: unknown argument extra. See 'helmcached stop --help'\n")]
    [InlineData("frobnicate", "helmcached: unknown command frobnicate. See 'helmcached --help'\n")]
    [InlineData("stats --sinse", "helmcached: unknown option --sinse; did you mean --since? See 'helmcached stats --help'\n")]
    [InlineData("stats --frob", "helmcached: unknown option --frob. See 'helmcached stats --help'\n")]
    public async Task A_mistyped_word_is_named_in_one_line_with_what_may_be_meant(string line, string expected)
    {
        await using var home = new DaemonHome("/nonexistent");
        CommandResult result = await home.Admin(line.Split(' ')).RunAsync();
        Assert.Equal((2, "", expected), (result.ExitCode, result.StdoutText, result.StderrText));
    }

    [Theory]
    [InlineData("help", "--help")]
    [InlineData("", "--help")]
    [InlineData("help prune", "prune --help")]
    [InlineData("version", "--version")]
    [InlineData("-V", "--version")]
    public async Task Words_that_people_try_first_work(string typed, string option)
    {
        await using var home = new DaemonHome("/nonexistent");
        CommandResult expected = await home.Admin(option.Split(' ')).RunAsync();
        CommandResult result = await home.Admin(typed.Split(' ', StringSplitOptions.RemoveEmptyEntries)).RunAsync();
        Assert.Equal((0, expected.StdoutText), (result.ExitCode, result.StdoutText));
    }

    [Fact]
    public async Task Every_example_of_the_help_is_a_command_that_parses()
    {
        await using var home = new DaemonHome("/nonexistent");
        int tried = 0;
        foreach (string command in (await CommandsAsync(home)).Prepend(""))
        {
            string help = (
                await home.Admin([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]).RunAsync()
            ).StdoutText;
            int examples = help.IndexOf("\nExamples:\n", StringComparison.Ordinal);
            foreach (
                string line in examples < 0
                    ? []
                    : help[examples..].Split('\n').Where(line => line.StartsWith("  helmcached ", StringComparison.Ordinal))
            )
            {
                // With --help behind its own words it only parses; unknown words and options are errors all the same.
                string[] words = [.. line.Trim().Split(' ')[1..].TakeWhile(word => word is not ("|" or ">" or "--"))];
                CommandResult result = await home.Admin([.. words, "--help"]).RunAsync();
                Assert.True(result.ExitCode == 0, $"{line}: {result}");
                tried++;
            }
        }
        Assert.True(tried > 5);
    }

    [Fact]
    public async Task The_manual_page_has_every_command_and_option()
    {
        await using var home = new DaemonHome("/nonexistent");
        string page = (await home.Admin("man").RunAsync()).StdoutText.Replace("\\-", "-", StringComparison.Ordinal);
        IReadOnlyList<string> commands = await CommandsAsync(home);
        Assert.Contains("doctor", commands);
        foreach (string command in commands)
        {
            int section = page.IndexOf($"\n.SS helmcached {command}", StringComparison.Ordinal);
            Assert.True(section >= 0, $"helmcached {command} is not in the manual page");
            string text = page[section..page.IndexOf("\n.S", section + 2, StringComparison.Ordinal)];
            string help = (await home.Admin(command, "--help").RunAsync()).StdoutText;
            foreach (Match option in HelpOption().Matches(help).Where(option => option.Groups["name"].Value != "--help"))
                Assert.Contains(option.Groups["name"].Value, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_shims_page_has_every_variable_that_it_reads()
    {
        string page = Path.Combine(Repository.Root, "docs", "man", "helm-shim.1");
        IEnumerable<string> read = ((string[])["client", "shim"])
            .SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => Variable().Matches(File.ReadAllText(file)))
            .Select(match => match.Value)
            .Distinct();
        IEnumerable<string> listed = Variable().Matches(await File.ReadAllTextAsync(page)).Select(match => match.Value).Distinct();
        Assert.Equal(read.Order(), listed.Order());
    }

    [Fact]
    public async Task Both_pages_are_without_warnings_for_groff()
    {
        if (!File.Exists("/usr/bin/groff"))
            return;
        await using var home = new DaemonHome("/nonexistent");
        string page = home.At("helmcached.1");
        await File.WriteAllBytesAsync(page, (await home.Admin("man").RunAsync()).Stdout.ToArray());
        foreach (string file in (string[])[page, Path.Combine(Repository.Root, "docs", "man", "helm-shim.1")])
        {
            CommandResult result = await (home.Admin("-man", "-ww", "-Tutf8", file) with { File = "/usr/bin/groff" }).RunAsync();
            Assert.Equal((0, ""), (result.ExitCode, result.StderrText));
            Assert.Contains("SEE ALSO", Overstruck().Replace(result.StdoutText, ""), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("helmcached inst", "install")]
    [InlineData("helmcached install --s", "--shell --systemd")]
    [InlineData("helmcached install --shell ", "bash fish pwsh zsh")]
    [InlineData("helmcached completion z", "zsh")]
    public async Task Bash_completes(string line, string words)
    {
        await using var home = new DaemonHome("/nonexistent");
        string script = home.At("completion");
        await File.WriteAllBytesAsync(script, (await home.Admin("completion", "bash").RunAsync()).Stdout.ToArray());
        const string Ask = """
            source "$1"; COMP_LINE="$2" COMP_POINT=${#2}; read -ra COMP_WORDS <<<"$2"; [[ "$2" == *" " ]] && COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _helmcached; IFS=' '; echo "${COMPREPLY[*]}"; complete -p helmcached
            """;
        CommandResult result = await (home.Admin("-c", Ask, "bash", script, line) with { File = "/bin/bash" })
            .With("PATH", $"{Repository.BinaryDirectory}:/usr/bin:/bin")
            .RunAsync();
        Assert.Equal(words, result.StdoutText.Split('\n')[0]);
        Assert.Contains("-F _helmcached helmcached", result.StdoutText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("helmcached inst", "install\tPut the shim")]
    [InlineData("helmcached config get store.max_s", "store.max_size\tSize limit: the least recently used")]
    [InlineData("helmcached config set log.level ", "off\nerror\ninfo\ndebug")]
    [InlineData("helmcached config set readonly ", "true\nfalse")]
    [InlineData("helmcached config set idle_exit ", "")]
    [InlineData("helmcached config set helm ", ":files")]
    [InlineData("helmcached explain --reasons known", "known-to-vary\tan earlier run")]
    [InlineData("helmcached explain -- template web ./", ":files")]
    [InlineData("helmcached install --dir ", ":directories")]
    [InlineData("helmcached prune --older-than ", "")]
    public async Task Row18_Words_come_with_what_they_mean_and_files_only_where_one_belongs(string line, string expected)
    {
        await using var home = new DaemonHome("/nonexistent");
        CommandResult result = await home.Admin("__complete", line).RunAsync();
        Assert.Equal((0, ""), (result.ExitCode, result.StderrText));
        string[] lines =
        [
            .. result
                .StdoutText.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Where(found =>
                    !found.StartsWith("--", StringComparison.Ordinal)
                    && found.StartsWith(line.EndsWith(' ') || expected[0] == ':' ? "" : line.Split(' ')[^1], StringComparison.Ordinal)
                ),
        ];
        string[] wanted = expected.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(wanted.Length, lines.Length);
        Assert.All(wanted, want => Assert.Contains(lines, found => found.StartsWith(want, StringComparison.Ordinal)));
        Assert.Empty(home.DaemonIds());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Row18_Charts_are_completed_from_the_store(bool running)
    {
        await using var fake = new EndToEnd.FakeHelmHome();
        await fake.StartDaemonAsync();
        await fake.Template().RunAsync();
        await fake.Template("--validate").RunAsync();
        if (!running)
            await fake.Home.StopAsync();
        foreach (string command in (string[])["prune", "stats"])
            Assert.Equal("web\n", (await fake.Home.Admin("__complete", $"helmcached {command} --chart ").RunAsync()).StdoutText);
        Assert.Equal(running ? 1 : 0, fake.Home.DaemonIds().Count);
    }

    [Theory]
    [InlineData("helmcached stop ", "")]
    [InlineData("helmcached explain -- template web ./", "default")]
    [InlineData("helmcached install --dir ", "dirnames")]
    public async Task Row18_Bash_offers_files_only_where_one_belongs(string line, string option)
    {
        await using var home = new DaemonHome("/nonexistent");
        string script = home.At("completion");
        await File.WriteAllBytesAsync(script, (await home.Admin("completion", "bash").RunAsync()).Stdout.ToArray());
        const string Ask = """
            source "$1"; compopt() { echo "option $2"; }; COMP_LINE="$2" COMP_POINT=${#2}; read -ra COMP_WORDS <<<"$2"; [[ "$2" == *" " ]] && COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _helmcached; echo "words ${COMPREPLY[*]}"; complete -p helmcached
            """;
        CommandResult result = await (home.Admin("-c", Ask, "bash", script, line) with { File = "/bin/bash" })
            .With("PATH", $"{Repository.BinaryDirectory}:/usr/bin:/bin")
            .RunAsync();
        Assert.Equal(
            $"{(option.Length > 0 ? $"option {option}\n" : "")}words {(option.Length > 0 ? "" : "--help")}\n"
                + "complete -F _helmcached helmcached\n",
            result.StdoutText
        );
    }

    [ProgramFact("fish")]
    public async Task Row18_Fish_shows_what_each_word_means_and_no_files()
    {
        await using var home = new DaemonHome("/nonexistent");
        string script = home.At("completion.fish");
        await File.WriteAllBytesAsync(script, (await home.Admin("completion", "fish").RunAsync()).Stdout.ToArray());
        async Task<string> CompleteAsync(string line) =>
            (
                await (
                    home.Admin("--no-config", "-c", $"source {script}; complete -C '{line}'") with
                    {
                        File = "/usr/bin/fish",
                        Directory = "/usr",
                    }
                )
                    .With("PATH", $"{Repository.BinaryDirectory}:/usr/bin:/bin")
                    .RunAsync()
            ).StdoutText;
        Assert.StartsWith("install\tPut", await CompleteAsync("helmcached inst"), StringComparison.Ordinal);
        Assert.Equal("", await CompleteAsync("helmcached prune --older-than "));
        Assert.Contains("share/", await CompleteAsync("helmcached install --dir sh"), StringComparison.Ordinal);
    }

    [ProgramFact("zsh")]
    public Task The_script_parses_in_zsh() => ParsesAsync("zsh");

    [ProgramFact("fish")]
    public Task The_script_parses_in_fish() => ParsesAsync("fish");

    /// <summary>On a terminal, since zsh completes nowhere else: what is typed stands there when Tab was pressed.</summary>
    [ProgramFact("zsh")]
    public async Task Row18_Zsh_completes_what_is_typed()
    {
        await using var home = new DaemonHome("/nonexistent");
        string script = home.At("completion.zsh");
        await File.WriteAllBytesAsync(script, (await home.Admin("completion", "zsh").RunAsync()).Stdout.ToArray());
        await File.WriteAllTextAsync(
            Path.Combine(home.UserHome, ".zshrc"),
            $"autoload -U compinit; compinit -u -D; source {script}; PS1='> '; unsetopt beep\n"
        );
        CommandResult result = await (
            home.Admin("--quiet", "--command", "zsh -i", "/dev/null") with
            {
                File = "/usr/bin/script",
                Stdin = Encoding.ASCII.GetBytes("helmcached uninst\t--he\t\rexit\r"),
            }
        )
            .With("PATH", $"{Repository.BinaryDirectory}:/usr/bin:/bin")
            .With("TERM", "dumb")
            .RunAsync();
        Assert.Contains("Undo what install did", result.StdoutText, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task ParsesAsync(string shell)
    {
        await using var home = new DaemonHome("/nonexistent");
        CommandResult printed = await home.Admin("completion", shell).RunAsync();
        Assert.Contains("helmcached", printed.StdoutText, StringComparison.Ordinal);
        string script = home.At("completion");
        await File.WriteAllBytesAsync(script, printed.Stdout.ToArray());
        CommandResult result = await (home.Admin("-n", script) with { File = "/usr/bin/" + shell }).RunAsync();
        Assert.Equal((0, ""), (result.ExitCode, result.StderrText));
    }

    [Fact]
    public async Task An_unknown_shell_is_answered_with_those_that_are_known()
    {
        await using var home = new DaemonHome("/nonexistent");
        CommandResult result = await home.Admin("completion", "tcsh").RunAsync();
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("'pwsh'", result.StderrText, StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<string>> CommandsAsync(DaemonHome home)
    {
        string help = (await home.Admin("--help").RunAsync()).StdoutText;
        return
        [
            .. help[help.IndexOf("Commands:", StringComparison.Ordinal)..]
                .Split('\n')[1..]
                .TakeWhile(line => line.Trim().Length > 0)
                .Select(line => line.Trim().Split(' ')[0]),
        ];
    }

    [GeneratedRegex(@"^  (?:-\S+, )*(?<name>--[a-z][a-z-]*)", RegexOptions.Multiline)]
    private static partial Regex HelpOption();

    [GeneratedRegex("HELMCACHED_[A-Z]+")]
    private static partial Regex Variable();

    [GeneratedRegex(".\b")]
    private static partial Regex Overstruck();
}
