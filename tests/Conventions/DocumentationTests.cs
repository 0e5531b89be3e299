using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Daemon.Configuration;
using CacheDaemon.Daemon.Insight;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Conventions;

/// <summary>Holds the pages to the code: links lead somewhere, and what the code knows is named where a reader looks for it.</summary>
[Trait("Needs", "programs")]
public sealed partial class DocumentationTests
{
    private static readonly string[] s_sources = ["client", "shim", "daemon"];

    public static TheoryData<string> Pages => [.. MarkdownFiles()];

    [Theory, MemberData(nameof(Pages))]
    public void Links_lead_to_files_and_headings_that_exist(string page)
    {
        foreach (Match link in Link().Matches(WithoutCode(Read(page))))
        {
            string target = link.Groups["target"].Value;
            if (target.StartsWith("https://", StringComparison.Ordinal))
                continue;
            string[] parts = target.Split('#');
            string file =
                parts[0].Length == 0
                    ? page
                    : Path.GetRelativePath(
                        Repository.Root,
                        Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(page)!, parts[0]))
                    );
            Assert.True(File.Exists(Path.Combine(Repository.Root, file)), $"{page} links to {target}, which does not exist");
            if (parts.Length > 1)
                Assert.Contains(parts[1], Headings(file));
        }
    }

    [Fact]
    public async Task Readme_lists_the_commands_that_helmcached_has()
    {
        await using var home = new DaemonHome("/nonexistent");
        string help = (await home.Admin("--help").RunAsync()).StdoutText;
        IEnumerable<string> commands = help[help.IndexOf("Commands:", StringComparison.Ordinal)..]
            .Split('\n')[1..]
            .TakeWhile(line => line.Length > 0)
            .Select(line => line.Trim().Split(' ')[0]);
        IEnumerable<string> listed = CommandRow().Matches(Read("README.md")).Select(row => row.Groups["command"].Value);
        Assert.Equal(commands.Order(), listed.Order());
    }

    [Fact]
    public void Readme_lists_the_variables_that_the_code_reads()
    {
        IEnumerable<string> read = s_sources
            .SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => Variable().Matches(File.ReadAllText(file)))
            .Select(match => match.Value)
            .Distinct();
        IEnumerable<string> listed = VariableRow().Matches(Read("README.md")).Select(row => row.Groups["variable"].Value);
        Assert.Equal(read.Order(), listed.Order());
    }

    [Fact]
    public void Configuration_page_names_every_setting_with_its_variable_and_default()
    {
        string page = Read("docs/configuration.md");
        foreach (Setting setting in Settings.All)
        {
            string shown = setting.Default.Length == 0 ? "empty" : $"`{setting.Default}`";
            Assert.Matches($@"(?m)^\| `{Regex.Escape(setting.Key)}` \| `{setting.Variable}` \| .* \| {Regex.Escape(shown)} \|$", page);
            Assert.Contains($"\n- **`{setting.Key}`**: ", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Configuration_page_shows_a_file_of_all_settings_that_is_right()
    {
        string page = Read("docs/configuration.md");
        string sample = page[
            page.IndexOf("All in one file:", StringComparison.Ordinal)..page.IndexOf("## Variables that", StringComparison.Ordinal)
        ];
        using var directory = new TemporaryDirectory();
        string file = directory.Write(
            "config.yaml",
            string.Join('\n', sample.Split('\n').Where(line => line.StartsWith("    ", StringComparison.Ordinal)).Select(line => line[4..]))
        );
        var loaded = EffectiveSettings.Load(file, static _ => null);
        Assert.Empty(loaded.Problems);
        Assert.All(loaded.Origins, origin => Assert.Equal(SettingSource.File, origin.Source));
    }

    [Fact]
    public void Stats_page_names_every_member()
    {
        using JsonDocument report = JsonDocument.Parse(StatsReport.Write(new SortedDictionary<string, long>(), null, default, []));
        foreach (JsonProperty member in report.RootElement.EnumerateObject())
            Assert.Contains($"\n| `{member.Name}` |", Read("docs/stats.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void Key_page_names_every_reason()
    {
        string page = Read("docs/key.md");
        foreach (BypassReason reason in Enum.GetValues<BypassReason>().Where(r => r != BypassReason.None))
            Assert.Contains($"\n| `{ReasonText.Of(reason)}` |", page, StringComparison.Ordinal);
        foreach (RefuseReason reason in Enum.GetValues<RefuseReason>().Where(r => r != RefuseReason.None))
            Assert.Contains($"`{ReasonText.Of(reason)}`", page, StringComparison.Ordinal);
    }

    /// <summary>
    /// The program prints the page's rows: each reason that it can give has one, and each row is of a reason that there is.
    /// </summary>
    [Fact]
    public void Row12_Program_and_key_page_know_the_same_reasons()
    {
        IEnumerable<string> Of(string heading) =>
            ReasonPage.All.Where(reason => reason.Heading == heading).Select(reason => reason.Name).Order(StringComparer.Ordinal);
        Assert.Equal(
            Enum.GetValues<BypassReason>().Where(r => r != BypassReason.None).Select(ReasonText.Of).Order(StringComparer.Ordinal),
            Of(ReasonPage.Bypasses)
        );
        Assert.Equal(
            Enum.GetValues<RefuseReason>().Where(r => r != RefuseReason.None).Select(ReasonText.Of).Order(StringComparer.Ordinal),
            Of("Results that are not stored")
        );
        string shim = string.Concat(
            Directory
                .GetFiles(Path.Combine(Repository.Root, "shim"), "*.cs")
                .Append(Path.Combine(Repository.Root, "client", "DaemonLauncher.cs"))
                .Select(File.ReadAllText)
        );
        IEnumerable<string> given = ShimReason()
            .Matches(shim)
            .Select(match => match.Value.Trim('"', ' '))
            .Distinct()
            .Order(StringComparer.Ordinal);
        Assert.Equal(given, Of("Reasons of the shim"));
        string page = Read("docs/key.md");
        Assert.All(ReasonPage.All, reason => Assert.Contains($"\n| `{reason.Name}` | ", page, StringComparison.Ordinal));
        Assert.All(
            Enum.GetValues<BypassReason>().Where(r => r != BypassReason.None),
            reason => Assert.NotEqual("", ReasonAdvice.OfBypass(ReasonText.Of(reason)))
        );
    }

    [Fact]
    public void Key_page_names_every_flag()
    {
        string page = Read("docs/key.md");
        foreach (HelmCommand command in HelmCommands.All)
        foreach (HelmFlag flag in command.Flags.Rows)
            Assert.Contains($"`--{flag.Name}`", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Repeatability_page_names_every_trapped_function()
    {
        string page = Read("docs/repeatability.md");
        foreach (
            string shown in ArmingRecipe
                .Entries.Select(trap => trap.Shown)
                .Concat(ArmingRecipe.Calls.Select(trap => trap.Shown))
                .Append(ArmingRecipe.NowShown)
                .Append(ArmingRecipe.PrintfShown)
                .Where(shown => shown.Length > 0)
        )
            Assert.Contains($"`{shown}`", page, StringComparison.Ordinal);
    }

    private static string Read(string page) => File.ReadAllText(Path.Combine(Repository.Root, page));

    private static IEnumerable<string> MarkdownFiles() =>
        Directory
            .GetFiles(Repository.Root, "*.md")
            .Concat(Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Order();

    /// <summary>Anchors as the usual renderers make them: lower case, punctuation dropped, blanks to hyphens.</summary>
    private static HashSet<string> Headings(string page) =>
        [
            .. Heading()
                .Matches(WithoutCode(Read(page)))
                .Select(heading => NotInAnchor().Replace(heading.Groups["text"].Value.ToLowerInvariant(), "").Replace(' ', '-')),
        ];

    private static string WithoutCode(string page)
    {
        var text = new StringBuilder();
        bool fenced = false;
        foreach (string line in page.Split('\n'))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                fenced = !fenced;
            else if (!fenced && !line.StartsWith("    ", StringComparison.Ordinal))
                text.Append(line).Append('\n');
        }
        return text.ToString();
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex("\"(?:caller-limited|daemon-[a-z-]+|home-[a-z-]+|no-home|input-left-to-helm)[\" ]")]
    private static partial Regex ShimReason();

    [GeneratedRegex(@"^\| `helmcached (?<command>[a-z]+)", RegexOptions.Multiline)]
    private static partial Regex CommandRow();

    [GeneratedRegex(@"^\| `(?<variable>HELMCACHED_[A-Z]+)` \|", RegexOptions.Multiline)]
    private static partial Regex VariableRow();

    [GeneratedRegex("HELMCACHED_[A-Z]+")]
    private static partial Regex Variable();
}
