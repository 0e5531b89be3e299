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
            ("helmcached doctor", "check that everything works"),
            ("helmcached stats", "see how much time it saved"),
            ("HELMCACHED_TRACE=1 helm template shop ./chart", "see what happens to one call"),
        ],
        ["install"] =
        [
            ("helmcached install", "only create the directory, and show the line for your shells"),
            ("helmcached install --write --shell bash", "add the line to ~/.bashrc"),
            ("helmcached install --dir /opt/me/bin", "use a directory of your choice"),
            ("helmcached install --into /helmcached", "fill a volume that another container mounts over its helm (docs/argo-cd.md)"),
        ],
        ["uninstall"] = [("helmcached uninstall --purge", "remove everything, including the cache")],
        ["doctor"] = [("helmcached doctor --json", "for scripts; see also the exit code")],
        ["explain"] =
        [
            ("helmcached explain -- template shop ./chart -f values.yaml", "is it a hit, a miss or a bypass, and why?"),
            ("helmcached explain --last 5", "the last five calls, as they happened"),
            ("helmcached explain --reasons known-to-vary", "what a reason means and what to do"),
        ],
        ["stats"] =
        [
            ("helmcached stats --watch", "update live until Ctrl-C"),
            ("helmcached stats --since 24h", "only the last 24 hours"),
            ("helmcached stats --json", "for scripts"),
        ],
        ["config"] =
        [
            ("helmcached config", "show the current values and where they come from"),
            ("helmcached config --example", "print every setting with its default, to start a file with"),
            ("helmcached config set store.max_size 5GiB", "change one line of the file"),
        ],
        ["get"] = [("helmcached config get store.max_size", "print only the value, for scripts")],
        ["set"] =
        [
            ("helmcached config set idle_exit 12h", "a running daemon keeps its old value until it is stopped"),
            ("helmcached config set bypass web 'scratch-*'", "lists take several values"),
        ],
        ["shared"] =
        [
            ("helmcached shared keygen ~/helmcached-keys", "create a writer's keys and print the line for shared.trust"),
            ("helmcached shared check", "test whether the team's cache can be reached, read and written"),
        ],
        ["check"] = [("helmcached shared check --json", "for scripts; see also the exit code")],
        ["keygen"] = [("helmcached shared keygen ~/helmcached-keys", "create a writer's keys and print the line for shared.trust")],
        ["which"] = [("helmcached which --json", "for scripts: real_helm, shim, daemon, store, configuration")],
        ["list"] = [("helmcached list --json", "for scripts")],
        ["show"] =
        [
            ("helmcached show 3f9a61c2", "show an entry and the inputs of its key"),
            ("helmcached show 3f9a61c2 --stdout", "print the manifest, with the values of Secrets masked"),
        ],
        ["resources"] =
        [
            ("helmcached resources -- template shop ./chart -f values.yaml", "print a table"),
            (
                "helmcached resources --json --name-format '{{ .metadata.name }}-{{ .kind | lower }}' -- template shop ./chart",
                "print a JSON array with your own names"
            ),
        ],
        ["images"] = [("helmcached images --quiet -- template shop ./chart", "print one per line, for a scanner or a mirror")],
        ["diff"] =
        [
            ("helmcached diff -- template shop ./chart -f values.yaml", "compare with the last result stored before"),
            ("helmcached diff -- template shop ./chart -f a.yaml --- template shop ./chart -f b.yaml", "compare two calls"),
        ],
        ["prune"] =
        [
            ("helmcached prune --older-than 30d", "delete what was not used for 30 days"),
            ("helmcached prune --chart shop --dry-run", "show what would be deleted"),
            ("helmcached prune --all", "delete everything"),
        ],
        ["verify"] = [("helmcached verify --sample 20", "compare twenty entries with real helm")],
        ["warm"] =
        [
            ("helmcached warm --recent 50", "for example after git pull: the last 50 calls, with the charts as they are now"),
            ("helmcached warm -f calls.txt --jobs 4", "the calls in a file, one per line"),
        ],
        ["serve"] = [("helmcached serve", "print the log on the terminal; stop with Ctrl-C")],
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
