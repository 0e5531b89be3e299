using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Client.Helm;
using CacheDaemon.Client.Protocol;
using CacheDaemon.Tests.Support;
using Xunit;

namespace CacheDaemon.Tests.Helm;

public sealed class CommandLineTests
{
    // Words of one line are separated by one blank; '' is an empty word.
    private static string[] Words(string line) => line.Length == 0 ? [] : [.. line.Split(' ').Select(w => w == "''" ? "" : w)];

    [Theory]
    [InlineData("template r c", 0)]
    [InlineData("-n foo template r c", 2)]
    [InlineData("-nfoo template r c", 1)]
    [InlineData("-n=foo template r c", 1)]
    [InlineData("--namespace foo template r c", 2)]
    [InlineData("--debug template r c", 1)]
    [InlineData("--debug=false template r c", 1)]
    [InlineData("--kubeconfig F --kube-context '' template r c", 4)]
    [InlineData("--kube-insecure-skip-tls-verify template c", 1)]
    [InlineData("-v 3 template c", 2)]
    [InlineData("-n template template c", 2)]
    [InlineData("version", 0)]
    [InlineData("--namespace x list", 2)]
    public void Subcommand_after_root_flags_is_found(string line, int index)
    {
        Assert.Equal(index, CommandLine.FindSubcommand(Words(line), out bool onlyGlobals));
        Assert.True(onlyGlobals);
    }

