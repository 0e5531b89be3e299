using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Linq;
using Quickenshtein;

namespace CacheDaemon.Daemon.Cli;

/// <summary>What a person is told whose command line is not understood: one line that names the word, what may have been meant, and where to read on.</summary>
internal static class UsageError
{
    /// <summary>A word that needs more changes than these to become another was hardly meant to be that one.</summary>
    private const int MaxTypos = 2;

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
        string what = isOption ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
        IEnumerable<string> known = isOption ? command.Options.SelectMany(option => option.Aliases.Prepend(option.Name)) : command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name);
        (string? word, int distance) = known.Where(word => word.Length > MaxTypos)
            .Select(word => (word, Levenshtein.GetDistance(word, token))).DefaultIfEmpty((null!, int.MaxValue)).MinBy(candidate => candidate.Item2);
        return $"unknown {what} {Terminal.Harmless(token)}" + (distance <= MaxTypos ? $"; did you mean {word}?" : "");
    }

    private static string PathOf(SymbolResult result) =>
        result is CommandResult { Parent: CommandResult parent } command ? $"{PathOf(parent)} {command.Command.Name}" : "helmcached";
}
