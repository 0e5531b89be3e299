using System;
using System.Collections.Generic;
using CacheDaemon.Client.Protocol;

namespace CacheDaemon.Client.Helm;

/// <summary>
/// pflag's parser over a <see cref="FlagTable"/>, in the two ways helm uses it. helm parses argv twice: first with the root flags alone,
/// skipping what it does not know (<c>newRootCmd</c>), then for the subcommand. The first pass guesses the values of the flags it skips, so
/// it can see a root flag where there is none (<c>--set -n=x</c> and <c>-fnx.yaml</c> both set the namespace, seen on both helms) and what
/// it saw stays set. Where the two passes differ, the call is not served.
/// </summary>
internal ref struct FlagWalk
{
    private readonly ReadOnlySpan<string> _args;
    private readonly CommandWords _words;
    private readonly FlagTable _table;
    private readonly bool _rootOnly;
    private readonly List<FlagUse> _uses;
    private readonly List<string>? _positionals;
    private int _at;
    private bool _endsFlags;
    private BypassReason _error;
    private string _errorFlag;

    private FlagWalk(
        ReadOnlySpan<string> args,
        CommandWords words,
        FlagTable table,
        bool rootOnly,
        List<FlagUse> uses,
        List<string>? positionals
    )
    {
        _args = args;
        _words = words;
        _table = table;
        _rootOnly = rootOnly;
        _uses = uses;
        _positionals = positionals;
        _errorFlag = "";
    }

    /// <summary>The subcommand's pass: all flags, an unknown one is an error.</summary>
    public static void Whole(ReadOnlySpan<string> args, CommandWords words, ParsedCommandLine into)
    {
        var walk = new FlagWalk(args, words, into.Command.Flags, rootOnly: false, into.Flags, into.Positionals);
        walk.Run();
        into.EndsFlags = walk._endsFlags;
        into.Error = walk._error;
        into.ErrorFlag = walk._errorFlag;
    }

    /// <summary>Runs the root's pass and reports <c>BadFlagValue</c> when it sees other root flags than the whole pass did.</summary>
    public static void CheckRootParse(ReadOnlySpan<string> args, ParsedCommandLine parsed)
    {
        var seen = new List<FlagUse>();
        var walk = new FlagWalk(args, new CommandWords(-1, -1, true), HelmFlags.RootTable, rootOnly: true, seen, positionals: null);
        walk.Run();
        // The root flags come first in every table, so both passes number them alike.
        int next = 0;
        foreach (FlagUse use in parsed.Flags)
        {
            if (!parsed.Row(use).IsGlobal)
                continue;
            if (next == seen.Count || seen[next] != use)
            {
                Disagree(parsed, use.Flag);
                return;
            }
            next++;
        }
        if (next != seen.Count)
            Disagree(parsed, seen[next].Flag);

        static void Disagree(ParsedCommandLine parsed, int flag)
        {
            parsed.Error = BypassReason.BadFlagValue;
            parsed.ErrorFlag = parsed.Command.Flags[flag].Name;
        }
    }

    // pflag: parseArgs.
    private void Run()
    {
        for (_at = 0; _at < _args.Length && _error == BypassReason.None; )
        {
            if (IsWord(_at))
            {
                _at++;
                continue;
            }
            string word = _args[_at++];
            if (word.Length < 2 || word[0] != '-')
            {
                _positionals?.Add(word);
            }
            else if (word == "--")
            {
                _endsFlags = true;
                for (; _at < _args.Length; _at++)
                    if (!IsWord(_at))
                        _positionals?.Add(_args[_at]);
            }
            else if (word[1] == '-')
            {
                Long(word.AsSpan(2));
            }
            else
            {
                Short(word.AsSpan(1));
            }
        }
    }

    // pflag: parseLongArg.
    private void Long(ReadOnlySpan<char> text)
    {
        if (text[0] is '-' or '=')
        {
            Fail(BypassReason.UnknownFlag);
            return;
        }
        int equals = text.IndexOf('=');
        ReadOnlySpan<char> name = equals < 0 ? text : text[..equals];
        int flag = _table.FindLong(name);
        if (flag < 0)
        {
            if (!_rootOnly)
                Fail(BypassReason.UnknownFlag);
            else if (name is "help")
                Fail(BypassReason.HelpRequested);
            else if (equals < 0)
                SkipValueOfUnknown();
            return;
        }
        if (equals >= 0)
            Add(flag, text[(equals + 1)..].ToString());
        else if (_table[flag].Arity != FlagArity.Value)
            Add(flag, null);
        else
            AddNext(flag);
    }

    // pflag: parseShortArg and parseSingleShortArg. Each letter of a group starts again at the word after the group.
    private void Short(ReadOnlySpan<char> letters)
    {
        // pflag drops flags of `go test` silently; not worth imitating.
        if (letters.StartsWith("test."))
        {
            Fail(BypassReason.UnknownFlag);
            return;
        }
        int afterGroup = _at;
        for (; letters.Length > 0 && _error == BypassReason.None; letters = letters[1..])
        {
            _at = afterGroup;
            int flag = _table.FindShort(letters[0]);
            bool hasEquals = letters.Length > 2 && letters[1] == '=';
            if (flag < 0)
            {
                if (!_rootOnly)
                {
                    Fail(BypassReason.UnknownFlag);
                    return;
                }
                if (letters[0] == 'h')
                {
                    Fail(BypassReason.HelpRequested);
                    return;
                }
                if (hasEquals)
                    return;
                SkipValueOfUnknown();
                continue;
            }
            if (hasEquals)
            {
                Add(flag, letters[2..].ToString());
                return;
            }
            if (_table[flag].Arity != FlagArity.Value)
            {
                Add(flag, null);
                continue;
            }
            if (letters.Length > 1)
                Add(flag, letters[1..].ToString());
            else
                AddNext(flag);
            return;
        }
    }

    private readonly bool IsWord(int index) => index == _words.First || index == _words.Second;

    private void AddNext(int flag)
    {
        while (IsWord(_at))
            _at++;
        if (_at < _args.Length)
            Add(flag, _args[_at++]);
        else
            Fail(BypassReason.BadFlagValue, flag);
    }

    private void Add(int flag, string? value)
    {
        ref readonly HelmFlag row = ref _table[flag];
        if (row.Role == FlagRole.Bypass && row.Reason == BypassReason.HelpRequested)
        {
            Fail(BypassReason.HelpRequested, flag);
            return;
        }
        if (row.Arity == FlagArity.Switch)
        {
            if (!GoSyntax.TryParseBool(value ?? "true", out bool truth))
            {
                Fail(BypassReason.BadFlagValue, flag);
                return;
            }
            value = truth ? "true" : "false";
        }
        else if (row.Repeat == FlagRepeat.Csv && !GoSyntax.TryReadCsv(value!, []))
        {
            Fail(BypassReason.BadFlagValue, flag);
            return;
        }
        _uses.Add(new FlagUse(flag, value));
    }

    // pflag: stripUnknownFlagValue.
    private void SkipValueOfUnknown()
    {
        if (_at < _args.Length && !_args[_at].StartsWith('-'))
            _at++;
    }

    private void Fail(BypassReason reason, int flag = -1)
    {
        _error = reason;
        _errorFlag = flag < 0 ? "" : _table[flag].Name;
    }
}
