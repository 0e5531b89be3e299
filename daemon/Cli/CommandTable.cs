using System.CommandLine;
using System.CommandLine.Invocation;
using CacheDaemon.Daemon.Cli.Checking;
using CacheDaemon.Daemon.Cli.Helping;
using CacheDaemon.Daemon.Cli.Installing;
using CacheDaemon.Daemon.Cli.Rendered;
using CacheDaemon.Daemon.Cli.Sharing;
using CacheDaemon.Daemon.Cli.Showing;
using CacheDaemon.Daemon.Cli.Warming;

namespace CacheDaemon.Daemon.Cli;

/// <summary>Names, one-line helps and handlers of the admin commands.</summary>
internal static class CommandTable
{
    /// <summary>
    /// Words are taken as they are: the library would read a file in the place of one that begins with <c>@</c>, of a call of helm, too.
    /// </summary>
    private static readonly ParserConfiguration s_words = new() { ResponseFileTokenReplacer = null };

    /// <summary>Runs the command that <paramref name="args"/> name; returns its exit code.</summary>
    public static int Run(string[] args)
    {
        // The daemon itself starts on a caller's time: it does not wait for a command line library.
        if (args is ["serve", "--detached", "--apart"])
            return ServeCommand.Run(detached: true, apart: true);
        if (args is ["serve", "--detached"])
            return ServeCommand.Run(detached: true);
        if (args is ["arm", .. var helm])
            return ArmCommand.Run(helm);
        // Put there by the shim, which found nothing ready-made (shim/KeptView.cs).
        if (args is ["unkept", .. var command])
            args = command;
        if (args is [Completion.Command, var line])
            return Completion.Run(Build(), line);
        ParseResult parsed =
            Alone(args) is { } alone && alone.Parse(args, s_words) is { Errors.Count: 0 } known
                ? known
                : Build().Parse(AsOptions(args), s_words);
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
            return UsageError.Write(parsed);
        // Not for --help, --version and the suggestions that a shell asks for while someone types.
        if (parsed.Action == parsed.CommandResult.Command.Action)
            ConfigurationNotice.WriteBefore(parsed.CommandResult.Command.Name);
        // Exceptions are Program's: the library would print a stack trace.
        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    /// <summary>The words that people try first, as the options that they stand for.</summary>
    private static string[] AsOptions(string[] args) =>
        args switch
        {
            [] => ["--help"],
            ["help", .. var command] => [.. command, "--help"],
            ["version"] or ["-V"] => ["--version"],
            _ => args,
        };

    /// <summary>
    /// The commands that tools call again and again are ready before all the others are described; null for those others, and for whoever
    /// asks for help.
    /// </summary>
    private static RootCommand? Alone(string[] args)
    {
        Command? command = args switch
        {
            [_, "--help" or "-h" or "-?", ..] => null,
            ["resources", ..] => ResourcesCommand.Create(),
            ["images", ..] => ImagesCommand.Create(),
            ["diff", ..] => DiffCommand.Create(),
            _ => null,
        };
        return command is null ? null : [command];
    }

    private static RootCommand Build()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var root = new RootCommand("Caches what `helm template` prints: the daemon behind the helm shim, and its commands.");

        var serve = new Command("serve", "Run the daemon in the foreground.");
        serve.SetAction(_ => ServeCommand.Run(detached: false));
        root.Add(serve);

        root.Add(Simple("start", "Start the daemon in the background if it is not running.", static () => StartCommand.Run()));
        root.Add(Simple("stop", "Finish running work, then stop the daemon.", StopCommand.Run));

        var status = new Command("status", "Show the daemon's status. Never starts the daemon.") { json };
        status.SetAction(parsed => StatusCommand.Run(parsed.GetValue(json)));
        root.Add(status);

        root.Add(StatsCommand.Create());

        root.Add(ExplainCommand.Create());
        root.Add(ListCommand.Create());
        root.Add(ShowCommand.Create());
        root.Add(ResourcesCommand.Create());
        root.Add(ImagesCommand.Create());
        root.Add(DiffCommand.Create());
        root.Add(PruneCommand.Create());

        var everything = new Option<bool>("--all") { Description = "Verify every entry whose call is known (the default)." };
        var sample = new Option<string?>("--sample")
        {
            Description = "Verify only this many entries, chosen at random.",
            HelpName = "number",
        };
        var verify = new Command("verify", "Render stored entries again with real helm and delete those that differ.")
        {
            sample,
            everything,
        };
        verify.SetAction(parsed => VerifyCommand.Run(parsed.GetValue(everything), parsed.GetValue(sample)));
        root.Add(verify);
        root.Add(WarmCommand.Create());
        root.Add(ConfigCommand.Create());
        root.Add(SharedCommand.Create());
        root.Add(WhichCommand.Create());
        root.Add(InstallCommand.Create());
        root.Add(UninstallCommand.Create());
        root.Add(DoctorCommand.Create());
        root.Add(CompletionCommand.Create());
        root.Add(ManPage.Create(root));
        HelpExamples.AddTo(root);
        return root;
    }

    private static Command Simple(string name, string help, System.Func<int> run)
    {
        var command = new Command(name, help);
        command.SetAction(_ => run());
        return command;
    }
}
