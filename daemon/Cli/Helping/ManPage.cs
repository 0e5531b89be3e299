using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Text;
using CacheDaemon.Daemon.Hosting;

namespace CacheDaemon.Daemon.Cli.Helping;

/// <summary>
/// The manual page helmcached(1), made from the tree of commands, so that it can lack none (man(7) macros). What the tree does not know,
/// files, variables and exit codes, is text here.
/// </summary>
internal static class ManPage
{
    private static readonly (string Name, string Text)[] s_variables =
    [
        ("HELMCACHED_HOME", "Directory of the cache; default: .cache/helmcached in the account's home."),
        ("HELMCACHED_CONFIG", "The configuration file; default: .config/helmcached/config.yaml in the account's home."),
        ("HELMCACHED_HELM", "The real helm; default: helm: of the configuration, else the first helm on PATH that is not the shim."),
        ("NO_COLOR", "If not empty: no colors on a terminal."),
    ];

    private static readonly (string Name, string Text)[] s_files =
    [
        ("~/.cache/helmcached", "Socket, store, log, locks; mode 0700."),
        ("~/.config/helmcached/config.yaml", "The configuration; read by the daemon when it starts."),
        ("~/.local/share/helmcached", "The installed shim, and the list of what uninstall removes."),
    ];

    private static readonly (string Code, string Text)[] s_codes =
    [
        ("0", "Success; for doctor: all checks passed."),
        (
            "1",
            "The command failed; standard error says why. verify: an entry differed; doctor: a check failed; shared check: the "
                + "server is not as it must be."
        ),
        ("2", "The command line, the configuration or a key file that it names is invalid."),
        ("3", "The daemon is not running (status, explain, verify)."),
        ("4", "verify: there are entries, but none could be verified, for example after a restart of the daemon."),
        ("5", "verify: it could not finish, for example because the daemon does not answer."),
        ("6", "serve: the daemon could not accept callers any more, and stopped; its log says why."),
    ];

    /// <summary>The command that prints the page.</summary>
    public static Command Create(RootCommand root)
    {
        var command = new Command("man", "Print the manual page: helmcached man | man -l -");
        command.SetAction(_ =>
        {
            Console.Write(Write(root));
            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>The page's source.</summary>
    public static string Write(RootCommand root)
    {
        var page = new StringBuilder();
        page.Append($".TH HELMCACHED 1 \"\" \"helmcached {DaemonHost.Version}\" \"User Commands\"\n");
        page.Append(".SH NAME\nhelmcached \\- cache for what helm template prints\n");
        page.Append(".SH SYNOPSIS\n.B helmcached\n.I command\n.RI [ options ]\n");
        page.Append(".SH DESCRIPTION\n");
        page.Append("A shim called helm comes before real helm on PATH and asks a daemon for the output of helm template. ");
        page.Append("helmcached is that daemon, and the commands that show and control it. ");
        page.Append("The cache works without them: the first render starts the daemon. See\n.BR helm\\-shim (1)\nfor the shim.\n");
        page.Append(".SH COMMANDS\n");
        foreach ((string path, Command command) in All(root, "helmcached"))
        {
            string arguments = string.Concat(
                command.Arguments.Where(argument => !argument.Hidden).Select(argument => $" <{argument.Name}>")
            );
            page.Append($".SS {Text(path + arguments)}\n{Text(command.Description)}\n");
            foreach (Argument argument in command.Arguments.Where(argument => !argument.Hidden))
                Item(page, $"<{argument.Name}>", argument.Description);
            foreach (Option option in Options(command))
                Item(page, Spelling(option), option.Description);
        }
        page.Append(".SH OPTIONS\n");
        foreach (Option option in Options(root))
            Item(page, Spelling(option), option.Description);
        page.Append(".SH EXAMPLES\n");
        foreach (Command command in All(root, "helmcached").Select(found => found.Command).Prepend(root))
        foreach ((string line, string does) in HelpExamples.Of(command))
            Item(page, line, does);
        page.Append(".SH ENVIRONMENT\n");
        foreach ((string name, string text) in s_variables)
            Item(page, name, text);
        page.Append("The shim reads more of them, see\n.BR helm\\-shim (1).\n.SH FILES\n");
        foreach ((string name, string text) in s_files)
            Item(page, name, text);
        page.Append(".SH EXIT STATUS\n");
        foreach ((string code, string text) in s_codes)
            Item(page, code, text);
        page.Append(".SH SEE ALSO\n.BR helm\\-shim (1),\n.BR helm (1)\n");
        return page.ToString();
    }

    /// <summary>The commands below one, each before its own, with the words that call it.</summary>
    private static IEnumerable<(string Path, Command Command)> All(Command command, string path) =>
        command
            .Subcommands.Where(below => !below.Hidden)
            .SelectMany(below => All(below, $"{path} {below.Name}").Prepend(($"{path} {below.Name}", below)));

    private static IEnumerable<Option> Options(Command command) => command.Options.Where(option => !option.Hidden);

    private static string Spelling(Option option) =>
        string.Join(", ", option.Aliases.Where(alias => alias.StartsWith('-')).Append(option.Name))
        + (option.HelpName is { } value ? $" <{value}>" : "");

    private static void Item(StringBuilder page, string what, string? text) => page.Append($".TP\n.B {Text(what)}\n{Text(text)}\n");

    /// <summary>Text for roff: backslashes and hyphens escaped, no line that starts with a control character.</summary>
    private static string Text(string? text)
    {
        string escaped = (text ?? "")
            .ReplaceLineEndings(" ")
            .Replace("\\", "\\e", StringComparison.Ordinal)
            .Replace("-", "\\-", StringComparison.Ordinal)
            .Replace("…", "...", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? "\\&" + escaped : escaped;
    }
}