    [Theory]
    [InlineData("--set a=1 template r c")]
    [InlineData("-f x template r c")]
    [InlineData("--include-crds template r c")]
    [InlineData("--include-crds=true template r c")]
    [InlineData("--bogus template r c")]
    [InlineData("--bogus=1 template r c")]
    [InlineData("-gn foo template c")]
    [InlineData("- template r c")]
    [InlineData("'' template r c")]
    [InlineData("--help template r c")]
    [InlineData("-h template r c")]
    [InlineData("--namespac foo template c")]
    public void Other_flags_before_the_subcommand_are_not_ours(string line)
    {
        CommandLine.FindSubcommand(Words(line), out bool onlyGlobals);
        Assert.False(onlyGlobals);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-- template r c")]
    [InlineData("-n template")]
    [InlineData("--namespace template")]
    [InlineData("--debug")]
    [InlineData("-n")]
    public void There_may_be_no_subcommand(string line) => Assert.Equal(-1, CommandLine.FindSubcommand(Words(line), out _));

    [Fact]
    public void Finding_the_subcommand_allocates_nothing()
    {
        string[] args = ["--kubeconfig", "F", "-n=foo", "--debug", "version"];
        CommandLine.FindSubcommand(args, out _);
        Assert.Equal(0, Allocation.PerRound(100, () => CommandLine.FindSubcommand(args, out _)));
    }

    [Theory]
    [InlineData("template r c", "r c", "")]
    [InlineData("template --values=a r c", "r c", "values=a")]
    [InlineData("template --values a r c", "r c", "values=a")]
    [InlineData("template -f=a r c", "r c", "values=a")]
    [InlineData("template -fa r c", "r c", "values=a")]
    [InlineData("template -f a r c", "r c", "values=a")]
    [InlineData("template -f= r c", "r c", "values==")]
    [InlineData("template -f '' r c", "r c", "values=")]
    [InlineData("template r c -f - --set a=b=c", "r c", "values=- set=a=b=c")]
    [InlineData("template --set=a=b r c", "r c", "set=a=b")]
    [InlineData("-n x template -g c", "c", "namespace=x generate-name=true")]
    [InlineData("template -g=0 c", "c", "generate-name=false")]
    [InlineData("template -gfa c", "c", "generate-name=true values=a")]
    [InlineData("template --debug=T --debug=FALSE c", "c", "debug=true debug=false")]
    [InlineData("template --include-crds r c", "r c", "include-crds=true")]
    [InlineData("template --dry-run client c", "client c", "dry-run")]
    [InlineData("template --dry-run=client c", "c", "dry-run=client")]
    [InlineData("template --wait --wait=hookOnly c", "c", "wait wait=hookOnly")]
    [InlineData("template r -- c --set", "r c --set", "")]
    [InlineData("template - '' c", "-  c", "")]
    [InlineData("template template template", "template template", "")]
    public void Flags_and_positionals_are_taken_apart(string line, string positionals, string flags)
    {
        ParsedCommandLine parsed = Parse(line);
        Assert.Equal(BypassReason.None, parsed.Error);
        Assert.Equal(positionals, string.Join(' ', parsed.Positionals));
        Assert.Equal(flags, string.Join(' ', parsed.Flags.Select(u => parsed.Row(u).Name + (u.Value is null ? "" : "=" + u.Value))));
    }

    [Theory]
    [InlineData("template --bogus c", BypassReason.UnknownFlag, "")]
    [InlineData("template --name-templ x c", BypassReason.UnknownFlag, "")]
    [InlineData("template -x c", BypassReason.UnknownFlag, "")]
    [InlineData("template -gx c", BypassReason.UnknownFlag, "")]
    [InlineData("template ---x c", BypassReason.UnknownFlag, "")]
    [InlineData("template --=x c", BypassReason.UnknownFlag, "")]
    [InlineData("template -test.v c", BypassReason.UnknownFlag, "")]
    [InlineData("template c --set", BypassReason.BadFlagValue, "set")]
    [InlineData("template c -f", BypassReason.BadFlagValue, "values")]
    [InlineData("template c --include-crds=yes", BypassReason.BadFlagValue, "include-crds")]
    [InlineData("template c --include-crds=", BypassReason.BadFlagValue, "include-crds")]
    [InlineData("template c -f a\"b", BypassReason.BadFlagValue, "values")]
    [InlineData("template c -f \"a\"b", BypassReason.BadFlagValue, "values")]
    [InlineData("template c -f \"a", BypassReason.BadFlagValue, "values")]
    [InlineData("template c -a a\"b", BypassReason.BadFlagValue, "api-versions")]
    [InlineData("template c -h", BypassReason.HelpRequested, "help")]
    [InlineData("template c --help=false", BypassReason.HelpRequested, "help")]
    [InlineData("template -gh", BypassReason.HelpRequested, "help")]
    public void What_helm_rejects_is_not_served(string line, BypassReason reason, string flag)
    {
        ParsedCommandLine parsed = Parse(line);
        Assert.Equal(reason, parsed.Error);
        Assert.Equal(flag, parsed.ErrorFlag);
    }

    // Seen on both helms: the namespace becomes val.yaml, or foo, since the root's own pass guesses wrongly.
    [Theory]
    [InlineData("template r c -fnval.yaml")]
    [InlineData("template r c --set -n=foo")]
    [InlineData("template r c --set --namespace=foo")]
    [InlineData("template r c --description --debug")]
    [InlineData("template r c -fdev.yaml -n foo")]
    public void Calls_that_helms_two_passes_read_differently_are_not_served(string line) =>
        Assert.Equal(BypassReason.BadFlagValue, Parse(line).Error);

    [Theory]
    [InlineData("template r c -f -", true)]
    [InlineData("template r c --values=-", true)]
    [InlineData("template r c -f a,-", true)]
    [InlineData("template r c -f \"-\",a", true)]
    [InlineData("template r c --set-file k=-", true)]
    [InlineData("template r c --set-file k=-x", false)]
    [InlineData("template r c -f a,b", false)]
    [InlineData("template r - ", false)]
    [InlineData("template r c --set k=-", false)]
    [InlineData("template r c -f -a", false)]
    public void Standard_input_is_read_only_when_asked_for(string line, bool reads) =>
        Assert.Equal(reads, CommandLine.ReadsStdin(Parse(line)));

    [Fact]
    public void Blanks_around_the_dash_still_mean_standard_input() =>
        Assert.True(
            CommandLine.ReadsStdin(
                CommandLine.Parse(["template", "c", "-f", "a, - "], HelmCommands.Find("template", "")!, new CommandWords(0, -1, true))
            )
        );

    // Expectations are what `helm template c -f <text>` opens.
    [Theory]
    [InlineData("", "")]
    [InlineData("a", "a")]
    [InlineData(",", "|")]
    [InlineData("a, b", "a| b")]
    [InlineData("\"x,y\"", "x,y")]
    [InlineData("\"x\"\"y\",", "x\"y|")]
    [InlineData("a,\"\"", "a|")]
    public void Csv_is_read_as_go_reads_it(string text, string items)
    {
        var read = new List<string>();
        Assert.True(GoSyntax.TryReadCsv(text, read));
        Assert.Equal(items, string.Join('|', read));
        Assert.Equal(text.Length == 0, read.Count == 0);
    }

    [Theory]
    [InlineData("a\nb"), InlineData("a\r"), InlineData("a\"b"), InlineData("\"a\"b"), InlineData("\"a"), InlineData(" \"a\"")]
    public void Csv_that_go_rejects_or_cuts_is_rejected(string text) => Assert.False(GoSyntax.TryReadCsv(text, []));

    private static ParsedCommandLine Parse(string line)
    {
        string[] words = Words(line);
        HelmCommand? command = CommandLine.FindCommand(words, out CommandWords at);
        Assert.True(at.OnlyRootFlagsBefore && command is { Name: "template" });
        return CommandLine.Parse(words, command, at);
    }
}
