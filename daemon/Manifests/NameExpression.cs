using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>
/// One expression of a <see cref="NameFormat"/>: a field, a literal, or a function with what it is given. A missing field is null, as in
/// Go.
/// </summary>
internal sealed class NameExpression
{
    private string[]? _path;
    private NameExpression? _target;
    private string? _function;
    private List<NameExpression>? _arguments;
    private object? _literal;

    /// <summary>Reads the code of an action.</summary>
    /// <exception cref="NameFormatException">It is not understood.</exception>
    public static NameExpression Parse(string code)
    {
        int at = 0;
        NameExpression parsed = Pipeline(Tokens(code), ref at, within: false);
        return parsed;
    }

    /// <summary>Its value for a resource.</summary>
    /// <exception cref="NameFormatException">It has none.</exception>
    public object? Of(Dictionary<string, object?> members)
    {
        if (_function is not null)
        {
            object?[] values = new object?[_arguments!.Count];
            for (int i = 0; i < values.Length; i++)
                values[i] = _arguments[i].Of(members);
            return NameFunctions.Call(_function, values);
        }
        if (_path is null)
            return _literal;
        object? value = _target is null ? members : _target.Of(members);
        for (int i = 0; i < _path.Length && value is not null; i++)
        {
            value = value is Dictionary<string, object?> inner
                ? inner.GetValueOrDefault(_path[i])
                : throw new NameFormatException($"there can be no field {_path[i]}, since what would contain it is not an object");
        }
        return value;
    }

    /// <summary>Commands with bars between them: each is the last argument of the next.</summary>
    private static NameExpression Pipeline(List<string> tokens, ref int at, bool within)
    {
        NameExpression value = Command(tokens, ref at, null);
        while (at < tokens.Count && tokens[at] == "|")
        {
            at++;
            value = Command(tokens, ref at, value);
        }
        if (within ? at == tokens.Count || tokens[at] != ")" : at < tokens.Count)
            throw new NameFormatException(within ? "( without )" : $"unexpected {tokens[at]}");
        return value;
    }

    private static NameExpression Command(List<string> tokens, ref int at, NameExpression? piped)
    {
        if (at == tokens.Count)
            throw new NameFormatException("a value is missing");
        NameExpression first = Operand(tokens, ref at);
        while (at < tokens.Count && tokens[at] is not ("|" or ")"))
        {
            NameExpression argument = Operand(tokens, ref at);
            if (first._function is null || first._arguments is null)
                throw new NameFormatException("something that is not a function is given arguments");
            first._arguments.Add(argument);
        }
        if (piped is null)
            return first;
        if (first._function is null)
            throw new NameFormatException("what comes after | is not a function");
        first._arguments!.Add(piped);
        return first;
    }

    private static NameExpression Operand(List<string> tokens, ref int at)
    {
        string token = tokens[at++];
        if (token == "(")
        {
            NameExpression inner = Pipeline(tokens, ref at, within: true);
            at++;
            return new NameExpression
            {
                _target = inner,
                _path = at < tokens.Count && tokens[at].StartsWith("\0.", StringComparison.Ordinal) ? Path(tokens[at++][1..]) : [],
            };
        }
        if (token[0] is '.' or '$')
            return new NameExpression { _path = Path(token.TrimStart('$')) };
        if (token[0] is '"' or '`')
            return new NameExpression { _literal = Unquoted(token) };
        if (token is "true" or "false")
            return new NameExpression { _literal = token == "true" };
        if (token == "nil")
            return new NameExpression();
        if (long.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
            return new NameExpression { _literal = number };
        if (!NameFunctions.IsKnown(token))
            throw new NameFormatException($"unknown function {token}; known are {NameFunctions.Known}");
        return new NameExpression { _function = token, _arguments = [] };
    }

    private static string[] Path(string fields)
    {
        if (fields is "" or ".")
            return [];
        string[] path = fields[1..].Split('.');
        foreach (string field in path)
            if (field.Length == 0)
                throw new NameFormatException($"unexpected {fields}");
        return path;
    }

    private static string Unquoted(string token)
    {
        if (token[0] == '`')
            return token[1..^1];
        var text = new StringBuilder();
        for (int i = 1; i < token.Length - 1; i++)
        {
            if (token[i] == '\\')
                text.Append(
                    token[++i] switch
                    {
                        'n' => '\n',
                        't' => '\t',
                        '"' => '"',
                        '\\' => '\\',
                        char other => throw new NameFormatException($"unknown escape \\{other}"),
                    }
                );
            else
                text.Append(token[i]);
        }
        return text.ToString();
    }

    /// <summary>Words, literals, bars and parentheses; a field that follows a parenthesis at once is marked.</summary>
    private static List<string> Tokens(string code)
    {
        var tokens = new List<string>();
        for (int i = 0; i < code.Length; )
        {
            int start = i;
            char c = code[i++];
            if (char.IsWhiteSpace(c))
                continue;
            if (c is '"' or '`')
            {
                for (; i < code.Length && code[i] != c; i++)
                    if (c == '"' && code[i] == '\\')
                        i++;
                if (i >= code.Length)
                    throw new NameFormatException("a string that does not end");
                i++;
            }
            else if (c is not ('|' or '(' or ')'))
            {
                while (i < code.Length && !char.IsWhiteSpace(code[i]) && code[i] is not ('|' or '(' or ')' or '"' or '`'))
                    i++;
            }
            bool isField = c == '.' && start > 0 && code[start - 1] == ')';
            tokens.Add(isField ? "\0" + code[start..i] : code[start..i]);
        }
        return tokens;
    }
}
