using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Linq;
using CacheDaemon.Daemon.Configuration;

namespace CacheDaemon.Daemon.Cli;

/// <summary>
/// What a person is told whose command line is not understood: one line that names the word, what may have been meant, and where to read
/// on.
/// </summary>
internal static class UsageError
{
    /// <summary>Says it on standard error. Returns the exit code for that.</summary>
    public static int Write(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string says = parsed.UnmatchedTokens is [var token, ..] ? Unknown(token, command) : parsed.Errors[0].Message.TrimEnd('.');
        return Terminal.WrongUsage($"{says}{(says.EndsWith('?') ? "" : ".")} See '{PathOf(parsed.CommandResult)} --help'");
    }

    private static string Unknown(string token, Command command)
    {
        bool isOption = token.StartsWith('-');
        string what =
            isOption ? "option"
            : command.Subcommands.Count > 0 ? "command"
            : "argument";
        IEnumerable<string> known = isOption
            ? command.Options.SelectMany(option => option.Aliases.Prepend(option.Name))
            : command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name);
        return $"unknown {what} {Terminal.Harmless(token)}" + (CloseMatch.Of(token, known) is { } word ? $"; did you mean {word}?" : "");
    }

    private static string PathOf(SymbolResult result) =>
        result is CommandResult { Parent: CommandResult parent } command ? $"{PathOf(parent)} {command.Command.Name}" : "helmcached";
}
