using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Helm;

[Trait("Needs", "programs")]
public sealed class HelmFlagsTests
{
    private static readonly string[] s_onlyInHelm4 =
    [
        "color",
        "colour",
        "content-cache",
        "force-conflicts",
        "force-replace",
        "rollback-on-failure",
        "server-side",
    ];

    public static IEnumerable<object[]> Majors => RealHelms.Majors;

    public static IEnumerable<object[]> CommandsOfMajors =>
        from major in RealHelms.Majors
        from command in HelmCommands.All
        select new[] { major[0], command.Name };

    public static IEnumerable<object[]> CoordinatedToo =>
        CommandsOfMajors.Concat(
            from major in RealHelms.Majors
            from command in HelmCommands.Coordinated
            select new[] { major[0], command.Name }
        );

    [Theory, MemberData(nameof(CoordinatedToo))]
    public void Table_has_every_flag_of_the_help_text(int major, string name)
    {
        using var home = new TemporaryDirectory();
        FlagTable table = Of(name).Flags;
        HelmRun help = Run(home, major, [.. name.Split(' '), "--help"]);
        int flags = 0;
        bool isGlobal = false;
        foreach (string line in help.Stdout.Split('\n'))
        {
            if (line == "Global Flags:")
                isGlobal = true;
            Match match = Regex.Match(line, @"^  (?:-(\w), |    )--([\w-]+)(?: ([\w]+)(\[=.*?\])?)?(?:   |$)");
            if (!match.Success)
                continue;
            flags++;
            int index = table.FindLong(match.Groups[2].Value);
            Assert.True(index >= 0, $"--{match.Groups[2].Value} is missing");
            HelmFlag row = table[index];
            Assert.Equal(match.Groups[1].Value, row.Shorthand == '\0' ? "" : row.Shorthand.ToString());
            Assert.Equal(isGlobal, row.IsGlobal);
            Assert.Equal(
                match.Groups[4].Success ? FlagArity.OptionalByEquals
                    : match.Groups[3].Success ? FlagArity.Value
                    : FlagArity.Switch,
                major == 3 && row.Name == "wait" ? FlagArity.Switch : row.Arity
            );
            if (match.Groups[3].Value is "strings")
                Assert.Equal(FlagRepeat.Csv, row.Repeat);
            if (match.Groups[3].Value is "stringArray")
                Assert.Equal(FlagRepeat.Each, row.Repeat);
        }
        // Hidden flags (klog, deprecated ones, version's --client), and those of helm 4 in helm 3, are in no help text.
        Assert.InRange(flags, table.Count - 26, table.Count);
    }

    // Hidden flags are in no help text: the error messages show what helm takes the flag for. Root flags are asked of one command.
    [Theory, MemberData(nameof(CommandsOfMajors))]
    public void Table_has_the_arity_that_helm_shows(int major, string name)
    {
        using var home = new TemporaryDirectory();
        string[] words = name.Split(' ');
        bool asksRoot = name == "template";
        foreach (HelmFlag row in Of(name).Flags.Rows)
        {
            if (row.Name == "help" || (row.IsGlobal && !asksRoot))
                continue;
            string bare = Run(home, major, [.. words, "--" + row.Name]).Stderr;
            if (major == 3 ? s_onlyInHelm4.Contains(row.Name) : row.Name == "client")
            {
                Assert.Contains("unknown flag: --" + row.Name, bare, StringComparison.Ordinal);
                continue;
            }
            Assert.DoesNotContain("unknown flag", bare, StringComparison.Ordinal);
            Assert.Equal(row.Arity == FlagArity.Value, bare.Contains("flag needs an argument: --" + row.Name, StringComparison.Ordinal));
            if (row.Shorthand != '\0')
            {
                string letter = Run(home, major, [.. words, "-" + row.Shorthand]).Stderr;
                Assert.Equal(
                    row.Arity == FlagArity.Value,
                    letter.Contains($"flag needs an argument: '{row.Shorthand}'", StringComparison.Ordinal)
                );
                Assert.DoesNotContain("unknown shorthand", letter, StringComparison.Ordinal);
            }
            // A root flag may stand before the subcommand; any other without its value swallows the word `template`, or the value is
            // unknown to root.
            if (row.Arity != FlagArity.Switch || !asksRoot)
                continue;
            string first = Run(home, major, ["--" + row.Name, "template"]).Stderr;
            Assert.Equal(row.IsGlobal, first.Contains("\"helm template\" requires at least 1 argument", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Names_and_shorthands_are_unique()
    {
        foreach (FlagTable table in HelmCommands.All.Concat(HelmCommands.Coordinated).Select(command => command.Flags))
        {
            var names = new HashSet<string>();
            var letters = new HashSet<char>();
            for (int i = 0; i < table.Count; i++)
            {
                HelmFlag row = table[i];
                Assert.True(names.Add(row.Name), row.Name);
                Assert.Equal(i, table.FindLong(row.Name));
                Assert.Equal(row.IsGlobal, i < HelmFlags.RootTable.Count);
                if (row.Shorthand == '\0')
                    continue;
                Assert.True(letters.Add(row.Shorthand), row.Name);
                Assert.Equal(i, table.FindShort(row.Shorthand));
            }
        }
    }

    [Fact]
    public void Bypassing_rows_say_why()
    {
        foreach (HelmCommand command in HelmCommands.All)
        foreach (HelmFlag row in command.Flags.Rows)
            Assert.Equal(row.Role is FlagRole.Bypass or FlagRole.BypassWhenTrue or FlagRole.DryRun, row.Reason != BypassReason.None);
    }

    [Theory]
    [InlineData("name-templ"), InlineData(""), InlineData("Set"), InlineData("hide-secret")]
    public void Abbreviations_and_strangers_are_unknown(string name) => Assert.Equal(-1, Of("template").Flags.FindLong(name));

    private static HelmCommand Of(string name) => HelmCommands.All.Concat(HelmCommands.Coordinated).Single(command => command.Name == name);

    private static HelmRun Run(TemporaryDirectory home, int major, params string[] args) => HelmRun.Of(major, args, home.Location);
}
