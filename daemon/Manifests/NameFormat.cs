using System;
using System.Collections.Generic;
using System.Text;

namespace CacheDaemon.Daemon.Manifests;

/// <summary>
/// A format of names in the language of Go's templates, as Tanka's <c>nameFormat</c>: fields of the manifest, the functions of
/// <see cref="NameFunctions"/>, <c>if</c>, <c>else</c>, pipes and parentheses. No variables, and no loops.
/// </summary>
internal sealed class NameFormat
{
    /// <summary>Tanka's own default.</summary>
    public const string Default = Client.Protocol.ViewName.DefaultFormat;

    private readonly List<Part> _parts;

    private NameFormat(List<Part> parts) => _parts = parts;

    /// <summary>Reads a format.</summary>
    /// <exception cref="NameFormatException">It is not understood.</exception>
    public static NameFormat Parse(string format)
    {
        List<Action> actions = Split(format);
        int at = 0;
        var parsed = new NameFormat(Block(actions, ref at));
        return at == actions.Count ? parsed : throw new NameFormatException($"{{{{ {actions[at].Code} }}}} without if");
    }

    /// <summary>The name of a resource.</summary>
    /// <exception cref="NameFormatException">The format does not fit it.</exception>
    public string Apply(Dictionary<string, object?> members)
    {
        var name = new StringBuilder();
        Write(_parts, members, name);
        return name.ToString();
    }

    private static void Write(List<Part> parts, Dictionary<string, object?> members, StringBuilder name)
    {
        foreach (Part part in parts)
        {
            if (part.Value is null)
                name.Append(part.Text);
            else if (part.Then is null)
                name.Append(part.Value.Of(members) is { } value ? NameFunctions.Text(value) : "<no value>");
            else
                Write(NameFunctions.IsTrue(part.Value.Of(members)) ? part.Then : part.Else!, members, name);
        }
    }

    /// <summary>Parts up to the end, or to an action that ends a block, which is left.</summary>
    private static List<Part> Block(List<Action> actions, ref int at)
    {
        var parts = new List<Part>();
        for (; at < actions.Count; at++)
        {
            string code = actions[at].Code;
            if (!actions[at].IsCode)
                parts.Add(new Part { Text = code });
            else if (code is "end" or "else" || code.StartsWith("else ", StringComparison.Ordinal))
                break;
            else if (code.StartsWith("if ", StringComparison.Ordinal))
                parts.Add(If(code[3..], actions, ref at));
            else if (!code.StartsWith("/*", StringComparison.Ordinal))
                parts.Add(new Part { Value = NameExpression.Parse(code) });
        }
        return parts;
    }

    /// <summary>From the action that begins it to its end, which is current then; <c>else if</c> is one within the other.</summary>
    private static Part If(string condition, List<Action> actions, ref int at)
    {
        at++;
        var part = new Part
        {
            Value = NameExpression.Parse(condition),
            Then = Block(actions, ref at),
            Else = [],
        };
        if (at < actions.Count && actions[at].Code.StartsWith("else if ", StringComparison.Ordinal))
        {
            part.Else.Add(If(actions[at].Code["else if ".Length..], actions, ref at));
            return part;
        }
        if (at < actions.Count && actions[at].Code == "else")
        {
            at++;
            part.Else = Block(actions, ref at);
        }
        return at < actions.Count && actions[at].Code == "end"
            ? part
            : throw new NameFormatException($"{{{{ if {condition} }}}} without end");
    }

    /// <summary>Texts and the code between <c>{{</c> and <c>}}</c>, blanks taken away where <c>{{-</c> and <c>-}}</c> ask for it.</summary>
    private static List<Action> Split(string format)
    {
        var actions = new List<Action>();
        bool trimNext = false;
        for (int at = 0; at < format.Length; )
        {
            int open = format.IndexOf("{{", at, StringComparison.Ordinal);
            string text = open < 0 ? format[at..] : format[at..open];
            if (trimNext)
                text = text.TrimStart();
            if (open < 0)
            {
                actions.Add(new Action(text, isCode: false));
                break;
            }
            int start = open + 2;
            if (start + 1 < format.Length && format[start] == '-' && char.IsWhiteSpace(format[start + 1]))
            {
                text = text.TrimEnd();
                start++;
            }
            actions.Add(new Action(text, isCode: false));
            int close = End(format, start);
            trimNext = format[close - 1] == '-' && char.IsWhiteSpace(format[close - 2]);
            actions.Add(new Action(format[start..(trimNext ? close - 1 : close)].Trim(), isCode: true));
            at = close + 2;
        }
        return actions;
    }

    /// <summary>Where the code ends: a text within it may hold braces.</summary>
    private static int End(string format, int start)
    {
        char quote = '\0';
        for (int i = start; i + 1 < format.Length; i++)
        {
            char c = format[i];
            if (quote != '\0')
            {
                if (c == '\\' && quote == '"')
                    i++;
                else if (c == quote)
                    quote = '\0';
            }
            else if (c is '"' or '`')
                quote = c;
            else if (c == '}' && format[i + 1] == '}')
                return i;
        }
        throw new NameFormatException("{{ without }}");
    }

    /// <summary>A text, or the code of an action.</summary>
    private sealed class Action(string code, bool isCode)
    {
        public string Code { get; } = code;

        public bool IsCode { get; } = isCode;
    }

    /// <summary>A text; a value to print; or a condition with what follows from it.</summary>
    private sealed class Part
    {
        public string Text { get; init; } = "";

        public NameExpression? Value { get; init; }

        public List<Part>? Then { get; init; }

        public List<Part>? Else { get; set; }
    }
}
