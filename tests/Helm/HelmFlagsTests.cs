using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Helm;

public sealed class HelmFlagsTests
{
    private static readonly string[] s_onlyInHelm4 =
        ["color", "colour", "content-cache", "force-conflicts", "force-replace", "rollback-on-failure", "server-side"];

    public static IEnumerable<object[]> Majors => RealHelms.Majors;

    [Theory, MemberData(nameof(Majors))]
    public void Table_has_every_flag_of_the_help_text(int major)
    {
        using var home = new TemporaryDirectory();
        HelmRun help = Run(home, major, "template", "--help");
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
            int index = HelmFlags.FindLong(match.Groups[2].Value);
            Assert.True(index >= 0, $"--{match.Groups[2].Value} is missing");
            HelmFlag row = HelmFlags.All[index];
            Assert.Equal(match.Groups[1].Value, row.Shorthand == '\0' ? "" : row.Shorthand.ToString());
            Assert.Equal(isGlobal, row.IsGlobal);
            Assert.Equal(
                match.Groups[4].Success ? FlagArity.OptionalByEquals : match.Groups[3].Success ? FlagArity.Value : FlagArity.Switch,
                major == 3 && row.Name == "wait" ? FlagArity.Switch : row.Arity);
            if (match.Groups[3].Value is "strings")
                Assert.Equal(FlagRepeat.Csv, row.Repeat);
            if (match.Groups[3].Value is "stringArray")
                Assert.Equal(FlagRepeat.Each, row.Repeat);
        }
        Assert.InRange(flags, 60, 100);
    }

    // Hidden flags (klog, deprecated ones) are in no help text: the error messages show what helm takes the flag for.
    [Theory, MemberData(nameof(Majors))]
    public void Table_has_the_arity_that_helm_shows(int major)
    {
        using var home = new TemporaryDirectory();
        foreach (HelmFlag row in HelmFlags.All)
        {
            if (row.Name == "help")
                continue;
            string bare = Run(home, major, "template", "--" + row.Name).Stderr;
            if (major == 3 && s_onlyInHelm4.Contains(row.Name))
            {
                Assert.Contains("unknown flag: --" + row.Name, bare, StringComparison.Ordinal);
                continue;
            }
            Assert.DoesNotContain("unknown flag", bare, StringComparison.Ordinal);
            Assert.Equal(row.Arity == FlagArity.Value, bare.Contains("flag needs an argument: --" + row.Name, StringComparison.Ordinal));
            if (row.Shorthand != '\0')
            {
                string letter = Run(home, major, "template", "-" + row.Shorthand).Stderr;
                Assert.Equal(row.Arity == FlagArity.Value, letter.Contains($"flag needs an argument: '{row.Shorthand}'", StringComparison.Ordinal));
                Assert.DoesNotContain("unknown shorthand", letter, StringComparison.Ordinal);
            }
            // A root flag may stand before the subcommand; any other without its value swallows the word `template`, or the value is unknown to root.
            string[] before = row.Arity == FlagArity.Value ? ["--" + row.Name, "1"] : ["--" + row.Name];
            string first = Run(home, major, [.. before, "template"]).Stderr;
            if (row.Arity == FlagArity.Switch)
                Assert.Equal(row.IsGlobal, first.Contains("\"helm template\" requires at least 1 argument", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Names_and_shorthands_are_unique()
    {
        var names = new HashSet<string>();
        var letters = new HashSet<char>();
        for (int i = 0; i < HelmFlags.All.Length; i++)
        {
            HelmFlag row = HelmFlags.All[i];
            Assert.True(names.Add(row.Name), row.Name);
            Assert.Equal(i, HelmFlags.FindLong(row.Name));
            if (row.Shorthand == '\0')
                continue;
            Assert.True(letters.Add(row.Shorthand), row.Name);
            Assert.Equal(i, HelmFlags.FindShort(row.Shorthand));
        }
    }

    [Fact]
    public void Bypassing_rows_say_why()
    {
        foreach (HelmFlag row in HelmFlags.All)
            Assert.Equal(
                row.Role is FlagRole.Bypass or FlagRole.BypassWhenTrue or FlagRole.DryRun, row.Reason != BypassReason.None);
    }

    [Theory]
    [InlineData("name-templ"), InlineData(""), InlineData("Set"), InlineData("hide-secret")]
    public void Abbreviations_and_strangers_are_unknown(string name) => Assert.Equal(-1, HelmFlags.FindLong(name));

    private static HelmRun Run(TemporaryDirectory home, int major, params string[] args) =>
        HelmRun.Of(major, args, home.Location);
}
