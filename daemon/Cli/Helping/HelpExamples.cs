using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Linq;

namespace CacheDaemon.Daemon.Cli.Helping;

/// <summary>Adds examples to <c>--help</c>; the manual page shows the same ones.</summary>
internal sealed class HelpExamples : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, (string Line, string Does)[]> s_examples = new(StringComparer.Ordinal)
    {
        ["helmcached"] =
        [
            ("helmcached install --write", "put the shim first on PATH, then open a new terminal"),
            ("helmcached doctor", "see whether everything is right"),
            ("helmcached stats", "see what it saved"),
            ("HELMCACHED_TRACE=1 helm template shop ./chart", "see what happens to one call"),
        ],
        ["install"] =
        [
            ("helmcached install", "only the directory; shows the line for your shells"),
            ("helmcached install --write --shell bash", "adds the line to ~/.bashrc"),
            ("helmcached install --dir /opt/me/bin", "into a directory of your choice"),
            ("helmcached install --into /helmcached", "fills a volume that another container mounts over its helm: docs/argo-cd.md"),
        ],
        ["uninstall"] = [("helmcached uninstall --purge", "nothing is left, the cache included")],
        ["doctor"] = [("helmcached doctor --json", "for a script; the exit code says it too")],
        ["explain"] =
        [
            ("helmcached explain -- template shop ./chart -f values.yaml", "hit, miss and why, or bypass and why"),
            ("helmcached explain --last 5", "the last five calls, as they happened"),
            ("helmcached explain --reasons known-to-vary", "what a reason means, and what to do"),
        ],
        ["stats"] =
        [
            ("helmcached stats --watch", "a live view; Ctrl-C ends it"),
            ("helmcached stats --since 24h", "the last 24 hours alone"),
            ("helmcached stats --json", "for a script"),
        ],
        ["config"] =
        [
            ("helmcached config", "what holds now, and where each value comes from"),
            ("helmcached config --example", "every setting with its default, to start a file with"),
            ("helmcached config set store.max_size 5GiB", "changes one line of the file"),
        ],
        ["get"] = [("helmcached config get store.max_size", "the value alone, for a script")],
        ["set"] =
        [
            ("helmcached config set idle_exit 12h", "a daemon that runs goes on with its old value until it is stopped"),
            ("helmcached config set bypass web 'scratch-*'", "a list takes several values"),
        ],
        ["shared"] =
        [
            ("helmcached shared keygen ~/helmcached-keys", "a new writer; prints the line for shared.trust"),
            ("helmcached shared check", "whether the team's cache can be reached, read and written"),
        ],
        ["check"] = [("helmcached shared check --json", "for a script; the exit code says it too")],
        ["keygen"] = [("helmcached shared keygen ~/helmcached-keys", "a new writer; prints the line for shared.trust")],
        ["which"] = [("helmcached which --json", "for a script: real_helm, shim, daemon, store, configuration")],
        ["list"] = [("helmcached list --json", "for a script")],
        ["show"] =
        [
            ("helmcached show 3f9a61c2", "what is known of an entry, and the inputs of its key"),
            ("helmcached show 3f9a61c2 --stdout", "the manifest, with the values of Secrets masked"),
        ],
        ["resources"] =
        [
            ("helmcached resources -- template shop ./chart -f values.yaml", "a table"),
            ("helmcached resources --json --name-format '{{ .metadata.name }}-{{ .kind | lower }}' -- template shop ./chart", "one array, with keys of one's own"),
        ],
        ["images"] = [("helmcached images --quiet -- template shop ./chart", "one a line, for a scanner or a mirror")],
        ["diff"] =
        [
            ("helmcached diff -- template shop ./chart -f values.yaml", "against the result that was stored last before this one"),
            ("helmcached diff -- template shop ./chart -f a.yaml --- template shop ./chart -f b.yaml", "two calls"),
        ],
        ["prune"] =
        [
            ("helmcached prune --older-than 30d", "what was not used for a month"),
            ("helmcached prune --chart shop --dry-run", "what would go"),
            ("helmcached prune --all", "everything"),
        ],
        ["verify"] = [("helmcached verify --sample 20", "twenty entries against real helm")],
        ["warm"] =
        [
            ("helmcached warm --recent 50", "after a pull: what was asked last, with the charts as they are now"),
            ("helmcached warm -f calls.txt --jobs 4", "a file with one call a line"),
        ],
        ["serve"] = [("helmcached serve", "with its log on the terminal; Ctrl-C stops it")],
        ["completion"] =
        [
            ("source <(helmcached completion bash)", "in ~/.bashrc"),
            ("helmcached completion fish > ~/.config/fish/completions/helmcached.fish", "for fish"),
        ],
        ["man"] = [("helmcached man | man -l -", "read it"), ("helmcached man > helmcached.1", "keep it")],
    };

    private readonly HelpAction _usual;

    private HelpExamples(HelpAction usual) => _usual = usual;

    /// <summary>Makes the help of a tree of commands end with examples.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (HelpOption option in root.Options.OfType<HelpOption>())
            if (option.Action is HelpAction usual)
                option.Action = new HelpExamples(usual);
    }

    /// <summary>The examples of a command, with what each does; empty when it needs none.</summary>
    public static IReadOnlyList<(string Line, string Does)> Of(Command command) =>
        s_examples.GetValueOrDefault(command is RootCommand ? "helmcached" : command.Name) ?? [];

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int code = _usual.Invoke(parseResult);
        IReadOnlyList<(string Line, string Does)> examples = Of(parseResult.CommandResult.Command);
        if (examples.Count == 0)
            return code;
        Console.WriteLine("Examples:");
        foreach ((string line, string does) in examples)
            Console.WriteLine($"  {line}\n      {does}");
        Console.WriteLine();
        return code;
    }
}
